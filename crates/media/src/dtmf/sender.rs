//! Sends keys as telephone events.

use super::payload::Event;
use super::{DtmfTone, DtmfTones};
use crate::FRAME_SAMPLES;
use crate::sender::pool::PayloadPool;
use bytes::Bytes;
use std::collections::VecDeque;

/// Keys that may wait.
const MAX_WAITING: usize = 4 * DtmfTones::MAX;
/// A packet of a running event this often (ms): RFC 4733 section 2.5.1.2 asks for the audio's packet time.
const EVERY_MS: u32 = 20;
/// Times the last packet of an event is sent (RFC 4733 section 2.5.1.4).
const END_PACKETS: u32 = 3;
/// What a `,` stands for (ms).
const PAUSE_MS: u32 = 2_000;
const TICK_MS: u32 = 10;

/// How keys are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DtmfSenderConfig {
    /// How long a key is held, 50 to 500 ms, whole tens; others are brought into it.
    pub tone_ms: u32,
    /// Silence between two keys, 50 to 500 ms, whole tens; others are brought into it.
    pub gap_ms: u32,
    /// Power of the tone that the far end may make of it, in −dBm0, 0 to 63.
    pub volume: u8,
}

impl Default for DtmfSenderConfig {
    fn default() -> Self {
        Self { tone_ms: 100, gap_ms: 70, volume: 10 }
    }
}

/// What makes an RTP packet of the audio's stream, but for the sequence number, which the audio's sender gives
/// ([`AudioSender::take_sequence`](crate::AudioSender::take_sequence)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DtmfPacket {
    /// The first packet of a key.
    pub marker: bool,
    /// When the key was pressed, on the audio's clock: the same for all packets of a key.
    pub timestamp: u32,
    /// The event.
    pub payload: Bytes,
}

/// Turns keys into telephone events, one 10 ms tick at a time. Everything is allocated when it is made.
#[derive(Debug)]
pub struct DtmfSender {
    config: DtmfSenderConfig,
    waiting: VecDeque<Option<DtmfTone>>,
    state: State,
    pool: PayloadPool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Pressed {
        tone: DtmfTone,
        timestamp: u32,
        held_ms: u32,
    },
    /// The key is up; its last packet is sent this many times more.
    Released {
        tone: DtmfTone,
        timestamp: u32,
        left: u32,
    },
    Quiet {
        left_ms: u32,
    },
}

impl DtmfSender {
    /// A sender with nothing to send.
    pub fn new(config: DtmfSenderConfig) -> Self {
        let tens = |ms: u32| ms.clamp(50, 500) / TICK_MS * TICK_MS;
        let config = DtmfSenderConfig {
            tone_ms: tens(config.tone_ms),
            gap_ms: tens(config.gap_ms),
            volume: config.volume.min(63),
        };
        Self {
            config,
            waiting: VecDeque::with_capacity(MAX_WAITING),
            state: State::Idle,
            pool: PayloadPool::new(4),
        }
    }

    /// Lets keys wait for their turn; `false`, and none of them waits, when 128 would be exceeded.
    pub fn queue(&mut self, tones: &DtmfTones) -> bool {
        let fits = self.waiting.len() + usize::from(tones.length) <= MAX_WAITING;
        if fits {
            self.waiting.extend(tones.iter());
        }
        fits
    }

    /// Keys that wait, the one being sent not among them.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is nothing to send.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle) && self.waiting.is_empty()
    }

    /// 10 ms pass; `timestamp` is the audio's at their beginning. Returns what is to be sent now.
    pub fn tick(&mut self, timestamp: u32) -> Option<DtmfPacket> {
        match self.state {
            State::Idle => self.press(timestamp),
            State::Pressed { tone, timestamp, held_ms } => self.hold(tone, timestamp, held_ms + TICK_MS),
            State::Released { tone, timestamp, left } => {
                self.state = match left {
                    0 | 1 => State::Quiet { left_ms: self.config.gap_ms - (END_PACKETS - 1) * TICK_MS },
                    _ => State::Released { tone, timestamp, left: left - 1 },
                };
                Some(self.packet(tone, timestamp, self.config.tone_ms, true))
            }
            State::Quiet { left_ms } if left_ms > 0 => {
                self.state = State::Quiet { left_ms: left_ms - TICK_MS };
                None
            }
            State::Quiet { .. } => self.press(timestamp),
        }
    }

    fn press(&mut self, timestamp: u32) -> Option<DtmfPacket> {
        match self.waiting.pop_front() {
            None => {
                self.state = State::Idle;
                None
            }
            Some(None) => {
                self.state = State::Quiet { left_ms: PAUSE_MS - TICK_MS };
                None
            }
            Some(Some(tone)) => {
                self.state = State::Pressed { tone, timestamp, held_ms: TICK_MS };
                // The 10 ms that begin now: a duration of nothing would be no event.
                let first = self.packet(tone, timestamp, TICK_MS, false);
                Some(DtmfPacket { marker: true, ..first })
            }
        }
    }

    fn hold(&mut self, tone: DtmfTone, timestamp: u32, held_ms: u32) -> Option<DtmfPacket> {
        if held_ms >= self.config.tone_ms {
            self.state = State::Released { tone, timestamp, left: END_PACKETS - 1 };
            return Some(self.packet(tone, timestamp, self.config.tone_ms, true));
        }
        self.state = State::Pressed { tone, timestamp, held_ms };
        held_ms.is_multiple_of(EVERY_MS).then(|| self.packet(tone, timestamp, held_ms, false))
    }

    fn packet(&mut self, tone: DtmfTone, timestamp: u32, held_ms: u32, end: bool) -> DtmfPacket {
        // At most 500 ms, which is 24 000.
        let duration = (held_ms / TICK_MS * FRAME_SAMPLES as u32) as u16;
        let event = Event { code: tone.code(), end, volume: self.config.volume, duration };
        let mut buffer = self.pool.take();
        buffer.extend_from_slice(&event.bytes());
        DtmfPacket { marker: false, timestamp, payload: self.pool.freeze(buffer) }
    }
}
