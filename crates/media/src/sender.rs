//! From 10 ms frames to RTP packets.

mod config;
mod history;
mod mix;
pub(crate) mod pool;
mod quiet;
mod spending;

use crate::codec::{OpusApplication, OpusEncoder, OpusEncoderConfig, OpusPacketInfo};
use crate::red::{self, MAX_RED_BLOCK, RedBlock};
use crate::{AudioLevel, Channels, FRAME_SAMPLES, RtpPacket, VoiceActivity};
use bytes::BytesMut;
use config::{check, is_packet_time};
use history::{History, KEPT};
use mix::{Mix, Weather};
use pool::PayloadPool;
use quiet::Quiet;
use spending::Spending;
use std::ops::Range;
use std::time::{Duration, Instant};

pub use config::{AudioSenderConfig, NetworkReport, SenderError, SenderStats};

/// Largest payload, so that a packet with its headers fits any path (bytes).
const MAX_PAYLOAD: usize = 1_200;
/// A payload of at most this many bytes says only "silence" (RFC 6716 section 2.1.9).
const DTX_PAYLOAD: usize = 2;
/// Complexity at which copies are coded: they are heard in place of lost packets only.
const COPY_COMPLEXITY: u8 = 5;
/// Silence, in −dBov.
const SILENCE_DBOV: u8 = 127;
/// Frames in the longest packet: 120 ms.
const MAX_FRAMES: usize = 12;

/// Encodes one stream of frames into RTP packets (RFC 7587, RFC 2198).
///
/// It is told the loss ([`AudioSender::set_network`]) and the rate ([`AudioSender::set_wire_budget_bps`])
/// and divides the bits among the sound and its protection by itself.
#[derive(Debug)]
pub struct AudioSender {
    config: AudioSenderConfig,
    encoder: OpusEncoder,
    /// Codes the copies where they are smaller than what was sent.
    copier: Option<OpusEncoder>,
    copied: Box<[u8; MAX_RED_BLOCK]>,
    weather: Weather,
    mix: Mix,
    spending: Spending,
    /// Bits on the wire per second, where a budget was set.
    wire_budget_bps: Option<u32>,
    history: History,
    encoded: Box<[u8; MAX_PAYLOAD]>,
    pool: PayloadPool,
    /// What is pushed and not yet sent; samples are counted of one channel.
    pending: Box<[f32]>,
    pending_samples: usize,
    /// Of these, how many are in packets already.
    coded_samples: usize,
    packet_samples: usize,
    /// Sound in the packets from the next one on, in µs.
    packet_time_us: u32,
    /// Frames of one channel come: it is of no use to code two.
    coded_mono: bool,
    pending_capture: Option<Instant>,
    last_capture: Option<Instant>,
    sequence: u16,
    timestamp: u32,
    muted: bool,
    /// Gain at the end of the last frame: 1 speaking, 0 muted, so that muting does not click.
    gain: f32,
    silent: bool,
    quiet: Quiet,
    spurt_begins: bool,
    voice: VoiceActivity,
    /// The loudest frame since the last packet, in −dBov.
    loudest_dbov: u8,
    stats: SenderStats,
}

impl AudioSender {
    /// Makes a sender; everything it needs is allocated here.
    ///
    /// # Errors
    /// [`SenderError::Config`] for a value outside its range, [`SenderError::Codec`] if libopus refuses.
    pub fn new(config: AudioSenderConfig) -> Result<Self, SenderError> {
        check(&config)?;
        let application = if config.music { OpusApplication::Music } else { OpusApplication::Voice };
        let settings = OpusEncoderConfig {
            bitrate_bps: config.bitrate_bps,
            complexity: config.complexity,
            fec: false,
            dtx: config.dtx,
            application,
            channels: config.channels,
        };
        let encoder = OpusEncoder::new(settings)?;
        let copier = match config.red_payload_type {
            Some(_) => {
                let complexity = config.complexity.min(COPY_COMPLEXITY);
                let mut copier = OpusEncoder::new(OpusEncoderConfig { complexity, ..settings })?;
                // Where a copy stands in for a lost packet the band must not change.
                copier.set_wideband(true)?;
                Some(copier)
            }
            None => None,
        };
        let mix = Mix { opus_bps: config.bitrate_bps, ..Mix::default() };
        Ok(Self {
            encoder,
            copier,
            copied: Box::new([0; MAX_RED_BLOCK]),
            weather: Weather::default(),
            mix,
            spending: Spending::new(config.bitrate_bps, config.packet_time_us),
            wire_budget_bps: None,
            history: History::new(),
            encoded: Box::new([0; MAX_PAYLOAD]),
            pool: PayloadPool::new(MAX_PAYLOAD),
            pending: vec![0.0; MAX_FRAMES * config.channels.frame_len()].into_boxed_slice(),
            pending_samples: 0,
            coded_samples: 0,
            packet_samples: samples_in(config.packet_time_us),
            packet_time_us: config.packet_time_us,
            coded_mono: false,
            pending_capture: None,
            last_capture: None,
            sequence: config.first_sequence,
            timestamp: config.first_timestamp,
            muted: false,
            gain: 1.0,
            silent: false,
            quiet: Quiet::default(),
            spurt_begins: true,
            voice: VoiceActivity::new(),
            loudest_dbov: SILENCE_DBOV,
            stats: SenderStats { opus_bitrate_bps: config.bitrate_bps, ..SenderStats::default() },
            config,
        })
    }

