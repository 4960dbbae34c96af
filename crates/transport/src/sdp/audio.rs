//! The audio formats in a description: Opus, redundant audio, telephone events. All others are left out, so that
//! the library has nothing to choose from.

use crate::audio::NegotiatedAudio;
use crate::config::AudioParameters;

/// Format parameter of Opus: whoever says it decodes deep redundancy (DRED). Peers that do not know it ignore it
/// (RFC 7587 section 6.1).
pub(crate) const DRED_PARAMETER: &str = "x-liaison-dred";
/// Transport-wide sequence numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01).
pub(crate) const TRANSPORT_WIDE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// Packets this long are sent unless the network wants others, and packets up to this long are taken (ms).
const PACKET_TIME_MS: u32 = 20;
const MAX_PACKET_TIME_MS: u32 = 120;

/// The payload types of what is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Formats {
    opus: u8,
    red: Option<u8>,
    telephone_event: Option<u8>,
}

impl Formats {
    fn contains(&self, format: &str) -> bool {
        format.parse::<u8>().is_ok_and(|number| {
            number == self.opus || Some(number) == self.red || Some(number) == self.telephone_event
        })
    }
}

/// `a=name:format value` of a section.
fn of_format<'a>(section: &[&'a str], name: &str, format: u8) -> Option<&'a str> {
    section.iter().find_map(|line| {
        let (number, value) =
            line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':')?.split_once(' ')?;
        (number.parse::<u8>() == Ok(format)).then_some(value.trim())
    })
}

/// One parameter of a format parameter line.
fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// What is understood of an audio section; `None` without Opus.
fn formats(section: &[&str]) -> Option<Formats> {
    let listed: Vec<u8> = section
        .first()?
        .split_whitespace()
        .skip(3)
        .filter_map(|format| format.parse().ok().filter(|number| *number < 128))
        .collect();
    let find = |codec: &str| {
        listed.iter().copied().find(|format| {
            of_format(section, "rtpmap", *format).is_some_and(|map| map.to_ascii_lowercase() == codec)
        })
    };
    let opus = find("opus/48000/2").or_else(|| find("opus/48000"))?;
    let red = find("red/48000/2").filter(|red| {
        // Blocks of anything but this Opus are of no use.
        of_format(section, "fmtp", *red)
            .is_none_or(|blocks| blocks.split('/').all(|block| block.trim().parse() == Ok(opus)))
    });
    Some(Formats { opus, red, telephone_event: find("telephone-event/48000") })
}

/// First line and one past the last of the first audio section.
fn audio_section(lines: &[&str]) -> Option<(usize, usize)> {
    let start = lines.iter().position(|line| line.starts_with("m=audio "))?;
    let length = lines[start + 1..].iter().position(|line| line.starts_with("m="));
    Some((start, length.map_or(lines.len(), |length| start + 1 + length)))
}

/// The lines without formats that are not understood.
pub(super) fn known_formats(lines: &[&str]) -> Vec<String> {
    let all = || lines.iter().map(ToString::to_string).collect();
    let Some((start, end)) = audio_section(lines) else { return all() };
    let Some(formats) = formats(&lines[start..end]) else { return all() };
    let mut kept = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        if index == start {
            let fields: Vec<&str> = line
                .split_whitespace()
                .enumerate()
                .filter(|(place, field)| *place < 3 || formats.contains(field))
                .map(|(_, field)| field)
                .collect();
            kept.push(fields.join(" "));
            continue;
        }
        let described = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"]
            .iter()
            .find_map(|name| line.strip_prefix(name))
            .and_then(|value| value.split_whitespace().next());
        let known = described.is_none_or(|format| format == "*" || formats.contains(format));
        if known || !(start..end).contains(&index) {
            kept.push((*line).to_owned());
        }
    }
    kept
}

