//! Identifiers: who a call, a message or a token is about, and the raw-id text each one travels as.

mod cloud;
mod model;
mod parse;
#[cfg(test)]
mod tests;

pub use cloud::Cloud;
pub use model::{CommunicationIdentifierModel, IdentifierModelError};

/// One participant, by kind. The names are those of the ACS public API.
///
/// A value is a view of a raw id: [`from_raw_id`](Self::from_raw_id) then [`raw_id`](Self::raw_id)
/// gives back the same text, for every text.
/// Its serde form is [`CommunicationIdentifierModel`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CommunicationIdentifier {
    /// A user of an app ("bring your own identity").
    CommunicationUser {
        /// The whole raw id, `8:acs:<resource>_<user>`.
        id: String,
    },
    /// A telephone number.
    PhoneNumber {
        /// What follows `4:`: an E.164 number, or `anonymous`; with an asserted id it is still part of the text.
        phone_number: String,
        /// The number is withheld (`4:anonymous`).
        is_anonymous: bool,
        /// What follows the last `_`, when something does: tells apart two legs of one number.
        asserted_id: Option<String>,
    },
    /// A person of an organisation.
    MicrosoftTeamsUser {
        /// The directory object id; for an anonymous visitor the visitor's id.
        user_id: String,
        /// A visitor without an account (`8:teamsvisitor:`).
        is_anonymous: bool,
        /// Where the organisation's account lives.
        cloud: Cloud,
    },
    /// A bot of an organisation: a call queue, an auto attendant.
    MicrosoftTeamsApp {
        /// The directory object id of the app.
        app_id: String,
        /// Where the organisation's account lives.
        cloud: Cloud,
    },
    /// A person of an organisation who acts through an app's resource.
    TeamsExtensionUser {
        /// The directory object id.
        user_id: String,
        /// The organisation.
        tenant_id: String,
        /// The resource acted through.
        resource_id: String,
        /// Where the organisation's account lives.
        cloud: Cloud,
    },
    /// A raw id of no kind known here; kept whole.
    Unknown {
        /// The whole raw id.
        id: String,
    },
}

impl CommunicationIdentifier {
    /// The kind's name on the wire: `communicationUser`, `phoneNumber`, `microsoftTeamsUser`,
    /// `microsoftTeamsApp`, `teamsExtensionUser` or `unknown`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CommunicationUser { .. } => "communicationUser",
            Self::PhoneNumber { .. } => "phoneNumber",
            Self::MicrosoftTeamsUser { .. } => "microsoftTeamsUser",
            Self::MicrosoftTeamsApp { .. } => "microsoftTeamsApp",
            Self::TeamsExtensionUser { .. } => "teamsExtensionUser",
            Self::Unknown { .. } => "unknown",
        }
    }
}
