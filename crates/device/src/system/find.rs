//! Listing the system's devices and finding one of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};

use crate::DeviceError;
use crate::changes::is_wanted;
use crate::open::{DeviceInfo, Direction};

/// A device and what to call it.
pub(super) struct Found {
    pub device: cpal::Device,
    pub name: String,
    /// Empty when the system gives it none.
    pub id: String,
}

/// How long the audio system may take to say what devices there are.
const LIST_TIMEOUT: Duration = Duration::from_secs(3);
/// The host that is a connection, and never ends its thread by itself: one is kept for all lists. Any other is looked
/// for anew each time, so that a sound server that was started since then takes its place.
const KEPT_HOST: &str = "PulseAudio";

static KEPT: Mutex<Option<Arc<cpal::Host>>> = Mutex::new(None);

fn kept() -> MutexGuard<'static, Option<Arc<cpal::Host>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What devices there are; waits as long as the system does.
pub(super) fn list_now() -> Result<Vec<DeviceInfo>, DeviceError> {
    let before = kept().clone();
    // Without the lock: a server that hangs holds up this thread only.
    let host = before.unwrap_or_else(|| Arc::new(cpal::default_host()));
    let listed = list_of(&host);
    let mut kept = kept();
    if listed.is_err() {
        kept.take_if(|kept| Arc::ptr_eq(kept, &host));
    } else if kept.is_none() && host.id().name() == KEPT_HOST {
        *kept = Some(host);
    }
    listed
}

/// The devices, or an error soon: a server that hangs leaves a thread behind, not the caller.
pub(crate) fn list() -> Result<Vec<DeviceInfo>, DeviceError> {
    let (result, listed) = mpsc::channel();
    thread::Builder::new()
        .name("liaison-listing".to_owned())
        .spawn(move || drop(result.send(list_now())))
        .map_err(|e| DeviceError::Unavailable(format!("cannot start the thread that lists devices: {e}")))?;
    listed.recv_timeout(LIST_TIMEOUT).unwrap_or_else(|_| {
        // Who asks next asks over a connection of its own.
        kept().take();
        let seconds = LIST_TIMEOUT.as_secs();
        Err(DeviceError::Unavailable(format!("the audio system did not answer within {seconds} s")))
    })
}

fn list_of(host: &cpal::Host) -> Result<Vec<DeviceInfo>, DeviceError> {
    let mut all = Vec::new();
    for direction in [Direction::Capture, Direction::Playout] {
        let default = default_of(host, direction).and_then(|device| device.id().ok());
        all.extend(devices(host, direction)?.into_iter().filter_map(|device| {
            let id = device.id().ok()?;
            Some(DeviceInfo {
                name: device.to_string(),
                direction,
                is_default: default.as_ref() == Some(&id),
                id: id.to_string(),
            })
        }));
    }
    Ok(all)
}

/// The device of this id, else of this name; the default one if none is named.
pub(super) fn find(direction: Direction, wanted: Option<&str>) -> Result<Found, DeviceError> {
    let kind = kind(direction);
    // Looked for over the kept connection first: a stream's own connection ends with its stream only.
    let all = list_now()?;
    let mut own = all.iter().filter(|device| device.direction == direction);
    let id = match wanted {
        None => None,
        Some(wanted) => {
            let count = own.clone().count();
            let named = own.clone().find(|device| device.id == wanted);
            let named = named.or_else(|| own.find(|device| is_wanted(device, wanted)));
            let not_found = || DeviceError::NotFound {
                wanted: format!("\"{wanted}\""),
                cause: format!("it is not among the {count} {kind}s of the system"),
            };
            Some(named.ok_or_else(not_found)?.id.clone())
        }
    };
    let no_default = |host: &str| DeviceError::NotFound {
        wanted: format!("(the default {kind})"),
        cause: format!("{host} has no default {kind}"),
    };
    if id.is_none() && all.is_empty() {
        return Err(no_default("the system"));
    }
    let host = cpal::default_host();
    let device = match &id {
        None => default_of(&host, direction).ok_or_else(|| no_default(host.id().name()))?,
        Some(id) => {
            let mut devices = devices(&host, direction)?.into_iter();
            let is_it = |device: &cpal::Device| device.id().is_ok_and(|own| own.to_string() == *id);
            devices.find(is_it).ok_or_else(|| DeviceError::NotFound {
                wanted: format!("\"{id}\""),
                cause: "it has just gone".to_owned(),
            })?
        }
    };
    let name = device.to_string();
    let id = device.id().map(|id| id.to_string()).unwrap_or_default();
    Ok(Found { device, name, id })
}

fn devices(host: &cpal::Host, direction: Direction) -> Result<Vec<cpal::Device>, DeviceError> {
    let unavailable = |e: cpal::Error| DeviceError::Unavailable(format!("{} says: {e}", host.id()));
    Ok(match direction {
        Direction::Capture => host.input_devices().map_err(unavailable)?.collect(),
        Direction::Playout => host.output_devices().map_err(unavailable)?.collect(),
    })
}

fn default_of(host: &cpal::Host, direction: Direction) -> Option<cpal::Device> {
    match direction {
        Direction::Capture => host.default_input_device(),
        Direction::Playout => host.default_output_device(),
    }
}

fn kind(direction: Direction) -> &'static str {
    match direction {
        Direction::Capture => "microphone",
        Direction::Playout => "speaker",
    }
}
