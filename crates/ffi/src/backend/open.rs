//! From C's config to an engine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use liaison_engine::{AudioConfig, CaptureSource, Channels, Engine, EngineConfig, LogLevel, PlayoutSink};

use super::Hooks;
use crate::config::{
    LIAISON_ENGINE_AUDIO_INACTIVE, LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS, LIAISON_ENGINE_ENDPOINT_IS_ACS,
    liaison_audio_mode, liaison_engine_config, liaison_log_level,
};
use crate::convert::{INVALID, field};
use crate::guard::{Outcome, Refusal};
use crate::text::liaison_str;

/// Local addresses for media, at most.
const MEDIA_BIND_MAX: usize = 16;

/// Makes the engine; the log hook is told why it could not be made.
pub(crate) fn open(config: &liaison_engine_config, hooks: &Hooks) -> Outcome<Engine> {
    let settings = settings(config, hooks)?;
    let engine = Engine::new(settings).map_err(|error| {
        hooks.log.log(liaison_log_level::Error as i32, &error.to_string());
        Refusal::from(error)
    })?;
    let wake = Arc::clone(&hooks.wake);
    engine.set_wake_hook(Some(Box::new(move || wake.wake())));
    Ok(engine)
}

/// Checks every field of a config, in the order of the header.
fn settings(config: &liaison_engine_config, hooks: &Hooks) -> Outcome<EngineConfig> {
    const FLAGS: u64 = LIAISON_ENGINE_AUDIO_INACTIVE
        | LIAISON_ENGINE_ENDPOINT_IS_ACS
        | LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS;
    if config.flags & !FLAGS != 0 || config.reserved != 0 {
        return Err(INVALID);
    }
    let mut settings = EngineConfig::new(text(config.endpoint)?);
    settings.ca_pem = optional(config.ca_pem)?;
    settings.http_proxy = optional(config.http_proxy)?;
    settings.display_name = text(config.display_name)?.to_owned();
    settings.data_path = optional(config.data_path)?.map(Into::into);
    // SAFETY: whoever gave the config promised 32 readable bytes, or NULL.
    settings.data_key = unsafe { config.data_key.cast::<[u8; 32]>().as_ref() }.copied();
    settings.endpoint_is_acs = config.flags & LIAISON_ENGINE_ENDPOINT_IS_ACS != 0;
    settings.log_level = log_level(config.log_level)?;
    if config.log_hook.is_some() {
        let log = Arc::clone(&hooks.log);
        settings.log_hook = Some(Arc::new(move |level, line: &str| log.log(level_number(level), line)));
    }
    settings.audio = audio(config)?;
    settings.processing =
        super::processing(config.echo_cancellation, config.noise_suppression, config.gain_control)?;
    settings.level_events = level_events(config.level_events_us)?;
    settings.audio_starts_inactive = config.flags & LIAISON_ENGINE_AUDIO_INACTIVE != 0;
    settings.audio_sending.bitrate_bps = bitrate(config.audio_max_bitrate_bps)?;
    settings.music = flag(config.audio_music)?;
    settings.audio_level_in_packets = config.flags & LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS != 0;
    settings.channels = channels(config.audio_channels)?;
    settings.audio_sending.packet_time_us = packet_time(config.audio_packet_time_us)?;
    settings.media_bind = addresses(text(config.media_bind)?)?;
    settings.media_advertise = address(text(config.media_advertise)?)?;
    for (field, us) in [
        (&mut settings.reconnect_after, config.reconnect_after_us),
        (&mut settings.media_lost_after, config.media_lost_after_us),
        (&mut settings.no_answer_after, config.no_answer_after_us),
        (&mut settings.token_refresh_before, config.token_refresh_before_us),
    ] {
        if us != 0 {
            *field = timeout(us)?;
        }
    }
    Ok(settings)
}

fn channels(number: i32) -> Outcome<Channels> {
    match number {
        0 | 1 => Ok(Channels::Mono),
        2 => Ok(Channels::Stereo),
        _ => Err(INVALID),
    }
}

