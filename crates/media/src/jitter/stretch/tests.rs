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
    let (mut buffer, mut stretcher) = (PlayBuffer::new(Channels::Mono), Stretcher::new(Channels::Mono));
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
    let (mut buffer, mut stretcher) = (PlayBuffer::new(Channels::Mono), Stretcher::new(Channels::Mono));
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
    let (mut buffer, mut stretcher) = (PlayBuffer::new(Channels::Mono), Stretcher::new(Channels::Mono));
    assert_eq!(stretcher.accelerate(&mut buffer, 720, Haste::Hasty), 0);
    assert_eq!(stretcher.decelerate(&mut buffer, 720, Haste::Hasty), 0);
    buffer.append(&[0.1; 200], Origin::Decoded);
    assert_eq!(stretcher.accelerate(&mut buffer, 720, Haste::Hasty), 0);
    assert_eq!(stretcher.decelerate(&mut buffer, 720, Haste::Hasty), 0);
    buffer.append(&[0.1; 1_000], Origin::Decoded);
    assert_eq!(stretcher.accelerate(&mut buffer, 100, Haste::Hasty), 0, "less than the shortest period");
}

/// Sines and cosines of `hz`, 20 ms each.
fn basis(hz: impl IntoIterator<Item = f64>) -> Vec<Vec<f64>> {
    let wave = |hz: f64, turn: f64| {
        let w = std::f64::consts::TAU * hz / 48_000.0;
        (0..960).map(|i| (w * f64::from(i) + turn).sin()).collect()
    };
    hz.into_iter().flat_map(|hz| [wave(hz, 0.0), wave(hz, std::f64::consts::FRAC_PI_2)]).collect()
}

/// Share of the energy of each 20 ms that is no harmonic of `pitch`, the worst and the mean, in dB.
fn distortion(wave: &[f32], pitch: f64) -> (f64, f64) {
    let basis = basis((1..12).map(|k| pitch * f64::from(k)));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let windows = wave.chunks_exact(960).map(|window| {
        let mut rest: Vec<f64> = window.iter().map(|x| f64::from(*x)).collect();
        let energy = dot(&rest, &rest);
        // Harmonics are taken out one by one; again, because they are not quite orthogonal here.
        for wave in (0..4).flat_map(|_| &basis) {
            let gain = dot(&rest, wave) / dot(wave, wave);
            rest.iter_mut().zip(wave).for_each(|(x, y)| *x -= gain * y);
        }
        dot(&rest, &rest) / energy
    });
    let shares: Vec<f64> = windows.collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    (10.0 * shares.iter().copied().fold(0.0, f64::max).log10(), 10.0 * mean.log10())
}

/// The same stretches as [`play`], but anywhere, and without a fade.
fn cut_naively(wave: &[f32], every: usize, removed: usize) -> Vec<f32> {
    wave.chunks_exact(every).flat_map(|chunk| chunk[removed..].iter().copied()).collect()
}

#[test]
fn a_steady_vowel_is_not_distorted() {
    for pitch in [73.0, 110.0, 181.0, 305.0] {
        let wave = vowel(pitch, 48_000);
        let (worst, mean) = distortion(&cut_naively(&wave, 1_440, 401), pitch);
        println!("{pitch} Hz, cut: worst {worst:.1} dB, mean {mean:.1} dB");
        assert!(mean > -20.0, "{pitch} Hz: the measure finds a cut: {mean} dB");
        for slower in [false, true] {
            let (out, moved) = play(&wave, slower, Haste::Patient);
            let (worst, mean) = distortion(&out[960..], pitch);
            println!("{pitch} Hz, slower {slower}, {moved} samples: worst {worst:.1} dB, mean {mean:.1} dB");
            assert!(worst < -30.0 && mean < -35.0, "{pitch} Hz: {worst} dB, {mean} dB");
        }
    }
}

/// Power in 16 bands of 20 ms of sound, in dB.
fn bands(window: &[f32], basis: &[Vec<f64>]) -> Vec<f64> {
    let dot = |wave: &Vec<f64>| wave.iter().zip(window).map(|(a, b)| a * f64::from(*b)).sum::<f64>();
    basis
        .chunks_exact(2)
        .map(|pair| 10.0 * (dot(&pair[0]).powi(2) + dot(&pair[1]).powi(2) + 1e-3).log10())
        .collect()
}