    /// Takes the next 10 ms, of one channel or of two; returns a packet when one is complete. Packets under 10 ms are
    /// several: ask for the others with [`AudioSender::next_packet`].
    ///
    /// `capture` is when the first sample of the frame was captured. Timestamps count the samples
    /// pushed: they have no gap while muted or silent.
    ///
    /// # Errors
    /// [`SenderError::Codec`] if libopus fails; the stream goes on with the next frame.
    pub fn push(
        &mut self,
        _now: Instant,
        frame: &[f32],
        capture: Instant,
    ) -> Result<Option<RtpPacket>, SenderError> {
        if self.coded_samples > 0 {
            // Nobody asked for the rest of the last frame.
            self.timestamp = self.next_timestamp();
            self.forget_pending();
        }
        if self.pending_samples == 0 {
            self.packet_samples = samples_in(self.packet_time_us);
            self.code_mono(frame.len() <= FRAME_SAMPLES);
        }
        self.take_frame(frame);
        self.pending_capture.get_or_insert(capture);
        self.next_packet()
    }

    /// The next packet of what was pushed, while there is one: 2.5 ms packets are four a frame.
    ///
    /// # Errors
    /// As [`AudioSender::push`].
    pub fn next_packet(&mut self) -> Result<Option<RtpPacket>, SenderError> {
        while self.pending_samples - self.coded_samples >= self.packet_samples {
            let from = self.coded_samples;
            let later = Duration::from_micros(from as u64 * 1_000 / 48);
            self.last_capture = self.pending_capture.map(|capture| capture + later);
            let timestamp = self.timestamp;
            self.timestamp = timestamp.wrapping_add(self.packet_samples as u32);
            self.coded_samples += self.packet_samples;
            if self.coded_samples == self.pending_samples {
                self.forget_pending();
            }
            let count = self.config.channels.count();
            let samples = from * count..(from + self.packet_samples) * count;
            // With DTX the encoder decides what need not be sent.
            let quiet = match self.config.dtx {
                true => None,
                false => self.quiet.write(self.packet_samples, &mut self.encoded[..]),
            };
            let size = match quiet {
                Some(size) => size,
                None => self.encoder.encode(&self.pending[samples.clone()], &mut self.encoded[..])?,
            };
            // The first silent packet goes out: it tells the peer that what follows is silence, not loss.
            let suppress = self.config.dtx && size <= DTX_PAYLOAD && self.silent;
            self.silent = self.config.dtx && size <= DTX_PAYLOAD;
            if !suppress {
                let samples = if quiet.is_some() { None } else { Some(samples) };
                return Ok(Some(self.packet(timestamp, size, samples)));
            }
            self.stats.packets_suppressed += 1;
            self.spurt_begins = true;
        }
        Ok(None)
    }

    fn forget_pending(&mut self) {
        (self.pending_samples, self.coded_samples) = (0, 0);
        self.pending_capture = None;
    }

    /// Two channels that are the same are coded as one.
    fn code_mono(&mut self, mono: bool) {
        if self.config.channels == Channels::Stereo && mono != self.coded_mono {
            self.coded_mono = mono;
            // Never refused: the values are in range.
            let _ = self.encoder.set_coded_mono(mono);
            if let Some(copier) = &mut self.copier {
                let _ = copier.set_coded_mono(mono);
            }
        }
    }

    /// Makes a packet of the `size` bytes encoded of `samples` (of none where nothing was said), and of copies of the
    /// ones before.
    fn packet(&mut self, timestamp: u32, size: usize, samples: Option<Range<usize>>) -> RtpPacket {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let mut buffer = self.pool.take();
        self.stats.pool_misses = self.pool.misses();
        let payload_type = self.write_payload(&mut buffer, sequence, timestamp, size);
        let payload = self.pool.freeze(buffer);
        self.keep_copy(sequence, timestamp, size, samples);
        // Of several packets of one frame each has the frame's level.
        let dbov = self.loudest_dbov;
        if self.pending_samples == 0 {
            self.loudest_dbov = SILENCE_DBOV;
        }
        self.stats.packets_sent += 1;
        self.stats.bytes_sent += payload.len() as u64;
        if self.spending.spent(payload.len()) {
            self.divide();
        }
        RtpPacket {
            payload_type,
            marker: std::mem::take(&mut self.spurt_begins),
            sequence,
            timestamp,
            ssrc: self.config.ssrc,
            audio_level: Some(AudioLevel { dbov, voice: self.voice.is_active() }),
            payload,
        }
    }

