//! The one interceptor of a connection: every RTP and RTCP packet passes here, next to the encryption.
//!
//! Received media goes from here to its sink, with its arrival time and from the first packet on; packets to send
//! are taken from the session's queue here, so that there is no further queue between it and the socket.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use liaison_media::{AudioLevel, RtpPacket};
use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;

use crate::NegotiatedAudio;
use crate::audio::PayloadTypes;
use crate::feedback::Feedback;
use crate::pacer::Pacer;
use crate::rtcp::Reporter;
use crate::rtp_out::Outgoing;
use crate::sdp::TRANSPORT_WIDE;
use crate::session::RtpSink;
use crate::wire::Wire;

/// `abs-send-time`: when a packet left, for a peer that estimates our bandwidth itself.
pub(super) const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
/// A voice's level beside its sound (RFC 6464).
pub(super) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// Every byte there is: an extension of one byte needs no memory of its own.
static BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[byte] = byte as u8;
        byte += 1;
    }
    bytes
};
/// What is paced goes out at this rate before more is known.
const PACED_BPS: u32 = 300_000;
/// Streams of the peer that were agreed on and are passed on.
const MAX_STREAMS: usize = 4;

/// What the tap shares with its connection.
#[derive(Debug, Default)]
pub(super) struct Tapped {
    /// SSRC of the stream we may send; 0 while there is none.
    pub(super) ssrc: AtomicU32,
    /// The payload types agreed on, packed.
    pub(super) types: AtomicU32,
    /// What was agreed on, for the session's owner.
    pub(super) agreed: Mutex<NegotiatedAudio>,
    /// Bytes besides the payload in our packets.
    pub(super) overhead_bytes: AtomicU32,
    /// Of these, header extensions.
    pub(super) extension_bytes: AtomicU32,
    /// Something encrypted came from the peer: its handshake is done.
    pub(super) confirmed: AtomicBool,
}

pub(super) struct Tap {
    tapped: Arc<Tapped>,
    wire: Arc<Wire>,
    outgoing: Arc<Outgoing>,
    reporter: Arc<Mutex<Reporter>>,
    feedback: Arc<Mutex<Feedback>>,
    sink: Arc<dyn RtpSink>,
    started: bool,
    /// SSRCs of the peer's streams.
    streams: VecDeque<u32>,
    /// Identifiers of the extensions in our packets.
    abs_send_time: Option<u8>,
    transport_wide: Option<u8>,
    audio_level: Option<u8>,
    /// The same in the peer's packets.
    peer_transport_wide: Option<u8>,
    peer_audio_level: Option<u8>,
    /// Something was sent over this connection.
    sent: bool,
    pacer: Pacer<RtpPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Tap {
    pub(super) fn new(
        tapped: Arc<Tapped>,
        wire: Arc<Wire>,
        outgoing: Arc<Outgoing>,
        reporter: Arc<Mutex<Reporter>>,
        feedback: Arc<Mutex<Feedback>>,
        sink: Arc<dyn RtpSink>,
    ) -> Self {
        Self {
            tapped,
            wire,
            outgoing,
            reporter,
            feedback,
            sink,
            started: false,
            streams: VecDeque::new(),
            abs_send_time: None,
            transport_wide: None,
            audio_level: None,
            peer_transport_wide: None,
            peer_audio_level: None,
            sent: false,
            pacer: Pacer::new(PACED_BPS),
            writes: VecDeque::new(),
        }
    }

    fn hear(&self) {
        self.tapped.confirmed.store(true, Ordering::Relaxed);
        // Whoever encrypts has our last flight.
        self.wire.settle();
        self.wire.hear();
    }

    fn types(&self) -> PayloadTypes {
        PayloadTypes::unpack(self.tapped.types.load(Ordering::Relaxed))
    }

    fn received(&self, now: Instant, packet: rtp::Packet) {
        let header = packet.header;
        let Some(role) = self.types().role(header.payload_type) else { return };
        if !self.streams.contains(&header.ssrc) {
            return;
        }
        let level = self.peer_audio_level.and_then(|id| header.get_extension(id));
        let audio_level =
            level.as_deref().and_then(|bytes| bytes.first()).map(|byte| AudioLevel::from_byte(*byte));
        let number = self.peer_transport_wide.and_then(|id| header.get_extension(id));
        if let Some([high, low]) = number.as_deref() {
            Feedback::lock(&self.feedback).arrived(now, header.ssrc, u16::from_be_bytes([*high, *low]));
        }
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner).rtp_received(
            now,
            header.ssrc,
            header.sequence_number,
            header.timestamp,
            packet.payload.len(),
        );
        self.sink.on_rtp(
            now,
            RtpPacket {
                payload_type: self.outgoing.known_as(role, header.payload_type),
                marker: header.marker,
                sequence: header.sequence_number,
                timestamp: header.timestamp,
                ssrc: header.ssrc,
                audio_level,
                payload: packet.payload,
            },
        );
    }

    /// The next packet of the session's queues, as it goes out: sound first, then what has waited long enough.
    fn next_outgoing(&mut self) -> Option<TaggedPacket> {
        if !self.wire.is_active() {
            return None;
        }
        let now = Instant::now();
        let overhead = self.tapped.overhead_bytes.load(Ordering::Relaxed);
        while let Some(packet) = self.outgoing.pop() {
            self.pacer.bypassed(now, overhead + packet.payload.len() as u32);
            if let Some(packet) = self.outgoing(now, packet, overhead) {
                return Some(packet);
            }
        }
        self.take_paced(now, overhead);
        while let Some(packet) = self.pacer.pop(now) {
            if let Some(packet) = self.outgoing(now, packet, overhead) {
                return Some(packet);
            }
        }
        None
    }

