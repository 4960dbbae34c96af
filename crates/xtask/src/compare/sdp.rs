//! What is changed in a peer's description on its way: the address, so that every packet passes the relay, and the
//! codec's settings.

use std::net::SocketAddr;

/// The description with the relay's face as its only address.
pub fn through(sdp: &str, face: SocketAddr) -> String {
    let mut out = String::new();
    let mut placed = false;
    for line in sdp.lines() {
        if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
            continue;
        }
        out += line;
        out += "\r\n";
        // Candidates belong to a media section; there is one, and this is a line that each has.
        if line.starts_with("a=ice-pwd:") && !placed {
            placed = true;
            let (ip, port) = (face.ip(), face.port());
            out += &format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n");
        }
    }
    out
}

/// The description of somebody who wants Opus at this rate, in bit/s.
pub fn with_opus_rate(sdp: &str, bps: u32) -> String {
    let payload_type = sdp.lines().find_map(|line| {
        let (payload_type, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        codec.to_ascii_lowercase().starts_with("opus/").then_some(payload_type)
    });
    let Some(payload_type) = payload_type else { return sdp.to_owned() };
    let fmtp = format!("a=fmtp:{payload_type} ");
    sdp.lines()
        .map(|line| match line.strip_prefix(&fmtp) {
            Some(rest) => {
                let kept: Vec<&str> =
                    rest.split(';').filter(|part| !part.trim().starts_with("maxaveragebitrate")).collect();
                format!("{fmtp}{};maxaveragebitrate={bps}\r\n", kept.join(";"))
            }
            None => format!("{line}\r\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=candidate:1 1 udp 1 10.0.0.1 7 typ host\r\n\
        a=candidate:2 1 udp 1 x.local 8 typ host\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=end-of-candidates\r\n\
        a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";

    #[test]
    fn the_relay_is_the_only_address() {
        let changed = through(SDP, "127.0.0.1:5000".parse().unwrap());
        let candidates: Vec<&str> = changed.lines().filter(|line| line.starts_with("a=candidate")).collect();
        assert_eq!(candidates, ["a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host"]);
        assert_eq!(changed.matches("end-of-candidates").count(), 1);
        assert!(changed.contains("a=ice-ufrag:u\r\n"));
    }

    #[test]
    fn the_rate_is_said_once() {
        let once = with_opus_rate(SDP, 32_000);
        assert!(once.contains("a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=32000\r\n"), "{once}");
        let twice = with_opus_rate(&once, 24_000);
        assert_eq!(twice.matches("maxaveragebitrate").count(), 1);
        assert!(twice.contains("maxaveragebitrate=24000"));
        assert_eq!(with_opus_rate("v=0\r\n", 1), "v=0\r\n");
    }
}
