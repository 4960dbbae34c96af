use super::{DelayOptions, Delays, Recording, Window, measure_delays};

const RATE_HZ: u32 = 48_000;

/// When each 10 ms of a stream was handed over, in microseconds of one clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times(Vec<u64>);

impl Times {
    /// From 64-bit little-endian numbers.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let us = |eight: &[u8]| eight.try_into().map_or(0, u64::from_le_bytes);
        Self(bytes.chunks_exact(8).map(us).collect())
    }

    /// When the first was.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.0.first().copied()
    }

    /// When the last was.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.0.last().copied()
    }

    /// When the sample that lies `at_ms` into the stream was handed over [µs]: when the first sample of its 10 ms
    /// was, and 1/48000 s more for each sample since.
    #[must_use]
    pub fn of(&self, at_ms: f64) -> Option<f64> {
        let chunk = (at_ms / 10.0).floor();
        let us = *self.0.get(chunk as usize)?;
        (at_ms >= 0.0).then_some(us as f64 + (at_ms - chunk * 10.0) * 1e3)
    }
}

/// Samples at 48 kHz, and when each 10 ms of them was handed over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timed {
    /// Samples in [-1, 1].
    pub samples: Vec<f32>,
    /// One time for each 480 of them.
    pub times: Times,
}

impl Timed {
    fn recording(&self) -> Recording {
        let start_us = self.times.first().unwrap_or(0) as i64;
        Recording { samples: self.samples.clone(), rate_hz: RATE_HZ, start_us }
    }
}

/// Where what was pushed was pulled again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PushToPop {
    /// From the first sample pushed to the same sample pulled, for each window.
    pub delays: Delays,
    /// Where each of those windows begins in what was pushed and in what was pulled [ms].
    pub places: Vec<(f64, f64)>,
}

impl PushToPop {
    /// Where in what was pulled a moment of what was pushed is to be found [ms]: as its nearest window was.
    #[must_use]
    pub fn place_of(&self, pushed_ms: f64) -> Option<f64> {
        let distance = |place: &&(f64, f64)| (place.0 - pushed_ms).abs();
        let nearest = self.places.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        Some(pushed_ms + nearest.1 - nearest.0)
    }
}

/// Finds pieces of 240 ms of what was pushed in what was pulled, and how long each took by the times of both.
#[must_use]
pub fn push_to_pop(pushed: &Timed, pulled: &Timed) -> PushToPop {
    let (said, heard) = (pushed.recording(), pulled.recording());
    let options = DelayOptions {
        window_ms: 240,
        step_ms: 120,
        search_ms: 0..1_200,
        match_above: 0.6,
        ..DelayOptions::default()
    };
    let found = measure_delays(&said, &heard, &options);
    let between_ms = (said.start_us - heard.start_us) as f64 / 1e3;
    let mut exact =
        PushToPop { delays: Delays { spoken: found.spoken, ..Delays::default() }, places: Vec::new() };
    for window in found.windows {
        let place_ms = window.said_at_ms + window.delay_ms + between_ms;
        let Some((at, back)) = pushed.times.of(window.said_at_ms).zip(pulled.times.of(place_ms)) else {
            continue;
        };
        exact.delays.windows.push(Window { delay_ms: (back - at) / 1e3, ..window });
        exact.places.push((window.said_at_ms, place_ms));
    }
    exact
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    fn times(us: impl Iterator<Item = u64>) -> Times {
        Times::from_bytes(&us.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
    }

    #[test]
    fn a_sample_has_the_time_of_its_10_ms_and_its_place_in_it() {
        let times = times([1_000_000, 1_010_500].into_iter());
        assert_eq!((times.first(), times.last()), (Some(1_000_000), Some(1_010_500)));
        assert!((times.of(12.5).unwrap() - 1_013_000.0).abs() < 1e-6);
        assert_eq!((times.of(20.0), times.of(-0.1)), (None, None));
    }

    #[test]
    fn the_delay_is_that_of_the_calls_and_not_of_the_samples() {
        let mut rng = Rng::new(3);
        let samples: Vec<f32> = (0..96_000).map(|_| (rng.uniform() as f32 - 0.5) * 0.5).collect();
        let pushed =
            Timed { samples: samples.clone(), times: times((0..200).map(|k| 5_000_000 + k * 10_000)) };
        // 30 ms of silence first; every second pull comes 4 ms late.
        let mut later = vec![0.0; 1_440];
        later.extend(&samples);
        let pulls = (0..203).map(|k| 5_002_000 + k * 10_000 + (k % 2) * 4_000);
        let found = push_to_pop(&pushed, &Timed { samples: later, times: times(pulls) });
        assert!(found.delays.windows.len() >= 10, "{found:?}");
        for (window, place) in found.delays.windows.iter().zip(&found.places) {
            assert!((place.1 - place.0 - 30.0).abs() < 0.1, "{place:?}");
            let late = if (place.1 / 10.0).round() as u64 % 2 == 1 { 4.0 } else { 0.0 };
            assert!((window.delay_ms - 32.0 - late).abs() < 0.1, "{window:?}");
        }
        assert!((found.place_of(500.0).unwrap() - 530.0).abs() < 0.1);
    }
}
