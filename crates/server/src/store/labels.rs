//! The label of each tenant's configuration, known without reading the store: all that staff are shown asks for it.

use super::tenants::label;
use super::{SqliteStore, StoreError};
use crate::federation::FederationConfiguration;
use liaison_identity::{AcsUserLabel, Principal};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The labels, by the tenant's id.
#[derive(Debug, Default)]
pub(super) struct Labels(Mutex<HashMap<String, Arc<Cell>>>);

/// One tenant's: whether it is "External".
#[derive(Debug, Default)]
struct Cell(AtomicBool);

/// Through whose eyes people are seen: staff see app users with the label that their tenant chose, also when it changes
/// meanwhile. The default is an app's user, who sees no labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Viewer(Option<Arc<Cell>>);

impl Viewer {
    /// What app users are shown with now; `None` when they are shown as they are.
    pub(crate) fn label(&self) -> Option<AcsUserLabel> {
        let cell = self.0.as_ref()?;
        Some(if cell.0.load(Ordering::Relaxed) { AcsUserLabel::External } else { AcsUserLabel::Unverified })
    }
}

impl Labels {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let labels = Self::default();
        let mut query = connection.prepare("SELECT tenant_id, enable_acs_users, label FROM tenant")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            labels.set(&row.get::<_, String>(0)?, shown(row.get(1)?, label(&row.get::<_, String>(2)?)));
        }
        drop(rows);
        drop(query);
        Ok(labels)
    }

    fn set(&self, tenant: &str, label: AcsUserLabel) {
        let cell = Arc::clone(self.cells().entry(tenant.to_owned()).or_default());
        cell.0.store(label == AcsUserLabel::External, Ordering::Relaxed);
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<String, Arc<Cell>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While the switch is off, everything else is ignored.
fn shown(enabled: bool, label: AcsUserLabel) -> AcsUserLabel {
    if enabled { label } else { AcsUserLabel::default() }
}

impl SqliteStore {
    pub(super) fn viewer(&self, principal: &Principal) -> Viewer {
        // Only tokens of an organisation have a tenant, and those exist that were issued.
        Viewer(
            principal
                .tenant_id
                .as_ref()
                .map(|tenant| Arc::clone(self.labels.cells().entry(tenant.clone()).or_default())),
        )
    }

    /// After a change: what is committed is what is shown.
    pub(super) async fn relabel(&self, tenant: &str) -> Result<FederationConfiguration, StoreError> {
        let now = self.federation(tenant).await?;
        self.labels.set(tenant, shown(now.enable_acs_users, now.label_for_allowed_acs_users));
        Ok(now)
    }
}
