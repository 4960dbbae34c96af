//! A good call passes; each fault that the demo is there to find fails it.

use std::path::PathBuf;
use std::time::Duration;

use liaison_sim::RelayCounts;

use super::*;
use crate::place;

const ZERO_US: i64 = 50_000_000;
const STOP_US: (i64, i64) = (ZERO_US + 12_000_000, ZERO_US + 14_000_000);
const DELAY_US: i64 = 90_000;

fn speech_of(name: &str) -> Recording {
    let file = place::root().join(format!("tests/data/speech/{name}.wav"));
    Recording::read_wav(&file, ZERO_US).unwrap()
}

/// What is heard of it over a clean way with the stop in it.
fn heard(said: &Recording) -> Recording {
    let mut heard = Recording { start_us: said.start_us + DELAY_US, ..said.clone() };
    silence(&mut heard, STOP_US.0, STOP_US.1);
    heard
}

fn silence(recording: &mut Recording, from_us: i64, to_us: i64) {
    let index = |at_us: i64| ((at_us - recording.start_us) * 48 / 1000) as usize;
    let range = index(from_us)..index(to_us);
    recording.samples[range].fill(0.0);
}

fn end(pid: u32, said: Recording, heard: Recording) -> End {
    End {
        pid,
        said,
        heard,
        setup_ms: Some(40.0),
        first_audio_ms: None,
        packets: (1300, 1200, 100),
        concealed_pct: 8.0,
        round_trip_ms: None,
        cpu_pct: None,
        memory_mib: None,
        code: (0, 0),
    }
}

fn call() -> Call {
    let (kiosk, staff) = (speech_of("kiosk"), speech_of("staff"));
    let counts = Counts { stun: 20, dtls_handshake: 5, srtp: 1300, srtcp: 30, ..Counts::default() };
    let notice = "NOTICE: this call will be recorded".to_owned();
    Call {
        ends: [end(1, kiosk.clone(), heard(&staff)), end(2, staff, heard(&kiosk))],
        moments: vec![(ZERO_US, "kiosk", notice.clone()), (ZERO_US, "staff", notice)],
        zero_us: ZERO_US,
        stop_us: STOP_US,
        packets: RelayCounts { a_to_b: counts.clone(), b_to_a: counts },
        openings: [250, 251],
        sockets_owned: [true, true],
        service: None,
    }
}

fn refused() -> Refused {
    Refused {
        lines: vec!["call connecting".into(), "because: the organisation does not allow it".into()],
        code: (403, 5223),
        packets_sent: 0,
        took: Duration::from_millis(300),
    }
}

fn judged(call: Call, refused: Refused) -> Vec<String> {
    let programs = Programs {
        liaison: PathBuf::new(),
        kiosk: PathBuf::new(),
        kiosk_chat: PathBuf::new(),
        profile: "dev",
    };
    let report = judge(&programs, call, super::chat::tests::good(), refused).unwrap();
    report
        .checks
        .into_iter()
        .filter(|check| !check.met)
        .map(|c| format!("{}: {}", c.demand, c.seen))
        .collect()
}

#[track_caller]
fn fails(change: impl FnOnce(&mut Call), demand: &str) {
    let mut call = call();
    change(&mut call);
    let unmet = judged(call, refused());
    assert!(unmet.iter().any(|line| line.contains(demand)), "{demand:?} is not among {unmet:?}");
}

#[test]
fn a_good_call_meets_every_demand() {
    assert_eq!(judged(call(), refused()), Vec::<String>::new());
}

#[test]
fn speech_that_is_not_what_was_said() {
    // The kiosk hears itself.
    fails(
        |call| call.ends[0].heard.samples.clone_from(&call.ends[0].said.samples),
        "staff member → kiosk: what is heard",
    );
    fails(|call| call.ends[1].heard.samples.fill(0.0), "kiosk → staff member: what is heard");
}

#[test]
fn a_stop_that_is_not_heard() {
    // As if the packets had taken another way than through the relay.
    fails(
        |call| call.ends[1].heard.samples.clone_from(&call.ends[0].said.samples),
        "kiosk → staff member: the stop of 2 s",
    );
}

#[test]
fn another_gap() {
    fails(
        |call| silence(&mut call.ends[0].heard, ZERO_US + 18_000_000, ZERO_US + 18_700_000),
        "staff member → kiosk: there is no other gap",
    );
}

/// The demands that no sound takes part in.
#[track_caller]
fn fails_silently(change: impl FnOnce(&mut Call), demand: &str) {
    let mut call = call();
    change(&mut call);
    let unmet: Vec<Check> = processes(&call).into_iter().chain([notices(&call)]).filter(|c| !c.met).collect();
    assert_eq!(unmet.len(), 1);
    assert!(unmet[0].demand.contains(demand), "{unmet:?}");
}

#[test]
fn one_process_or_no_srtp() {
    fails_silently(|call| call.ends[1].pid = 1, "two processes");
    fails_silently(|call| call.sockets_owned[1] = false, "two processes");
    fails_silently(|call| call.packets.b_to_a.srtp = 0, "SRTP both ways");
    fails_silently(|call| call.packets.b_to_a.other = 1, "nothing but");
    fails_silently(|call| call.packets.a_to_b.dtls_handshake = 0, "DTLS handshake");
    fails_silently(|call| call.openings[0] = 3, "enciphered");
    fails_silently(|call| call.ends[0].code = (410, 301_005), "hanging up");
    fails_silently(|call| call.moments.truncate(1), "each was told");
}

#[test]
fn a_refusal_that_is_none() {
    assert!(refusal(&refused()).met);
    for wrong in [
        Refused { code: (0, 0), ..refused() },
        Refused { packets_sent: 1, ..refused() },
        Refused { lines: vec!["because: ".into()], ..refused() },
    ] {
        assert!(!refusal(&wrong).met);
    }
}