    /// Keeps what later packets will say of this one, whose payload has `size` bytes.
    fn keep_copy(&mut self, sequence: u16, timestamp: u32, size: usize, samples: Option<Range<usize>>) {
        let Some(copier) = &mut self.copier else { return };
        let quiet = samples.is_none();
        if self.mix.copy_bps > 0
            && let Some(samples) = samples
            && let Ok(size) = copier.encode(&self.pending[samples], &mut self.copied[..])
        {
            self.history.keep(sequence, timestamp, &self.copied[..size]);
            return;
        }
        // A copy carries the sound only: deep redundancy of a lost packet is of no more use.
        let encoded = &mut self.encoded[..size];
        let size =
            if self.mix.dred_ms > 0 && !quiet { OpusEncoder::strip(encoded).unwrap_or(size) } else { size };
        self.history.keep(sequence, timestamp, &self.encoded[..size]);
    }

    /// Writes the payload into the empty `buffer`; says of what type it is.
    fn write_payload(&mut self, buffer: &mut BytesMut, sequence: u16, timestamp: u32, size: usize) -> u8 {
        let newest = &self.encoded[..size];
        let mut copies = [RedBlock::default(); KEPT];
        let mut count = 0;
        let mut room = MAX_PAYLOAD.saturating_sub(size + red::header_bytes(KEPT));
        // The oldest first, as their headers stand.
        let fills =
            self.mix.fill && OpusPacketInfo::parse(newest).is_ok_and(|info| !info.has_fec && !info.is_dtx);
        let distances = self.mix.distances | u8::from(fills);
        for distance in (1..=KEPT as u16).rev().filter(|distance| distances >> (distance - 1) & 1 == 1) {
            let Some((timestamp_offset, payload)) =
                self.history.copy(sequence, timestamp, self.packet_samples, distance)
            else {
                continue;
            };
            let asked = self.mix.distances >> (distance - 1) & 1 == 1;
            if !asked && payload.len() > self.spending.packet_bytes() * 3 / 4 {
                // Not the background: libopus has its reasons for no copy, and this one would cost
                // as much as the sound.
                continue;
            }
            if let Some(left) = room.checked_sub(payload.len()) {
                room = left;
                copies[count] =
                    RedBlock { payload_type: self.config.payload_type, timestamp_offset, payload };
                count += 1;
            }
        }
        let copies = &copies[..count];
        match self.config.red_payload_type.filter(|_| !copies.is_empty()) {
            Some(red_payload_type) => {
                let fit = copies.iter().all(|copy| red::write_older_header(buffer, copy));
                debug_assert!(fit, "the history keeps what fits a block");
                red::write_newest_header(buffer, self.config.payload_type);
                for copy in copies {
                    buffer.extend_from_slice(copy.payload);
                }
                buffer.extend_from_slice(newest);
                self.stats.red_blocks_sent += count as u64;
                red_payload_type
            }
            None => {
                buffer.extend_from_slice(newest);
                self.config.payload_type
            }
        }
    }

    /// While muted, silence is sent in place of the frames; the change fades over one frame.
    pub fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Whether silence is sent in place of the frames.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Tells what the peer reports of the network; about once a second, whether anything was lost or not.
    ///
    /// Protection comes with the first report of loss and goes within a minute after the last.
    pub fn set_network(&mut self, report: NetworkReport) {
        self.weather.report(report);
        self.divide();
    }

    /// Sets the loss to prepare for, in percent (0–100), as it is: nothing is smoothed.
    pub fn set_expected_loss(&mut self, percent: u8) {
        self.weather.loss = f32::from(percent.min(100)) / 100.0;
        self.divide();
    }

    /// Bits per second of IP packets that the stream may take, headers included
    /// ([`AudioSenderConfig::overhead_bytes_per_packet`]); in place of
    /// [`AudioSenderConfig::bitrate_bps`].
    ///
    /// Opus gets 6 to 510 kb/s, whatever the budget.
    pub fn set_wire_budget_bps(&mut self, wire_budget_bps: u32) {
        self.wire_budget_bps = Some(wire_budget_bps);
        self.divide();
    }

    /// Sound in one packet from the next packet on, in µs: see [`AudioSenderConfig::packet_time_us`]; others are ignored.
    pub fn set_packet_time_us(&mut self, packet_time_us: u32) {
        if is_packet_time(packet_time_us) {
            self.packet_time_us = packet_time_us;
            self.divide();
        }
    }

