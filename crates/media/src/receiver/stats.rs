//! Counters.

/// Counters of a receiver; names and units as in W3C webrtc-stats (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct ReceiverStats {
    /// RTP packets of the negotiated payload type, late ones included, duplicates not.
    pub packets_received: u64,
    /// Packets expected less packets received (RFC 3550 section 6.4.1).
    pub packets_lost: i64,
    /// Packets dropped because they came too late or too early, or were no valid Opus.
    pub packets_discarded: u64,
    /// Packets that came twice.
    pub packets_duplicated: u64,
    /// Packets that came after one with a higher sequence number.
    pub packets_reordered: u64,
    /// Packets of a payload type that was not negotiated.
    pub packets_unknown_payload_type: u64,
    /// Packets that fitted no stream; two that agree begin a new one.
    pub packets_out_of_stream: u64,
    /// Times the sender changed or began anew.
    pub stream_restarts: u64,
    /// Packets whose redundancy was decoded in place of a lost one.
    pub fec_packets_received: u64,
    /// Packets with copies of earlier ones in them (RFC 2198).
    pub red_packets_received: u64,
    /// Interarrival jitter in seconds (RFC 3550 section 6.4.1).
    pub jitter: f64,
    /// Samples pulled while the stream played.
    pub total_samples_received: u64,
    /// Samples pulled that came from the low-rate copy in the following packet (in-band FEC).
    pub fec_samples: u64,
    /// Samples pulled that came from a copy in a later packet (RFC 2198).
    pub red_samples: u64,
    /// Samples pulled that were made from deep redundancy (DRED); they are not in `concealed_samples`.
    pub dred_samples: u64,
    /// Samples made up because a packet was missing and nothing told what it said.
    pub concealed_samples: u64,
    /// Those of them that were silence.
    pub silent_concealed_samples: u64,
    /// Times concealment began.
    pub concealment_events: u64,
    /// Samples put in by time stretching, to play later.
    pub inserted_samples_for_deceleration: u64,
    /// Samples taken out by time stretching, to play sooner.
    pub removed_samples_for_acceleration: u64,
    /// Sum over emitted samples of the seconds each spent here.
    pub jitter_buffer_delay: f64,
    /// Sum over emitted samples of the target delay, above that of the fastest packets, in seconds.
    pub jitter_buffer_target_delay: f64,
    /// Samples emitted from packets.
    pub jitter_buffer_emitted_count: u64,
    /// Level of the last frame pulled, linear, 0 to 1.
    pub audio_level: f64,
    /// How much faster the sender's clock runs than ours, in parts per million; 0 until known.
    pub drift_ppm: f32,
}

/// What the network delivered.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    counts: ReceiverStats,
    /// First and highest sequence number of the stream, and how many of its packets came.
    range: Option<(i64, i64)>,
    in_stream: u64,
    /// Expected and received in streams that are over.
    past: (u64, u64),
    streams: u64,
    transit_ms: Option<f64>,
    jitter_ms: f64,
}

impl Reception {
    pub(crate) fn new_stream(&mut self) {
        let (expected, received) = self.expected_and_received();
        self.past = (self.past.0 + expected, self.past.1 + received);
        self.range = None;
        self.in_stream = 0;
        self.transit_ms = None;
        self.streams += 1;
    }

    pub(crate) fn unknown_payload_type(&mut self) {
        self.counts.packets_unknown_payload_type += 1;
    }

    pub(crate) fn red(&mut self) {
        self.counts.red_packets_received += 1;
    }

    pub(crate) fn held(&mut self) {
        self.counts.packets_out_of_stream += 1;
    }

    pub(crate) fn duplicate(&mut self) {
        self.counts.packets_duplicated += 1;
    }

    pub(crate) fn discarded(&mut self, packets: u64) {
        self.counts.packets_discarded += packets;
    }

    /// Counts a packet; says whether another overtook it.
    pub(crate) fn received(&mut self, sequence: i64) -> bool {
        self.counts.packets_received += 1;
        self.in_stream += 1;
        let (first, highest) = self.range.unwrap_or((sequence, sequence));
        let reordered = sequence < highest;
        self.counts.packets_reordered += u64::from(reordered);
        self.range = Some((first.min(sequence), highest.max(sequence)));
        reordered
    }

    /// RFC 3550 appendix A.8, on packets in order.
    pub(crate) fn interarrival(&mut self, arrival_ms: f64, media_ms: f64, reordered: bool) {
        if reordered {
            return;
        }
        let transit = arrival_ms - media_ms;
        if let Some(before) = self.transit_ms {
            self.jitter_ms += ((transit - before).abs() - self.jitter_ms) / 16.0;
        }
        self.transit_ms = Some(transit);
    }

    /// Packets of this stream that should have come, and that came.
    pub(crate) fn expected_and_received(&self) -> (u64, u64) {
        let expected = self.range.map_or(0, |(first, highest)| highest.abs_diff(first) + 1);
        (expected, self.in_stream)
    }

    pub(crate) fn write(&self, stats: &mut ReceiverStats) {
        let (expected, received) = self.expected_and_received();
        let expected = (self.past.0 + expected) as i64;
        let received = (self.past.1 + received) as i64;
        stats.packets_received = self.counts.packets_received;
        stats.packets_lost = expected - received;
        stats.packets_discarded += self.counts.packets_discarded;
        stats.packets_duplicated = self.counts.packets_duplicated;
        stats.packets_reordered = self.counts.packets_reordered;
        stats.packets_unknown_payload_type = self.counts.packets_unknown_payload_type;
        stats.red_packets_received = self.counts.red_packets_received;
        stats.packets_out_of_stream = self.counts.packets_out_of_stream;
        stats.stream_restarts = self.streams.saturating_sub(1);
        stats.jitter = self.jitter_ms / 1e3;
    }
}
