//! Two channels from frames to frames: kept apart, kept together, over networks that lose and delay.

#![allow(clippy::expect_used, reason = "a test stops where it cannot go on")]

mod harness;

use harness::network::{Network, OneWay};
use harness::speech::Speech;
use liaison_media::codec::OpusPacketInfo;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, Channels, FRAME_SAMPLES,
    NetworkReport, PullKind, ReceiverStats, RtpPacket,
};
use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::time::Duration;

const STEREO: usize = 2 * FRAME_SAMPLES;

fn sending(channels: Channels) -> AudioSenderConfig {
    AudioSenderConfig {
        channels,
        bitrate_bps: 96_000,
        complexity: 5,
        music: true,
        red_payload_type: Some(63),
        ..AudioSenderConfig::default()
    }
}

/// What was heard of `frame(k)` over `path`, interleaved, from what each frame was made, and the counters.
fn call(
    sender: AudioSenderConfig,
    path: OneWay,
    ppm: f64,
    frames: usize,
    mut frame: impl FnMut(usize) -> Vec<f32>,
) -> (Vec<f32>, Vec<PullKind>, ReceiverStats) {
    let start = harness::call::epoch();
    let mut sender = AudioSender::new(sender).expect("valid");
    let config = AudioReceiverConfig {
        channels: Channels::Stereo,
        red_payload_type: Some(63),
        ..AudioReceiverConfig::default()
    };
    let mut receiver = AudioReceiver::new(config).expect("valid");
    let mut network = Network::new(path, true, 5);
    let mut flight: VecDeque<(f64, RtpPacket)> = VecDeque::new();
    let (mut heard, mut kinds, mut out) = (Vec::new(), Vec::new(), [0.0; STEREO]);
    for k in 0..frames {
        // The sender's clock runs `ppm` fast.
        let ms = 10.0 * k as f64;
        let sent_ms = ms / (1.0 + ppm * 1e-6);
        let now = start + Duration::from_secs_f64(ms / 1e3);
        if k % 100 == 0 {
            sender.set_network(NetworkReport { fraction_lost: 0.05, mean_burst_packets: 1.2 });
        }
        let sent = start + Duration::from_secs_f64(sent_ms / 1e3);
        let first = sender.push(sent, &frame(k), sent).expect("encodes");
        let rest: Vec<RtpPacket> = std::iter::from_fn(|| sender.next_packet().expect("encodes")).collect();
        for packet in first.into_iter().chain(rest) {
            flight.extend(network.carry(sent_ms).map(|arrival| (arrival, packet)));
        }
        for (arrival, packet) in std::mem::take(&mut flight) {
            if arrival <= ms {
                receiver.insert(start + Duration::from_secs_f64(arrival.max(0.0) / 1e3), packet);
            } else {
                flight.push_back((arrival, packet));
            }
        }
        kinds.push(receiver.pull(now, &mut out));
        heard.extend_from_slice(&out);
    }
    (heard, kinds, receiver.stats())
}

/// A tone in each channel.
fn tones(k: usize, left_hz: f64, right_hz: f64) -> Vec<f32> {
    let tone = |i: usize, hz: f64| (i as f64 * TAU * hz / 48_000.0).sin() as f32 * 0.3;
    (0..FRAME_SAMPLES)
        .flat_map(|i| {
            let i = k * FRAME_SAMPLES + i;
            [tone(i, left_hz), tone(i, right_hz)]
        })
        .collect()
}

fn channel(heard: &[f32], channel: usize) -> Vec<f32> {
    heard.iter().skip(channel).step_by(2).copied().collect()
}

/// Power of `hz` in `wave`, by a Hann window's projection.
fn power(wave: &[f32], hz: f64) -> f64 {
    let n = wave.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in wave.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * i as f64 / n).cos();
        let phase = TAU * hz * i as f64 / 48_000.0;
        re += f64::from(*sample) * window * phase.cos();
        im += f64::from(*sample) * window * phase.sin();
    }
    (re * re + im * im) / (n * n)
}

