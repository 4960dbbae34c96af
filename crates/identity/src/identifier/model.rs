//! An identifier as JSON: tolerant of every SDK on the way in, complete for the strictest on the way out.

use super::{Cloud, CommunicationIdentifier};
use serde::{Deserialize, Serialize};

/// `CommunicationIdentifierModel` of the ACS REST specifications.
///
/// Out: `kind`, `rawId` and the one nested object, with every field the JavaScript SDK insists on.
/// In: `kind` and `rawId` may be missing, the cloud is read in any case, unknown fields are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommunicationIdentifierModel {
    /// The kind's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The raw id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_id: Option<String>,
    /// An app's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication_user: Option<CommunicationUserModel>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumberModel>,
    /// A person of an organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_teams_user: Option<MicrosoftTeamsUserModel>,
    /// A bot of an organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_teams_app: Option<MicrosoftTeamsAppModel>,
    /// A person of an organisation acting through a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams_extension_user: Option<TeamsExtensionUserModel>,
}

/// The nested `communicationUser` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunicationUserModel {
    /// The whole raw id.
    pub id: String,
}

/// The nested `phoneNumber` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumberModel {
    /// The number in E.164, or `anonymous`.
    pub value: String,
    /// The number is withheld.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_anonymous: bool,
    /// Tells apart two legs of one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted_id: Option<String>,
}

/// The nested `microsoftTeamsUser` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftTeamsUserModel {
    /// The directory object id.
    pub user_id: String,
    /// A visitor without an account.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_anonymous: bool,
    /// Where the account lives; `public` when missing.
    #[serde(default, deserialize_with = "null_as_default")]
    pub cloud: Cloud,
}

/// The nested `microsoftTeamsApp` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftTeamsAppModel {
    /// The directory object id of the app.
    pub app_id: String,
    /// Where the account lives; `public` when missing.
    #[serde(default, deserialize_with = "null_as_default")]
    pub cloud: Cloud,
}

/// The nested `teamsExtensionUser` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamsExtensionUserModel {
    /// The directory object id.
    pub user_id: String,
    /// The organisation.
    pub tenant_id: String,
    /// The resource acted through.
    pub resource_id: String,
    /// Where the account lives; `public` when missing.
    #[serde(default, deserialize_with = "null_as_default")]
    pub cloud: Cloud,
}

/// The SDKs send `null` for a field that was left out.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// An identifier in JSON that does not say who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierModelError {
    /// Neither a raw id nor a nested object.
    #[error("the identifier is empty: give `rawId` or one object such as `communicationUser`")]
    Empty,
    /// More than one nested object.
    #[error("the identifier holds more than one kind of participant: give exactly one")]
    Ambiguous,
    /// The raw id and the nested object name different participants.
    #[error("`rawId` and the nested object name different participants: send them equal, or only one")]
    Contradiction,
    /// `kind` names another kind than the nested object is.
    #[error("`kind` does not match the nested object: correct it, or leave it out")]
    Kind,
}

impl From<&CommunicationIdentifier> for CommunicationIdentifierModel {
    fn from(identifier: &CommunicationIdentifier) -> Self {
        let mut model = Self {
            kind: Some(identifier.kind().to_owned()),
            raw_id: Some(identifier.raw_id()),
            ..Self::default()
        };
        match identifier.clone() {
            CommunicationIdentifier::CommunicationUser { id } => {
                model.communication_user = Some(CommunicationUserModel { id });
            }
            CommunicationIdentifier::PhoneNumber { phone_number: value, is_anonymous, asserted_id } => {
                model.phone_number = Some(PhoneNumberModel { value, is_anonymous, asserted_id });
            }
            CommunicationIdentifier::MicrosoftTeamsUser { user_id, is_anonymous, cloud } => {
                model.microsoft_teams_user = Some(MicrosoftTeamsUserModel { user_id, is_anonymous, cloud });
            }
            CommunicationIdentifier::MicrosoftTeamsApp { app_id, cloud } => {
                model.microsoft_teams_app = Some(MicrosoftTeamsAppModel { app_id, cloud });
            }
            CommunicationIdentifier::TeamsExtensionUser { user_id, tenant_id, resource_id, cloud } => {
                model.teams_extension_user =
                    Some(TeamsExtensionUserModel { user_id, tenant_id, resource_id, cloud });
            }
            CommunicationIdentifier::Unknown { .. } => {}
        }
        model
    }
}

impl CommunicationIdentifierModel {
    /// What each nested object says, at most one of which may be there.
    fn nested(self) -> [Option<CommunicationIdentifier>; 5] {
        [
            self.communication_user.map(|user| CommunicationIdentifier::CommunicationUser { id: user.id }),
            self.phone_number.map(|phone| CommunicationIdentifier::PhoneNumber {
                phone_number: phone.value,
                is_anonymous: phone.is_anonymous,
                asserted_id: phone.asserted_id,
            }),
            self.microsoft_teams_user.map(|user| CommunicationIdentifier::MicrosoftTeamsUser {
                user_id: user.user_id,
                is_anonymous: user.is_anonymous,
                cloud: user.cloud,
            }),
            self.microsoft_teams_app.map(|app| CommunicationIdentifier::MicrosoftTeamsApp {
                app_id: app.app_id,
                cloud: app.cloud,
            }),
            self.teams_extension_user.map(|user| CommunicationIdentifier::TeamsExtensionUser {
                user_id: user.user_id,
                tenant_id: user.tenant_id,
                resource_id: user.resource_id,
                cloud: user.cloud,
            }),
        ]
    }
}

/// The raw id decides: a nested object without one is turned into a raw id first, and one with one has
/// to agree with it. So the same participant never has two readings.
impl TryFrom<CommunicationIdentifierModel> for CommunicationIdentifier {
    type Error = IdentifierModelError;

    fn try_from(mut model: CommunicationIdentifierModel) -> Result<Self, Self::Error> {
        let kind = model.kind.take();
        let raw_id = model.raw_id.take().filter(|raw_id| !raw_id.is_empty());
        let mut nested = model.nested().into_iter().flatten();
        let (nested, None) = (nested.next(), nested.next()) else {
            return Err(IdentifierModelError::Ambiguous);
        };
        if let (Some(kind), Some(nested)) = (&kind, &nested)
            && !kind.eq_ignore_ascii_case(nested.kind())
        {
            return Err(IdentifierModelError::Kind);
        }
        match (raw_id, nested.map(|nested| nested.raw_id())) {
            (None, None) => Err(IdentifierModelError::Empty),
            (Some(raw_id), Some(said)) if !same_participant(&raw_id, &said) => {
                Err(IdentifierModelError::Contradiction)
            }
            (Some(raw_id), _) | (None, Some(raw_id)) => Ok(Self::from_raw_id(&raw_id)),
        }
    }
}

/// Equal, but for the case of a hexadecimal id and the `+` that older SDKs leave out of a number's raw id.
fn same_participant(raw_id: &str, said: &str) -> bool {
    let number = |text: &str| text.strip_prefix("4:").map(|n| n.trim_start_matches('+').to_owned());
    match (number(raw_id), number(said)) {
        (Some(left), Some(right)) => left == right,
        _ => raw_id.eq_ignore_ascii_case(said),
    }
}

impl Serialize for CommunicationIdentifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CommunicationIdentifierModel::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CommunicationIdentifier {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let model = CommunicationIdentifierModel::deserialize(deserializer)?;
        Self::try_from(model).map_err(serde::de::Error::custom)
    }
}
