//! What a token says, and which combinations may be said.

use crate::{CommunicationIdentifier, RawId, Scope, Scopes};
use serde::{Deserialize, Serialize};

/// The claims of an access token.
///
/// Every claim an ACS client is known to read is there. Two of ours are added: `tid` for tokens of a
/// tenant, and `tver`, the identity's token version, by which revocation is exact to the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    /// Who bears the token: the raw id without its leading `8:` (`acs:<resource>_<user>`,
    /// `orgid:<object id>`); a bot keeps its `28:`.
    pub skypeid: String,
    /// The rights as a bit field; ACS always writes 1792.
    pub scp: u32,
    /// When the credential was issued: `iat` as text.
    pub csi: String,
    /// When the token ends, in seconds since 1970-01-01T00:00:00Z.
    pub exp: u64,
    /// When the token was issued, in seconds since 1970-01-01T00:00:00Z.
    pub iat: u64,
    /// The scopes, joined by commas.
    #[serde(rename = "acsScope")]
    pub acs_scope: String,
    /// The resource an app's user belongs to. Never in a tenant's token.
    #[serde(rename = "resourceId", default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The tenant the bearer belongs to. Never in a resource's token.
    #[serde(rename = "tid", default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Where the resource's data lives.
    #[serde(rename = "resourceLocation", default)]
    pub resource_location: String,
    /// Where the resource's calls are served.
    #[serde(default)]
    pub rgn: String,
    /// The identity's token version when this token was issued: revoking raises the identity's, and a
    /// token with a lower one is void.
    #[serde(rename = "tver", default)]
    pub token_version: u64,
}

/// Claims that must not be put into a token, or believed when found in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// A character Python's SDK cannot decode from a token: see [`TokenClaims::check`].
    #[error(
        "the claim `{claim}` holds a character a token must not carry: use printable ASCII without '>', '?' and '~'"
    )]
    Character {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim longer than [`RawId::MAX_BYTES`].
    #[error("the claim `{claim}` is too long")]
    TooLong {
        /// The claim's name.
        claim: &'static str,
    },
    /// `skypeid` is not `acs:<resource>_<user>`, `orgid:<object id>` or another that may bear a token.
    #[error("the claim `skypeid` names nobody who can bear a token")]
    Bearer,
    /// The token does not end after it began.
    #[error("the token ends before it begins")]
    Lifetime,
    /// An app's user without its resource, with another one, or with a tenant.
    #[error("an app user's token carries the `resourceId` in its raw id, and no `tid`")]
    ResourceBinding,
    /// A tenant's bearer without a tenant, or with a resource.
    #[error("a tenant's token carries a `tid`, and no `resourceId`")]
    TenantBinding,
    /// `directory.read` outside of a tenant's token.
    #[error("the scope directory.read is for a tenant's tokens only, never for an app user's")]
    DirectoryScope,
    /// No scope at all.
    #[error("the token carries no scope")]
    NoScope,
}

/// What ACS writes for `scp`.
const SCP: u32 = 1792;

impl TokenClaims {
    /// The claims of a token for an app's user, lasting from `iat` to `exp` (seconds since 1970).
    #[must_use]
    pub fn app_user(user: &RawId, resource_id: &str, scopes: &Scopes, iat: u64, exp: u64) -> Self {
        Self::new(user, Some(resource_id), None, scopes, iat, exp)
    }

    /// The claims of a token for a person of an organisation.
    #[must_use]
    pub fn tenant_user(object_id: &str, tenant_id: &str, scopes: &Scopes, iat: u64, exp: u64) -> Self {
        let skypeid = format!("orgid:{object_id}");
        Self::with_bearer(skypeid, None, Some(tenant_id), scopes, iat, exp)
    }

    /// The claims of a directory-reader token: for a program of an organisation, which may look people
    /// up in that tenant's directory and nothing else.
    #[must_use]
    pub fn directory_reader(app_id: &str, tenant_id: &str, iat: u64, exp: u64) -> Self {
        let scopes = Scopes::from_iter([Scope::DirectoryRead]);
        Self::with_bearer(format!("28:orgid:{app_id}"), None, Some(tenant_id), &scopes, iat, exp)
    }

    fn new(
        user: &RawId,
        resource_id: Option<&str>,
        tenant_id: Option<&str>,
        scopes: &Scopes,
        iat: u64,
        exp: u64,
    ) -> Self {
        let skypeid = user.as_str().strip_prefix("8:").unwrap_or(user.as_str()).to_owned();
        Self::with_bearer(skypeid, resource_id, tenant_id, scopes, iat, exp)
    }

