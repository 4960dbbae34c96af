//! How devices without a connection can be woken.

use super::StoreError;
use super::calls::{self, PushChange};
use rusqlite::Connection;

/// Most devices of one user that are kept; registering one more forgets the least id.
const DEVICES_PER_USER: u32 = 16;

/// Keeps, or forgets, how a device can be woken. An account that is gone has no devices.
pub(super) fn set(connection: &Connection, change: &PushChange) -> Result<(), StoreError> {
    let Some(owner) = calls::owner(connection, &change.account)? else { return Ok(()) };
    let (raw_id, device) = (change.account.to_string(), &change.device);
    let Some((provider, address)) = &change.push else {
        connection
            .prepare_cached(
                "DELETE FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2 AND device_id = ?3",
            )?
            .execute([&owner, &raw_id, device])?;
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO push_registration VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
             SET provider = excluded.provider, address = excluded.address",
        )?
        .execute([&owner, &raw_id, device, provider, address])?;
    connection
        .prepare_cached(
            "DELETE FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2 AND device_id NOT IN
             (SELECT device_id FROM push_registration WHERE owner_id = ?1 AND raw_id = ?2
              ORDER BY device_id = ?3 DESC, device_id DESC LIMIT ?4)",
        )?
        .execute((&owner, &raw_id, device, DEVICES_PER_USER))?;
    Ok(())
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
