//! Who asks.

use liaison_identity::{RawId, Scopes};

use crate::model::Side;

/// Who asks, from the verified token and nowhere else. A token carries no display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub raw_id: RawId,
    /// Of the app or of an organisation.
    pub side: Side,
    /// The token's rights.
    pub scopes: Scopes,
}
