//! Whom the engine trusts: the CA it was given, or the platform's own verifier.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;

use crate::error::EngineError;

pub(crate) fn client_config(ca_pem: Option<&str>) -> Result<Arc<ClientConfig>, EngineError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let Some(pem) = ca_pem else {
        // The verifier takes the process's provider; another library may have installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        return ClientConfig::with_platform_verifier()
            .map(Arc::new)
            .map_err(|error| EngineError::PlatformVerifier(error.to_string()));
    };
    let wrong = |text: &dyn std::fmt::Display| EngineError::CaPem(text.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"no CERTIFICATE block"));
    }
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_without_a_certificate_is_refused() {
        for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(client_config(Some(pem)), Err(EngineError::CaPem(_))), "{pem}");
        }
    }
}
