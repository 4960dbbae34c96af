//! Whom a raw id names, as far as this service keeps them.

use liaison_identity::{Cloud, CommunicationIdentifier, RawId};
use std::fmt;

/// An account of this service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// An app's user: `8:acs:<resource>_<user>`.
    AppUser { resource_id: String, user_id: String },
    /// A tenant's user: `8:orgid:<object>`.
    Staff { object_id: String },
    /// A program that reads a tenant's directory: `28:orgid:<app>`.
    DirectoryReader { app_id: String },
}

impl Account {
    /// The account a raw id names; `None` for kinds this service does not keep (phone numbers, other
    /// clouds, anonymous visitors, …).
    pub(crate) fn of(raw_id: &str) -> Option<Self> {
        match CommunicationIdentifier::from_raw_id(raw_id) {
            CommunicationIdentifier::CommunicationUser { id } => {
                let (resource, user) = id.strip_prefix("8:acs:")?.split_once('_')?;
                let complete = !resource.is_empty() && !user.is_empty();
                complete.then(|| Self::AppUser {
                    resource_id: resource.to_ascii_lowercase(),
                    user_id: user.to_ascii_lowercase(),
                })
            }
            CommunicationIdentifier::MicrosoftTeamsUser {
                user_id,
                is_anonymous: false,
                cloud: Cloud::Public,
            } => Some(Self::Staff { object_id: user_id.to_ascii_lowercase() }),
            CommunicationIdentifier::MicrosoftTeamsApp { app_id, cloud: Cloud::Public } => {
                Some(Self::DirectoryReader { app_id: app_id.to_ascii_lowercase() })
            }
            _ => None,
        }
    }

    /// The one spelling of the account's raw id: connections and calls are found by it.
    #[expect(clippy::expect_used, reason = "the parts were parsed from a raw id, or made by us")]
    pub(crate) fn raw_id(&self) -> RawId {
        RawId::new(&self.to_string()).expect("an account's parts make a raw id")
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AppUser { resource_id, user_id } => write!(f, "8:acs:{resource_id}_{user_id}"),
            Self::Staff { object_id } => write!(f, "8:orgid:{object_id}"),
            Self::DirectoryReader { app_id } => write!(f, "28:orgid:{app_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_the_same_in_every_spelling() {
        for (raw, one) in [
            ("8:acs:ABC-1_Def", "8:acs:abc-1_def"),
            ("8:orgid:ABC", "8:orgid:abc"),
            ("28:orgid:ABC", "28:orgid:abc"),
        ] {
            let account = Account::of(raw).unwrap();
            assert_eq!(account.raw_id().to_string(), one);
            assert_eq!(Account::of(one), Some(account));
        }
    }

    #[test]
    fn what_the_service_does_not_keep_is_no_account() {
        for raw in [
            "4:+15551234567",
            "8:acs:only-a-resource",
            "8:acs:_user",
            "8:acs:resource_",
            "8:acs:a_b_c",
            "8:dod:abc",
            "8:teamsvisitor:abc",
            "28:gcch:abc",
            "hello",
            "",
        ] {
            assert_eq!(Account::of(raw), None, "{raw}");
        }
    }
}