fn packet_time(us: i32) -> Outcome<Option<u32>> {
    match us {
        0 => Ok(None),
        2_500 | 5_000 | 10_000 | 20_000 | 40_000 | 60_000 | 80_000 | 100_000 | 120_000 => {
            Ok(u32::try_from(us).ok())
        }
        _ => Err(INVALID),
    }
}

fn text<'config>(value: liaison_str) -> Outcome<&'config str> {
    // SAFETY: whoever gave the config promised that its texts are readable during `liaison_engine_new`.
    let text = unsafe { field(value) }?;
    if text.contains('\0') { Err(INVALID) } else { Ok(text) }
}

fn optional(value: liaison_str) -> Outcome<Option<String>> {
    let text = text(value)?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn log_level(number: i32) -> Outcome<LogLevel> {
    Ok(match number {
        0 => LogLevel::Warn,
        1 => LogLevel::Error,
        2 => LogLevel::Warn,
        3 => LogLevel::Info,
        4 => LogLevel::Debug,
        5 => LogLevel::Trace,
        _ => return Err(INVALID),
    })
}

fn level_number(level: LogLevel) -> i32 {
    let level = match level {
        LogLevel::Error => liaison_log_level::Error,
        LogLevel::Warn => liaison_log_level::Warn,
        LogLevel::Info => liaison_log_level::Info,
        LogLevel::Debug => liaison_log_level::Debug,
        LogLevel::Trace => liaison_log_level::Trace,
    };
    level as i32
}

fn audio(config: &liaison_engine_config) -> Outcome<AudioConfig> {
    const MANAGED: i32 = liaison_audio_mode::Managed as i32;
    const EXTERNAL: i32 = liaison_audio_mode::External as i32;
    const NONE: i32 = liaison_audio_mode::None as i32;
    let (capture, playout) = (text(config.capture_device)?, text(config.playout_device)?);
    match config.audio_mode {
        MANAGED => {
            Ok(AudioConfig::Managed { capture: capture_source(capture)?, playout: playout_sink(playout) })
        }
        // A device that would never be opened is a mistake.
        _ if !capture.is_empty() || !playout.is_empty() => Err(INVALID),
        EXTERNAL => Ok(AudioConfig::External),
        NONE => Ok(AudioConfig::None),
        _ => Err(INVALID),
    }
}

fn bitrate(bps: i32) -> Outcome<Option<u32>> {
    match bps {
        0 => Ok(None),
        6_000..=128_000 => Ok(u32::try_from(bps).ok()),
        _ => Err(INVALID),
    }
}

fn flag(number: i32) -> Outcome<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(INVALID),
    }
}

fn capture_source(text: &str) -> Outcome<CaptureSource> {
    Ok(if text.is_empty() {
        CaptureSource::Default
    } else if text == "silence" {
        CaptureSource::Silence
    } else if let Some(path) = text.strip_prefix("wav:") {
        CaptureSource::Wav { path: path.into(), repeat: false }
    } else if let Some(hz) = text.strip_prefix("tone:") {
        let hz: f32 = hz.parse().map_err(|_| INVALID)?;
        if !(hz > 0.0 && hz < 24_000.0) {
            return Err(INVALID);
        }
        CaptureSource::Tone { hz }
    } else {
        CaptureSource::Named(text.strip_prefix("device:").unwrap_or(text).to_owned())
    })
}

fn playout_sink(text: &str) -> PlayoutSink {
    if text.is_empty() {
        PlayoutSink::Default
    } else if text == "discard" {
        PlayoutSink::Discard
    } else if let Some(path) = text.strip_prefix("wav:") {
        PlayoutSink::Wav(path.into())
    } else {
        PlayoutSink::Named(text.strip_prefix("device:").unwrap_or(text).to_owned())
    }
}

fn addresses(text: &str) -> Outcome<Vec<SocketAddr>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<SocketAddr> =
        text.split(',').map(|one| one.trim().parse().map_err(|_| INVALID)).collect::<Outcome<_>>()?;
    if list.len() > MEDIA_BIND_MAX { Err(INVALID) } else { Ok(list) }
}

fn address(text: &str) -> Outcome<Option<SocketAddr>> {
    if text.is_empty() { Ok(None) } else { text.trim().parse().map(Some).map_err(|_| INVALID) }
}

