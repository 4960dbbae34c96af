//! The jitter buffer beside the `neteq` crate's, over the same packets.
//!
//! Both decode with the same libopus, silent CELT frames of 20 ms, so that what is measured is
//! ordering, the delay model, the control and the stretching. The decoder is *included on both
//! sides* of `get`. In "besides decoding" what a second decoder takes for the same packets, right after
//! each `get`, is taken off again; concealment stays in. What we do besides (drift, comfort
//! noise, levels) is in our figure. `neteq` reads the system's clock and therefore sees all packets
//! come sooner than in time, which spares it the work of adapting.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use liaison_media::codec::{MAX_PACKET_SAMPLES, OpusDecoder};
use liaison_media::{AudioReceiver, AudioReceiverConfig, Frame, RtpPacket, SILENCE};
use neteq::codec::AudioDecoder;
use neteq::{AudioPacket, NetEq, NetEqConfig, RtpHeader};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SILENT_CELT: &[u8] = &[0xf8, 0xff, 0xfe];
const TICK: Duration = Duration::from_millis(10);

/// What is compared.
trait JitterBuffer {
    type Packet;
    fn packet(number: u32) -> Self::Packet;
    fn insert(&mut self, now: Instant, packet: Self::Packet);
    fn get(&mut self, now: Instant);
}

struct Ours {
    receiver: AudioReceiver,
    frame: Frame,
}

impl Ours {
    fn new() -> Self {
        // Theirs conceals without a network, too.
        let config = AudioReceiverConfig { deep_concealment_ms: 0, ..AudioReceiverConfig::default() };
        let receiver = AudioReceiver::new(config).expect("valid");
        Self { receiver, frame: SILENCE }
    }
}

impl JitterBuffer for Ours {
    type Packet = RtpPacket;

    fn packet(number: u32) -> RtpPacket {
        RtpPacket {
            audio_level: None,
            payload_type: 111,
            marker: false,
            sequence: number as u16,
            timestamp: number.wrapping_mul(960),
            ssrc: 1,
            payload: Bytes::from_static(SILENT_CELT),
        }
    }

    fn insert(&mut self, now: Instant, packet: RtpPacket) {
        self.receiver.insert(now, packet);
    }

    fn get(&mut self, now: Instant) {
        self.receiver.pull(now, &mut self.frame);
        black_box(&self.frame);
    }
}

struct Theirs(NetEq);

/// Packets that theirs has decoded.
static DECODED: AtomicU64 = AtomicU64::new(0);

/// Our decoder behind their trait.
struct Decode(OpusDecoder, [f32; MAX_PACKET_SAMPLES]);

impl AudioDecoder for Decode {
    fn sample_rate(&self) -> u32 {
        48_000
    }

    fn channels(&self) -> u8 {
        1
    }

    fn decode(&mut self, encoded: &[u8]) -> neteq::Result<Vec<f32>> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        match self.0.decode(encoded, &mut self.1) {
            Ok(samples) => Ok(self.1[..samples].to_vec()),
            Err(error) => Err(neteq::NetEqError::DecoderError(error.to_string())),
        }
    }
}

impl Theirs {
    fn new() -> Self {
        let config = NetEqConfig { sample_rate: 48_000, channels: 1, ..NetEqConfig::default() };
        let mut neteq = NetEq::new(config).expect("valid");
        let decoder = Decode(OpusDecoder::new().expect("made"), [0.0; MAX_PACKET_SAMPLES]);
        neteq.register_decoder(111, Box::new(decoder));
        Self(neteq)
    }
}

impl JitterBuffer for Theirs {
    type Packet = AudioPacket;

    fn packet(number: u32) -> AudioPacket {
        let header = RtpHeader::new(number as u16, number.wrapping_mul(960), 1, 111, false);
        AudioPacket::new(header, SILENT_CELT.to_vec(), 48_000, 1, 20)
    }

    fn insert(&mut self, _: Instant, packet: AudioPacket) {
        self.0.insert_packet(packet).expect("inserts");
    }

    fn get(&mut self, _: Instant) {
        black_box(self.0.get_audio().expect("audio"));
    }
}

/// In which 20 ms after its own a packet comes; `None` is lost.
type Fate = fn(u32) -> Option<u32>;

fn clean(_: u32) -> Option<u32> {
    Some(0)
}

/// The same every time: up to 60 ms late, overtaking, and every 25th lost.
fn jittery(number: u32) -> Option<u32> {
    (!number.is_multiple_of(25)).then_some((number.wrapping_mul(2_654_435_761) >> 24) % 4)
}

