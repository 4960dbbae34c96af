//! Session descriptions (RFC 8866): checking the peer's before it reaches the library, and finishing our own.

mod audio;

use std::net::{IpAddr, SocketAddr};

use crate::TransportError;
pub(crate) use audio::{TRANSPORT_WIDE, describe, negotiated};

/// Longer descriptions are refused; ours has about 1.5 kB, a browser's for audio and video about 8 kB.
const MAX_BYTES: usize = 64 * 1024;
const MAX_LINES: usize = 2000;
const MAX_LINE: usize = 4096;
const MAX_MEDIA: usize = 16;
/// Candidates of the peer that are used. Each is sent checks, which must not become an attack on others (RFC 8445
/// section 19.5.1).
const MAX_CANDIDATES: usize = 16;
const MAX_CANDIDATE: usize = 512;

fn refuse(why: impl Into<String>) -> TransportError {
    TransportError::BadDescription(why.into())
}

/// Checks what the library takes for granted, and leaves out candidates that it cannot use.
///
/// # Errors
/// Not SDP, too large, or without something that an audio session over ICE and DTLS-SRTP needs.
pub(crate) fn check_remote(sdp: &str) -> Result<String, TransportError> {
    if sdp.len() > MAX_BYTES {
        return Err(refuse(format!("{} bytes are more than {MAX_BYTES}", sdp.len())));
    }
    if sdp.chars().any(|c| c.is_control() && c != '\r' && c != '\n' && c != '\t') {
        return Err(refuse("it holds control characters"));
    }
    let lines: Vec<&str> = sdp.lines().filter(|line| !line.is_empty()).collect();
    if lines.len() > MAX_LINES || lines.iter().any(|line| line.len() > MAX_LINE) {
        return Err(refuse("it has too many or too long lines"));
    }
    if lines.first() != Some(&"v=0") {
        return Err(refuse("it does not begin with v=0"));
    }
    if lines.iter().any(|line| line.as_bytes().get(1) != Some(&b'=')) {
        return Err(refuse("a line is not of the form letter=value"));
    }
    check_audio(&lines)?;
    let lines = audio::known_formats(&lines);
    Ok(without_useless_candidates(&lines))
}

/// One section: the lines of the session, or of one medium with its `m=` line first.
fn sections<'a, 'b>(lines: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let mut starts: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.starts_with("m=")).map(|(index, _)| index).collect();
    starts.insert(0, 0);
    starts.push(lines.len());
    starts.windows(2).map(|range| &lines[range[0]..range[1]]).collect()
}

fn attribute<'a>(section: &[&'a str], name: &str) -> Option<&'a str> {
    section
        .iter()
        .find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

fn check_audio(lines: &[&str]) -> Result<(), TransportError> {
    let sections = sections(lines);
    let Some((session, media)) = sections.split_first() else {
        return Err(refuse("it is empty"));
    };
    if media.len() > MAX_MEDIA {
        return Err(refuse(format!("{} media are more than {MAX_MEDIA}", media.len())));
    }
    let audio = media
        .iter()
        .find(|section| section.first().is_some_and(|line| line.starts_with("m=audio ")))
        .ok_or_else(|| refuse("it has no audio (m=audio)"))?;
    let fields: Vec<&str> = audio.first().map(|line| line.split_whitespace().collect()).unwrap_or_default();
    let [_, port, protocol, formats @ ..] = fields.as_slice() else {
        return Err(refuse("its m=audio line is cut off"));
    };
    match port.parse::<u16>() {
        Err(_) => return Err(refuse("its audio port is not a number")),
        Ok(0) => return Err(refuse("it rejects the audio (port 0)")),
        Ok(_) => {}
    }
    if !protocol.ends_with("TLS/RTP/SAVPF") {
        return Err(refuse("its audio is not DTLS-SRTP (UDP/TLS/RTP/SAVPF)"));
    }
    let opus = audio.iter().any(|line| {
        line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' ')).is_some_and(|(format, codec)| {
            formats.contains(&format) && codec.trim().to_ascii_lowercase().starts_with("opus/48000")
        })
    });
    if !opus {
        return Err(refuse("its audio has no Opus (a=rtpmap:… opus/48000/2)"));
    }
    let find = |name| attribute(audio, name).or_else(|| attribute(session, name));
    check_ice(find("ice-ufrag"), find("ice-pwd"))?;
    check_fingerprint(find("fingerprint"))?;
    match find("setup") {
        Some("actpass" | "active" | "passive") => Ok(()),
        _ => Err(refuse("it does not say who begins the DTLS handshake (a=setup)")),
    }
}

fn check_ice(ufrag: Option<&str>, pwd: Option<&str>) -> Result<(), TransportError> {
    let ice_chars = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    // RFC 8839 section 5.4.
    let ufrag_ok = ufrag.is_some_and(|text| (4..=256).contains(&text.len()) && ice_chars(text));
    let pwd_ok = pwd.is_some_and(|text| (22..=256).contains(&text.len()) && ice_chars(text));
    if ufrag_ok && pwd_ok {
        return Ok(());
    }
    Err(refuse("its ICE user fragment or password is missing or malformed (a=ice-ufrag, a=ice-pwd)"))
}

