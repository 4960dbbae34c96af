//! What differs between two lists of devices.

use crate::{DeviceInfo, Direction};

/// A change in the system's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceChange {
    /// It was plugged in.
    Added(DeviceInfo),
    /// It was unplugged.
    Removed(DeviceInfo),
    /// It is the default of its direction now.
    DefaultChanged(DeviceInfo),
}

/// What turns `before` into `after`: removals, additions, then new defaults.
pub(crate) fn changes(before: &[DeviceInfo], after: &[DeviceInfo]) -> Vec<DeviceChange> {
    let mut found = Vec::new();
    found.extend(before.iter().filter(|d| !holds(after, d)).cloned().map(DeviceChange::Removed));
    found.extend(after.iter().filter(|d| !holds(before, d)).cloned().map(DeviceChange::Added));
    for direction in [Direction::Capture, Direction::Playout] {
        let default = default_of(after, direction);
        if default.map(|d| &d.id) != default_of(before, direction).map(|d| &d.id) {
            found.extend(default.cloned().map(DeviceChange::DefaultChanged));
        }
    }
    found
}

fn holds(list: &[DeviceInfo], wanted: &DeviceInfo) -> bool {
    list.iter().any(|device| device.direction == wanted.direction && device.id == wanted.id)
}

pub(crate) fn default_of(list: &[DeviceInfo], direction: Direction) -> Option<&DeviceInfo> {
    list.iter().find(|device| device.direction == direction && device.is_default)
}

/// Whether an app that asks for `wanted` means this device: by its id, its id without the host, or its name.
pub(crate) fn is_wanted(device: &DeviceInfo, wanted: &str) -> bool {
    let bare = device.id.split_once(':').map_or(device.id.as_str(), |(_, bare)| bare);
    device.id == wanted || bare == wanted || device.name == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(direction: Direction, id: &str, is_default: bool) -> DeviceInfo {
        DeviceInfo { id: format!("host:{id}"), name: format!("The {id}"), direction, is_default }
    }

    #[test]
    fn a_list_that_is_the_same_has_no_changes() {
        let list = [device(Direction::Playout, "a", true), device(Direction::Capture, "a", true)];
        assert_eq!(changes(&list, &list), []);
    }

    #[test]
    fn plugging_unplugging_and_a_new_default_are_told_apart_and_by_direction() {
        use Direction::{Capture, Playout};
        let before = [device(Playout, "a", true), device(Playout, "b", false), device(Capture, "m", true)];
        let after = [device(Playout, "b", true), device(Playout, "m", false), device(Capture, "m", true)];
        assert_eq!(
            changes(&before, &after),
            [
                DeviceChange::Removed(before[0].clone()),
                DeviceChange::Added(after[1].clone()),
                DeviceChange::DefaultChanged(after[0].clone()),
            ]
        );
        // The last default goes: nothing took its place.
        assert_eq!(changes(&after[2..], &[]), [DeviceChange::Removed(after[2].clone())]);
    }

    #[test]
    fn a_device_is_meant_by_id_with_or_without_host_or_by_name() {
        let speaker = device(Direction::Playout, "usb:1", false);
        for wanted in ["host:usb:1", "usb:1", "The usb:1"] {
            assert!(is_wanted(&speaker, wanted), "{wanted}");
        }
        assert!(!is_wanted(&speaker, "1"));
    }
}
