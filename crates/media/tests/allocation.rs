//! The send and the receive tick allocate nothing once warm.
//!
//! One test only: the counter counts the whole process.

#![allow(clippy::expect_used, reason = "a test stops where it cannot go on")]

mod harness;

use harness::network::{Network, OneWay};
use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, Channels, FRAME_SAMPLES, Mixer,
    NetworkReport, RtpPacket,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[expect(unsafe_code, reason = "a global allocator cannot be written without it")]
// SAFETY: every call is handed to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn ticks_allocate_nothing_after_two_seconds() {
    for channels in [Channels::Mono, Channels::Stereo] {
        ticks(channels);
    }
}

fn ticks(channels: Channels) {
    let start = harness::call::epoch();
    let red_payload_type = Some(63);
    let config = AudioSenderConfig {
        complexity: 5,
        channels,
        bitrate_bps: 64_000,
        red_payload_type,
        dred: true,
        ..AudioSenderConfig::default()
    };
    let mut sender = AudioSender::new(config).expect("valid");
    let mut receiver =
        AudioReceiver::new(AudioReceiverConfig { channels, red_payload_type, ..Default::default() })
            .expect("valid");
    let mut mixer = Mixer::with_channels(channels);
    let path = OneWay::Gaussian { delay: 30.0, sigma: 25.0, loss: 0.08 };
    let mut network = Network::new(path, true, 3);
    let mut speech = Speech::new(1);
    let mut flight: VecDeque<(f64, RtpPacket)> = VecDeque::with_capacity(64);
    let (mut sent, mut heard) = ([0.0; 2 * FRAME_SAMPLES], [0.0; 2 * FRAME_SAMPLES]);
    let (sent, heard) = (&mut sent[..channels.frame_len()], &mut heard[..channels.frame_len()]);
    let mut counted = [0u64; 2];
    for tick in 0..3_000u32 {
        let ms = f64::from(tick) * 10.0;
        let now = start + Duration::from_millis(u64::from(tick) * 10);
        let voice = speech.frame();
        for (i, sample) in sent.iter_mut().enumerate() {
            *sample = voice[i / channels.count()] * if i % 2 == 0 { 1.0 } else { 0.7 };
        }
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        if tick % 100 == 0 {
            // Every kind of protection in turn.
            let mean_burst_packets = if tick < 1_500 { 1.0 } else { 4.0 };
            sender.set_network(NetworkReport { fraction_lost: 0.3, mean_burst_packets });
            sender.set_wire_budget_bps(90_000 + tick);
        }
        let packet = sender.push(now, sent, now).expect("encodes");
        let between = ALLOCATIONS.load(Ordering::Relaxed);
        if let Some(packet) = packet
            && let Some(arrival) = network.carry(ms)
            // A run of six packets lost now and then.
            && tick % 200 >= 12
        {
            flight.push_back((arrival, packet));
        }
        let inserting = ALLOCATIONS.load(Ordering::Relaxed);
        for _ in 0..flight.len() {
            let Some((arrival, packet)) = flight.pop_front() else { break };
            if arrival <= ms {
                receiver.insert(now, packet);
            } else {
                flight.push_back((arrival, packet));
            }
        }
        receiver.pull(now, heard);
        mixer.begin();
        mixer.add(heard, 1.0);
        mixer.finish(heard);
        let after = ALLOCATIONS.load(Ordering::Relaxed);
        if tick >= 200 {
            counted[0] += between - before;
            counted[1] += after - inserting;
        }
    }
    let stats = receiver.stats();
    assert!(stats.concealed_samples > 0 && stats.fec_packets_received > 0, "every path was taken");
    assert!(stats.red_samples > 0 && stats.dred_samples > 0, "every path was taken: {stats:?}");
    assert!(sender.stats().red_blocks_sent > 0 && sender.stats().dred_ms > 0);
    assert!(stats.removed_samples_for_acceleration > 0 || stats.inserted_samples_for_deceleration > 0);
    assert_eq!(counted, [0, 0], "allocations in send ticks and in receive ticks");
    assert_eq!(sender.stats().pool_misses, 0);
}
