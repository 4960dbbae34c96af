//! The system's own devices, through cpal: PulseAudio (or PipeWire in its stead) by its native protocol, else
//! ALSA, on Linux; CoreAudio, WASAPI and AAudio elsewhere.

mod find;
pub(crate) mod stream;
mod supervisor;
mod watch;

use std::sync::Arc;

pub(crate) use find::list;
pub(crate) use supervisor::Supervisor;
pub(crate) use watch::{Subscription, subscribe};

use self::supervisor::Opened;
use crate::guard::{Marks, Runner, StreamGuard};
use crate::open::Direction;
use crate::ring::Status;
use crate::{CaptureEnd, DeviceConfig, DeviceError, DeviceName, PlayoutEnd};

pub(crate) fn open_capture(
    wanted: Option<String>,
    config: DeviceConfig,
) -> Result<(CaptureEnd, StreamGuard), DeviceError> {
    let status = Arc::new(Status::new());
    let shared = Arc::clone(&status);
    let (link, starting) =
        supervisor::open(Direction::Capture, wanted, Arc::clone(&status), move |wanted, trouble| {
            let found = find::find(Direction::Capture, wanted)?;
            let (stream, link) = stream::open_capture(&found, config, &shared, trouble)?;
            let life = link.life();
            Ok(Opened { stream, link, device: DeviceName { id: found.id, name: found.name }, life })
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
    let (link, starting) =
        supervisor::open(Direction::Playout, wanted, Arc::clone(&status), move |wanted, trouble| {
            let found = find::find(Direction::Playout, wanted)?;
            let (stream, link) = stream::open_playout(&found, config, &shared, trouble)?;
            let life = link.life();
            Ok(Opened { stream, link, device: DeviceName { id: found.id, name: found.name }, life })
        })?;
    let (end, handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
    let runner = Runner::System(starting.supervise(handover));
    Ok((end, StreamGuard { runner, status, marks: Arc::new(Marks::new(config.held)), writer: None }))
}
