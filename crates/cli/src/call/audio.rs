//! What is spoken and where the other side is heard.

use super::options::Options;
use crate::exit::Failure;
use liaison_device::{CaptureSource, DeviceConfig, PlayoutSink};
use liaison_engine::AudioConfig;
use std::path::Path;

/// The engine's audio, after what can be checked before the call has been.
pub fn config(options: &Options) -> Result<AudioConfig, Failure> {
    if let Some(path) = &options.output {
        check_output(path)?;
    }
    let capture = capture(options);
    if let CaptureSource::Wav { .. } = &capture {
        check_input(&capture)?;
    }
    Ok(AudioConfig::Managed { capture, playout: playout(options) })
}

fn capture(options: &Options) -> CaptureSource {
    if let Some(path) = &options.input {
        return CaptureSource::Wav { path: path.clone(), repeat: options.repeat };
    }
    match options.device_in.as_deref() {
        None | Some("default") => CaptureSource::Default,
        Some("none") => CaptureSource::Silence,
        Some(device) => CaptureSource::Named(device.to_owned()),
    }
}

fn playout(options: &Options) -> PlayoutSink {
    match options.device_out.as_deref() {
        None if options.output.is_some() => PlayoutSink::Discard,
        None | Some("default") => PlayoutSink::Default,
        Some("none") => PlayoutSink::Discard,
        Some(device) => PlayoutSink::Named(device.to_owned()),
    }
}

/// A missing or broken file is better known before anybody's telephone rings.
fn check_input(capture: &CaptureSource) -> Result<(), Failure> {
    let held = DeviceConfig { held: true, ..DeviceConfig::default() };
    liaison_device::open_capture(capture.clone(), held)
        .map(drop)
        .map_err(|error| Failure::Unusable(format!("--in: {error}")))
}

fn check_output(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if path.is_dir() {
        return Err(Failure::Unusable(format!("--out: {} is a folder: name a file", path.display())));
    }
    match parent {
        Some(parent) if !parent.is_dir() => Err(Failure::Unusable(format!(
            "--out: the folder {} does not exist: make it first",
            parent.display()
        ))),
        _ => Ok(()),
    }
}
