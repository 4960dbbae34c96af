//! The system's own devices, through cpal: PulseAudio (or PipeWire in its stead) by its native protocol, else
//! ALSA, on Linux; CoreAudio, WASAPI and AAudio elsewhere.

mod find;
pub(crate) mod stream;
mod supervisor;

use std::sync::Arc;

pub(crate) use find::list;
pub(crate) use supervisor::Supervisor;

use crate::guard::{Marks, Runner, StreamGuard};
use crate::open::Direction;
use crate::ring::Status;
use crate::{CaptureEnd, DeviceConfig, DeviceError, PlayoutEnd};

pub(crate) fn open_capture(
    wanted: Option<String>,
    config: DeviceConfig,
) -> Result<(CaptureEnd, StreamGuard), DeviceError> {
    let status = Arc::new(Status::new());
    let shared = Arc::clone(&status);
    let (link, starting) = supervisor::open(Arc::clone(&status), move |trouble| {
        let device = find::find(Direction::Capture, wanted.as_deref())?;
        stream::open_capture(&device, config, &shared, trouble)
    })?;
    let (end, handover) = CaptureEnd::from_link(link, Arc::clone(&status));
    let runner = Runner::System(starting.supervise(handover));
    Ok((end, StreamGuard { runner, status, marks: Arc::new(Marks::new(config.held)), writer: None }))
}

pub(crate) fn open_playout(
    wanted: Option<String>,
    config: DeviceConfig,
) -> Result<(PlayoutEnd, StreamGuard), DeviceError> {
    let status = Arc::new(Status::new());
    let shared = Arc::clone(&status);
    let (link, starting) = supervisor::open(Arc::clone(&status), move |trouble| {
        let device = find::find(Direction::Playout, wanted.as_deref())?;
        stream::open_playout(&device, config, &shared, trouble)
    })?;
    let (end, handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
    let runner = Runner::System(starting.supervise(handover));
    Ok((end, StreamGuard { runner, status, marks: Arc::new(Marks::new(config.held)), writer: None }))
}
