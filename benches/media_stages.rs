//! The stages of the receiving side one by one, 10 ms each unless it says otherwise.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use liaison_media::benchable::{DelayPrices, TimeStretch};
use liaison_media::{DriftCorrector, DriftEstimator, FRAME_SAMPLES, Frame, LevelMeter, Mixer, SILENCE};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn vowel() -> Vec<f32> {
    let wave = |i: usize| {
        let t = i as f32 / 48_000.0 * 120.0 * std::f32::consts::TAU;
        (1..12).map(|k| (t * k as f32).sin() / (k * k) as f32).sum::<f32>() * 0.3
    };
    // A second: whole periods, so that it can be repeated.
    (0..48_000).map(wave).collect()
}

fn frame() -> Frame {
    let mut frame = SILENCE;
    frame.copy_from_slice(&vowel()[..FRAME_SAMPLES]);
    frame
}

fn drift(c: &mut Criterion) {
    let (vowel, mut out) = (vowel(), SILENCE);
    for ppm in [0.0, 300.0] {
        c.bench_function(&format!("drift corrector, {ppm} ppm"), |b| {
            let mut corrector = DriftCorrector::new();
            corrector.set_ppm(ppm);
            b.iter(|| corrector.process(black_box(&vowel[..490]), &mut out));
        });
    }
    c.bench_function("drift estimator, one observation", |b| {
        let (mut estimator, mut ms) = (DriftEstimator::new(), 0.0);
        b.iter(|| {
            ms += 20.0;
            estimator.observe(black_box(ms * 0.9997), ms);
            estimator.ppm()
        });
    });
}

fn stretch(c: &mut Criterion) {
    let (vowel, mut out) = (vowel(), SILENCE);
    for slower in [false, true] {
        c.bench_function(&format!("time stretch, {}", if slower { "expand" } else { "accelerate" }), |b| {
            let (mut stretch, mut at) = (TimeStretch::new(), 0);
            b.iter_custom(|rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    while stretch.waiting() < TimeStretch::NEEDS {
                        stretch.push(&vowel[at..at + 960]);
                        at = (at + 960) % vowel.len();
                    }
                    let begun = Instant::now();
                    black_box(if slower { stretch.decelerate() } else { stretch.accelerate() });
                    spent += begun.elapsed();
                    stretch.pull(&mut out);
                }
                spent
            });
        });
    }
}

fn mix(c: &mut Criterion) {
    let (frame, mut out) = (frame(), SILENCE);
    for senders in [1, 4] {
        c.bench_function(&format!("mix of {senders}"), |b| {
            let mut mixer = Mixer::new();
            b.iter(|| {
                mixer.begin();
                (0..senders).for_each(|_| mixer.add(black_box(&frame), 0.8));
                mixer.finish(&mut out);
            });
        });
    }
    c.bench_function("level", |b| {
        let mut meter = LevelMeter::new();
        b.iter(|| meter.measure(black_box(&frame)));
    });
}

fn delay_model(c: &mut Criterion) {
    c.bench_function("delay model, one packet of 20 ms", |b| {
        let (mut model, mut k) = (DelayPrices::new(), 0u32);
        b.iter(|| {
            k += 1;
            let delay = f64::from(k.wrapping_mul(2_654_435_761) >> 26);
            model.arrived(f64::from(k) * 20.0 + delay, black_box(delay));
        });
    });
    c.bench_function("delay model, cheapest deadline", |b| {
        let mut model = DelayPrices::new();
        for k in 0..5_000u32 {
            let delay = f64::from(k.wrapping_mul(2_654_435_761) >> 26);
            model.arrived(f64::from(k) * 20.0 + delay, delay);
        }
        b.iter(|| black_box(&mut model).best());
    });
}

criterion_group!(benches, drift, stretch, mix, delay_model);
criterion_main!(benches);
