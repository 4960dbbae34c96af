//! A certificate chain with its key, from PEM text.

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What is wrong with a chain or key.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    #[error("its first certificate is damaged")]
    Damaged,
    #[error("it holds no private key in PEM")]
    NoKey,
    #[error("the certificate and the key do not belong together, or their kind is not supported: {0}")]
    Mismatch(rustls::Error),
}

/// A chain that can be served.
pub(super) struct Chain {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) not_after: OffsetDateTime,
    /// DNS names and addresses of the leaf, as text.
    pub(super) names: Vec<String>,
}

impl Chain {
    pub(super) fn parse(chain_pem: &str, key_pem: &str, ring: &CryptoProvider) -> Result<Self, ChainError> {
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| ChainError::NoCertificate)?;
        let leaf = certificates.first().ok_or(ChainError::NoCertificate)?;
        let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| ChainError::Damaged)?;
        let not_after = parsed.validity().not_after.to_datetime();
        let names = names(&parsed);
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| ChainError::NoKey)?;
        let certified = CertifiedKey::from_der(certificates, key, ring).map_err(ChainError::Mismatch)?;
        Ok(Self { certified: Arc::new(certified), not_after, names })
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(text).collect()
}