/// Decibels by which each channel's own tone is over the other's, in windows of 100 ms all of whose frames are of `good`
/// kinds, and with a step of the phase, which spreads over all frequencies, left out: the median and the worst tenth.
fn separation(heard: &[f32], kinds: &[PullKind], hz: [f64; 2]) -> (f64, f64) {
    let mut found: Vec<f64> = Vec::new();
    for (window, kinds) in heard.chunks_exact(10 * STEREO).zip(kinds.chunks_exact(10)).skip(20) {
        if kinds.iter().all(|kind| matches!(kind, PullKind::Decoded | PullKind::Red)) {
            for side in 0..2 {
                let wave = channel(window, side);
                found.push(10.0 * (power(&wave, hz[side]) / power(&wave, hz[1 - side])).log10());
            }
        }
    }
    assert!(found.len() > 200, "{} windows", found.len());
    found.sort_by(f64::total_cmp);
    (found[found.len() / 2], found[found.len() / 10])
}

#[test]
fn two_tones_stay_in_their_channels() {
    let hz = [440.0, 660.0];
    for (name, path, ppm) in [
        ("clean", OneWay::Clean { delay: 20.0, mean_queue: 0.5 }, 0.0),
        ("jitter and loss", OneWay::Gaussian { delay: 40.0, sigma: 15.0, loss: 0.05 }, 0.0),
        ("drift", OneWay::Gaussian { delay: 40.0, sigma: 8.0, loss: 0.0 }, 300.0),
        ("stretched", OneWay::Wander { delay: 20.0, height: 150.0, period: 8_000.0, mean_queue: 2.0 }, 0.0),
    ] {
        let (heard, kinds, stats) =
            call(sending(Channels::Stereo), path, ppm, 4_000, |k| tones(k, hz[0], hz[1]));
        let (median, worst) = separation(&heard, &kinds, hz);
        let stretched = stats.removed_samples_for_acceleration + stats.inserted_samples_for_deceleration;
        println!(
            "{name}: {median:.1} dB, a tenth under {worst:.1} dB, {stretched} samples stretched, {stats:?}"
        );
        assert!(median > 40.0 && worst > 25.0, "{name}: {median:.1} dB, a tenth under {worst:.1} dB");
        match name {
            "stretched" => assert!(stretched > 8_000, "{stretched}"),
            "jitter and loss" => assert!(stats.concealed_samples > 0 && stats.red_samples > 0),
            _ => {}
        }
    }
}