    fn take_paced(&mut self, now: Instant, overhead: u32) {
        let Some(mut packet) = self.outgoing.pop_paced() else { return };
        let target = Feedback::lock(&self.feedback).target_bps();
        self.pacer.set_rate(now, target.saturating_add(target / 2));
        loop {
            self.pacer.push(overhead + packet.payload.len() as u32, packet);
            match self.outgoing.pop_paced() {
                Some(next) => packet = next,
                None => break,
            }
        }
        self.outgoing.discard(self.pacer.take_dropped());
    }

    /// `None`: the packet is of no use to the peer.
    fn outgoing(&mut self, now: Instant, packet: RtpPacket, overhead: u32) -> Option<TaggedPacket> {
        let ssrc = self.tapped.ssrc.load(Ordering::Relaxed);
        // The peer wants nothing from us (`a=sendonly`): what is queued is of no use.
        if ssrc == 0 {
            return None;
        }
        // The peer's new description has no such format any more.
        let Some(payload_type) = self.types().of(self.outgoing.role(packet.payload_type)) else {
            self.outgoing.discard(1);
            return None;
        };
        let mut header = rtp::Header {
            version: 2,
            marker: packet.marker,
            payload_type,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc,
            ..rtp::Header::default()
        };
        let mut reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = self.transport_wide {
            let mut feedback = Feedback::lock(&self.feedback);
            if !std::mem::replace(&mut self.sent, true) {
                feedback.new_path(now);
            }
            let sequence = feedback.sent(now, overhead + packet.payload.len() as u32);
            let _ = header.set_extension(id, Bytes::copy_from_slice(&sequence.to_be_bytes()));
        } else if let Some(id) = self.abs_send_time {
            // 6 bits of seconds, 18 of fraction.
            let [.., high, middle, low] = ((reporter.ntp(now) >> 14) as u32).to_be_bytes();
            let _ = header.set_extension(id, Bytes::copy_from_slice(&[high, middle, low]));
        }
        if let (Some(id), Some(level)) = (self.audio_level, packet.audio_level) {
            let byte = usize::from(level.to_byte());
            let _ = header.set_extension(id, Bytes::from_static(&BYTES[byte..=byte]));
        }
        reporter.rtp_sent(now, packet.timestamp, packet.payload.len());
        drop(reporter);
        Some(tagged(now, Packet::Rtp(rtp::Packet { header, payload: packet.payload })))
    }
}

/// The identifier that was agreed on for a header extension.
fn extension(info: &StreamInfo, uri: &str) -> Option<u8> {
    info.rtp_header_extensions
        .iter()
        .find(|extension| extension.uri == uri)
        .and_then(|extension| u8::try_from(extension.id).ok())
        .filter(|id| (1..=14).contains(id))
}

fn tagged(now: Instant, packet: Packet) -> TaggedPacket {
    TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.hear();
        match message.message.packet {
            Packet::Rtp(packet) => self.received(message.now, packet),
            Packet::Rtcp(packets) => {
                Feedback::lock(&self.feedback).received(message.now, &packets);
                self.reporter
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .rtcp_received(message.now, &packets);
            }
            _ => {}
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        None
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front().or_else(|| self.next_outgoing())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        let mut reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        // The first time is right after the handshake.
        if !std::mem::replace(&mut self.started, true) {
            reporter.start(now);
        }
        if let Some(report) = reporter.report(now) {
            self.writes.push_back(tagged(now, Packet::Rtcp(report)));
        }
        drop(reporter);
        if self.wire.is_active()
            && let Some(report) = Feedback::lock(&self.feedback).report(now)
        {
            // By itself, without a compound packet around it (RFC 5506): it is frequent.
            self.writes.push_back(tagged(now, Packet::Rtcp(vec![report])));
        }
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        if !self.started {
            return Some(Instant::now());
        }
        let reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner).deadline();
        // Of a connection that is only lingering, the one that follows it reports.
        let feedback = if self.wire.is_active() { Feedback::lock(&self.feedback).deadline() } else { None };
        let paced = if self.wire.is_active() { self.pacer.deadline() } else { None };
        [reporter, feedback, paced].into_iter().flatten().min()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        self.abs_send_time = extension(info, ABS_SEND_TIME);
        self.transport_wide = extension(info, TRANSPORT_WIDE);
        self.audio_level = extension(info, AUDIO_LEVEL);
        // The extensions' header, then of each one byte and what it says, filled up to whole words (RFC 8285 section 4.2).
        let timing = self.transport_wide.map(|_| 3).or(self.abs_send_time.map(|_| 4)).unwrap_or(0);
        let said: u32 = timing + if self.audio_level.is_some() { 2 } else { 0 };
        let bytes = if said > 0 { 4 + said.next_multiple_of(4) } else { 0 };
        self.tapped.extension_bytes.store(bytes, Ordering::Relaxed);
        self.tapped.ssrc.store(info.ssrc, Ordering::Relaxed);
    }

    fn unbind_local_stream(&mut self, _: &StreamInfo) {
        self.tapped.ssrc.store(0, Ordering::Relaxed);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.peer_transport_wide = extension(info, TRANSPORT_WIDE);
        self.peer_audio_level = extension(info, AUDIO_LEVEL);
        if self.streams.len() == MAX_STREAMS {
            self.streams.pop_front();
        }
        self.streams.push_back(info.ssrc);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.streams.retain(|ssrc| *ssrc != info.ssrc);
    }
}
