use super::*;
use crate::jitter::playout::Origin;
use crate::testing::{Random, Speech};

/// A steady vowel: harmonics of `pitch` Hz.
fn vowel(pitch: f64, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|i| {
            let t = i as f64 / 48_000.0 * std::f64::consts::TAU * pitch;
            (1..12).map(|k| (t * f64::from(k)).sin() / f64::from(k * k)).sum::<f64>() as f32 * 0.3
        })
        .collect()
}

/// Plays `wave`, stretching at every 30 ms; returns what came out and how far it was stretched.
fn play(wave: &[f32], slower: bool, haste: Haste) -> (Vec<f32>, usize) {
    let (mut buffer, mut stretcher) = (PlayBuffer::new(), Stretcher::new());
    let (mut out, mut moved) = (Vec::new(), 0);
    let mut packets = wave.chunks_exact(960);
    for pull in 0.. {
        while buffer.len() < 480 + REMOVE_NEEDS {
            let Some(packet) = packets.next() else { return (out, moved) };
            buffer.append(packet, Origin::Decoded);
        }
        if pull % 3 == 0 {
            moved += if slower {
                stretcher.decelerate(&mut buffer, MAX_PERIOD, haste)
            } else {
                stretcher.accelerate(&mut buffer, MAX_PERIOD, haste)
            };
        }
        out.extend_from_slice(&buffer.ahead()[..480]);
        stretcher.heard(&buffer.ahead()[..480]);
        buffer.consume(480);
    }
    unreachable!()
}

#[test]
fn a_steady_vowel_is_stretched_without_a_seam() {
    for pitch in [70.0, 110.0, 180.0, 305.0] {
        let wave = vowel(pitch, 96_000);
        let steepest = wave.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        let power = mean_square(&wave);
        for slower in [false, true] {
            let (out, moved) = play(&wave, slower, Haste::Patient);
            assert!(moved > 10_000, "{pitch} Hz: only {moved} samples stretched");
            let step = out.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(step < steepest * 1.05, "{pitch} Hz: a step of {step}, the vowel has {steepest}");
            for window in out[960..].chunks_exact(4_800) {
                let db = 10.0 * (mean_square(window) / power).log10();
                assert!(db.abs() < 0.5, "{pitch} Hz: the energy steps by {db} dB");
            }
            // The pitch stays: the wave still repeats after one period.
            let period = (48_000.0 / pitch).round() as usize;
            let tail = &out[4_800..];
            let repeat = similarity(&tail[..tail.len() - period], &tail[period..]);
            assert!(repeat > 0.97, "{pitch} Hz: repeats by {repeat}");
        }
    }
}

#[test]
fn speech_is_stretched_and_keeps_its_level() {
    let mut speech = Speech::new(3);
    let wave: Vec<f32> = (0..500).flat_map(|_| speech.frame()).collect();
    for slower in [false, true] {
        let (out, moved) = play(&wave, slower, Haste::Patient);
        assert!(moved as f64 > wave.len() as f64 * 0.05, "{moved}");
        let db = 10.0 * (mean_square(&out) / mean_square(&wave)).log10();
        assert!(db.abs() < 1.0, "{db} dB");
    }
}

#[test]
fn loud_noise_is_left_alone_unless_hasty_and_quiet_noise_is_not() {
    let mut random = Random::new(5);
    let noise: Vec<f32> = (0..48_000).map(|_| (random.uniform() - 0.5) as f32).collect();
    let (_, patient) = play(&noise, false, Haste::Patient);
    assert_eq!(patient, 0, "no period in noise");
    let mut speech_then_hiss = vowel(120.0, 48_000);
    speech_then_hiss.extend(noise.iter().map(|x| x * 0.001));
    let hiss_only = play(&speech_then_hiss, false, Haste::Patient).1;
    let vowel_only = play(&speech_then_hiss[..48_000], false, Haste::Patient).1;
    assert!(hiss_only > vowel_only + 5_000, "{hiss_only} {vowel_only}");
}

#[test]
fn an_onset_is_left_alone() {
    let (mut buffer, mut stretcher) = (PlayBuffer::new(), Stretcher::new());
    let mut wave = vowel(150.0, 2_400);
    for sample in &mut wave[..700] {
        *sample *= 0.1;
    }
    buffer.append(&wave, Origin::Decoded);
    stretcher.heard(&vowel(150.0, 480));
    assert_eq!(stretcher.accelerate(&mut buffer, 480, Haste::Patient), 0);
}

#[test]
fn too_little_sound_is_not_stretched() {
    let (mut buffer, mut stretcher) = (PlayBuffer::new(), Stretcher::new());
    assert_eq!(stretcher.accelerate(&mut buffer, 720, Haste::Hasty), 0);
    assert_eq!(stretcher.decelerate(&mut buffer, 720, Haste::Hasty), 0);
    buffer.append(&[0.1; 200], Origin::Decoded);
    assert_eq!(stretcher.accelerate(&mut buffer, 720, Haste::Hasty), 0);
    assert_eq!(stretcher.decelerate(&mut buffer, 720, Haste::Hasty), 0);
    buffer.append(&[0.1; 1_000], Origin::Decoded);
    assert_eq!(stretcher.accelerate(&mut buffer, 100, Haste::Hasty), 0, "less than the shortest period");
}
