//! Tenants and their federation configuration.

use super::error::is_taken;
use super::resources::{self, checked_name};
use super::{SqliteStore, StoreError};
use crate::directory::TenantSummary;
use crate::federation::{AcsUserLabel, FederationChange, FederationConfiguration};
use crate::{clock, random};
use rusqlite::{Connection, OptionalExtension, Row};

impl SqliteStore {
    pub(super) async fn create_tenant(
        &self,
        name: &str,
        id: Option<&str>,
    ) -> Result<TenantSummary, StoreError> {
        let name = checked_name(name)?;
        let id = match id {
            None => random::guid(),
            Some(id) => random::parse_guid(id)
                .ok_or_else(|| StoreError::Invalid(format!("the tenant id `{id}` is not a GUID")))?,
        };
        self.write(move |c| {
            let now = clock::now_ms();
            c.prepare_cached("INSERT INTO tenant (tenant_id, name, created_ms) VALUES (?1, ?2, ?3)")?
                .execute((&id, &name, now))
                .map_err(|e| match is_taken(&e) {
                    true => StoreError::Invalid(format!("there is a tenant `{name}` or `{id}` already")),
                    false => e.into(),
                })?;
            Ok(TenantSummary { id, name, created_on: clock::text_of_ms(now) })
        })
        .await
    }

    pub(super) async fn list_tenants(&self) -> Result<Vec<TenantSummary>, StoreError> {
        self.read(|c| {
            let mut query =
                c.prepare_cached("SELECT tenant_id, name, created_ms FROM tenant ORDER BY tenant_id")?;
            let rows = query.query_map([], summary)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn tenant(&self, id_or_name: &str) -> Result<TenantSummary, StoreError> {
        let wanted = id_or_name.to_owned();
        self.read(move |c| find(c, &wanted)).await
    }

    pub(super) async fn federation(&self, tenant_id: &str) -> Result<FederationConfiguration, StoreError> {
        let id = tenant_id.to_owned();
        self.read(move |c| configuration(c, &id)).await
    }

    pub(super) async fn set_federation(
        &self,
        tenant_id: &str,
        change: FederationChange,
    ) -> Result<FederationConfiguration, StoreError> {
        let id = tenant_id.to_owned();
        self.write(move |c| {
            let after = changed(c, configuration(c, &id)?, change)?;
            c.prepare_cached(
                "UPDATE tenant SET enable_acs_users = ?2, require_for_meeting = ?3, label = ?4, hide_banner = ?5
                 WHERE tenant_id = ?1",
            )?
            .execute((
                &id,
                after.enable_acs_users,
                after.require_acs_federation_for_meeting,
                after.label_for_allowed_acs_users.as_str(),
                after.hide_banner_for_allowed_acs_users,
            ))?;
            c.prepare_cached("DELETE FROM allowed_resource WHERE tenant_id = ?1")?.execute([&id])?;
            let mut insert = c.prepare_cached("INSERT INTO allowed_resource VALUES (?1, ?2)")?;
            for resource in &after.allowed_acs_resources {
                insert.execute([&id, resource])?;
            }
            Ok(())
        })
        .await?;
        self.relabel(tenant_id).await
    }
}

fn changed(
    connection: &Connection,
    before: FederationConfiguration,
    change: FederationChange,
) -> Result<FederationConfiguration, StoreError> {
    let mut allowed = match change.allowed_acs_resources {
        None => before.allowed_acs_resources,
        Some(wanted) => wanted.iter().map(|w| allowed_resource(connection, w)).collect::<Result<_, _>>()?,
    };
    allowed.sort();
    allowed.dedup();
    let after = FederationConfiguration {
        enable_acs_users: change.enable_acs_users.unwrap_or(before.enable_acs_users),
        allowed_acs_resources: allowed,
        require_acs_federation_for_meeting: change
            .require_acs_federation_for_meeting
            .unwrap_or(before.require_acs_federation_for_meeting),
        label_for_allowed_acs_users: change
            .label_for_allowed_acs_users
            .unwrap_or(before.label_for_allowed_acs_users),
        hide_banner_for_allowed_acs_users: change
            .hide_banner_for_allowed_acs_users
            .unwrap_or(before.hide_banner_for_allowed_acs_users),
    };
    match after.enable_acs_users && after.allowed_acs_resources.is_empty() {
        true => Err(StoreError::Invalid(
            "enabling needs at least one allowed resource: give --allowed-acs-resources as well".to_owned(),
        )),
        false => Ok(after),
    }
}

/// The immutable id of a named resource. A GUID that is no resource of this service is kept as it is:
/// the tenant may allow it before it exists.
fn allowed_resource(connection: &Connection, wanted: &str) -> Result<String, StoreError> {
    let known = resources::find(connection, wanted)?.map(|resource| resource.id);
    known.or_else(|| random::parse_guid(wanted)).ok_or_else(|| StoreError::not_found("resource", wanted))
}

pub(super) fn find(connection: &Connection, id_or_name: &str) -> Result<TenantSummary, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT tenant_id, name, created_ms FROM tenant WHERE tenant_id = lower(?1) OR name = ?1",
    )?;
    query
        .query_row([id_or_name], summary)
        .optional()?
        .ok_or_else(|| StoreError::not_found("tenant", id_or_name))
}

pub(super) fn configuration(
    connection: &Connection,
    id: &str,
) -> Result<FederationConfiguration, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT resource_id FROM allowed_resource WHERE tenant_id = ?1 ORDER BY 1")?;
    let allowed_acs_resources = query.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut query = connection.prepare_cached(
        "SELECT enable_acs_users, require_for_meeting, label, hide_banner FROM tenant WHERE tenant_id = ?1",
    )?;
    let row = query.query_row([id], |row| {
        Ok(FederationConfiguration {
            enable_acs_users: row.get(0)?,
            allowed_acs_resources,
            require_acs_federation_for_meeting: row.get(1)?,
            label_for_allowed_acs_users: label(&row.get::<_, String>(2)?),
            hide_banner_for_allowed_acs_users: row.get(3)?,
        })
    });
    row.optional()?.ok_or_else(|| StoreError::not_found("tenant", id))
}

/// An unknown word is read as the more careful label.
pub(super) fn label(text: &str) -> AcsUserLabel {
    text.parse().unwrap_or_default()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<TenantSummary> {
    Ok(TenantSummary { id: row.get(0)?, name: row.get(1)?, created_on: clock::text_of_ms(row.get(2)?) })
}
