//! How a person is shown: with the name of the directory, or, to the people of an organisation, as external.
//!
//! A member of staff has the name their organisation's directory gives them. An app's user has the name they were given
//! in the thread or call; nobody has checked it, so an organisation's people see it with the label that their tenant
//! chose, as in Teams: `Kiosk 7 (Unverified)`. The label is part of the shown name, since the models of ACS have no
//! field for it and unmodified clients must show it too.

use crate::{CommunicationIdentifier, RawId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest shown name in bytes, the label included: what a call may carry.
const SHOWN_BYTES: usize = 256;

/// How an organisation's people see the app users of allowed resources (`LabelForAllowedAcsUsers`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AcsUserLabel {
    /// "Unverified".
    #[default]
    Unverified,
    /// "External".
    External,
}

/// A word that is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not known: use one of Unverified, External")]
pub struct LabelError {
    word: String,
}

impl AcsUserLabel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Unverified, Self::External];

    /// The cmdlet's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "Unverified",
            Self::External => "External",
        }
    }
}

impl FromStr for AcsUserLabel {
    type Err = LabelError;

    /// In any case.
    fn from_str(word: &str) -> Result<Self, LabelError> {
        let known = Self::ALL.into_iter().find(|label| label.as_str().eq_ignore_ascii_case(word));
        known.ok_or_else(|| LabelError { word: word.to_owned() })
    }
}

/// A person as somebody is shown them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Who: verified.
    pub raw_id: RawId,
    /// The name to show, at most 256 bytes; empty when there is none.
    pub display_name: String,
}

impl Card {
    /// The card of a person for a viewer. `name`: the directory's of staff, the one given to an app's user. `label`: what
    /// the viewer's tenant chose; `None` when the viewer is an app's user, who sees all names as they are.
    #[must_use]
    pub fn of(raw_id: &RawId, name: &str, label: Option<AcsUserLabel>) -> Self {
        let display_name = match label {
            Some(label) if is_external(raw_id) => labelled(name, label),
            _ => name[..name.floor_char_boundary(SHOWN_BYTES)].to_owned(),
        };
        Self { raw_id: raw_id.clone(), display_name }
    }
}

/// Everybody but a member of an organisation.
fn is_external(raw_id: &RawId) -> bool {
    !matches!(raw_id.identifier(), CommunicationIdentifier::MicrosoftTeamsUser { is_anonymous: false, .. })
}

/// The name with the label, which nothing in the name can hide, push away or forge.
fn labelled(name: &str, label: AcsUserLabel) -> String {
    let visible: String =
        name.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !steers(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let name = words.join(" ");
    let name = unlabelled(&name);
    if name.is_empty() {
        return label.to_string();
    }
    let suffix = format!(" ({label})");
    let end = name.floor_char_boundary(SHOWN_BYTES - suffix.len());
    format!("{}{suffix}", name[..end].trim_end())
}

/// Characters that change the direction of what follows, or are not seen.
fn steers(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Without labels at the end, whoever put them there: a name that was read and is sent back has one.
fn unlabelled(mut name: &str) -> &str {
    loop {
        let without = AcsUserLabel::ALL.iter().find_map(|label| {
            let at = name.len().checked_sub(label.as_str().len() + 2)?;
            let tail = name.get(at..)?.strip_prefix('(')?.strip_suffix(')')?;
            tail.eq_ignore_ascii_case(label.as_str()).then(|| name[..at].trim_end())
        });
        match without {
            Some(shorter) => name = shorter,
            None => return name,
        }
    }
}

impl fmt::Display for AcsUserLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw_id: &str, name: &str, label: Option<AcsUserLabel>) -> String {
        let raw_id = RawId::new(raw_id).unwrap();
        let card = Card::of(&raw_id, name, label);
        assert_eq!(card.raw_id, raw_id);
        card.display_name
    }

    #[test]
    fn only_external_people_have_a_label_and_only_for_staff() {
        let label = Some(AcsUserLabel::External);
        for (raw_id, name, label, expected) in [
            ("8:acs:r_u", "Kiosk 7", None, "Kiosk 7"),
            ("8:acs:r_u", "Kiosk 7", Some(AcsUserLabel::Unverified), "Kiosk 7 (Unverified)"),
            ("8:acs:r_u", "Kiosk 7", label, "Kiosk 7 (External)"),
            ("8:acs:r_u", "", label, "External"),
            ("8:acs:r_u", "", None, ""),
            ("8:teamsvisitor:v", "Vi", label, "Vi (External)"),
            ("28:orgid:b", "Bot", label, "Bot (External)"),
            ("8:orgid:o", "Ada", label, "Ada"),
            ("8:gcch:o", "Ada", label, "Ada"),
            ("8:orgid:o", "", label, ""),
        ] {
            assert_eq!(shown(raw_id, name, label), expected, "{raw_id} {name}");
        }
    }

    #[test]
    fn a_name_cannot_hide_push_away_or_forge_the_label() {
        for (name, expected) in [
            ("Boss (External)", "Boss (Unverified)"),
            ("Boss (Unverified)", "Boss (Unverified)"),
            ("Boss (external) (UNVERIFIED) ", "Boss (Unverified)"),
            ("(External)", "Unverified"),
            ("Boss\u{202e}", "Boss (Unverified)"),
            ("a\u{200b}\u{2066}b", "ab (Unverified)"),
            ("Boss\n\n\n\t   x", "Boss x (Unverified)"),
            (" \u{2028}\u{feff} ", "Unverified"),
            ("👩‍💻 Ü", "👩‍💻 Ü (Unverified)"),
            ("é(External)", "é (Unverified)"),
            ("Boss (Extern)", "Boss (Extern) (Unverified)"),
        ] {
            assert_eq!(shown("8:acs:r_u", name, Some(AcsUserLabel::Unverified)), expected, "{name:?}");
        }
        for name in ["ü".repeat(200), "x".repeat(5000), format!("{} y", "x".repeat(242))] {
            let shown = shown("8:acs:r_u", &name, Some(AcsUserLabel::Unverified));
            assert!(shown.len() <= SHOWN_BYTES && shown.ends_with(" (Unverified)"), "{shown}");
        }
    }

    #[test]
    fn labels_have_the_cmdlets_words() {
        for label in AcsUserLabel::ALL {
            assert_eq!(label.as_str().to_lowercase().parse(), Ok(label));
        }
        assert_eq!(AcsUserLabel::default().as_str(), "Unverified");
        assert!("friend".parse::<AcsUserLabel>().unwrap_err().to_string().contains("Unverified, External"));
    }
}
