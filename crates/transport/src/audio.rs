//! What two peers have agreed on about their audio, and the payload types by what they mean.

use std::net::SocketAddr;

/// What was agreed with the peer about the audio (RFC 3264, RFC 7587, RFC 2198, RFC 4733).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NegotiatedAudio {
    /// RTP payload type of Opus.
    pub payload_type: u8,
    /// RTP payload type of redundant audio (RFC 2198) with Opus blocks; `None`: the peer does not take it.
    pub red_payload_type: Option<u8>,
    /// RTP payload type of telephone events at 48 kHz (RFC 4733); `None`: the peer does not take them.
    pub telephone_event_payload_type: Option<u8>,
    /// Both sides understand Opus' deep redundancy (DRED) in the packets' extensions.
    pub dred: bool,
    /// The peer makes use of Opus' in-band FEC (`useinbandfec`, RFC 7587 section 6.1).
    pub fec: bool,
    /// Channels to send: 2 when this side is set up for stereo and the peer asks for it, else 1.
    pub channels: u8,
    /// Channels to hear: 2 when this side is set up for stereo and the peer says that it sends it (`sprop-stereo`), else 1.
    pub receive_channels: u8,
    /// The shortest packet the peer wants, in ms (`minptime`; 3 when it does not say).
    pub min_packet_time_ms: u32,
    /// The longest packet the peer takes, in ms, 10 to 120 (`maxptime`; 120 when it does not say).
    pub max_packet_time_ms: u32,
    /// The highest average rate of Opus the peer wants, in bit/s (`maxaveragebitrate`).
    pub max_average_bitrate_bps: Option<u32>,
    /// The peer reports on the arrival of every packet (transport-wide feedback).
    pub transport_feedback: bool,
    /// What the network carries besides each RTP payload, in bytes: IP, UDP, RTP with its extensions, SRTP's tag.
    pub overhead_bytes_per_packet: u32,
}

impl Default for NegotiatedAudio {
    /// Opus at payload type 111 with a peer that says nothing about itself.
    fn default() -> Self {
        Self {
            payload_type: 111,
            red_payload_type: None,
            telephone_event_payload_type: None,
            dred: false,
            fec: false,
            channels: 1,
            receive_channels: 1,
            min_packet_time_ms: 3,
            max_packet_time_ms: 120,
            max_average_bitrate_bps: None,
            transport_feedback: false,
            overhead_bytes_per_packet: overhead(None, 0, None),
        }
    }
}

impl NegotiatedAudio {
    pub(crate) fn types(&self) -> PayloadTypes {
        PayloadTypes {
            opus: self.payload_type,
            red: self.red_payload_type,
            telephone_event: self.telephone_event_payload_type,
        }
    }

    /// The same with the payload types that the session's owner knows.
    pub(crate) fn numbered(mut self, session: PayloadTypes) -> Self {
        self.payload_type = session.opus;
        self.red_payload_type = self.red_payload_type.map(|own| session.red.unwrap_or(own));
        self.telephone_event_payload_type =
            self.telephone_event_payload_type.map(|own| session.telephone_event.unwrap_or(own));
        self
    }
}

/// Bytes besides the payload: IPv4 or IPv6, UDP, RTP, its extensions, the tag of the SRTP profile.
pub(crate) fn overhead(local: Option<SocketAddr>, extension_bytes: u32, srtp_profile: Option<&str>) -> u32 {
    let ip = if local.is_some_and(|address| address.is_ipv6()) { 40 } else { 20 };
    // RFC 3711 section 5.2, RFC 7714 section 13.
    let tag = match srtp_profile {
        Some(name) if name.ends_with("SHA1_80") => 10,
        Some(name) if name.ends_with("SHA1_32") => 4,
        _ => 16,
    };
    ip + 8 + 12 + extension_bytes + tag
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Opus,
    Red,
    TelephoneEvent,
}

/// The payload types of one connection, or those that the session's owner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PayloadTypes {
    pub(crate) opus: u8,
    pub(crate) red: Option<u8>,
    pub(crate) telephone_event: Option<u8>,
}

impl PayloadTypes {
    pub(crate) fn role(&self, payload_type: u8) -> Option<Role> {
        if payload_type == self.opus {
            Some(Role::Opus)
        } else if Some(payload_type) == self.red {
            Some(Role::Red)
        } else if Some(payload_type) == self.telephone_event {
            Some(Role::TelephoneEvent)
        } else {
            None
        }
    }

    pub(crate) fn of(&self, role: Role) -> Option<u8> {
        match role {
            Role::Opus => Some(self.opus),
            Role::Red => self.red,
            Role::TelephoneEvent => self.telephone_event,
        }
    }

    /// For an atomic: payload types have 7 bits.
    pub(crate) fn pack(self) -> u32 {
        let byte = |value: Option<u8>| u32::from(value.unwrap_or(0xff));
        u32::from(self.opus) | byte(self.red) << 8 | byte(self.telephone_event) << 16
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        let [opus, red, telephone_event, _] = packed.to_le_bytes();
        let some = |byte: u8| (byte != 0xff).then_some(byte);
        Self { opus, red: some(red), telephone_event: some(telephone_event) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_types_are_kept_by_what_they_mean() {
        let types = PayloadTypes { opus: 111, red: Some(63), telephone_event: None };
        assert_eq!(PayloadTypes::unpack(types.pack()), types);
        assert_eq!(types.role(63), Some(Role::Red));
        assert_eq!(types.role(110), None);
        assert_eq!(types.of(Role::TelephoneEvent), None);
        let agreed =
            NegotiatedAudio { payload_type: 96, red_payload_type: Some(97), ..NegotiatedAudio::default() };
        let known = agreed.numbered(types);
        assert_eq!((known.payload_type, known.red_payload_type), (111, Some(63)));
    }

    #[test]
    fn overhead_is_what_the_network_carries() {
        let v6 = "[::1]:5".parse().ok();
        assert_eq!(overhead(None, 8, Some("SRTP_AEAD_AES_128_GCM")), 20 + 8 + 12 + 8 + 16);
        assert_eq!(overhead(v6, 0, Some("SRTP_AES128_CM_HMAC_SHA1_80")), 40 + 8 + 12 + 10);
    }
}
