//! The service's own certificate authority: made at the first start, trusted by clients as `ca.pem`.

use super::files::{CA, CA_KEY};
use crate::ServerError;
use crate::folder::{DataFolder, read_text, write_public, write_secret};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

/// Clients carry the CA's file with them, so it lives long.
const CA_LIFE: Duration = Duration::days(3650);
/// Clocks differ: what is made now is valid for clients that are a day behind.
const BACKDATE: Duration = Duration::days(1);

/// The CA, ready to sign.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) certificate_pem: String,
}

impl Authority {
    /// Reads the folder's CA, or makes it.
    pub(super) fn load_or_create(folder: &DataFolder) -> Result<Self, ServerError> {
        match (read_text(&folder.file(CA))?, read_text(&folder.file(CA_KEY))?) {
            (Some(certificate), Some(key)) => Self::load(certificate, &key),
            (None, None) => Self::create(folder),
            _ => Err(ServerError::Certificate(format!(
                "only one of {CA} and {CA_KEY} is in the data folder: restore the other, or remove it to make a new CA"
            ))),
        }
    }

    fn load(certificate_pem: String, key_pem: &str) -> Result<Self, ServerError> {
        let damaged = |e: rcgen::Error| {
            ServerError::Certificate(format!(
                "{CA} or {CA_KEY} in the data folder is damaged ({e}): restore both, or remove both to make a new CA"
            ))
        };
        let key = KeyPair::from_pem(key_pem).map_err(damaged)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key).map_err(damaged)?;
        Ok(Self { issuer, certificate_pem })
    }

    fn create(folder: &DataFolder) -> Result<Self, ServerError> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        // The serial tells two services' CAs apart in a trust store.
        let mark: String = crate::random::bytes::<4>().iter().map(|b| format!("{b:02x}")).collect();
        params.distinguished_name.push(DnType::CommonName, format!("Liaison local CA {mark}"));
        params.distinguished_name.push(DnType::OrganizationName, "Liaison");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - BACKDATE;
        params.not_after = now + CA_LIFE;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate_pem = params.self_signed(&key).map_err(failed)?.pem();
        // The key first: a certificate without its key would be handed to clients in vain.
        write_secret(&folder.file(CA_KEY), key.serialize_pem().as_bytes())?;
        write_public(&folder.file(CA), certificate_pem.as_bytes())?;
        Ok(Self { issuer: Issuer::new(params, key), certificate_pem })
    }

    /// A server certificate for the names: PEM chain and PEM key.
    pub(super) fn issue(&self, names: &[String], life: Duration) -> Result<(String, String), ServerError> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "Liaison service");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - BACKDATE;
        params.not_after = now + life;
        let key = KeyPair::generate().map_err(failed)?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok((format!("{}{}", leaf.pem(), self.certificate_pem), key.serialize_pem()))
    }
}

fn failed(error: rcgen::Error) -> ServerError {
    ServerError::Certificate(format!("cannot make a certificate: {error}"))
}
