//! `liaison devices`.

use crate::exit::Failure;
use crate::output;
use liaison_device::{DeviceInfo, Direction};
use serde::Serialize;

/// Lists the microphones and speakers of this machine, with the ids that --device-in and --device-out take.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// One line of JSON for each device
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    name: &'a str,
    direction: &'static str,
    default: bool,
}

fn direction(device: &DeviceInfo) -> &'static str {
    match device.direction {
        Direction::Capture => "in",
        Direction::Playout => "out",
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let devices = liaison_device::list_devices().map_err(|error| Failure::Unusable(error.to_string()))?;
    if arguments.json {
        return devices.iter().try_for_each(|device| {
            output::json(&Line {
                id: &device.id,
                name: &device.name,
                direction: direction(device),
                default: device.is_default,
            })
        });
    }
    let rows: Vec<Vec<String>> = devices
        .iter()
        .map(|device| {
            let default = if device.is_default { "default" } else { "" };
            vec![direction(device).to_owned(), default.to_owned(), device.id.clone(), device.name.clone()]
        })
        .collect();
    output::line(&output::table(&["WAY", "", "ID", "NAME"], &rows));
    Ok(())
}
