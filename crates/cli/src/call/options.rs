//! The options that `call` and `answer` share.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::session::ServiceOptions;

/// What both ends take.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub service: ServiceOptions,

    /// Speak this WAV file (any rate, mono or stereo; 16, 24 or 32 bits or float), then silence
    #[arg(long = "in", value_name = "WAV", help_heading = "Audio", conflicts_with = "device_in")]
    pub input: Option<PathBuf>,
    /// Begin the --in file anew when it ends
    #[arg(long, help_heading = "Audio", requires = "input")]
    pub repeat: bool,
    /// Write what is heard to this WAV file; the other side is told first, and nothing is written before it
    /// has shown so
    #[arg(long = "out", value_name = "WAV", help_heading = "Audio")]
    pub output: Option<PathBuf>,
    /// 2: speak and hear in stereo, with a peer that does so too, and write --out in stereo. A microphone is mono
    /// all the same, since it is processed
    #[arg(long, value_name = "1|2", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2), help_heading = "Audio")]
    pub channels: u8,
    /// The microphone: an id or name from `liaison devices`, `default`, or `none` for silence
    /// [default: default]
    #[arg(long, value_name = "DEVICE", help_heading = "Audio")]
    pub device_in: Option<String>,
    /// The speaker: an id or name from `liaison devices`, `default`, or `none`
    /// [default: default; with --out: none]
    #[arg(long, value_name = "DEVICE", help_heading = "Audio")]
    pub device_out: Option<String>,

    /// A local address for sound, with or without a port; may be given several times. Without it every
    /// usable interface
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = bind_address, help_heading = "Network")]
    pub media_bind: Vec<SocketAddr>,
    /// The address the other side is to send sound to, when it is not the local one (port forwarding)
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Network")]
    pub media_advertise: Option<SocketAddr>,
    /// Say so when nothing has been heard from the other side for this many seconds
    #[arg(long, value_name = "N", default_value = "3", value_parser = seconds, help_heading = "Network")]
    pub reconnect_after: Duration,
    /// End the call when nothing has been heard from the other side for this many seconds
    #[arg(long, value_name = "N", default_value = "60", value_parser = seconds, help_heading = "Network")]
    pub media_lost_after: Duration,

    /// Hang up this many seconds after the call was answered. Without it: when the other side does, or at Ctrl-C
    #[arg(long, value_name = "N", value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// Write the figures of the call to this file when it has ended
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
}

fn bind_address(text: &str) -> Result<SocketAddr, String> {
    text.parse::<SocketAddr>()
        .or_else(|_| text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0)))
        .map_err(|_| "not an address such as 192.0.2.7, 192.0.2.7:40000 or [2001:db8::7]:40000".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.1..=86_400.0).contains(&seconds) {
        return Err("must be between 0.1 and 86400 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_with_or_without_a_port() {
        assert_eq!(bind_address("127.0.0.1"), Ok(SocketAddr::from(([127, 0, 0, 1], 0))));
        assert_eq!(bind_address("127.0.0.1:5"), Ok(SocketAddr::from(([127, 0, 0, 1], 5))));
        assert_eq!(bind_address("::1").unwrap().to_string(), "[::1]:0");
        assert!(bind_address("localhost").is_err());
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for bad in ["", "x", "0", "-1", "nan", "inf", "86401"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