/// What follows from the peer's description and our own wishes.
pub(crate) fn negotiated(remote: &str, ours: &AudioParameters) -> NegotiatedAudio {
    let lines: Vec<&str> = remote.lines().collect();
    let section = audio_section(&lines).map(|(start, end)| &lines[start..end]).unwrap_or_default();
    let mut audio = NegotiatedAudio { payload_type: ours.payload_type, ..NegotiatedAudio::default() };
    let Some(formats) = formats(section) else { return audio };
    let fmtp = of_format(section, "fmtp", formats.opus).unwrap_or_default();
    let says = |name| parameter(fmtp, name) == Some("1");
    let number = |name| super::attribute(section, name).and_then(|text| text.parse::<u32>().ok());
    let agreed = |feature: bool, number: Option<u8>| if feature { number } else { None };
    audio.payload_type = formats.opus;
    audio.red_payload_type = agreed(ours.red, formats.red);
    audio.telephone_event_payload_type = agreed(ours.telephone_event, formats.telephone_event);
    audio.dred = ours.dred && says(DRED_PARAMETER);
    audio.fec = says("useinbandfec");
    audio.channels = if ours.stereo && says("stereo") { 2 } else { 1 };
    audio.receive_channels = if ours.stereo && says("sprop-stereo") { 2 } else { 1 };
    let least = parameter(fmtp, "minptime").and_then(|text| text.parse::<u32>().ok());
    audio.min_packet_time_ms = least.unwrap_or(3).clamp(3, MAX_PACKET_TIME_MS);
    audio.max_packet_time_ms = number("maxptime").unwrap_or(MAX_PACKET_TIME_MS).clamp(10, MAX_PACKET_TIME_MS);
    audio.max_average_bitrate_bps = parameter(fmtp, "maxaveragebitrate")
        .and_then(|text| text.parse::<u32>().ok())
        .map(|rate| rate.clamp(6_000, 510_000));
    audio.transport_feedback = lines.iter().any(|line| {
        line.strip_prefix("a=extmap:").and_then(|map| map.split_whitespace().nth(1)) == Some(TRANSPORT_WIDE)
    });
    audio
}

/// Our own description with what we say of its formats.
pub(crate) fn describe(local: &str, ours: &AudioParameters) -> String {
    let lines: Vec<&str> = local.lines().collect();
    let section = audio_section(&lines);
    let formats = section.and_then(|(start, end)| formats(&lines[start..end]));
    let mut text = String::with_capacity(local.len() + 256);
    let mut line_out = |line: &str| {
        text.push_str(line);
        text.push_str("\r\n");
    };
    for (index, line) in lines.iter().enumerate() {
        let inside = section.is_some_and(|(start, end)| (start..end).contains(&index));
        let (Some(formats), true) = (formats, inside) else {
            line_out(line);
            continue;
        };
        if line.starts_with("a=fmtp:") {
            continue;
        }
        line_out(line);
        let format = line
            .strip_prefix("a=rtpmap:")
            .and_then(|map| map.split(' ').next())
            .and_then(|format| format.parse::<u8>().ok());
        let Some(format) = format else { continue };
        if format == formats.opus {
            line_out(&format!("a=fmtp:{format} {}", opus_parameters(ours)));
            line_out(&format!("a=ptime:{PACKET_TIME_MS}"));
            line_out(&format!("a=maxptime:{MAX_PACKET_TIME_MS}"));
        } else if Some(format) == formats.red {
            line_out(&format!("a=fmtp:{format} {0}/{0}", formats.opus));
        } else if Some(format) == formats.telephone_event {
            line_out(&format!("a=fmtp:{format} 0-16"));
        }
    }
    text
}

fn opus_parameters(ours: &AudioParameters) -> String {
    let mut text = format!("minptime=10;useinbandfec={}", u8::from(ours.fec));
    if ours.stereo {
        text.push_str(";stereo=1;sprop-stereo=1");
    }
    if ours.dtx {
        text.push_str(";usedtx=1");
    }
    if ours.dred {
        text.push_str(&format!(";{DRED_PARAMETER}=1"));
    }
    text
}

#[cfg(test)]
mod tests;
