//! Plays the packets: what comes next, and when.

mod source;
mod steering;

use super::voice::Voice;
use super::{AudioReceiverConfig, PullKind, ReceiverError, ReceiverStats};
use crate::codec::OpusPacketInfo;
use crate::jitter::control::{Control, Limits, SPARE_SAMPLES};
use crate::jitter::delay::DelayModel;
use crate::jitter::packets::{Inserted, PacketBuffer, Waiting};
use crate::jitter::playout::{Origin, PlayBuffer, Tally};
use crate::jitter::stretch::Stretcher;
use crate::{Channels, DriftCorrector, DriftEstimator, FRAME_SAMPLES};

/// A stream from which nothing came for so long has ended.
const END_AFTER_MS: f64 = 5_000.0;
const SAMPLES_PER_MS: f64 = 48.0;
/// Samples over which a stream that is cut off fades.
const CUT_FADE: usize = 96;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No stream: before the first packet, or long after the last.
    Ended,
    /// Packets come, but it is too early to play the first.
    Filling,
    Playing,
}

/// One stream's playout.
#[derive(Debug)]
pub(crate) struct Playback {
    phase: Phase,
    packets: PacketBuffer,
    buffer: PlayBuffer,
    voice: Voice,
    model: DelayModel,
    control: Control,
    stretcher: Stretcher,
    corrector: DriftCorrector,
    /// The clock of the pulls.
    device: DriftEstimator,
    pulled: u64,
    /// RTP time of the stream's first packet: media time 0.
    origin: Option<i64>,
    /// Media time (RTP) of the next sample to be decoded.
    next: i64,
    /// Samples made up since then without media time passing: nothing has come to say whether the
    /// next packet is lost, late or was never sent.
    debt: usize,
    /// The last packet played said that the sender is silent.
    dtx: bool,
    packet_samples: usize,
    last_packet_ms: f64,
    cool_down: u32,
    /// Samples put in while the next packet was waited for.
    held: usize,
    concealing: bool,
    /// The last sample of each channel.
    last_sample: [f32; Channels::MOST],
    stats: ReceiverStats,
}

