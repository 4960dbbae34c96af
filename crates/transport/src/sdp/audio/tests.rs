use super::*;

/// The audio of an offer as browsers make it.
const BROWSER: &str = "v=0\r\n\
    a=extmap-allow-mixed\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n\
    c=IN IP4 0.0.0.0\r\n\
    a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
    a=rtpmap:111 opus/48000/2\r\n\
    a=rtcp-fb:111 transport-cc\r\n\
    a=fmtp:111 minptime=10;useinbandfec=1\r\n\
    a=rtpmap:63 red/48000/2\r\n\
    a=fmtp:63 111/111\r\n\
    a=rtpmap:9 G722/8000\r\n\
    a=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:13 CN/8000\r\n\
    a=rtpmap:110 telephone-event/48000\r\n\
    a=rtpmap:126 telephone-event/8000\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\n\
    a=rtpmap:96 VP8/90000\r\n";

fn ours() -> AudioParameters {
    AudioParameters::new(1)
}

fn known(sdp: &str) -> String {
    known_formats(&sdp.lines().collect::<Vec<_>>()).join("\r\n")
}

#[test]
fn a_browsers_offer_is_understood() {
    let audio = negotiated(BROWSER, &ours());
    assert_eq!((audio.payload_type, audio.red_payload_type), (111, Some(63)));
    assert_eq!(audio.telephone_event_payload_type, Some(110));
    assert!(audio.fec && audio.transport_feedback && !audio.dred);
    assert_eq!((audio.channels, audio.min_packet_time_ms, audio.max_packet_time_ms), (1, 10, 120));
    let kept = known(BROWSER);
    assert!(kept.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 110\r\n"), "{kept}");
    for gone in ["G722", "PCMU", "telephone-event/8000", "CN/8000"] {
        assert!(!kept.contains(gone), "{gone}");
    }
    for stays in ["VP8", "a=fmtp:63 111/111", "a=rtcp-fb:111 transport-cc", "a=extmap:3"] {
        assert!(kept.contains(stays), "{stays}");
    }
    assert_eq!(known(&kept), kept);
}

#[test]
fn a_peer_with_plain_opus_gets_nothing_else() {
    let plain = "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\n";
    let expected = NegotiatedAudio { payload_type: 96, ..NegotiatedAudio::default() };
    assert_eq!(negotiated(plain, &ours()), expected);
}

#[test]
fn what_this_side_does_not_want_is_not_agreed_on() {
    let mut ours = ours();
    (ours.red, ours.telephone_event, ours.dred) = (false, false, false);
    let with_dred = BROWSER.replace("useinbandfec=1", "useinbandfec=1;x-liaison-dred=1;stereo=1");
    let audio = negotiated(&with_dred, &ours);
    assert_eq!((audio.red_payload_type, audio.telephone_event_payload_type), (None, None));
    assert!(!audio.dred);
    assert_eq!(audio.channels, 1);
    let stereo = AudioParameters { stereo: true, ..AudioParameters::new(1) };
    let audio = negotiated(&with_dred, &stereo);
    assert!(audio.dred);
    assert_eq!((audio.channels, audio.receive_channels), (2, 1), "it hears two channels and sends one");
    let audio = negotiated(&with_dred.replace("stereo=1", "sprop-stereo=1"), &stereo);
    assert_eq!((audio.channels, audio.receive_channels), (1, 2), "it sends two channels and hears one");
}

#[test]
fn redundancy_of_another_codec_is_left_out() {
    let other = BROWSER.replace("63 111/111", "63 0/0");
    assert_eq!(negotiated(&other, &ours()).red_payload_type, None);
    assert!(!known(&other).contains("red/48000"));
}

#[test]
fn our_own_description_says_what_we_understand() {
    let local = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96 63 110\r\na=rtpmap:96 opus/48000/2\r\n\
                 a=fmtp:96 foreign=1\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:110 telephone-event/48000/0\r\n";
    let told = describe(&local.replace("/48000/0", "/48000"), &ours());
    for line in [
        "a=fmtp:96 minptime=10;useinbandfec=1;x-liaison-dred=1\r\n",
        "a=fmtp:63 96/96\r\n",
        "a=fmtp:110 0-16\r\n",
        "a=ptime:20\r\na=maxptime:120\r\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert!(!told.contains("foreign"));
    let stereo = AudioParameters { stereo: true, dred: false, ..ours() };
    assert!(
        describe(local, &stereo).contains("a=fmtp:96 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n")
    );
    let both = negotiated(&describe(local, &stereo), &stereo);
    assert_eq!((both.channels, both.receive_channels), (2, 2));
    let one = negotiated(&describe(local, &stereo), &ours());
    assert_eq!((one.channels, one.receive_channels), (1, 1));
    let both = negotiated(&describe(local, &ours()), &ours());
    assert!(both.dred && both.fec);
    assert_eq!(both.red_payload_type, Some(63));
}

#[test]
fn limits_of_the_peer_are_taken_within_reason() {
    let with = |fmtp: &str, maxptime: &str| {
        let sdp =
            BROWSER.replace("minptime=10", fmtp).replace("a=rtpmap:63", &format!("{maxptime}a=rtpmap:63"));
        negotiated(&sdp, &ours())
    };
    let audio = with("minptime=40;maxaveragebitrate=20000", "a=maxptime:60\r\n");
    assert_eq!((audio.min_packet_time_ms, audio.max_packet_time_ms), (40, 60));
    assert_eq!(audio.max_average_bitrate_bps, Some(20_000));
    let audio = with("minptime=99999999999;maxaveragebitrate=1", "a=maxptime:0\r\n");
    assert_eq!((audio.min_packet_time_ms, audio.max_packet_time_ms), (3, 10));
    assert_eq!(audio.max_average_bitrate_bps, Some(6_000));
}

#[test]
fn no_mangled_description_panics() {
    for cut in 0..BROWSER.len() {
        let _ = known(&BROWSER[..cut]);
        let _ = negotiated(&BROWSER[..cut], &ours());
        let _ = describe(&BROWSER[..cut], &ours());
    }
}
