//! Prometheus metrics, on a loopback port only. Labels are words of ours: never a user or a call.

use crate::realtime::Hub;
use axum::Router;
use axum::routing::get;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::ServerError;
use crate::http::listener::stopped;

/// A counter's name and labels.
type Key = (&'static str, Vec<(&'static str, String)>);

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counters: Mutex<BTreeMap<Key, u64>>,
    /// Calls that go on.
    calls: AtomicUsize,
}

impl Metrics {
    /// One more answered request. `path` is the route, not what stood in its place.
    pub(crate) fn request(&self, path: &str, status: u16) {
        let labels = vec![("path", path.to_owned()), ("status", status.to_string())];
        self.count("liaison_http_requests_total", labels);
    }

    /// One more client turned away.
    pub(crate) fn turned_away(&self, code: liaison_link::RefusalCode) {
        self.count("liaison_link_refusals_total", vec![("code", format!("{code:?}"))]);
    }

    /// One more event of calls: `allowed`, `refused` with its cause, `answered`, `ended`.
    pub(crate) fn call(&self, outcome: &str, cause: &str) {
        let labels = vec![("outcome", outcome.to_owned()), ("cause", cause.to_owned())];
        self.count("liaison_call_events_total", labels);
    }

    /// One more turn of a push notification: `told`, told `again`, `taken`, `unhandled`, `lost`.
    pub(crate) fn push(&self, outcome: &str) {
        self.count("liaison_push_notifications_total", vec![("outcome", outcome.to_owned())]);
    }

    /// One more event told to a webhook (`told`), not told (`failed`) or given up (`dead`).
    pub(crate) fn webhook(&self, outcome: &str) {
        self.count("liaison_webhook_events_total", vec![("outcome", outcome.to_owned())]);
    }

    pub(crate) fn set_calls(&self, calls: usize) {
        self.calls.store(calls, Ordering::Relaxed);
    }

    fn count(&self, name: &'static str, labels: Vec<(&'static str, String)>) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry((name, labels)).or_default() += 1;
    }

    fn text(&self, sessions: usize, channels: usize, healthy: bool) -> String {
        let mut text = String::new();
        let gauges = [
            ("liaison_sessions", sessions),
            ("liaison_push_channels", channels),
            ("liaison_calls", self.calls.load(Ordering::Relaxed)),
            ("liaison_healthy", usize::from(healthy)),
        ];
        for (name, value) in gauges {
            let _ = writeln!(text, "# TYPE {name} gauge\n{name} {value}");
        }
        let mut last = "";
        for ((name, labels), value) in &*self.counters.lock().unwrap_or_else(PoisonError::into_inner) {
            if *name != last {
                let _ = writeln!(text, "# TYPE {name} counter");
                last = name;
            }
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
            let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
        }
        text
    }
}

/// Serves `GET /metrics` on that address until `stop`.
pub(crate) async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    hub: Arc<Hub>,
    mut stop: watch::Receiver<bool>,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), ServerError> {
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServerError::Listen { address, source })?;
    let local = listener.local_addr().map_err(|source| ServerError::Listen { address, source })?;
    let text = async move || metrics.text(hub.session_count(), hub.push.count(), hub.is_healthy());
    let router = Router::new().route("/metrics", get(text));
    let task = tokio::spawn(async move {
        let served =
            axum::serve(listener, router).with_graceful_shutdown(async move { stopped(&mut stop).await });
        if let Err(error) = served.await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok((local, task))
}
