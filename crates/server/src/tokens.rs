//! Issuing tokens and believing them: the signing key of the folder, and what the store says of the bearer.

use crate::account::Account;
use crate::admin::IssuedToken;
use crate::believed::Believed;
use crate::folder::{DataFolder, read_text, write_secret};
use crate::store::{Store, StoreError};
use crate::{ServerError, clock};
use liaison_identity::{
    Principal, Scope, Scopes, SignError, TokenClaims, TokenError, TokenSigner, TokenVerifier,
};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const KEY_FILE: &str = "token-signing-key.pem";
const KEY_BITS: usize = 2048;

/// How long a token may live, in minutes, and what it does unless said.
pub(crate) const MINUTES: std::ops::RangeInclusive<u32> = 60..=1440;
pub(crate) const DEFAULT_MINUTES: u32 = 1440;

/// Why a token was not issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error("a token lives 60 to 1440 minutes, not {0}")]
    Minutes(u32),
    #[error("a token needs at least one scope")]
    NoScope,
    #[error("the scope directory.read is for directory readers only: no user's token carries it")]
    DirectoryScope,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the token could not be signed: {0}")]
    Sign(#[from] SignError),
}

/// Why a token was not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthenticateError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the token was revoked, or its user deleted: get a new one from your token backend")]
    Revoked,
    #[error(transparent)]
    Store(StoreError),
}

/// Who bears a believed token.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) account: Account,
    pub(crate) principal: Principal,
}

/// The one issuer and judge of tokens.
pub(crate) struct Tokens {
    store: Arc<dyn Store>,
    signer: TokenSigner,
    verifier: TokenVerifier,
    believed: Believed,
}

impl Tokens {
    /// Reads the folder's signing key, or makes it, which takes a second or so.
    pub(crate) fn open(folder: &DataFolder, store: Arc<dyn Store>) -> Result<Self, ServerError> {
        let path = folder.file(KEY_FILE);
        let damaged = |detail: &str| {
            ServerError::Certificate(format!(
                "{KEY_FILE} in the data folder cannot be used ({detail}): restore it, or remove it to make a new one, which voids all tokens"
            ))
        };
        let private_pem = match read_text(&path)? {
            Some(pem) => pem,
            None => {
                let pem = new_key().map_err(|e| damaged(&e))?;
                write_secret(&path, pem.as_bytes())?;
                pem
            }
        };
        let (kid, public_pem) = public_half(&private_pem).map_err(|e| damaged(&e))?;
        let signer = TokenSigner::new(&kid, &private_pem).map_err(|e| damaged(&e.to_string()))?;
        let mut verifier = TokenVerifier::new();
        verifier.add_key(&kid, &public_pem).map_err(|e| damaged(&e.to_string()))?;
        Ok(Self { store, signer, verifier, believed: Believed::default() })
    }

    /// Whether a user's token may have these scopes, if any, and live so long.
    pub(crate) fn check(&self, scopes: &Scopes, minutes: Option<u32>) -> Result<(), IssueError> {
        if scopes.contains(Scope::DirectoryRead) {
            return Err(IssueError::DirectoryScope);
        }
        match minutes {
            Some(minutes) if !MINUTES.contains(&minutes) => Err(IssueError::Minutes(minutes)),
            _ => Ok(()),
        }
    }

    /// Issues a token to an account that is there. A user's token carries `scopes`; a directory
    /// reader's carries its one scope whatever they are.
    pub(crate) async fn issue(
        &self,
        account: &Account,
        scopes: &Scopes,
        minutes: Option<u32>,
    ) -> Result<IssuedToken, IssueError> {
        let of_a_user = !matches!(account, Account::DirectoryReader { .. });
        let none = Scopes::default();
        let scopes = if of_a_user { scopes } else { &none };
        self.check(scopes, minutes)?;
        if of_a_user && scopes.is_empty() {
            return Err(IssueError::NoScope);
        }
        let minutes = minutes.unwrap_or(DEFAULT_MINUTES);
        let standing = self.store.standing(account).await?;
        let iat = clock::now_s();
        let exp = iat + u64::from(minutes) * 60;
        let tenant = standing.tenant_id.as_deref().unwrap_or_default();
        let claims = match account {
            Account::AppUser { resource_id, .. } => {
                TokenClaims::app_user(&account.raw_id(), resource_id, scopes, iat, exp)
            }
            Account::Staff { object_id } => TokenClaims::tenant_user(object_id, tenant, scopes, iat, exp),
            Account::DirectoryReader { app_id } => TokenClaims::directory_reader(app_id, tenant, iat, exp),
        }
        .with_token_version(standing.version);
        Ok(IssuedToken {
            raw_id: account.to_string(),
            token: self.signer.sign(&claims)?,
            expires_on: clock::text_of_s(exp),
            scopes: claims.scopes().iter().map(|scope| scope.as_str().to_owned()).collect(),
        })
    }

    /// As [`Self::authenticate`], for each of many requests: neither the signature is checked nor the
    /// store read again while nobody's tokens were made void since.
    pub(crate) async fn believe(&self, token: &str) -> Result<Arc<Bearer>, AuthenticateError> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // Before the store is read: what changes meanwhile makes the belief old.
        let generation = self.store.standings().generation();
        if let Some(bearer) = self.believed.get(&key, generation, clock::now_s()) {
            return Ok(bearer);
        }
        let bearer = Arc::new(self.authenticate(token).await?);
        self.believed.keep(key, generation, Arc::clone(&bearer));
        Ok(bearer)
    }

    /// Believes a token or says why not: its signature and times, then whether its bearer is still
    /// there, in the same tenant, and has not been revoked since.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<Bearer, AuthenticateError> {
        let principal = self.verifier.verify(token, clock::now_s())?;
        let account = Account::of(principal.raw_id.as_str()).ok_or(AuthenticateError::Revoked)?;
        let standing = self.store.standing(&account).await.map_err(|error| match error {
            StoreError::NotFound { .. } => AuthenticateError::Revoked,
            other => AuthenticateError::Store(other),
        })?;
        if principal.token_version < standing.version || principal.tenant_id != standing.tenant_id {
            return Err(AuthenticateError::Revoked);
        }
        Ok(Bearer { account, principal })
    }
}

fn new_key() -> Result<String, String> {
    let key = RsaPrivateKey::new(&mut rand_core::OsRng, KEY_BITS).map_err(|e| e.to_string())?;
    Ok(key.to_pkcs8_pem(LineEnding::LF).map_err(|e| e.to_string())?.to_string())
}

/// The key id, which is a hash of the public key, and the public key in PEM.
fn public_half(private_pem: &str) -> Result<(String, String), String> {
    let private = RsaPrivateKey::from_pkcs8_pem(private_pem).map_err(|e| e.to_string())?;
    let public = RsaPublicKey::from(&private);
    let der = public.to_public_key_der().map_err(|e| e.to_string())?;
    let kid = Sha256::digest(der.as_bytes()).iter().take(10).map(|b| format!("{b:02X}")).collect();
    Ok((kid, public.to_public_key_pem(LineEnding::LF).map_err(|e| e.to_string())?))
}
