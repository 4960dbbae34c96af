//! The directory's words: resources, tenants, users.

use crate::account::Account;
use liaison_identity::Card;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A resource as listed: what owns the app's users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceSummary {
    /// Its immutable id, a GUID.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// When it was made, RFC 3339 in UTC.
    pub created_on: String,
}

/// A resource's secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceKeys {
    /// The resource.
    pub id: String,
    /// The first access key, base64.
    pub primary_key: String,
    /// The second access key, base64.
    pub secondary_key: String,
    /// `endpoint=https://…;accesskey=…` with the first key.
    pub primary_connection_string: String,
    /// The same with the second key.
    pub secondary_connection_string: String,
}

impl fmt::Debug for ResourceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceKeys").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Which of a resource's two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyKind {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

impl FromStr for KeyKind {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.to_ascii_lowercase().as_str() {
            "primary" => Ok(Self::Primary),
            "secondary" => Ok(Self::Secondary),
            _ => Err(UnknownWord { word: s.to_owned(), allowed: "primary, secondary" }),
        }
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSummary {
    /// Its id, a GUID.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// When it was made, RFC 3339 in UTC.
    pub created_on: String,
}

/// A user's coexistence mode (`TeamsUpgradePolicy`). Calls reach only those who are [`Self::TeamsOnly`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserMode {
    /// Everything in Teams.
    #[default]
    TeamsOnly,
    /// Teams and the older client side by side.
    Islands,
    /// The older client only.
    SfBOnly,
    /// The older client, with Teams collaboration.
    SfBWithTeamsCollab,
    /// The older client, with Teams collaboration and meetings.
    SfBWithTeamsCollabAndMeetings,
}

impl UserMode {
    const ALL: [Self; 5] = [
        Self::TeamsOnly,
        Self::Islands,
        Self::SfBOnly,
        Self::SfBWithTeamsCollab,
        Self::SfBWithTeamsCollabAndMeetings,
    ];

    /// The cmdlet's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TeamsOnly => "TeamsOnly",
            Self::Islands => "Islands",
            Self::SfBOnly => "SfBOnly",
            Self::SfBWithTeamsCollab => "SfBWithTeamsCollab",
            Self::SfBWithTeamsCollabAndMeetings => "SfBWithTeamsCollabAndMeetings",
        }
    }
}

impl fmt::Display for UserMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UserMode {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|m| m.as_str().eq_ignore_ascii_case(s)).ok_or_else(|| UnknownWord {
            word: s.to_owned(),
            allowed: "TeamsOnly, Islands, SfBOnly, SfBWithTeamsCollab, SfBWithTeamsCollabAndMeetings",
        })
    }
}

/// A word that is none of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not known; use one of: {allowed}")]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What may be written.
    pub allowed: &'static str,
}

/// A member of a tenant's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The tenant.
    pub tenant_id: String,
    /// The object id, a GUID, unique over all tenants.
    pub object_id: String,
    /// The raw id others call: `8:orgid:` and the object id.
    pub raw_id: String,
    /// The user principal name, unique in the tenant whatever the case.
    pub user_principal_name: String,
    /// The name people see.
    pub display_name: String,
    /// The coexistence mode.
    pub mode: UserMode,
    /// The per-user policy; true unless switched off.
    pub enable_acs_federation_access: bool,
}

impl UserRecord {
    /// How everybody is shown this person, in chats, calls and the directory.
    pub(crate) fn card(&self) -> Card {
        let raw_id = Account::Staff { object_id: self.object_id.clone() }.raw_id();
        Card::of(&raw_id, &self.display_name, None)
    }
}

/// What is needed to add a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// The tenant's id or name.
    pub tenant: String,
    /// The object id; a new GUID when `None`.
    pub object_id: Option<String>,
    /// The user principal name.
    pub user_principal_name: String,
    /// The name people see.
    pub display_name: String,
    /// The coexistence mode.
    pub mode: UserMode,
    /// The per-user policy.
    pub enable_acs_federation_access: bool,
}

/// What to change of a user; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChange {
    /// The user principal name.
    pub user_principal_name: Option<String>,
    /// The name people see.
    pub display_name: Option<String>,
    /// The coexistence mode.
    pub mode: Option<UserMode>,
    /// The per-user policy.
    pub enable_acs_federation_access: Option<bool>,
}
