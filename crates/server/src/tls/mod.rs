//! TLS from the first start: a CA of our own and a certificate from it, or the operator's.

mod authority;
mod chain;
mod files;
#[cfg(test)]
mod tests;

pub(crate) use files::CA;

use crate::ServerError;
use crate::folder::{DataFolder, read_text, write_public, write_secret};
use authority::Authority;
use chain::Chain;
use files::{LEAF, LEAF_KEY};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use time::{Duration, OffsetDateTime};

/// How long a certificate of ours lives, and how long before its end it is replaced.
const LEAF_LIFE: Duration = Duration::days(90);
const RENEW_BEFORE: Duration = Duration::days(30);

/// Where the service's certificate comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The folder's own CA, for these names besides localhost.
    OwnCa { names: Vec<String> },
    /// The operator's files.
    Files { chain: PathBuf, key: PathBuf },
}

/// The service's certificate, replaced while it runs.
pub(crate) struct Tls {
    folder: Arc<DataFolder>,
    source: Source,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
}

/// What each handshake takes.
struct Current(RwLock<Arc<CertifiedKey>>);

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads or makes what is needed.
    pub(crate) fn open(folder: Arc<DataFolder>, source: Source) -> Result<Self, ServerError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = load(&folder, &source, &provider)?;
        let current = Arc::new(Current(RwLock::new(chain.certified)));
        Ok(Self { folder, source, provider, current })
    }

    /// For the listener: TLS 1.2 and 1.3, HTTP/1.1.
    pub(crate) fn server_config(&self) -> Result<Arc<ServerConfig>, ServerError> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| ServerError::Certificate(format!("TLS cannot be set up: {e}")))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Reads the operator's files again, or renews our own certificate when it is due. A failure keeps
    /// the present one.
    pub(crate) fn refresh(&self) -> Result<(), ServerError> {
        let chain = load(&self.folder, &self.source, &self.provider)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = chain.certified;
        Ok(())
    }
}

fn load(folder: &DataFolder, source: &Source, ring: &CryptoProvider) -> Result<Chain, ServerError> {
    match source {
        Source::Files { chain, key } => given(chain, key, ring),
        Source::OwnCa { names } => own(folder, &wanted_names(names), ring),
    }
}

fn given(chain_path: &PathBuf, key_path: &PathBuf, ring: &CryptoProvider) -> Result<Chain, ServerError> {
    let read = |path: &PathBuf| {
        read_text(path)?
            .ok_or_else(|| ServerError::Certificate(format!("there is no file {}", path.display())))
    };
    let chain = Chain::parse(&read(chain_path)?, &read(key_path)?, ring).map_err(|e| {
        ServerError::Certificate(format!(
            "--cert {} with --key {} cannot be used: {e}",
            chain_path.display(),
            key_path.display()
        ))
    })?;
    if chain.not_after < OffsetDateTime::now_utc() {
        tracing::warn!(path = %chain_path.display(), "the certificate has expired: clients will refuse it");
    }
    Ok(chain)
}

/// The folder's certificate, made anew when it is missing, damaged, near its end, of another CA or not
/// for all the names.
fn own(folder: &DataFolder, names: &[String], ring: &CryptoProvider) -> Result<Chain, ServerError> {
    let authority = Authority::load_or_create(folder)?;
    let (leaf, key) = (folder.file(LEAF), folder.file(LEAF_KEY));
    if let (Some(chain_pem), Some(key_pem)) = (read_text(&leaf)?, read_text(&key)?)
        && let Ok(chain) = Chain::parse(&chain_pem, &key_pem, ring)
        && chain.not_after > OffsetDateTime::now_utc() + RENEW_BEFORE
        && chain_pem.ends_with(&authority.certificate_pem)
        && names.iter().all(|name| chain.names.contains(name))
    {
        return Ok(chain);
    }
    let (chain_pem, key_pem) = authority.issue(names, LEAF_LIFE)?;
    write_secret(&key, key_pem.as_bytes())?;
    write_public(&leaf, chain_pem.as_bytes())?;
    tracing::info!("made a new certificate for the service");
    Chain::parse(&chain_pem, &key_pem, ring)
        .map_err(|e| ServerError::Certificate(format!("the new certificate cannot be used: {e}")))
}

fn wanted_names(extra: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    for name in extra {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
