use super::*;

const FINGERPRINT: &str =
    "0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9";

fn good() -> String {
    [
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        &format!("a=fingerprint:sha-256 {FINGERPRINT}"),
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
        "c=IN IP4 0.0.0.0",
        "a=setup:actpass",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789012345678901",
        "a=rtpmap:111 opus/48000/2",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host",
        "a=candidate:2 1 udp 2130706431 4b6d.local 5001 typ host",
        "a=candidate:3 1 tcp 2130706431 127.0.0.1 9 typ host tcptype active",
        "",
    ]
    .join("\r\n")
}

#[test]
fn a_good_description_keeps_what_can_be_used() {
    let checked = check_remote(&good()).expect("good");
    assert!(checked.contains("127.0.0.1 5000 typ host"));
    assert!(!checked.contains(".local") && !checked.contains("tcptype"));
    assert_eq!(check_remote(&checked).expect("again"), checked);
}

#[test]
fn every_missing_piece_is_named() {
    let cases = [
        ("v=0", "x=0", "v=0"),
        ("m=audio", "m=video", "m=audio"),
        ("m=audio 9", "m=audio 0", "port 0"),
        ("m=audio 9", "m=audio x", "not a number"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP", "DTLS-SRTP"),
        ("opus/48000", "PCMU/8000", "Opus"),
        ("SAVPF 111 0", "SAVPF 0", "Opus"),
        ("a=ice-ufrag:abcd", "a=x:y", "ice-ufrag"),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:a b", "ice-ufrag"),
        ("a=ice-pwd:0123456789012345678901", "a=ice-pwd:short", "ice-pwd"),
        ("sha-256", "sha-1", "fingerprint"),
        ("0A:1B", "0A1B", "fingerprint"),
        ("a=setup:actpass", "a=setup:holdconn", "a=setup"),
        ("s=-", "nonsense", "letter=value"),
        ("s=-", "s=\u{0}", "control"),
    ];
    for (from, to, named) in cases {
        let error = check_remote(&good().replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.contains(named), "{to}: {error}");
    }
}

#[test]
fn sizes_are_bounded() {
    assert!(check_remote("").is_err());
    assert!(check_remote(&"v".repeat(MAX_BYTES + 1)).is_err());
    assert!(check_remote(&format!("{}{}", good(), "a=x\r\n".repeat(MAX_LINES))).is_err());
    assert!(check_remote(&format!("{}a={}", good(), "x".repeat(MAX_LINE))).is_err());
    let many = "a=candidate:1 1 udp 1 127.0.0.1 5000 typ host\r\n".repeat(500);
    let checked = check_remote(&format!("{}{many}", good())).expect("only the candidates are cut");
    assert!(checked.matches("a=candidate").count() <= MAX_CANDIDATES);
}

#[test]
fn host_candidates_are_moved_and_become_one() {
    let sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
               a=candidate:1 1 udp 2130706431 10.0.0.2 5000 typ host generation 0\r\n\
               a=candidate:2 1 udp 2130706431 10.0.0.3 5000 typ host\r\n\
               a=candidate:3 1 udp 16777215 198.51.100.7 6000 typ srflx raddr 10.0.0.2 rport 5000\r\n";
    let to = "203.0.113.9:7000".parse().expect("an address");
    let told = finish_local(sdp, Some(to));
    assert!(told.contains("a=candidate:1 1 udp 2130706431 203.0.113.9 7000 typ host generation 0\r\n"));
    assert!(!told.contains("10.0.0.3"));
    assert!(told.contains("198.51.100.7 6000 typ srflx raddr 0.0.0.0 rport 0\r\n"));
    assert_eq!(finish_local(sdp, None), sdp);
    let v6 = finish_local(sdp, Some("[2001:db8::1]:7000".parse().expect("an address")));
    assert!(v6.contains("2001:db8::1 7000 typ host"));
}

#[test]
fn a_second_component_is_not_told() {
    let sdp = "v=0\r\na=candidate:1 2 udp 2130706431 10.0.0.2 5000 typ host\r\ns=-\r\n";
    assert_eq!(finish_local(sdp, None), "v=0\r\ns=-\r\n");
    assert_eq!(finish_local(sdp, Some("203.0.113.9:7000".parse().expect("an address"))), "v=0\r\ns=-\r\n");
}

#[test]
fn trickled_candidates() {
    let host = "candidate:1 1 udp 2130706431 10.0.0.2 5000 typ host";
    assert_eq!(check_candidate(host).expect("good"), Some(host));
    assert_eq!(check_candidate(&format!("a={host}")).expect("good"), Some(host));
    assert_eq!(check_candidate(&host.replace("10.0.0.2", "x.local")).expect("not usable"), None);
    assert_eq!(check_candidate(&host.replace("5000", "0")).expect("not usable"), None);
    for bad in ["", "candidate:", "hello", "candidate:1 1 udp", &format!("{host} \u{7}")] {
        assert!(check_candidate(bad).is_err(), "{bad}");
    }
    assert_eq!(local_candidate(host, None).as_deref(), Some(host));
    let to = Some("203.0.113.9:7000".parse().expect("an address"));
    assert_eq!(local_candidate(host, to), None);
    assert!(local_candidate(&host.replace("host", "relay"), to).is_some());
}

#[test]
fn no_mangled_description_panics() {
    let good = good();
    for cut in 0..good.len() {
        let _ = check_remote(&good[..cut]);
        let _ = finish_local(&good[..cut], Some("1.2.3.4:5".parse().expect("an address")));
    }
}
