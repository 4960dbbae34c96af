//! Listing the system's devices and finding one of them.

use cpal::traits::{DeviceTrait, HostTrait};

use crate::DeviceError;
use crate::open::{DeviceInfo, Direction};

/// A device and what to call it.
pub(super) struct Found {
    pub device: cpal::Device,
    pub name: String,
}

pub(crate) fn list() -> Result<Vec<DeviceInfo>, DeviceError> {
    let host = cpal::default_host();
    let mut all = Vec::new();
    for direction in [Direction::Capture, Direction::Playout] {
        let default = default_of(&host, direction).and_then(|device| device.id().ok());
        all.extend(devices(&host, direction)?.into_iter().filter_map(|device| {
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
    let host = cpal::default_host();
    let kind = kind(direction);
    let device = match wanted {
        None => default_of(&host, direction).ok_or_else(|| DeviceError::NotFound {
            wanted: format!("(the default {kind})"),
            cause: format!("{} has no default {kind}", host.id()),
        })?,
        Some(wanted) => {
            let devices = devices(&host, direction)?;
            let count = devices.len();
            named(devices, wanted).ok_or_else(|| DeviceError::NotFound {
                wanted: format!("\"{wanted}\""),
                cause: format!("it is not among the {count} {kind}s of {}", host.id()),
            })?
        }
    };
    let name = device.to_string();
    Ok(Found { device, name })
}

fn named(mut devices: Vec<cpal::Device>, wanted: &str) -> Option<cpal::Device> {
    let is_id =
        |device: &cpal::Device| device.id().is_ok_and(|id| id.to_string() == wanted || id.id() == wanted);
    let at = devices
        .iter()
        .position(is_id)
        .or_else(|| devices.iter().position(|device| device.to_string() == wanted))?;
    Some(devices.swap_remove(at))
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