    fn with_bearer(
        skypeid: String,
        resource_id: Option<&str>,
        tenant_id: Option<&str>,
        scopes: &Scopes,
        iat: u64,
        exp: u64,
    ) -> Self {
        Self {
            skypeid,
            scp: SCP,
            csi: iat.to_string(),
            exp,
            iat,
            acs_scope: scopes.to_acs_scope(),
            resource_id: resource_id.map(str::to_owned),
            tenant_id: tenant_id.map(str::to_owned),
            resource_location: "local".to_owned(),
            rgn: "local".to_owned(),
            token_version: 0,
        }
    }

    /// Sets the identity's token version.
    #[must_use]
    pub fn with_token_version(mut self, version: u64) -> Self {
        self.token_version = version;
        self
    }

    /// The bearer's raw id.
    ///
    /// # Errors
    /// When `skypeid` does not make one.
    pub fn raw_id(&self) -> Result<RawId, ClaimsError> {
        let text = if self.skypeid.starts_with("28:") {
            self.skypeid.clone()
        } else {
            format!("8:{}", self.skypeid)
        };
        RawId::try_from(text).map_err(|_| ClaimsError::Bearer)
    }

    /// The scopes.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        Scopes::from_acs_scope(&self.acs_scope)
    }

    /// Checks that the claims may stand in a token.
    ///
    /// The Python SDK decodes a token's payload as *standard* base64 of ASCII. So no claim may hold a
    /// character that ever puts `-` or `_` into the base64url text: of ASCII these are `>`, `?`, `~` and
    /// DEL, and they do so in every third place. Control characters are refused as well.
    ///
    /// # Errors
    /// At the first claim that is wrong, or when they do not fit together: an app's user is bound to
    /// its resource and a tenant's bearer to its tenant, never both.
    pub fn check(&self) -> Result<(), ClaimsError> {
        self.check_characters()?;
        if self.exp <= self.iat {
            return Err(ClaimsError::Lifetime);
        }
        self.check_bearer()?;
        let scopes = self.scopes();
        if scopes.is_empty() {
            return Err(ClaimsError::NoScope);
        }
        if scopes.contains(Scope::DirectoryRead) && self.tenant_id.is_none() {
            return Err(ClaimsError::DirectoryScope);
        }
        Ok(())
    }

    fn check_characters(&self) -> Result<(), ClaimsError> {
        let allowed = |byte: u8| (0x20..0x7f).contains(&byte) && !matches!(byte, b'>' | b'?' | b'~');
        let texts = [
            ("skypeid", self.skypeid.as_str()),
            ("csi", &self.csi),
            ("acsScope", &self.acs_scope),
            ("resourceId", self.resource_id.as_deref().unwrap_or_default()),
            ("tid", self.tenant_id.as_deref().unwrap_or_default()),
            ("resourceLocation", &self.resource_location),
            ("rgn", &self.rgn),
        ];
        for (claim, text) in texts {
            if text.len() > RawId::MAX_BYTES {
                return Err(ClaimsError::TooLong { claim });
            }
            if !text.bytes().all(allowed) {
                return Err(ClaimsError::Character { claim });
            }
        }
        Ok(())
    }

    fn check_bearer(&self) -> Result<(), ClaimsError> {
        let named = |id: &Option<String>| id.as_deref().is_some_and(|id| !id.is_empty());
        match self.raw_id()?.identifier() {
            CommunicationIdentifier::CommunicationUser { id } => {
                let resource = id.split(':').nth(2).and_then(|suffix| suffix.split_once('_'));
                let bound = resource.is_some_and(|(resource, user)| {
                    !user.is_empty() && self.resource_id.as_deref() == Some(resource)
                });
                let bound = bound && named(&self.resource_id) && self.tenant_id.is_none();
                bound.then_some(()).ok_or(ClaimsError::ResourceBinding)
            }
            CommunicationIdentifier::MicrosoftTeamsUser { user_id: id, is_anonymous: false, .. }
            | CommunicationIdentifier::MicrosoftTeamsApp { app_id: id, .. } => {
                if id.is_empty() {
                    return Err(ClaimsError::Bearer);
                }
                let bound = named(&self.tenant_id) && self.resource_id.is_none();
                bound.then_some(()).ok_or(ClaimsError::TenantBinding)
            }
            _ => Err(ClaimsError::Bearer),
        }
    }
}