/// A call of packets under `fate`, and the time spent in each half.
struct Run<B: JitterBuffer> {
    buffer: B,
    start: Instant,
    number: u32,
    arriving: [Vec<u32>; 8],
    inserted: u64,
    insert: Duration,
    get: Duration,
    /// Decodes what was inserted once more, and how long that took.
    decoder: OpusDecoder,
    decoded: [f32; MAX_PACKET_SAMPLES],
    decode: Duration,
}

impl<B: JitterBuffer> Run<B> {
    /// After the first 20 s.
    fn warm(buffer: B, fate: Fate) -> Self {
        let arriving = std::array::from_fn(|_| Vec::with_capacity(8));
        let mut run = Self {
            buffer,
            start: Instant::now(),
            number: 0,
            arriving,
            inserted: 0,
            insert: Duration::ZERO,
            get: Duration::ZERO,
            decoder: OpusDecoder::new().expect("made"),
            decoded: [0.0; MAX_PACKET_SAMPLES],
            decode: Duration::ZERO,
        };
        (0..1_000).for_each(|_| run.step(fate));
        run.inserted = 0;
        (run.insert, run.get, run.decode) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        run
    }

    /// 20 ms: what arrives is inserted, two frames are taken.
    fn step(&mut self, fate: Fate) {
        let number = self.number;
        self.number += 1;
        if let Some(late) = fate(number) {
            self.arriving[((number + late) % 8) as usize].push(number);
        }
        let now = self.start + 2 * TICK * number;
        let arriving = &mut self.arriving[(number % 8) as usize];
        let arrived = arriving.len();
        for number in arriving.drain(..) {
            let packet = B::packet(number);
            let begun = Instant::now();
            self.buffer.insert(now, black_box(packet));
            self.insert += begun.elapsed();
            self.inserted += 1;
        }
        let begun = Instant::now();
        self.buffer.get(now);
        self.buffer.get(now + TICK);
        self.get += begun.elapsed();
        let begun = Instant::now();
        for _ in 0..arrived {
            self.decoder.decode(black_box(SILENT_CELT), &mut self.decoded).expect("decodes");
        }
        self.decode += begun.elapsed();
    }
}

fn compare<B: JitterBuffer>(c: &mut Criterion, who: &str, new: fn() -> B) {
    for (network, fate) in [("clean", clean as Fate), ("jitter and loss", jittery)] {
        c.bench_function(&format!("jitter insert, {network}, {who}"), |b| {
            b.iter_custom(|rounds| {
                let mut run = Run::warm(new(), fate);
                while run.inserted < rounds {
                    run.step(fate);
                }
                run.insert.mul_f64(rounds as f64 / run.inserted as f64)
            });
        });
        let mut get = |what: &str, cost: fn(&Run<B>) -> Duration| {
            c.bench_function(&format!("jitter get 10 ms{what}, {network}, {who}"), |b| {
                b.iter_custom(|rounds| {
                    let mut run = Run::warm(new(), fate);
                    let steps = rounds.div_ceil(2);
                    (0..steps).for_each(|_| run.step(fate));
                    cost(&run).mul_f64(rounds as f64 / (2 * steps) as f64)
                });
            });
        };
        get("", |run| run.get);
        get(" besides decoding", |run| run.get.saturating_sub(run.decode));
    }
    c.bench_function(&format!("jitter insert, 50 packets in reverse, {who}"), |b| {
        b.iter_batched_ref(
            || {
                let run = Run::warm(new(), clean);
                let packets: Vec<B::Packet> = (0..50).rev().map(|k| B::packet(run.number + k)).collect();
                (run, packets)
            },
            |(run, packets)| {
                let now = run.start + 2 * TICK * (run.number + 50);
                packets.drain(..).for_each(|packet| run.buffer.insert(now, packet));
            },
            BatchSize::LargeInput,
        );
    });
}

/// How much of what it is given `neteq` decodes when packets come faster than in time.
fn neteq_decodes() {
    for (network, fate) in [("clean", clean as Fate), ("jitter and loss", jittery)] {
        let mut run = Run::warm(Theirs::new(), fate);
        DECODED.store(0, Ordering::Relaxed);
        (0..1_000).for_each(|_| run.step(fate));
        let decoded = DECODED.load(Ordering::Relaxed);
        println!("neteq, {network}: {decoded} of {} packets are decoded", run.inserted);
    }
}

fn both(c: &mut Criterion) {
    neteq_decodes();
    compare(c, "ours", Ours::new);
    compare(c, "neteq", Theirs::new);
}

criterion_group!(benches, both);
criterion_main!(benches);
