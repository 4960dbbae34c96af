//! The one interceptor of a connection: every RTP and RTCP packet passes here, next to the encryption.
//!
//! Received media goes from here to its sink, with its arrival time and from the first packet on; packets to send
//! are taken from the session's queue here, so that there is no further queue between it and the socket.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use liaison_media::RtpPacket;
use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;

use crate::rtcp::Reporter;
use crate::rtp_out::Outgoing;
use crate::session::RtpSink;
use crate::wire::Wire;

/// `abs-send-time`: when a packet left, for the peer's bandwidth estimation.
pub(super) const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
/// Streams of the peer that were agreed on and are passed on.
const MAX_STREAMS: usize = 4;

/// What the tap shares with its connection.
#[derive(Debug, Default)]
pub(super) struct Tapped {
    /// SSRC of the stream we may send; 0 while there is none.
    pub(super) ssrc: AtomicU32,
    /// Its payload type.
    pub(super) payload_type: AtomicU32,
    /// Something encrypted came from the peer: its handshake is done.
    pub(super) confirmed: AtomicBool,
}

pub(super) struct Tap {
    tapped: Arc<Tapped>,
    wire: Arc<Wire>,
    outgoing: Arc<Outgoing>,
    reporter: Arc<Mutex<Reporter>>,
    sink: Arc<dyn RtpSink>,
    started: bool,
    /// SSRC and payload type of streams of the peer.
    streams: VecDeque<(u32, u8)>,
    /// Identifier of the extension in our packets.
    abs_send_time: Option<u8>,
    writes: VecDeque<TaggedPacket>,
}

impl Tap {
    pub(super) fn new(
        tapped: Arc<Tapped>,
        wire: Arc<Wire>,
        outgoing: Arc<Outgoing>,
        reporter: Arc<Mutex<Reporter>>,
        sink: Arc<dyn RtpSink>,
    ) -> Self {
        Self {
            tapped,
            wire,
            outgoing,
            reporter,
            sink,
            started: false,
            streams: VecDeque::new(),
            abs_send_time: None,
            writes: VecDeque::new(),
        }
    }

    fn hear(&self) {
        self.tapped.confirmed.store(true, Ordering::Relaxed);
        // Whoever encrypts has our last flight.
        self.wire.settle();
        self.wire.hear();
    }

    fn received(&self, now: Instant, packet: rtp::Packet) {
        let header = packet.header;
        if !self.streams.contains(&(header.ssrc, header.payload_type)) {
            return;
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
                payload_type: header.payload_type,
                marker: header.marker,
                sequence: header.sequence_number,
                timestamp: header.timestamp,
                ssrc: header.ssrc,
                payload: packet.payload,
            },
        );
    }

    /// The next packet of the session's queue, as it goes out.
    fn next_outgoing(&mut self) -> Option<TaggedPacket> {
        if !self.wire.is_active() {
            return None;
        }
        let ssrc = self.tapped.ssrc.load(Ordering::Relaxed);
        loop {
            let packet = self.outgoing.pop()?;
            // The peer wants nothing from us (`a=sendonly`): what is queued is of no use.
            if ssrc == 0 {
                continue;
            }
            let now = Instant::now();
            let mut header = rtp::Header {
                version: 2,
                marker: packet.marker,
                payload_type: self.tapped.payload_type.load(Ordering::Relaxed) as u8,
                sequence_number: packet.sequence,
                timestamp: packet.timestamp,
                ssrc,
                ..rtp::Header::default()
            };
            let mut reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = self.abs_send_time {
                // 6 bits of seconds, 18 of fraction.
                let [.., high, middle, low] = ((reporter.ntp(now) >> 14) as u32).to_be_bytes();
                let _ = header.set_extension(id, Bytes::copy_from_slice(&[high, middle, low]));
            }
            reporter.rtp_sent(now, packet.timestamp, packet.payload.len());
            drop(reporter);
            return Some(tagged(now, Packet::Rtp(rtp::Packet { header, payload: packet.payload })));
        }
    }
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
            Packet::Rtcp(packets) => self
                .reporter
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .rtcp_received(message.now, &packets),
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
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        if !self.started {
            return Some(Instant::now());
        }
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner).deadline()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        self.abs_send_time = info
            .rtp_header_extensions
            .iter()
            .find(|extension| extension.uri == ABS_SEND_TIME)
            .and_then(|extension| u8::try_from(extension.id).ok())
            .filter(|id| (1..=14).contains(id));
        self.tapped.payload_type.store(u32::from(info.payload_type), Ordering::Relaxed);
        self.tapped.ssrc.store(info.ssrc, Ordering::Relaxed);
    }

    fn unbind_local_stream(&mut self, _: &StreamInfo) {
        self.tapped.ssrc.store(0, Ordering::Relaxed);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        if self.streams.len() == MAX_STREAMS {
            self.streams.pop_front();
        }
        self.streams.push_back((info.ssrc, info.payload_type));
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.streams.retain(|(ssrc, _)| *ssrc != info.ssrc);
    }
}