    /// Divides the bits anew.
    fn divide(&mut self) {
        let headers =
            u64::from(self.config.overhead_bytes_per_packet) * 8_000_000 / u64::from(self.packet_time_us);
        let headers = u32::try_from(headers).unwrap_or(u32::MAX);
        let payload_bps =
            self.wire_budget_bps.map_or(self.config.bitrate_bps, |budget| budget.saturating_sub(headers));
        let mut mix = Mix::divide(&self.config, payload_bps, self.packet_time_us, self.weather, self.mix);
        self.spending.allow(payload_bps, self.packet_time_us);
        if mix.distances > 0 || mix.fill {
            mix.opus_bps = self.spending.trimmed(mix.opus_bps);
        }
        let before = std::mem::replace(&mut self.mix, mix);
        if mix == before {
            return;
        }
        // None of these is refused: the values are in range.
        let _ = self.encoder.set_bitrate(mix.opus_bps);
        let _ = self.encoder.set_expected_loss(mix.loss_percent);
        let _ = self.encoder.set_fec(mix.fec);
        let _ = self.encoder.set_dred_ms(mix.dred_ms);
        if let Some(copier) = &mut self.copier {
            let _ = copier.set_bitrate(mix.copy_bps);
        }
        self.stats.opus_bitrate_bps = mix.opus_bps;
        self.stats.expected_loss_percent = mix.loss_percent;
        self.stats.red_distances = mix.distances | u8::from(mix.fill);
        self.stats.dred_ms = mix.dred_ms;
    }

    /// A sequence number for a packet of another payload type in this stream: it has one sequence for all
    /// (RFC 4733 section 2.6).
    pub fn take_sequence(&mut self) -> u16 {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        sequence
    }

    /// Timestamp of the next sample to be pushed.
    pub fn next_timestamp(&self) -> u32 {
        self.timestamp.wrapping_add((self.pending_samples - self.coded_samples) as u32)
    }

    /// Level of the last frame sent in −dBov (RFC 6464), 0 to 127; 127 while muted.
    pub fn level_dbov(&self) -> u8 {
        self.voice.level_dbov()
    }

    /// Capture time of the first sample of the newest packet.
    pub fn last_capture(&self) -> Option<Instant> {
        self.last_capture
    }

    /// Samples by which the peer's decoded sound lags what was pushed (the codec's lookahead).
    pub fn lookahead_samples(&self) -> usize {
        self.encoder.lookahead()
    }

    /// Counters since the sender was made.
    pub fn stats(&self) -> SenderStats {
        self.stats
    }

    /// Appends 10 ms in the channels that are coded, as loud as it is to be sent.
    fn take_frame(&mut self, frame: &[f32]) {
        let (channels, before) = (self.config.channels, self.gain);
        let target = if self.muted { 0.0 } else { 1.0 };
        let sent = &mut self.pending[self.pending_samples * channels.count()..][..channels.frame_len()];
        if before == 0.0 && target == 0.0 {
            sent.fill(0.0);
        } else {
            let step = (target - before) / FRAME_SAMPLES as f32;
            let gain = |i: usize| before + step * (i + 1) as f32;
            let stereo = frame.len() > FRAME_SAMPLES;
            match channels {
                Channels::Mono if stereo => {
                    for (i, (sent, pair)) in sent.iter_mut().zip(frame.chunks_exact(2)).enumerate() {
                        *sent = (usable(pair[0]) + usable(pair[1])) * 0.5 * gain(i);
                    }
                }
                Channels::Mono => {
                    for (i, (sent, sample)) in sent.iter_mut().zip(frame).enumerate() {
                        *sent = usable(*sample) * gain(i);
                    }
                }
                Channels::Stereo if stereo => {
                    let pairs = sent.chunks_exact_mut(2).zip(frame.chunks_exact(2));
                    for (i, (sent, pair)) in pairs.enumerate() {
                        let gain = gain(i);
                        sent.copy_from_slice(&[usable(pair[0]) * gain, usable(pair[1]) * gain]);
                    }
                }
                Channels::Stereo => {
                    for (i, (sent, sample)) in sent.chunks_exact_mut(2).zip(frame).enumerate() {
                        sent.fill(usable(*sample) * gain(i));
                    }
                }
            }
        }
        self.gain = target;
        self.voice.hear(sent);
        self.loudest_dbov = self.loudest_dbov.min(self.voice.level_dbov());
        self.quiet.frame(sent);
        self.pending_samples += FRAME_SAMPLES;
    }
}

/// libopus must not meet infinities: they would stay in its filters.
fn usable(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

/// Samples of each channel in a packet.
fn samples_in(packet_time_us: u32) -> usize {
    packet_time_us as usize * 48 / 1_000
}

#[cfg(test)]
mod tests;
