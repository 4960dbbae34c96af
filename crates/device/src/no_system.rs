//! A build without the `cpal` feature: files, tones and the app-owned port are all there is.

use crate::{CaptureEnd, DeviceConfig, DeviceError, DeviceInfo, PlayoutEnd, StreamGuard};

fn absent() -> DeviceError {
    DeviceError::Unavailable(
        "this build has no support for them; build with the feature `cpal`, or use a file, a tone or the audio port"
            .to_owned(),
    )
}

pub(crate) fn list() -> Result<Vec<DeviceInfo>, DeviceError> {
    Err(absent())
}

/// Never made: nothing can be subscribed to.
pub(crate) struct Subscription(std::convert::Infallible);

pub(crate) fn subscribe(
    _hook: impl FnMut(&std::sync::Arc<[DeviceInfo]>) + Send + 'static,
) -> Result<Subscription, DeviceError> {
    Err(absent())
}

pub(crate) fn open_capture(
    _wanted: Option<String>,
    _config: DeviceConfig,
) -> Result<(CaptureEnd, StreamGuard), DeviceError> {
    Err(absent())
}

pub(crate) fn open_playout(
    _wanted: Option<String>,
    _config: DeviceConfig,
) -> Result<(PlayoutEnd, StreamGuard), DeviceError> {
    Err(absent())
}
