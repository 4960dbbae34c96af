//! Who may reach whom: one decision, term by term, and one table of what a refusal means.
//!
//! | from | to | allowed when |
//! |---|---|---|
//! | app user | app user | both belong to the same resource |
//! | app user | tenant's user | the tenant enables app users ∧ it allows the resource ∧ the user's policy ∧ (calls) the user is TeamsOnly |
//! | tenant's user | app user | the first three terms, asked of the caller's tenant and the caller |
//! | tenant's user | tenant's user | both belong to the same tenant ∧ (calls) the callee is TeamsOnly |

mod cause;
mod decision;
#[cfg(test)]
mod tests;

pub(crate) use cause::Cause;
pub(crate) use decision::{Activity, decide, explain};

pub use liaison_identity::AcsUserLabel;

use serde::{Deserialize, Serialize};

/// A tenant's configuration, with the fields of `Set-CsTeamsAcsFederationConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederationConfiguration {
    /// The switch; false (the default) makes everything else ignored.
    pub enable_acs_users: bool,
    /// Immutable ids of the resources whose users are let in.
    pub allowed_acs_resources: Vec<String>,
    /// Whether meetings ask for the same. No meeting exists yet; kept and shown.
    pub require_acs_federation_for_meeting: bool,
    /// How the tenant's people see the app users of allowed resources: the word beside their names, in chats and calls.
    /// `Unverified` while the switch is off.
    pub label_for_allowed_acs_users: AcsUserLabel,
    /// Whether the banner about app users is hidden.
    pub hide_banner_for_allowed_acs_users: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederationChange {
    /// See [`FederationConfiguration::enable_acs_users`].
    pub enable_acs_users: Option<bool>,
    /// Replaces the whole list; ids or names of resources.
    pub allowed_acs_resources: Option<Vec<String>>,
    /// See [`FederationConfiguration::require_acs_federation_for_meeting`].
    pub require_acs_federation_for_meeting: Option<bool>,
    /// See [`FederationConfiguration::label_for_allowed_acs_users`].
    pub label_for_allowed_acs_users: Option<AcsUserLabel>,
    /// See [`FederationConfiguration::hide_banner_for_allowed_acs_users`].
    pub hide_banner_for_allowed_acs_users: Option<bool>,
}

/// One term of the decision, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Such as `tenant.EnableAcsUsers`.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found, in words.
    pub detail: String,
}

/// The decision about a resource and a user, term by term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The terms, in the order they are asked.
    pub terms: Vec<Term>,
    /// Whether a chat may be started.
    pub chat_allowed: bool,
    /// Whether a call may be placed.
    pub call_allowed: bool,
    /// The audit reason when a call is refused, else `None`.
    pub cause: Option<String>,
    /// What a refused caller is told: code and subCode.
    pub call_end: Option<(u16, u32)>,
    /// What a refused chat is answered: HTTP status and text.
    #[serde(default)]
    pub chat_error: Option<(u16, String)>,
}
