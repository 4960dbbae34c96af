//! Switches for what the 2021 preview of ACS and Teams interoperability did not allow.

use std::fmt;
use std::str::FromStr;

/// What is allowed in chats. [`ChatPolicy::OPEN`] is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatPolicy {
    /// Staff may create threads too; otherwise only the app's side does.
    pub staff_start_threads: bool,
    /// Messages may carry files and images. Links are always allowed.
    pub files_and_images: bool,
    /// Staff may edit their messages. Deleting them is always allowed.
    pub staff_edit_messages: bool,
}

/// A preset of no known name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chat policy is `open` or `teams-preview`")]
pub struct PolicyError;

impl ChatPolicy {
    /// Nothing is withheld.
    pub const OPEN: Self =
        Self { staff_start_threads: true, files_and_images: true, staff_edit_messages: true };

    /// The limits of the preview.
    pub const TEAMS_PREVIEW: Self =
        Self { staff_start_threads: false, files_and_images: false, staff_edit_messages: false };

    const PRESETS: [(&str, Self); 2] = [("open", Self::OPEN), ("teams-preview", Self::TEAMS_PREVIEW)];
}

impl Default for ChatPolicy {
    fn default() -> Self {
        Self::OPEN
    }
}

impl FromStr for ChatPolicy {
    type Err = PolicyError;

    fn from_str(name: &str) -> Result<Self, PolicyError> {
        Self::PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, policy)| *policy).ok_or(PolicyError)
    }
}

/// The preset's name, or `custom`.
impl fmt::Display for ChatPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preset = Self::PRESETS.iter().find(|(_, policy)| policy == self);
        f.write_str(preset.map_or("custom", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_names() {
        for (name, policy) in ChatPolicy::PRESETS {
            assert_eq!(name.parse(), Ok(policy));
            assert_eq!(policy.to_string(), name);
        }
        assert_eq!(ChatPolicy::default().to_string(), "open");
        assert_eq!(ChatPolicy { files_and_images: false, ..ChatPolicy::OPEN }.to_string(), "custom");
        assert_eq!("Open".parse::<ChatPolicy>(), Err(PolicyError));
    }
}