/// Mean distance of each 20 ms of `out` to the most alike 20 ms of `wave` nearby, in dB.
fn spectral_distance(wave: &[f32], out: &[f32]) -> f64 {
    let mut basis = basis((0..16).map(|band| 120.0 * 1.25f64.powi(band)));
    for wave in &mut basis {
        let hann = |i: usize| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / 960.0).cos();
        wave.iter_mut().enumerate().for_each(|(i, x)| *x *= hann(i));
    }
    let (mut sum, mut count, mut lag) = (0.0, 0, 0isize);
    for (k, window) in out.chunks_exact(960).enumerate().skip(5) {
        let spectrum = bands(window, &basis);
        let places = (-16..=16).map(|step| (k * 960) as isize + lag + step * 48);
        let near = places.filter_map(|from| {
            let original = bands(wave.get(usize::try_from(from).ok()?..)?.get(..960)?, &basis);
            let square: f64 = spectrum.iter().zip(original).map(|(a, b)| (a - b) * (a - b)).sum();
            Some(((square / 16.0).sqrt(), from))
        });
        let Some((distance, from)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        lag = from - (k * 960) as isize;
        sum += distance;
        count += 1;
    }
    sum / f64::from(count)
}

#[test]
fn moving_harmonics_keep_their_spectrum() {
    let mut speech = Speech::new(7);
    let wave: Vec<f32> = (0..150).flat_map(|_| speech.frame()).collect();
    let cut = spectral_distance(&wave, &cut_naively(&wave, 1_440, 401));
    let itself = spectral_distance(&wave, &wave);
    println!("distance: {itself:.2} dB to itself, {cut:.2} dB where cut");
    for slower in [false, true] {
        let (out, moved) = play(&wave, slower, Haste::Patient);
        let distance = spectral_distance(&wave, &out);
        println!("slower {slower}, {moved} samples: {distance:.2} dB");
        assert!(moved > 2_000, "{moved}");
        assert!(distance < 0.5 * cut, "{distance} dB; a cut has {cut} dB");
    }
}

#[test]
fn clicks_stay_where_and_what_they_are() {
    let click = |i: usize| ((i as f32 * 1.7).sin() * 0.9) * (1.0 - i as f32 / 96.0);
    for (name, loud) in [("in a vowel", 1.0), ("in a pause", 0.0005)] {
        let mut wave: Vec<f32> = vowel(140.0, 120_000).iter().map(|x| x * loud).collect();
        let clicks: Vec<usize> = (0..10).map(|k| 9_000 + k * 10_111).collect();
        for at in &clicks {
            (0..96).for_each(|i| wave[at + i] += click(i));
        }
        for (slower, haste) in
            [(false, Haste::Patient), (true, Haste::Patient), (false, Haste::Hasty), (true, Haste::Hasty)]
        {
            let (out, moved) = play(&wave, slower, haste);
            assert!(moved > 5_000, "{name}: {moved}");
            // Steps, so that the vowel beneath counts for nothing.
            let steps = |wave: &[f32]| wave.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
            let (shape, out) = (steps(&(0..96).map(click).collect::<Vec<_>>()), steps(&out));
            let found = (0..out.len() - shape.len()).filter(|at| {
                let here = &out[*at..at + shape.len()];
                mean_square(here) > 0.5 * mean_square(&shape) && similarity(here, &shape) > 0.97
            });
            let mut found: Vec<usize> = found.collect();
            found.dedup_by(|a, b| *a - *b < 48);
            let expected = clicks.iter().filter(|at| **at + 5_000 < wave.len()).count();
            assert_eq!(found.len(), expected, "{name}, slower {slower}, {haste:?}: at {found:?}");
        }
    }
}

#[test]
fn two_channels_are_cut_at_the_same_place_and_opposite_ones_are_not_taken_for_silence() {
    let wave = vowel(110.0, 96_000);
    let steepest = wave.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    let both: Vec<f32> = wave.iter().flat_map(|sample| [*sample, -sample]).collect();
    for slower in [false, true] {
        let (mut buffer, mut stretcher) =
            (PlayBuffer::new(Channels::Stereo), Stretcher::new(Channels::Stereo));
        let (mut out, mut moved) = (Vec::new(), 0);
        for packet in both.chunks_exact(1_920) {
            buffer.append(packet, Origin::Decoded);
            while buffer.len() >= 480 + REMOVE_NEEDS {
                moved += if slower {
                    stretcher.decelerate(&mut buffer, MAX_PERIOD, Haste::Patient)
                } else {
                    stretcher.accelerate(&mut buffer, MAX_PERIOD, Haste::Patient)
                };
                out.extend_from_slice(&buffer.ahead()[..960]);
                stretcher.heard(&buffer.ahead()[..960]);
                buffer.consume(480);
            }
        }
        assert!(moved > 10_000, "{moved} samples stretched");
        assert!(out.chunks_exact(2).all(|pair| pair[0] == -pair[1]), "the channels are as they were");
        let left: Vec<f32> = out.iter().step_by(2).copied().collect();
        let step = left.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(step < steepest * 1.05, "a step of {step}, the vowel has {steepest}");
    }
}
