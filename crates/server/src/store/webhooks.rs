//! Which webhooks there are.

use super::chat::release_all;
use super::{SqliteStore, StoreError};
use crate::clock;
use crate::webhook::{Secret, WebhookSummary, WebhookUrl};
use liaison_chat::event_grid::GridKind;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};

/// Most webhooks of one owner: each commit notes what it owes to each.
const PER_OWNER: u32 = 16;

/// What names a webhook's rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WebhookKey {
    pub(crate) owner: String,
    pub(crate) id: String,
}

/// A webhook, as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) key: WebhookKey,
    pub(crate) url: WebhookUrl,
    pub(crate) secret: Secret,
    /// What it is told; all when empty.
    pub(crate) events: Vec<GridKind>,
    pub(crate) created_ms: i64,
}

impl Webhook {
    /// As people see it.
    fn summary(self, waiting: u64) -> WebhookSummary {
        WebhookSummary {
            id: self.key.id,
            owner_id: self.key.owner,
            url: self.url,
            events: self.events.iter().map(|kind| kind.name().to_owned()).collect(),
            created_on: clock::text_of_ms(self.created_ms),
            waiting_threads: waiting,
        }
    }
}

impl SqliteStore {
    pub(super) async fn add_webhook(&self, hook: Webhook) -> Result<WebhookSummary, StoreError> {
        self.write(move |c| {
            let there: u32 = c
                .prepare_cached("SELECT count(*) FROM webhook WHERE owner_id = ?1")?
                .query_row([&hook.key.owner], |row| row.get(0))?;
            if there >= PER_OWNER {
                return Err(StoreError::Invalid(format!(
                    "there are {PER_OWNER} webhooks of this owner already: remove one first"
                )));
            }
            let names: Vec<&str> = hook.events.iter().map(|kind| kind.name()).collect();
            let names = serde_json::to_string(&names).map_err(|e| StoreError::Database(e.to_string()))?;
            c.prepare_cached("INSERT INTO webhook VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
                &hook.key.owner,
                &hook.key.id,
                hook.url.as_str(),
                hook.secret.as_str(),
                names,
                hook.created_ms,
            ))?;
            Ok(hook.summary(0))
        })
        .await
    }

    pub(super) async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.read(all).await
    }

    pub(super) async fn webhook_summaries(&self) -> Result<Vec<WebhookSummary>, StoreError> {
        self.read(|c| {
            let mut waiting =
                c.prepare_cached("SELECT count(*) FROM webhook_due WHERE owner_id = ?1 AND webhook_id = ?2")?;
            let mut summaries = Vec::new();
            for hook in all(c)? {
                let threads: i64 = waiting.query_row((&hook.key.owner, &hook.key.id), |row| row.get(0))?;
                summaries.push(hook.summary(threads.unsigned_abs()));
            }
            Ok(summaries)
        })
        .await
    }

    pub(super) async fn remove_webhook(&self, id: &str) -> Result<String, StoreError> {
        let id = id.to_owned();
        self.write(move |c| {
            let Some(hook) = all(c)?.into_iter().find(|hook| hook.key.id == id) else {
                return Err(StoreError::not_found("webhook", &id));
            };
            let WebhookKey { owner, id } = hook.key;
            for table in ["webhook", "webhook_due"] {
                let sql = format!("DELETE FROM {table} WHERE owner_id = ?1 AND webhook_id = ?2");
                c.prepare_cached(&sql)?.execute((&owner, &id))?;
            }
            release_all(c, &owner)?;
            Ok(owner)
        })
        .await
    }
}

fn all(c: &Connection) -> Result<Vec<Webhook>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT owner_id, webhook_id, url, secret, events, created_ms FROM webhook ORDER BY owner_id, webhook_id",
    )?;
    let rows = query.query_map([], webhook)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn webhook(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let names: Vec<String> = serde_json::from_str(&row.get::<_, String>(4)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, Box::new(error)))?;
    Ok(Webhook {
        key: WebhookKey { owner: row.get(0)?, id: row.get(1)? },
        url: WebhookUrl::stored(row.get(2)?),
        secret: Secret::stored(row.get(3)?),
        // A name that only a newer program knows is left out.
        events: names.iter().filter_map(|name| name.parse().ok()).collect(),
        created_ms: row.get(5)?,
    })
}
