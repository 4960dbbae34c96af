//! What is heard while the sender sends nothing because nobody speaks (DTX).

#![allow(clippy::expect_used, reason = "a call that cannot be set up should stop the test")]

mod harness;

use harness::random::Random;
use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, Frame, PullKind, SILENCE,
};
use std::collections::VecDeque;
use std::time::Duration;

fn rms_db(wave: &[f32]) -> f32 {
    10.0 * (wave.iter().map(|x| x * x).sum::<f32>() / wave.len() as f32).max(1e-12).log10()
}

/// 4 s of speech over a room's rumble of `loudness`, 6 s of the rumble alone, 2 s of speech: what was
/// heard, what it was, the rumble's level in dB, and packets sent in the pause.
fn heard(loudness: f32, packet_time_ms: u32) -> (Vec<f32>, Vec<PullKind>, f32, u32) {
    let start = harness::call::epoch();
    let config = AudioSenderConfig {
        dtx: true,
        packet_time_us: packet_time_ms * 1_000,
        ..AudioSenderConfig::default()
    };
    let mut sender = AudioSender::new(config).expect("valid");
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).expect("valid");
    let (mut speech, mut random) = (Speech::new(2), Random::new(5));
    let (mut out, mut kinds, mut in_pause) = (Vec::new(), Vec::new(), 0);
    let mut flight = VecDeque::new();
    let (mut rumble, mut background) = (0f32, Vec::new());
    for tick in 0..1_200u64 {
        let now = start + Duration::from_millis(tick * 10);
        let pause = (400..1_000).contains(&tick);
        let voice = speech.frame();
        let frame: Frame = std::array::from_fn(|i| {
            rumble += 0.15 * ((random.uniform() as f32 * 2.0 - 1.0) * loudness - rumble);
            if pause { rumble } else { voice[i] + rumble }
        });
        if pause {
            background.extend(frame);
        }
        if let Some(packet) = sender.push(now, &frame, now).expect("encodes") {
            in_pause += u32::from(pause && tick > 500);
            flight.push_back((tick + 2, packet));
        }
        while flight.front().is_some_and(|(due, _)| *due <= tick) {
            let (_, packet) = flight.pop_front().expect("just seen");
            receiver.insert(now, packet);
        }
        let mut frame = SILENCE;
        kinds.push(receiver.pull(now + Duration::from_millis(3), &mut frame));
        out.extend(frame);
    }
    let stats = receiver.stats();
    assert_eq!((stats.concealed_samples, stats.packets_discarded), (0, 0), "a pause is no loss");
    (out, kinds, rms_db(&background), in_pause)
}

#[test]
fn the_background_goes_on_at_its_level() {
    for (loudness, packet_time_ms) in [(0.005, 20), (0.01, 20), (0.01, 60)] {
        let (out, kinds, background, in_pause) = heard(loudness, packet_time_ms);
        assert!(in_pause < 40, "{in_pause} packets in 5 s");
        // The last 4 s of the pause, in steps of 100 ms.
        let levels: Vec<f32> = out[48 * 6_000..48 * 10_000].chunks(4_800).map(rms_db).collect();
        println!("{loudness} {packet_time_ms}: background {background} {levels:?}");
        assert!(kinds[600..1_000].iter().filter(|kind| **kind == PullKind::Silence).count() > 200);
        for level in &levels {
            assert!((level - background).abs() < 6.0, "{level} dB where the background has {background}");
        }
        let (least, most) = levels.iter().fold((0f32, -200f32), |(a, b), x| (a.min(*x), b.max(*x)));
        assert!(most - least < 6.0, "it does not pump: {least} to {most} dB");
    }
}

#[test]
fn digital_silence_stays_silence() {
    let (out, ..) = heard(0.0, 20);
    assert!(rms_db(&out[48 * 7_000..48 * 10_000]) < -80.0);
}
