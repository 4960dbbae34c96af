//! Who: identifiers, raw ids, token claims, connection strings, request signing.
//!
//! The names and shapes are those of Azure Communication Services (ACS), so that its documentation
//! is ours too and its unmodified SDKs work against the service.
//! The crate is pure: the time is passed in, keys are passed in, and nothing is read from the
//! machine it runs on.

#![forbid(unsafe_code)]

mod access_key;
mod card;
mod connection_string;
mod identifier;
mod raw_id;
pub mod request_signing;
mod scope;
mod token;

pub use access_key::{AccessKey, AccessKeyError};
pub use card::{AcsUserLabel, Card, LabelError};
pub use connection_string::{ConnectionString, ConnectionStringError};
pub use identifier::{Cloud, CommunicationIdentifier, CommunicationIdentifierModel, IdentifierModelError};
pub use raw_id::{RawId, RawIdError};
pub use request_signing::SignatureError;
pub use scope::{Scope, ScopeError, Scopes};
pub use token::{
    ClaimsError, FORWARD_SKEW_S, KeyError, MAX_TOKEN_BYTES, Principal, SignError, TokenClaims, TokenError,
    TokenSigner, TokenVerifier, peek_expiry, peek_raw_id,
};
