//! The measures are tried on the speech that the demo uses, with faults put in whose size is known.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::Rng;

fn speech(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/data/speech/{name}.wav"));
    let mut recording = Recording::read_wav(&path, 1_000_000).unwrap();
    recording.samples.truncate(48_000 * 12);
    recording
}

/// What an ear hears that begins to listen `early_ms` before the mouth speaks, over a way of `delay_ms`.
fn heard(said: &Recording, early_ms: i64, delay_ms: i64, noise: f32) -> Recording {
    let mut rng = Rng::new(11);
    let pad = ((early_ms + delay_ms) * 48) as usize;
    let mut samples = vec![0.0; pad];
    samples.extend(&said.samples);
    for sample in &mut samples {
        *sample = *sample * 0.7 + rng.normal() as f32 * noise;
    }
    Recording { samples, rate_hz: 48_000, start_us: said.start_us - early_ms * 1000 }
}

#[test]
fn finds_a_known_delay_whatever_the_start() {
    let said = speech("kiosk");
    for (early, delay) in [(0, 87), (400, 87), (35, 250)] {
        let delays = measure_delays(&said, &heard(&said, early, delay, 0.001), &DelayOptions::default());
        assert!(delays.matched() > 0.95, "{} of {} windows", delays.windows.len(), delays.spoken);
        for share in [0.05, 0.5, 0.95] {
            let found = delays.percentile_ms(share).unwrap();
            assert!((found - delay as f64).abs() < 0.2, "{found} ms instead of {delay} ms");
        }
    }
}

#[test]
fn follows_a_delay_that_changes() {
    let said = speech("staff");
    let mut ear = heard(&said, 0, 60, 0.0);
    // From the middle on, 40 ms later: as after a jitter buffer has grown.
    let middle = ear.samples.len() / 2;
    ear.samples.splice(middle..middle, vec![0.0; 48 * 40]);
    let delays = measure_delays(&said, &ear, &DelayOptions::default());
    assert!((delays.windows.first().unwrap().delay_ms - 60.0).abs() < 0.2);
    assert!((delays.windows.last().unwrap().delay_ms - 100.0).abs() < 0.2);
    assert!(likeness(&said, &ear, &delays) > 0.9);
}

#[test]
fn tells_the_same_speech_from_another() {
    let (kiosk, staff) = (speech("kiosk"), speech("staff"));
    let options = DelayOptions::default();

    let clear = heard(&kiosk, 0, 100, 0.0005);
    let delays = measure_delays(&kiosk, &clear, &options);
    let same = likeness(&kiosk, &clear, &delays);
    assert!(same > 0.95, "the same speech is only {same:.2} alike");

    let other = heard(&staff, 0, 100, 0.0005);
    let delays = measure_delays(&kiosk, &other, &options);
    assert!(delays.matched() < 0.2, "{:.2} of another speech was matched", delays.matched());
    let unlike = likeness(&kiosk, &other, &delays);
    assert!(unlike < 0.4, "another speech is {unlike:.2} alike");
}

#[test]
fn silence_matches_nothing() {
    let said = speech("kiosk");
    let ear = Recording { samples: vec![0.0; 48_000 * 12], ..said.clone() };
    let delays = measure_delays(&said, &ear, &DelayOptions::default());
    assert!(delays.windows.is_empty() && delays.spoken > 20);
    assert_eq!(likeness(&said, &ear, &delays), 0.0);
    assert!(find_gaps(&said, &ear, &delays, &GapOptions::default()).is_empty());
}

#[test]
fn a_stop_is_a_gap_and_a_pause_between_sentences_is_none() {
    let said = speech("kiosk");
    let mut ear = heard(&said, 0, 100, 0.0);
    let delays = measure_delays(&said, &ear, &DelayOptions::default());
    assert_eq!(find_gaps(&said, &ear, &delays, &GapOptions::default()), []);

    ear.samples[48_000 * 5..48_000 * 7].fill(0.0);
    let delays = measure_delays(&said, &ear, &DelayOptions::default());
    let gaps = find_gaps(&said, &ear, &delays, &GapOptions::default());
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].heard_at.abs_diff(Duration::from_secs(5)) < Duration::from_millis(200));
    assert!(gaps[0].length.abs_diff(Duration::from_secs(2)) < Duration::from_millis(300));
    assert!(gaps[0].missed > Duration::from_secs(1));
}
