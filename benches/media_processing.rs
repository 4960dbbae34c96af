//! Processing of the microphone, 10 ms at a time: each part alone, all together, and the level-based stages.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use liaison_media::{
    DominantSpeaker, DtmfSender, DtmfSenderConfig, DtmfTones, Frame, Processing, ProcessingConfig,
    VoiceActivity,
};
use std::hint::black_box;
use std::time::{Duration, Instant};
use support::{print_ticks, voice};

const TICK: Duration = Duration::from_millis(10);
/// From the speaker to the microphone, in frames.
const ECHO_FRAMES: usize = 2;

/// A call with both sides speaking, the far one heard in the near one's microphone.
struct Duplex {
    processing: Processing,
    far: Vec<Frame>,
    near: Vec<Frame>,
    start: Instant,
    tick: u32,
}

impl Duplex {
    fn new(config: ProcessingConfig) -> Self {
        let processing = Processing::new(config);
        let mut duplex =
            Self { processing, far: voice(120.0), near: voice(190.0), start: Instant::now(), tick: 0 };
        // Until every filter has adapted and every part has faded in.
        for _ in 0..500 {
            duplex.run();
        }
        duplex
    }

    fn run(&mut self) -> Duration {
        let k = self.tick as usize;
        let now = self.start + TICK * self.tick;
        self.tick += 1;
        let played = self.far[k % self.far.len()];
        let echo = &self.far[(k + self.far.len() - ECHO_FRAMES) % self.far.len()];
        let near = &self.near[k % self.near.len()];
        let mut frame: Frame = std::array::from_fn(|i| near[i] + 0.3 * echo[i]);
        let begun = Instant::now();
        self.processing.reference(&played, Some(now));
        self.processing.process(&mut frame, Some(now));
        let spent = begun.elapsed();
        black_box(&frame);
        spent
    }
}

fn processing(c: &mut Criterion) {
    let off = ProcessingConfig::default();
    for (name, config) in [
        ("echo", ProcessingConfig { echo: true, ..off }),
        ("noise", ProcessingConfig { noise: true, ..off }),
        ("gain", ProcessingConfig { gain: true, ..off }),
        ("all", ProcessingConfig::ALL),
    ] {
        let mut duplex = Duplex::new(config);
        print_ticks(&format!("processing, {name}"), (0..5_000).map(|_| duplex.run()).collect());
        c.bench_function(&format!("processing, 10 ms, {name}"), |b| {
            b.iter_custom(|rounds| (0..rounds).map(|_| duplex.run()).sum());
        });
    }
}

fn levels(c: &mut Criterion) {
    let voice = voice(150.0);
    let (mut activity, mut k) = (VoiceActivity::new(), 0);
    c.bench_function("voice activity, 10 ms", |b| {
        b.iter(|| {
            k = (k + 1) % voice.len();
            activity.hear(black_box(&voice[k]))
        });
    });
    let mut floor = DominantSpeaker::new();
    (0..8).for_each(|id| floor.add(id));
    c.bench_function("dominant speaker, 10 ms, 8 speakers", |b| {
        b.iter(|| {
            k += 1;
            (0..8u64).for_each(|id| floor.hear(id, (20 + (k as u64 * (id + 3)) % 60) as u8));
            floor.tick()
        });
    });
    let keys = DtmfTones::parse("0123456789*#").expect("keys");
    let (mut sender, mut timestamp) = (DtmfSender::new(DtmfSenderConfig::default()), 0u32);
    c.bench_function("DTMF sender, 10 ms", |b| {
        b.iter(|| {
            timestamp = timestamp.wrapping_add(480);
            if sender.is_idle() {
                sender.queue(&keys);
            }
            sender.tick(timestamp)
        });
    });
}

criterion_group!(benches, processing, levels);
criterion_main!(benches);
