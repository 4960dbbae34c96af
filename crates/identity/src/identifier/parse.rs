//! The raw-id table, both directions.
//!
//! Where the SDKs differ the JavaScript one is followed, being the newest: a raw id with a third `:`
//! is unknown (Python keeps the rest as part of the id), and three `_` segments after `8:acs:` are a
//! Teams extension user (Python 1.5 sees a plain user).

use super::{Cloud, CommunicationIdentifier};

const PHONE: &str = "4:";
const ANONYMOUS_PHONE: &str = "anonymous";
const VISITOR: &str = "8:teamsvisitor:";

/// `(prefix, cloud)` of an app's users.
const APP_USERS: [(&str, Cloud); 3] =
    [("8:acs:", Cloud::Public), ("8:dod-acs:", Cloud::Dod), ("8:gcch-acs:", Cloud::Gcch)];
/// An app user's older prefix; it has no extension form.
const SPOOL: &str = "8:spool:";
const TEAMS_USERS: [(&str, Cloud); 3] =
    [("8:orgid:", Cloud::Public), ("8:dod:", Cloud::Dod), ("8:gcch:", Cloud::Gcch)];
const TEAMS_APPS: [(&str, Cloud); 3] =
    [("28:orgid:", Cloud::Public), ("28:dod:", Cloud::Dod), ("28:gcch:", Cloud::Gcch)];

fn lookup(table: &[(&str, Cloud)], prefix: &str) -> Option<Cloud> {
    table.iter().find(|(known, _)| *known == prefix).map(|(_, cloud)| *cloud)
}

fn prefix_of(table: &[(&'static str, Cloud); 3], cloud: Cloud) -> &'static str {
    table.iter().find(|(_, of)| *of == cloud).map_or(table[0].0, |(prefix, _)| prefix)
}

impl CommunicationIdentifier {
    /// Reads a raw id. Never fails: what is not in the table is [`Unknown`](Self::Unknown), whole.
    #[must_use]
    pub fn from_raw_id(raw_id: &str) -> Self {
        if let Some(number) = raw_id.strip_prefix(PHONE) {
            return phone_number(number);
        }
        let unknown = || Self::Unknown { id: raw_id.to_owned() };
        let Some((prefix, suffix)) = split_prefix(raw_id) else { return unknown() };

        if let Some(cloud) = lookup(&APP_USERS, prefix) {
            return extension_user(suffix, cloud)
                .unwrap_or_else(|| Self::CommunicationUser { id: raw_id.to_owned() });
        }
        if prefix == SPOOL {
            return Self::CommunicationUser { id: raw_id.to_owned() };
        }
        if let Some(cloud) = lookup(&TEAMS_USERS, prefix) {
            return Self::MicrosoftTeamsUser { user_id: suffix.to_owned(), is_anonymous: false, cloud };
        }
        if prefix == VISITOR {
            let cloud = Cloud::Public;
            return Self::MicrosoftTeamsUser { user_id: suffix.to_owned(), is_anonymous: true, cloud };
        }
        if let Some(cloud) = lookup(&TEAMS_APPS, prefix) {
            return Self::MicrosoftTeamsApp { app_id: suffix.to_owned(), cloud };
        }
        unknown()
    }

    /// The raw id, as text.
    ///
    /// A visitor's cloud has no place in a raw id and is lost; a phone number's asserted id is written
    /// only as part of `phone_number`, as the SDKs do.
    #[must_use]
    pub fn raw_id(&self) -> String {
        match self {
            Self::CommunicationUser { id } | Self::Unknown { id } => id.clone(),
            Self::PhoneNumber { phone_number, .. } => format!("{PHONE}{phone_number}"),
            Self::MicrosoftTeamsUser { user_id, is_anonymous: true, .. } => format!("{VISITOR}{user_id}"),
            Self::MicrosoftTeamsUser { user_id, cloud, .. } => {
                format!("{}{user_id}", prefix_of(&TEAMS_USERS, *cloud))
            }
            Self::MicrosoftTeamsApp { app_id, cloud } => {
                format!("{}{app_id}", prefix_of(&TEAMS_APPS, *cloud))
            }
            Self::TeamsExtensionUser { user_id, tenant_id, resource_id, cloud } => {
                format!("{}{resource_id}_{tenant_id}_{user_id}", prefix_of(&APP_USERS, *cloud))
            }
        }
    }
}

/// `8:acs:` and the rest, when there are exactly two `:`.
fn split_prefix(raw_id: &str) -> Option<(&str, &str)> {
    let (at, _) = raw_id.match_indices(':').nth(1)?;
    let (prefix, suffix) = raw_id.split_at(at + 1);
    (!suffix.contains(':')).then_some((prefix, suffix))
}

fn phone_number(number: &str) -> CommunicationIdentifier {
    let is_anonymous = number == ANONYMOUS_PHONE;
    let asserted_id = number
        .rsplit_once('_')
        .filter(|(_, asserted)| !asserted.is_empty())
        .map(|(_, asserted)| asserted.to_owned());
    CommunicationIdentifier::PhoneNumber { phone_number: number.to_owned(), is_anonymous, asserted_id }
}

/// Exactly three `_` segments, empty ones included.
fn extension_user(suffix: &str, cloud: Cloud) -> Option<CommunicationIdentifier> {
    let mut segments = suffix.split('_');
    let (Some(resource_id), Some(tenant_id), Some(user_id), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return None;
    };
    Some(CommunicationIdentifier::TeamsExtensionUser {
        user_id: user_id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        resource_id: resource_id.to_owned(),
        cloud,
    })
}
