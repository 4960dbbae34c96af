//! A session for calls, and how they fail.

use super::audio;
use super::options::Options;
use crate::exit::Failure;
use crate::session::Session;
use liaison_engine::{CallError, Channels};

/// A session and what of the options concerns its calls.
pub struct Calls {
    pub session: Session,
    pub record_to: Option<std::path::PathBuf>,
    pub seconds: Option<std::time::Duration>,
    pub report: Option<std::path::PathBuf>,
}

/// Reads the files, checks the audio and starts the engine; speaks to nobody yet.
pub fn open(options: Options) -> Result<Calls, Failure> {
    let audio = audio::config(&options)?;
    let session = Session::open(options.service, |config| {
        config.audio = audio;
        config.channels = if options.channels == 2 { Channels::Stereo } else { Channels::Mono };
        config.media_bind = options.media_bind;
        config.media_advertise = options.media_advertise;
        config.reconnect_after = options.reconnect_after;
        config.media_lost_after = options.media_lost_after;
        Ok(())
    })?;
    Ok(Calls { session, record_to: options.output, seconds: options.seconds, report: options.report })
}

/// A refusal at once of something asked of a call.
pub fn call_failure(error: CallError) -> Failure {
    let text = error.to_string();
    match error {
        CallError::RawId(_) | CallError::NotCallable { .. } => Failure::Usage(text),
        CallError::RecordingFile(_) => Failure::Unusable(text),
        _ => Failure::Other(text),
    }
}
