//! The facts of a federation decision, read at one moment.

use super::{SqliteStore, StoreError, identities, members, push, tenants};
use crate::account::Account;
use crate::directory::UserRecord;
use crate::federation::FederationConfiguration;
use rusqlite::Connection;

/// A tenant's user, with the tenant's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberFacts {
    pub(crate) user: UserRecord,
    pub(crate) configuration: FederationConfiguration,
}

/// What is known of one end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartyFacts {
    /// No account of this service, or a tenant's user that is not there.
    Unknown,
    /// An identity of a resource; not `living` when it was deleted or never made.
    AppUser { resource_id: String, living: bool },
    /// A tenant's user.
    Staff(MemberFacts),
}

impl SqliteStore {
    pub(super) async fn federation_facts(
        &self,
        caller: Option<&Account>,
        callee: Option<&Account>,
    ) -> Result<(PartyFacts, PartyFacts, u32), StoreError> {
        let (caller, callee) = (caller.cloned(), callee.cloned());
        self.read(move |c| {
            let from = party(c, caller.as_ref())?;
            let to = party(c, callee.as_ref())?;
            let owner = match &to {
                PartyFacts::Unknown => None,
                PartyFacts::AppUser { resource_id, .. } => Some(resource_id),
                PartyFacts::Staff(member) => Some(&member.user.tenant_id),
            };
            let devices = match (owner, &callee) {
                (Some(owner), Some(callee)) => push::count(c, owner, &callee.to_string())?,
                _ => 0,
            };
            Ok((from, to, devices))
        })
        .await
    }

    pub(super) async fn federation_facts_of_many(
        &self,
        caller: &Account,
        others: Vec<Option<Account>>,
    ) -> Result<(PartyFacts, Vec<PartyFacts>), StoreError> {
        let caller = caller.clone();
        self.read(move |c| {
            let others = others.iter().map(|other| party(c, other.as_ref())).collect::<Result<_, _>>()?;
            Ok((party(c, Some(&caller))?, others))
        })
        .await
    }
}

fn party(connection: &Connection, account: Option<&Account>) -> Result<PartyFacts, StoreError> {
    match account {
        Some(Account::AppUser { resource_id, user_id }) => {
            let living = known(identities::living(connection, resource_id, user_id))?.is_some();
            Ok(PartyFacts::AppUser { resource_id: resource_id.clone(), living })
        }
        Some(Account::Staff { object_id }) => {
            Ok(known(facts(connection, object_id))?.map_or(PartyFacts::Unknown, PartyFacts::Staff))
        }
        Some(Account::DirectoryReader { .. }) | None => Ok(PartyFacts::Unknown),
    }
}

fn known<T>(found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn facts(connection: &Connection, object_id: &str) -> Result<MemberFacts, StoreError> {
    let (user, _) = members::by_object(connection, object_id)?;
    let configuration = tenants::configuration(connection, &user.tenant_id)?;
    Ok(MemberFacts { user, configuration })
}
