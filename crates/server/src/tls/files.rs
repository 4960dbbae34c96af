//! The names of the certificate files in the data folder.

/// The CA's certificate, for clients.
pub(crate) const CA: &str = "ca.pem";
/// The CA's key.
pub(super) const CA_KEY: &str = "ca-key.pem";
/// The service's certificate chain.
pub(super) const LEAF: &str = "server.pem";
/// The service's key.
pub(super) const LEAF_KEY: &str = "server-key.pem";
