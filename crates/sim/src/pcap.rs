//! Writes captured packets as a pcap file that Wireshark and tcpdump read.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Link type "raw IP": each record begins with an IPv4 header.
const LINKTYPE_RAW: u32 = 101;

/// One UDP packet for the file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Time since the beginning of the capture.
    pub at: Duration,
    /// Sender.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// UDP payload.
    pub payload: &'a [u8],
}

/// Writes a whole capture. Only IPv4 packets are written; others are passed over.
pub fn write<'a>(mut out: impl Write, records: impl IntoIterator<Item = Record<'a>>) -> io::Result<()> {
    for word in [0xa1b2_c3d4u32, 2 | 4 << 16, 0, 0, 65_535, LINKTYPE_RAW] {
        out.write_all(&word.to_le_bytes())?;
    }
    for record in records {
        let (IpAddr::V4(from), IpAddr::V4(to)) = (record.from.ip(), record.to.ip()) else { continue };
        let udp_len = 8 + record.payload.len();
        let Ok(ip_len) = u16::try_from(20 + udp_len) else { continue };
        let micros = record.at.as_micros() as u64;
        for word in
            [(micros / 1_000_000) as u32, (micros % 1_000_000) as u32, u32::from(ip_len), u32::from(ip_len)]
        {
            out.write_all(&word.to_le_bytes())?;
        }
        let mut ip = [0u8; 20];
        ip[0] = 0x45;
        ip[2..4].copy_from_slice(&ip_len.to_be_bytes());
        ip[8] = 64;
        ip[9] = 17;
        ip[12..16].copy_from_slice(&from.octets());
        ip[16..20].copy_from_slice(&to.octets());
        let sum = checksum(&ip);
        ip[10..12].copy_from_slice(&sum.to_be_bytes());
        out.write_all(&ip)?;
        for half in [record.from.port(), record.to.port(), udp_len as u16, 0] {
            out.write_all(&half.to_be_bytes())?;
        }
        out.write_all(record.payload)?;
    }
    out.flush()
}

/// The Internet checksum (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let sum: u32 = header.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_packet_in_the_layout_of_the_format() {
        let mut file = Vec::new();
        let record = Record {
            at: Duration::from_micros(1_500_000),
            from: "127.0.0.1:1000".parse().unwrap(),
            to: "127.0.0.1:2000".parse().unwrap(),
            payload: b"abc",
        };
        write(&mut file, [record]).unwrap();
        assert_eq!(file.len(), 24 + 16 + 20 + 8 + 3);
        assert_eq!(&file[..4], &[0xd4, 0xc3, 0xb2, 0xa1]);
        assert_eq!(&file[20..24], &101u32.to_le_bytes());
        assert_eq!(&file[24..32], &[1, 0, 0, 0, 0x20, 0xa1, 0x07, 0], "1 s and 500000 µs");
        assert_eq!(checksum(&file[40..60]), 0, "a header with its checksum in it sums to zero");
        assert_eq!(&file[68..], b"abc");
    }
}
