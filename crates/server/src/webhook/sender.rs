//! One request to one receiver.

use super::guard::{Guard, Refused};
use super::{WebhookLimits, signature};
use crate::clock;
use crate::store::Webhook;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Why a receiver was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It must not be spoken to.
    #[error("refused: {0}")]
    Refused(#[from] Refused),
    /// It sent us elsewhere, where we do not go.
    #[error("it answered with a redirection ({0})")]
    Redirected(u16),
    /// It did not take it.
    #[error("it answered {status}")]
    Answered {
        /// Not 2xx.
        status: u16,
        /// How long it asked us to wait.
        retry_after: Option<Duration>,
    },
    /// No answer in time.
    #[error("it did not answer in time")]
    Late,
    /// No connection, or it broke.
    #[error("it could not be reached")]
    Unreachable,
}

impl Fault {
    /// Whether the same request can never be taken.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Answered { status: 400 | 413, .. })
    }

    pub(super) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Answered { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}

/// Sends requests.
#[derive(Debug)]
pub(super) struct Sender {
    client: Client,
    guard: Guard,
}

impl Sender {
    /// # Errors
    /// What cannot be read or used, in words.
    pub(super) fn new(limits: &WebhookLimits) -> Result<Self, String> {
        let guard = Guard::new(&limits.allowed_hosts);
        let client = Client::builder()
            .tls_backend_preconfigured(tls(limits)?)
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            .http1_only()
            .retry(reqwest::retry::never())
            .timeout(limits.timeout)
            .pool_max_idle_per_host(limits.threads)
            .user_agent(concat!("liaison/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.without_url().to_string())?;
        Ok(Self { client, guard })
    }

    /// Sends one body, and reads nothing of the answer but its head.
    pub(super) async fn post(&self, hook: &Webhook, attempt: u32, body: String) -> Result<(), Fault> {
        let url = self.guard.check(hook.url.as_str())?;
        let signature = signature::of(&hook.secret, clock::now_s(), body.as_bytes());
        let sent = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("aeg-event-type", "Notification")
            .header("aeg-delivery-count", attempt)
            .header("liaison-webhook-id", &hook.key.id)
            .header(signature::HEADER, signature)
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| fault(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Fault::Redirected(status.as_u16()));
        }
        let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err(Fault::Answered { status: status.as_u16(), retry_after: asked.map(Duration::from_secs) })
    }
}

/// What the client's error says, without the URL that it names.
fn fault(error: &reqwest::Error) -> Fault {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Fault::Refused(*refused);
        }
        cause = inner.source();
    }
    if error.is_timeout() { Fault::Late } else { Fault::Unreachable }
}

fn tls(limits: &WebhookLimits) -> Result<ClientConfig, String> {
    let mut own = Vec::new();
    if let Some(path) = &limits.ca {
        let unusable = |detail: String| format!("{}: {detail}", path.display());
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            own.push(certificate.map_err(|error| unusable(error.to_string()))?);
        }
        if own.is_empty() {
            return Err(unusable("there is no certificate in it".to_owned()));
        }
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(own, Arc::clone(&ring))
        .map_err(|error| error.to_string())?;
    let versions = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = versions
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}
