//! How devices without a connection can be woken.

use super::{Store, StoreError};
use rusqlite::Connection;

/// Most devices of one user that are kept; registering one more forgets the least id.
const DEVICES_PER_USER: u32 = 16;

impl Store {
    /// Keeps (or, with `None`, forgets) the push address of a user's device: provider and address.
    pub(crate) async fn set_push(
        &self,
        owner_id: &str,
        raw_id: &str,
        device: &str,
        push: Option<(String, String)>,
    ) -> Result<(), StoreError> {
        let (owner, raw_id, device) = (owner_id.to_owned(), raw_id.to_owned(), device.to_owned());
        self.write(move |c| {
            let Some((provider, address)) = push else {
                c.prepare_cached(
                    "DELETE FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2 AND device_id = ?3",
                )?
                .execute([&owner, &raw_id, &device])?;
                return Ok(());
            };
            c.prepare_cached(
                "INSERT INTO push_registration VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                 SET provider = excluded.provider, address = excluded.address",
            )?
            .execute([&owner, &raw_id, &device, &provider, &address])?;
            c.prepare_cached(
                "DELETE FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2 AND device_id NOT IN
                 (SELECT device_id FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2
                  ORDER BY device_id = ?3 DESC, device_id DESC LIMIT ?4)",
            )?
            .execute((&owner, &raw_id, &device, DEVICES_PER_USER))?;
            Ok(())
        })
        .await
    }
}

/// Forgets every device of a user.
pub(super) fn forget(connection: &Connection, owner_id: &str, raw_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2")?
        .execute([owner_id, raw_id])?;
    Ok(())
}

/// How many devices of a user can be woken.
pub(super) fn count(connection: &Connection, owner_id: &str, raw_id: &str) -> Result<u32, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT count(*) FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2")?;
    Ok(query.query_row([owner_id, raw_id], |row| row.get(0))?)
}