impl Playback {
    pub(crate) fn new(config: &AudioReceiverConfig) -> Result<Self, ReceiverError> {
        let limits =
            Limits { min_ms: f64::from(config.min_delay_ms), max_ms: f64::from(config.max_delay_ms) };
        Ok(Self {
            phase: Phase::Ended,
            packets: PacketBuffer::new(),
            buffer: PlayBuffer::new(config.channels),
            voice: Voice::new(config.deep_concealment_ms, config.channels)?,
            model: DelayModel::new(),
            control: Control::new(limits),
            stretcher: Stretcher::new(config.channels),
            corrector: DriftCorrector::with_channels(config.channels),
            device: DriftEstimator::new(),
            pulled: 0,
            origin: None,
            next: 0,
            debt: 0,
            dtx: false,
            packet_samples: 960,
            last_packet_ms: 0.0,
            cool_down: 0,
            held: 0,
            concealing: false,
            last_sample: [0.0; Channels::MOST],
            stats: ReceiverStats::default(),
        })
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Forgets the stream and waits for the next.
    pub(crate) fn begin_stream(&mut self) {
        self.phase = Phase::Filling;
        self.packets.restart(0);
        self.buffer.clear();
        self.voice.reset();
        self.model.reset();
        self.control.restart();
        self.corrector.set_ppm(0.0);
        self.origin = None;
        self.debt = 0;
        self.dtx = false;
    }

    /// Media time in ms since the stream's first packet.
    pub(crate) fn media_ms(&self, timestamp: i64) -> f64 {
        (timestamp - self.origin.unwrap_or(timestamp)) as f64 / SAMPLES_PER_MS
    }

    pub(crate) fn insert(&mut self, packet: Waiting) -> Inserted {
        self.origin.get_or_insert(packet.place.timestamp);
        self.last_packet_ms = packet.arrival_ms;
        if self.phase == Phase::Filling {
            if self.packets.is_empty() {
                self.packets.restart(packet.place.sequence);
            } else {
                self.packets.lower_to(packet.place.sequence);
            }
        }
        self.packets.insert(packet)
    }

    /// Keeps a copy of a packet that has not come.
    pub(crate) fn insert_copy(&mut self, copy: Waiting) {
        self.packets.insert_copy(copy);
    }

    /// Tells the delay model of a packet; `carried` has a bit for each earlier packet of which it
    /// has a copy, bit 0 for the one before.
    pub(crate) fn learn(
        &mut self,
        arrival_ms: f64,
        media_ms: f64,
        info: &OpusPacketInfo,
        (number, carried): (i64, u32),
        drift_ppm: Option<f64>,
        (expected, received): (u64, u64),
    ) {
        self.packet_samples = info.samples;
        let packet_ms = info.samples as f64 / SAMPLES_PER_MS;
        let drift_ppm = drift_ppm.unwrap_or(0.0);
        self.model.arrived(arrival_ms, arrival_ms - media_ms, packet_ms, drift_ppm);
        self.model.carried(number, carried);
        self.model.counted(expected, received);
    }

    /// RTP time of the sample the next pull begins with.
    pub(crate) fn playhead(&self) -> Option<i64> {
        (self.phase == Phase::Playing).then(|| self.next - self.buffer.len() as i64)
    }

    pub(crate) fn stats(&self) -> ReceiverStats {
        self.stats
    }

    pub(crate) fn pull(&mut self, now_ms: f64, sender_ppm: Option<f64>, out: &mut [f32]) -> PullKind {
        self.device.observe(now_ms, self.pulled as f64 / SAMPLES_PER_MS);
        self.pulled += FRAME_SAMPLES as u64;
        if self.phase != Phase::Ended && now_ms - self.last_packet_ms > END_AFTER_MS {
            self.phase = Phase::Ended;
            self.buffer.reset();
            self.concealing = false;
        }
        if self.phase == Phase::Filling {
            self.start_if_due(now_ms);
        }
        if self.phase != Phase::Playing {
            self.fall_silent(out);
            return PullKind::Silence;
        }
        let drift_ppm = match (sender_ppm, self.device.ppm()) {
            (Some(sender), Some(device)) => sender - device,
            _ => 0.0,
        };
        self.catch_up(now_ms);
        self.plan(now_ms, drift_ppm);
        self.fill(now_ms);
        if self.stretch(now_ms) {
            self.fill(now_ms);
        }
        self.hold(now_ms);
        let taken = self.corrector.input_needed();
        self.corrector.process(self.buffer.ahead(), out);
        let tally = self.buffer.consume(taken);
        self.steered(taken, drift_ppm);
        self.stretcher.heard(out);
        let last = out.iter().rev().take(self.buffer.channels().count()).rev();
        self.last_sample.iter_mut().zip(last).for_each(|(kept, last)| *kept = *last);
        self.account(tally)
    }

    /// Silence; 2 ms of fade where a stream was cut off.
    fn fall_silent(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        let last = std::mem::take(&mut self.last_sample);
        if last != [0.0; Channels::MOST] {
            let instants = out.chunks_exact_mut(self.buffer.channels().count());
            for (i, instant) in instants.take(CUT_FADE).enumerate() {
                let left = 1.0 - (i + 1) as f32 / CUT_FADE as f32;
                instant.iter_mut().zip(last).for_each(|(sample, last)| *sample = last * left * left);
            }
        }
    }

    fn start_if_due(&mut self, now_ms: f64) {
        let Some(first) = self.packets.first() else { return };
        let (timestamp, sequence) = (first.place.timestamp, first.place.sequence);
        if now_ms - self.media_ms(timestamp) < self.control.opening_delay(&mut self.model) {
            return;
        }
        self.phase = Phase::Playing;
        self.next = timestamp;
        self.packets.lower_to(sequence);
        self.buffer.clear();
        self.buffer.append_silence(SPARE_SAMPLES, Origin::Comfort);
    }

    fn account(&mut self, tally: Tally) -> PullKind {
        let stats = &mut self.stats;
        let concealed = tally.concealed + tally.silent;
        stats.total_samples_received += FRAME_SAMPLES as u64;
        stats.concealed_samples += concealed.min(FRAME_SAMPLES) as u64;
        stats.fec_samples += tally.fec.min(FRAME_SAMPLES) as u64;
        stats.red_samples += tally.red.min(FRAME_SAMPLES) as u64;
        stats.dred_samples += tally.dred.min(FRAME_SAMPLES) as u64;
        stats.silent_concealed_samples += tally.silent.min(FRAME_SAMPLES) as u64;
        if concealed > 0 && !self.concealing {
            stats.concealment_events += 1;
        }
        self.concealing = concealed > 0;
        [
            (tally.decoded, PullKind::Decoded),
            (tally.fec, PullKind::Fec),
            (tally.red, PullKind::Red),
            (tally.dred, PullKind::Dred),
            (concealed, PullKind::Concealed),
            (tally.comfort, PullKind::Silence),
        ]
        .into_iter()
        .max_by_key(|(samples, _)| *samples)
        .map_or(PullKind::Silence, |(_, kind)| kind)
    }
}