fn check_fingerprint(fingerprint: Option<&str>) -> Result<(), TransportError> {
    let value = fingerprint
        .and_then(|text| text.split_once(' '))
        .filter(|(hash, _)| hash.eq_ignore_ascii_case("sha-256"))
        .map(|(_, value)| value.trim());
    let well_formed = |value: &str| {
        let bytes: Vec<&str> = value.split(':').collect();
        bytes.len() == 32
            && bytes.iter().all(|byte| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if value.is_some_and(well_formed) {
        return Ok(());
    }
    Err(refuse("its certificate's SHA-256 fingerprint is missing or malformed (a=fingerprint)"))
}

fn without_useless_candidates(lines: &[String]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 2).sum());
    let mut candidates = 0;
    for line in lines {
        if let Some(candidate) = line.strip_prefix("a=candidate:") {
            if candidates == MAX_CANDIDATES || Candidate::parse(candidate).is_none() {
                continue;
            }
            candidates += 1;
        }
        text.push_str(line);
        text.push_str("\r\n");
    }
    text
}

/// The parts of a `candidate` attribute (RFC 8839 section 5.1) that matter here.
#[derive(Debug, PartialEq, Eq)]
struct Candidate<'a> {
    address: IpAddr,
    port: u16,
    host: bool,
    fields: Vec<&'a str>,
}

impl<'a> Candidate<'a> {
    /// `None` for one that cannot be used: a host name (mDNS), TCP, malformed.
    fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_CANDIDATE {
            return None;
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [foundation, component, transport, priority, address, port, "typ", kind, ..] = fields.as_slice()
        else {
            return None;
        };
        let well_formed = foundation.len() <= 32
            && component.parse::<u8>().is_ok_and(|component| component == 1)
            && transport.eq_ignore_ascii_case("udp")
            && priority.parse::<u32>().is_ok()
            && matches!(*kind, "host" | "srflx" | "prflx" | "relay");
        let address: IpAddr = address.parse().ok()?;
        let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
        let usable = !address.is_unspecified() && !address.is_multicast();
        let host = *kind == "host";
        (well_formed && usable).then_some(Self { address, port, host, fields })
    }

    /// Without the local address that a reflexive or relayed candidate was found from.
    fn without_base(&self) -> String {
        let mut fields = self.fields.clone();
        for (name, none) in [("raddr", "0.0.0.0"), ("rport", "0")] {
            if let Some(index) = fields.iter().position(|field| *field == name)
                && let Some(value) = fields.get_mut(index + 1)
            {
                *value = none;
            }
        }
        fields.join(" ")
    }

    fn moved_to(&self, to: SocketAddr) -> String {
        let mut fields: Vec<String> = self.fields.iter().map(ToString::to_string).collect();
        fields[4] = to.ip().to_string();
        fields[5] = to.port().to_string();
        fields.join(" ")
    }
}

/// A trickled candidate of the peer, as the library wants it; `None` when it cannot be used, `Err` when it is
/// not a candidate at all.
pub(crate) fn check_candidate(text: &str) -> Result<Option<&str>, TransportError> {
    let text = text.trim();
    let text = text.strip_prefix("a=").unwrap_or(text);
    let Some(value) = text.strip_prefix("candidate:") else {
        return Err(TransportError::BadCandidate("it does not begin with candidate:".into()));
    };
    if value.len() > MAX_CANDIDATE || value.chars().any(char::is_control) {
        return Err(TransportError::BadCandidate("it is too long or holds control characters".into()));
    }
    if value.split_whitespace().count() < 8 {
        return Err(TransportError::BadCandidate("it is cut off".into()));
    }
    Ok(Candidate::parse(value).map(|_| text))
}

/// Our own description as the peer is to have it: without candidates of a second component, which RTCP on the RTP port
/// has no use for, and with `advertise` in the place of our host candidates' addresses.
pub(crate) fn finish_local(sdp: &str, advertise: Option<SocketAddr>) -> String {
    let mut told = false;
    let mut text = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        if line.starts_with("m=") {
            told = false;
        }
        let Some(value) = line.strip_prefix("a=candidate:") else {
            text.push_str(line);
            text.push_str("\r\n");
            continue;
        };
        let Some(candidate) = Candidate::parse(value) else { continue };
        let shown = match advertise {
            None => value.to_owned(),
            Some(_) if !candidate.host => candidate.without_base(),
            Some(_) if std::mem::replace(&mut told, true) => continue,
            Some(to) => candidate.moved_to(to),
        };
        text.push_str("a=candidate:");
        text.push_str(&shown);
        text.push_str("\r\n");
    }
    text
}

/// A candidate of ours to trickle; `None` when the advertised address has taken its place.
pub(crate) fn local_candidate(text: &str, advertise: Option<SocketAddr>) -> Option<String> {
    let value = text.strip_prefix("candidate:").unwrap_or(text);
    let candidate = Candidate::parse(value)?;
    match advertise {
        None => Some(format!("candidate:{value}")),
        Some(_) if candidate.host => None,
        Some(_) => Some(format!("candidate:{}", candidate.without_base())),
    }
}

#[cfg(test)]
#[path = "sdp_tests.rs"]
mod tests;
