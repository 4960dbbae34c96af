use super::*;

fn read(text: &str) -> Result<Frame<'_>, LinkError> {
    Frame::parse(text, &Limits::V1)
}

#[test]
fn frames_come_back_as_they_were_written() {
    let body = serde_json::value::to_raw_value(&serde_json::json!({"a": ["ü", null]})).unwrap();
    let text = message(3, CommandId(0xab), "call", body.get());
    assert_eq!(
        text,
        r#"{"type":"message","sequence":3,"id":"000000000000000000000000000000ab","kind":"call","body":{"a":["ü",null]}}"#
    );
    match read(&text).unwrap() {
        Frame::Message { sequence: 3, id: CommandId(0xab), kind, body: raw } => {
            assert_eq!((&*kind, raw.get()), ("call", body.get()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(Out::TokenAccepted.text(), r#"{"type":"tokenAccepted"}"#);
    assert_eq!(Out::UnsupportedFrame { frame: "x" }.text(), r#"{"type":"unsupported","frame":"x"}"#);
    let text = Out::Refused { code: RefusalCode::Busy, text: "later", retry_after_ms: Some(5) }.text();
    assert_eq!(text, r#"{"type":"refused","code":"busy","text":"later","retryAfterMs":5}"#);
    assert!(matches!(
        read(&text).unwrap(),
        Frame::Refused { code: RefusalCode::Busy, retry_after_ms: Some(5), .. }
    ));
}

#[test]
fn what_a_newer_version_adds_is_passed_over() {
    assert!(matches!(
        read(r#"{"type":"ack","received":1,"colour":{"a":[1]}}"#),
        Ok(Frame::Ack { received: 1 })
    ));
    // A frame of its own may use our names otherwise.
    assert!(
        matches!(read(r#"{"type":"wave","sequence":"high","id":5}"#), Ok(Frame::Unknown(name)) if name == "wave")
    );
    assert!(matches!(
        read(r#"{"type":"refused","code":"tooSunny"}"#),
        Ok(Frame::Refused { code: RefusalCode::Unknown, .. })
    ));
    let long = format!(r#"{{"type":"{}"}}"#, "ü".repeat(100));
    assert!(matches!(read(&long), Ok(Frame::Unknown(name)) if name.len() == 64));
}

#[test]
fn malformed_frames_name_the_field_and_never_its_content() {
    for (text, field) in [
        ("", "not an object with a type"),
        ("[]", "not an object with a type"),
        (r#"{"type":5}"#, "not an object with a type"),
        (r#"{"sequence":1}"#, "not an object with a type"),
        (r#"{"type":"ack"}"#, "received"),
        (r#"{"type":"ack","received":-1}"#, "received"),
        (r#"{"type":"ack","received":9007199254740992}"#, "received"),
        (r#"{"type":"message","sequence":0,"id":"0","kind":"call","body":1}"#, "sequence"),
        (r#"{"type":"message","sequence":1,"id":"xyz","kind":"call","body":1}"#, "id"),
        (
            r#"{"type":"message","sequence":1,"id":"000000000000000000000000000000ab","kind":"","body":1}"#,
            "kind",
        ),
        (r#"{"type":"message","sequence":1,"id":"000000000000000000000000000000ab","kind":"call"}"#, "body"),
        (r#"{"type":"hello","versions":{"min":1},"token":"secret"}"#, "versions"),
        (r#"{"type":"token","token":{"secret":1}}"#, "token"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error, LinkError::Malformed(field), "{text}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn size_and_depth_are_checked_before_anything_is_built() {
    let limits = Limits { frame_bytes: 40, depth: 3, ..Limits::V1 };
    assert_eq!(
        Frame::parse(&"x".repeat(41), &limits).unwrap_err(),
        LinkError::TooLarge { bytes: 41, limit: 40 }
    );
    assert_eq!(
        Frame::parse(r#"{"type":"x","a":[[[]]]}"#, &limits).unwrap_err(),
        LinkError::TooDeep { limit: 3 }
    );
    // Brackets inside a text are text, also after an escaped quote.
    assert!(Frame::parse(r#"{"type":"x","a":"[[[[\"[[[[\\"}"#, &limits).is_ok());
    assert_eq!(read(&"[".repeat(200_000)).unwrap_err(), LinkError::TooDeep { limit: 32 });
}

#[test]
fn ids_are_32_hex_digits() {
    assert_eq!(
        "0123456789abcdef0123456789ABCDEF".parse(),
        Ok(CommandId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))
    );
    for text in ["", "0", "+123456789abcdef0123456789abcdef0", "0123456789abcdef0123456789abcdeg"] {
        assert!(text.parse::<CommandId>().is_err(), "{text}");
    }
}

#[test]
fn a_hello_needs_a_common_version() {
    let hello = |versions: &str| {
        format!(r#"{{"type":"hello","versions":{versions},"token":"t","device":"{:032x}","later":1}}"#, 7)
    };
    let good = crate::parse_hello(&hello(r#"{"min":1,"max":9}"#)).unwrap();
    assert_eq!((good.device, good.resume, good.capabilities.len()), (DeviceId(7), None, 0));
    assert!(!format!("{good:?}").contains("\"t\""));
    let error = crate::parse_hello(&hello(r#"{"min":2,"max":9}"#)).unwrap_err();
    assert_eq!(
        (error.clone(), error.refusal_code()),
        (LinkError::Version { min: 2, max: 9 }, RefusalCode::Version)
    );
    assert_eq!(crate::parse_hello(r#"{"type":"bye"}"#).unwrap_err(), LinkError::NoHello);
    assert_eq!(LinkError::NoHello.refusal_code(), RefusalCode::Protocol);
}

#[test]
fn a_refusal_is_cut_at_a_character() {
    let text = crate::refusal(RefusalCode::InvalidToken, &"ü".repeat(2000), None);
    assert!(matches!(read(&text), Ok(Frame::Refused { text, .. }) if text.len() == 1024));
}

/// A message as serde writes it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Written<'a> {
    Message { sequence: u64, id: CommandId, kind: &'a str, body: &'a RawValue },
}

#[test]
fn a_message_has_the_bytes_that_serde_gives_it() {
    let body = serde_json::value::to_raw_value(&serde_json::json!({"a": ["ü\"\\", 1.5, null]})).unwrap();
    let kinds = ["chat", "x", "call-2", "ä b", "\"\\\n\u{1}", "\u{2028}", "🦀"];
    let ids = [0, 1, 0xab, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef, 1 << 127];
    for sequence in [1, 9, 10, 99, 100, 12_345, MAX_SEQUENCE, u64::MAX, 0] {
        for (kind, id) in kinds.iter().flat_map(|kind| ids.map(|id| (*kind, CommandId(id)))) {
            let serde = serde_json::to_string(&Written::Message { sequence, id, kind, body: &body }).unwrap();
            let text = message(sequence, id, kind, body.get());
            assert_eq!(text, serde);
            assert_eq!(text.capacity(), text.len(), "exactly the room it needs");
        }
    }
}