fn level_events(us: i64) -> Outcome<Option<Duration>> {
    match us {
        0 => Ok(None),
        20_000..=10_000_000 => Ok(Some(Duration::from_micros(us.unsigned_abs()))),
        _ => Err(INVALID),
    }
}

fn timeout(us: i64) -> Outcome<Duration> {
    let timeout = Duration::from_micros(u64::try_from(us).map_err(|_| INVALID)?);
    let legal = Duration::from_millis(100)..=Duration::from_secs(3600);
    if legal.contains(&timeout) { Ok(timeout) } else { Err(INVALID) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_text_names_a_stand_in_or_a_device() {
        assert_eq!(capture_source(""), Ok(CaptureSource::Default));
        assert_eq!(capture_source("silence"), Ok(CaptureSource::Silence));
        assert_eq!(capture_source("tone:440"), Ok(CaptureSource::Tone { hz: 440.0 }));
        for bad in ["tone:", "tone:0", "tone:24000", "tone:NaN", "tone:x"] {
            assert_eq!(capture_source(bad), Err(INVALID), "{bad}");
        }
        assert_eq!(
            capture_source("wav:/a b.wav"),
            Ok(CaptureSource::Wav { path: "/a b.wav".into(), repeat: false })
        );
        assert_eq!(capture_source("device:silence"), Ok(CaptureSource::Named("silence".into())));
        assert_eq!(playout_sink("discard"), PlayoutSink::Discard);
        assert_eq!(playout_sink("USB speaker"), PlayoutSink::Named("USB speaker".into()));
    }

    #[test]
    fn addresses_are_lists_of_ip_and_port() {
        assert_eq!(addresses(""), Ok(vec![]));
        assert_eq!(addresses("192.0.2.1:0, [::1]:5").unwrap().len(), 2);
        assert_eq!(addresses("example.org:1"), Err(INVALID));
        assert_eq!(addresses(&["127.0.0.1:1"; 17].join(",")), Err(INVALID));
        assert_eq!(address("nowhere"), Err(INVALID));
    }

    #[test]
    fn rates_and_switches_have_a_range() {
        assert_eq!(bitrate(0), Ok(None));
        assert_eq!(bitrate(128_000), Ok(Some(128_000)));
        for bad in [-1, 5_999, 128_001, i32::MAX, i32::MIN] {
            assert_eq!(bitrate(bad), Err(INVALID), "{bad}");
        }
        assert_eq!([flag(0), flag(1), flag(2)], [Ok(false), Ok(true), Err(INVALID)]);
        assert_eq!([0, 1, 2].map(channels), [Ok(Channels::Mono), Ok(Channels::Mono), Ok(Channels::Stereo)]);
        assert_eq!([-1, 3].map(channels), [Err(INVALID), Err(INVALID)]);
        assert_eq!([0, 2_500].map(packet_time), [Ok(None), Ok(Some(2_500))]);
        assert_eq!([-1, 1, 3_000, 30_000].map(packet_time), [Err(INVALID); 4]);
    }

    #[test]
    fn timeouts_and_levels_have_a_range() {
        assert_eq!(timeout(100_000), Ok(Duration::from_millis(100)));
        for bad in [-1, 99_999, 3_600_000_001, i64::MAX, i64::MIN] {
            assert_eq!(timeout(bad), Err(INVALID), "{bad}");
        }
        assert_eq!((level_events(0), level_events(20_000)), (Ok(None), Ok(Some(Duration::from_millis(20)))));
        for bad in [-1, 19_999, 10_000_001, i64::MAX, i64::MIN] {
            assert_eq!(level_events(bad), Err(INVALID), "{bad}");
        }
        for bad in [[-1, 0, 0], [0, 3, 0], [0, 0, i32::MAX]] {
            assert!(super::super::processing(bad[0], bad[1], bad[2]).is_err(), "{bad:?}");
        }
        assert!(super::super::processing(0, 1, 2).is_ok());
        assert_eq!(log_level(0), Ok(LogLevel::Warn));
        assert_eq!(log_level(6), Err(INVALID));
        assert_eq!(log_level(-1), Err(INVALID));
        for number in 1..=5 {
            assert_eq!(level_number(log_level(number).unwrap()), number);
        }
    }
}
