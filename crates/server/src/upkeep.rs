//! What is done now and then while the service runs.

use crate::clock;
use crate::http::listener::stopped;
use crate::operations::Operations;
use crate::store::Store;
use crate::tls::Tls;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(3600);
/// How long audit lines and the records of ended calls are kept.
const AUDIT_MS: i64 = 90 * 86_400_000;
const CALLS_MS: i64 = 86_400_000;

pub(crate) struct Upkeep {
    pub(crate) tls: Arc<Tls>,
    pub(crate) store: Arc<dyn Store>,
}

/// How often threads end whose retention is over, and deleted ones are dropped.
const CHATS_EVERY: Duration = Duration::from_secs(10);
/// How long the answers to creating requests are kept.
const CREATIONS_MS: i64 = 86_400_000;

impl Upkeep {
    /// Renews the certificate in time, and forgets what is old.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stopped(&mut stop) => return,
            }
            let tls = Arc::clone(&self.tls);
            match tokio::task::spawn_blocking(move || tls.refresh()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the certificate could not be refreshed"),
                Err(error) => tracing::error!(%error, "the certificate could not be refreshed"),
            }
            let now = clock::now_ms();
            if let Err(error) = self.store.prune(now - AUDIT_MS, now - CALLS_MS).await {
                tracing::error!(%error, "old records could not be removed");
            }
            if let Err(error) = self.store.prune_chat_creations(now - CREATIONS_MS).await {
                tracing::error!(%error, "old records could not be removed");
            }
        }
    }
}

/// Ends threads whose retention is over and drops what deleted ones held, a little at a time; and files that nobody
/// needs: after `unsent` those that were not sent.
pub(crate) async fn chats(operations: Arc<Operations>, unsent: Duration, mut stop: watch::Receiver<bool>) {
    let (store, files) = (&*operations.store, &operations.attachments);
    let unsent_ms = i64::try_from(unsent.as_millis()).unwrap_or(i64::MAX);
    tokio::select! {
        swept = files.sweep(store) => if let Err(error) = swept {
            tracing::error!(%error, "files that nobody names could not be looked for");
        },
        () = stopped(&mut stop) => return,
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHATS_EVERY) => {}
            () = stopped(&mut stop) => return,
        }
        let swept = async {
            while store.expire_chats().await? {}
            while store.purge_chats().await? {}
            store.drop_unsent(clock::now_ms().saturating_sub(unsent_ms)).await?;
            while files.collect(store).await? {}
            Ok::<_, crate::store::StoreError>(())
        };
        tokio::select! {
            swept = swept => if let Err(error) = swept {
                tracing::error!(%error, "old chats could not be removed");
            },
            () = stopped(&mut stop) => return,
        }
    }
}
