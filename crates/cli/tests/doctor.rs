//! `liaison doctor loopback`: a call through a network that loses packets, and figures that hold against each other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{fails, succeeds};
use serde_json::Value;

const SPEECH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/speech/kiosk.wav");

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer} in {report}"))
}

#[test]
fn a_call_under_loss_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, json) = (path("out.wav"), path("report.json"));
    let impair = "delay=40,jitter=5,loss=10,burst=1.5,seed=3";
    let said = succeeds(&[
        "doctor",
        "loopback",
        "--in",
        SPEECH,
        "--out",
        &out,
        "--report",
        &json,
        "--seconds",
        "6",
        "--impair",
        impair,
        "--ptime",
        "20",
    ]);
    assert!(said.contains("push to pop"), "{said}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();

    let lost = number(&report, "/wire/relay_lost_pct");
    assert!((3.0..20.0).contains(&lost), "the relay lost {lost} %");
    assert!(number(&report, "/packets_lost") > 0.0, "{report}");
    let packets = number(&report, "/wire/rtp_packets");
    assert!((280.0..320.0).contains(&packets), "{packets} packets of 20 ms in 6 s");
    let bytes = number(&report, "/wire/rtp_bytes_per_s");
    assert!((1_000.0..20_000.0).contains(&bytes), "{bytes} bytes a second");

    // 40 ms of network, 20 of packet, some of jitter buffer. Two ways to the same figure, which differ by the codec's
    // own delay (2.5 to 6.5 ms) and by the windows.
    let heard = number(&report, "/push_to_pop_ms/audio/p50");
    let told = number(&report, "/push_to_pop_ms/timestamps/p50");
    assert!((60.0..400.0).contains(&heard), "{heard} ms");
    assert!((-15.0..30.0).contains(&(heard - told)), "{heard} ms heard, {told} ms told");
    assert!(number(&report, "/push_to_pop_ms/matched_windows") >= 10.0, "{report}");
    assert!(number(&report, "/jitter_buffer_ms/mean") > 1.0, "{report}");
    let concealed = number(&report, "/concealed_pct");
    assert!((0.0..30.0).contains(&concealed), "{concealed} % concealed");
    assert!(report["series"].as_array().unwrap().len() >= 4, "{report}");
    assert!(number(&report, "/cpu_seconds_per_call_second") > 0.0);
    assert!(number(&report, "/peak_memory_kib") > 1_000.0);

    let wav = hound::WavReader::open(&out).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.spec().channels, wav.spec().bits_per_sample), (48_000, 1, 16));
    assert!(wav.duration() > 48_000 * 6, "{} samples", wav.duration());
}

#[test]
fn what_cannot_be_measured_is_refused_at_once() {
    let (code, text) = fails(&["doctor", "loopback", "--in", "/no/such.wav"]);
    assert_eq!(code, 3, "{text}");
    let (code, text) = fails(&["doctor", "loopback", "--in", SPEECH, "--impair", "loss=200"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("0 to 100"), "{text}");
    let (code, text) = fails(&["doctor", "loopback", "--in", SPEECH, "--trace", SPEECH]);
    assert_eq!(code, 3, "{text}");
    let (code, _) = fails(&["doctor", "loopback", "--in", SPEECH, "--ptime", "15"]);
    assert_eq!(code, 2);
}

#[test]
fn the_same_call_in_virtual_time_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json").to_str().unwrap().to_owned();
    let call =
        ["doctor", "loopback", "--in", SPEECH, "--report", &json, "--seconds", "6", "--in-virtual-time"];
    let impaired = [call.as_slice(), &["--impair", "delay=40,jitter=5,loss=10,seed=3"]].concat();
    let said = succeeds(&impaired);
    assert_eq!(said, succeeds(&impaired));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    // 40 ms of network, half a packet at least.
    let heard = number(&report, "/push_to_pop_ms/p50");
    assert!((50.0..200.0).contains(&heard), "{heard} ms");
    assert!(number(&report, "/packets_lost") > 5.0, "{report}");
    assert!(succeeds(&call) != said, "a network without losses is another");
}

#[test]
fn the_chat_service_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json").to_str().unwrap().to_owned();
    let said = succeeds(&["doctor", "load", "--brief", "--report", &json]);
    assert!(said.contains("durable sends/s"), "{said}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    for figure in [
        "/liaison/sends/per_s",
        "/liaison/sends/ms/p99",
        "/liaison/store/per_s",
        "/liaison/fanout/delivered_per_s",
        "/liaison/latency_ms/p50",
        "/liaison/idle/with_them_mb",
        "/liaison/idle/bytes_each",
    ] {
        assert!(number(&report, figure) > 0.0, "{figure}: {report}");
    }
    assert_eq!(number(&report, "/liaison/idle/connections"), 100.0);
    assert_eq!(number(&report, "/liaison/fanout/lost"), 0.0, "{report}");
    assert!(number(&report, "/liaison/fanout/frame_bytes") > 300.0, "{report}");
    let (code, _) = fails(&["doctor", "load", "--what", "nothing"]);
    assert_eq!(code, 2);
}

#[test]
fn the_load_beside_prosody_measures_both_or_says_how_to_get_it() {
    let arguments =
        ["doctor", "load", "--brief", "--what", "sends,fanout,latency,idle", "--beside", "prosody"];
    if std::process::Command::new("prosodyctl").arg("about").output().is_err() {
        let (_, said) = fails(&arguments);
        assert!(said.contains("apt-get install prosody"), "{said}");
        return;
    }
    let said = succeeds(&arguments);
    let figures = |what: &str| -> Vec<f64> {
        let line =
            said.lines().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{what}: {said}"));
        line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    // The last of a line is the other's.
    for what in ["durable sends/s", "fan-out, deliveries/s", "send to event", "idle connections: MB"] {
        assert!(figures(what).last().is_some_and(|other| *other > 0.0), "{said}");
    }
    assert_eq!(figures("  lost").last(), Some(&0.0), "{said}");
    assert!(said.contains("Beside: Prosody"), "{said}");
}

#[test]
fn a_call_with_devices_needs_both_of_them() {
    let (code, text) = fails(&["doctor", "devices", "--call", "5", "--device-in", "x"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--device-out"), "{text}");
}
