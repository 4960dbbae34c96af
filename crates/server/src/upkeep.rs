//! What is done now and then while the service runs.

use crate::clock;
use crate::http::listener::stopped;
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
    pub(crate) store: Store,
}

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
        }
    }
}