/// The lag of the right channel, of 0 to 48 samples, at which the two are most alike, and how much so.
fn lag(window: &[f32]) -> (usize, f64) {
    let (left, right) = (channel(window, 0), channel(window, 1));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let alike = |lag: usize| {
        let (a, b) = (&left[..left.len() - 48], &right[lag..][..left.len() - 48]);
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    (0..=48).map(|lag| (lag, alike(lag))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}

#[test]
fn a_voice_from_one_side_stays_there_through_jitter_loss_stretch_and_drift() {
    // Half a millisecond later in the right ear, and less loud.
    const LATER: usize = 24;
    let mut speech = Speech::new(4);
    let mut voice = vec![0.0; LATER];
    let path = OneWay::Wander { delay: 20.0, height: 120.0, period: 6_000.0, mean_queue: 4.0 };
    let (heard, kinds, stats) = call(sending(Channels::Stereo), path, 200.0, 4_000, |k| {
        voice.extend_from_slice(&speech.frame());
        let from = k * FRAME_SAMPLES;
        (0..FRAME_SAMPLES).flat_map(|i| [voice[from + i + LATER], 0.5 * voice[from + i]]).collect()
    });
    let stretched = stats.removed_samples_for_acceleration + stats.inserted_samples_for_deceleration;
    assert!(stretched > 8_000, "{stretched} samples stretched");
    let mut lags = Vec::new();
    for (window, kinds) in heard.chunks_exact(10 * STEREO).zip(kinds.chunks_exact(10)).skip(20) {
        let loud = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32 > 1e-4;
        if loud && kinds.iter().all(|kind| *kind == PullKind::Decoded) {
            lags.push(lag(window));
        }
    }
    let least_alike = lags.iter().map(|(_, alike)| *alike).fold(1.0, f64::min);
    println!("{} windows, at least {least_alike:.3} alike, {stretched} samples stretched", lags.len());
    assert!(lags.len() > 150);
    let off: Vec<_> = lags.iter().filter(|(lag, alike)| lag.abs_diff(LATER) > 2 || *alike < 0.6).collect();
    assert!(off.is_empty(), "{off:?}");
}

#[test]
fn mono_frames_of_a_stereo_sender_are_coded_as_one_channel() {
    let start = harness::call::epoch();
    let mut sender = AudioSender::new(sending(Channels::Stereo)).expect("valid");
    let mut speech = Speech::new(1);
    let mut stereo = |sender: &mut AudioSender, mono: bool| -> Vec<bool> {
        (0..100)
            .filter_map(|k| {
                let voice = speech.frame();
                let both: Vec<f32> =
                    (0..FRAME_SAMPLES).flat_map(|i| [voice[i], voice[(i + k) % FRAME_SAMPLES]]).collect();
                let frame = if mono { &voice[..] } else { &both[..] };
                let packet = sender.push(start, frame, start).expect("encodes")?;
                Some(OpusPacketInfo::parse(&packet.payload).expect("well formed").stereo)
            })
            .skip(3)
            .collect()
    };
    for mono in [false, true, false] {
        let coded = stereo(&mut sender, mono);
        assert!(coded.iter().all(|stereo| *stereo != mono), "{mono}: {coded:?}");
    }
}

#[test]
fn receivers_give_their_own_channels_whatever_comes() {
    let start = harness::call::epoch();
    for (coded, heard) in [(Channels::Stereo, Channels::Mono), (Channels::Mono, Channels::Stereo)] {
        let mut sender = AudioSender::new(sending(coded)).expect("valid");
        let config = AudioReceiverConfig { channels: heard, ..AudioReceiverConfig::default() };
        let mut receiver = AudioReceiver::new(config).expect("valid");
        let mut out = vec![0.0; heard.frame_len()];
        let mut all = Vec::new();
        for k in 0..400 {
            let now = start + Duration::from_millis(10 * k as u64);
            // Only from the left.
            let mut frame = tones(k, 440.0, 440.0);
            frame.iter_mut().skip(1).step_by(2).for_each(|right| *right = 0.0);
            if let Some(packet) = sender.push(now, &frame, now).expect("encodes") {
                receiver.insert(now, packet);
            }
            receiver.pull(now, &mut out);
            all.extend_from_slice(&out);
        }
        let all = &all[all.len() / 2..];
        let sides = match heard {
            Channels::Mono => [all.to_vec(), all.to_vec()],
            Channels::Stereo => [channel(all, 0), channel(all, 1)],
        };
        assert_eq!(sides[0], sides[1], "mono sounds the same on both sides");
        let rms = (sides[0].iter().map(|x| x * x).sum::<f32>() / sides[0].len() as f32).sqrt();
        assert!((rms / (0.15 / 2f32.sqrt()) - 1.0).abs() < 0.1, "{coded:?}: the mean of both: {rms}");
    }
}

/// Four packets a frame, in virtual time, over a network that jitters and loses.
#[test]
fn packets_of_a_few_milliseconds_carry_two_channels_too() {
    let hz = [440.0, 660.0];
    for packet_time_us in [2_500, 5_000] {
        let sender = AudioSenderConfig { packet_time_us, bitrate_bps: 256_000, ..sending(Channels::Stereo) };
        let path = OneWay::Gaussian { delay: 30.0, sigma: 4.0, loss: 0.01 };
        let (heard, kinds, stats) = call(sender, path, 0.0, 4_000, |k| tones(k, hz[0], hz[1]));
        let (median, worst) = separation(&heard, &kinds, hz);
        println!("{packet_time_us} µs: {median:.1} dB, a tenth under {worst:.1} dB, {stats:?}");
        let packets = 40_000_000 / u64::from(packet_time_us);
        assert!(stats.packets_received > packets * 9 / 10, "{stats:?}");
        assert!(stats.red_samples > 0, "copies repair what is lost: {stats:?}");
        assert!(stats.concealed_samples < 40 * 480, "under 1 %: {stats:?}");
        assert!(median > 30.0 && worst > 15.0, "{median:.1} dB, a tenth under {worst:.1} dB");
    }
}
