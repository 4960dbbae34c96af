//! What a UDP packet between two peers is, told from its first bytes (RFC 7983 section 7, RFC 5761 section 4).

use std::collections::BTreeSet;

/// The protocols that share one port in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Connectivity checks and consent (first byte 0 to 3).
    Stun,
    /// A DTLS handshake record (content type 22).
    DtlsHandshake,
    /// Any other DTLS record (first byte 20 to 63).
    Dtls,
    /// RTP, which in a call of ours is always SRTP (first byte 128 to 191).
    Srtp,
    /// RTCP (the same first byte, packet type 192 to 223).
    Srtcp,
    /// Something else.
    Other,
}

/// Classifies one packet.
#[must_use]
pub fn classify(packet: &[u8]) -> Kind {
    match packet {
        [0..=3, ..] => Kind::Stun,
        [22, ..] => Kind::DtlsHandshake,
        [20..=63, ..] => Kind::Dtls,
        [128..=191, 192..=223, ..] => Kind::Srtcp,
        [128..=191, _, ..] => Kind::Srtp,
        _ => Kind::Other,
    }
}

/// The sequence number of an RTP packet (RFC 3550 section 5.1).
#[must_use]
pub fn rtp_sequence(packet: &[u8]) -> Option<u16> {
    (classify(packet) == Kind::Srtp && packet.len() >= 12).then(|| u16::from_be_bytes([packet[2], packet[3]]))
}

/// What follows the header of an RTP packet: past the contributing sources and the header extension.
#[must_use]
pub fn rtp_payload(packet: &[u8]) -> Option<&[u8]> {
    if classify(packet) != Kind::Srtp {
        return None;
    }
    let mut start = 12 + 4 * usize::from(packet[0] & 0x0f);
    if packet[0] & 0x10 != 0 {
        let words = packet.get(start + 2..start + 4)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    packet.get(start..)
}

/// How many different first payload bytes the RTP packets have.
///
/// A plain Opus stream opens each payload with a table-of-contents byte (RFC 6716 section 3.1) that takes a handful
/// of values in a whole call. Enciphered, that byte is as good as random: some hundred packets show over a hundred
/// values. So a small number says that the payloads are plaintext.
#[must_use]
pub fn payload_openings<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> usize {
    packets
        .into_iter()
        .filter_map(|packet| rtp_payload(packet)?.first().copied())
        .collect::<BTreeSet<u8>>()
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn tells_the_protocols_apart() {
        assert_eq!(classify(&[0, 1, 0, 0x5c, 0x21, 0x12, 0xa4, 0x42]), Kind::Stun);
        assert_eq!(classify(&[22, 254, 253]), Kind::DtlsHandshake);
        assert_eq!(classify(&[21, 254, 253]), Kind::Dtls);
        assert_eq!(classify(&[0x80, 111]), Kind::Srtp);
        assert_eq!(classify(&[0x80, 0x80 | 111]), Kind::Srtp, "the marker bit is not part of the type");
        assert_eq!(classify(&[0x80, 200]), Kind::Srtcp);
        assert_eq!(classify(&[0x81, 205]), Kind::Srtcp);
        assert_eq!(classify(&[64]), Kind::Other);
        assert_eq!(classify(&[]), Kind::Other);
    }

    #[test]
    fn finds_the_payload_behind_sources_and_extension() {
        let mut packet = vec![0x91, 111, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1];
        packet.extend([0, 0, 0, 9]); // one contributing source
        packet.extend([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]); // one word of extension
        packet.push(0x78);
        assert_eq!(rtp_payload(&packet), Some(&[0x78u8][..]));
        assert_eq!(rtp_sequence(&packet), Some(7));
        assert_eq!(rtp_payload(&packet[..18]), None, "a cut packet has no payload and breaks nothing");
    }

    #[test]
    fn plaintext_shows_in_the_openings() {
        let plain: Vec<Vec<u8>> =
            (0..300).map(|_| [&[0x80u8, 111][..], &[0; 10], &[0x78, 1, 2]].concat()).collect();
        assert_eq!(payload_openings(plain.iter().map(Vec::as_slice)), 1);
        let mut rng = Rng::new(5);
        let secret: Vec<Vec<u8>> =
            (0..300).map(|_| [&[0x80u8, 111][..], &[0; 10], &[rng.next_u64() as u8, 1]].concat()).collect();
        assert!(payload_openings(secret.iter().map(Vec::as_slice)) > 100);
    }
}
