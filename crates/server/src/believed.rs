//! Tokens whose signature was verified lately. A token's text is not kept: only its hash.

use crate::halves::Halves;
use crate::tokens::Bearer;
use std::sync::{Arc, Mutex, PoisonError};

/// How many tokens are remembered: twice this at the most.
const HALF: usize = 8192;

type Key = [u8; 32];

struct Belief {
    bearer: Arc<Bearer>,
    /// Of the store's standings, when the bearer's was read.
    generation: u64,
}

pub(crate) struct Believed(Mutex<Halves<Key, Belief>>);

impl Default for Believed {
    fn default() -> Self {
        Self(Mutex::new(Halves::new(HALF)))
    }
}

impl Believed {
    /// The bearer, when the belief is of this generation of standings and the token has not ended.
    pub(crate) fn get(&self, key: &Key, generation: u64, now_s: u64) -> Option<Arc<Bearer>> {
        let mut beliefs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let belief = beliefs.get(key)?;
        let holds = belief.generation == generation && now_s < belief.bearer.principal.expires_at_unix_s;
        holds.then(|| Arc::clone(&belief.bearer))
    }

    pub(crate) fn keep(&self, key: Key, generation: u64, bearer: Arc<Bearer>) {
        let mut beliefs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beliefs.insert(key, Belief { bearer, generation });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use liaison_identity::{Principal, Scope, Scopes};

    #[test]
    fn a_belief_ends_with_its_token_and_with_the_generation() {
        let account = Account::AppUser { resource_id: "r".to_owned(), user_id: "u".to_owned() };
        let principal = Principal {
            raw_id: account.raw_id(),
            scopes: Scopes::from_iter([Scope::Chat]),
            resource_id: Some("r".to_owned()),
            tenant_id: None,
            issued_at_unix_s: 0,
            expires_at_unix_s: 100,
            token_version: 0,
            csi: String::new(),
        };
        let (believed, key) = (Believed::default(), [1; 32]);
        believed.keep(key, 7, Arc::new(Bearer { account, principal }));
        assert!(believed.get(&key, 7, 99).is_some());
        assert!(believed.get(&key, 7, 100).is_none(), "expired");
        assert!(believed.get(&key, 8, 99).is_none(), "somebody's tokens were made void since");
        assert!(believed.get(&[2; 32], 7, 99).is_none());
    }
}
