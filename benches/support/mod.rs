//! What the benches of whole ticks share.

use liaison_media::{FRAME_SAMPLES, Frame};
use std::time::Duration;

/// Ten seconds of something voiced, about `pitch_hz` high, with pauses.
pub fn voice(pitch_hz: f32) -> Vec<Frame> {
    let wave = |i: usize| {
        let t = i as f32 / 48_000.0;
        let pitch = pitch_hz + 20.0 * (t * 3.0).sin();
        let loud = (t * 2.0 * std::f32::consts::TAU).sin().max(0.0);
        (1..10).map(|k| (t * pitch * k as f32 * std::f32::consts::TAU).sin() / k as f32).sum::<f32>()
            * 0.1
            * loud
    };
    (0..1_000).map(|f| std::array::from_fn(|i| wave(f * FRAME_SAMPLES + i))).collect()
}

/// Prints the percentiles of `ticks`, of which there must be one: a mean hides the tick that is late.
pub fn print_ticks(name: &str, mut ticks: Vec<Duration>) {
    ticks.sort();
    let at = |q: f64| ticks[((ticks.len() - 1) as f64 * q) as usize];
    println!(
        "{name}: p50 {:?}, p90 {:?}, p99 {:?}, p99.9 {:?}, most {:?} of {} ticks",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0),
        ticks.len()
    );
}
