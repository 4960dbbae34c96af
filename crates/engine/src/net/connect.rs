//! From a name to an encrypted stream: TCP or a proxy's tunnel, then TLS.

use std::fmt::Display;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Route;

/// Why there is no stream.
#[derive(Debug)]
pub(crate) struct ConnectError {
    pub(crate) text: String,
    /// The certificate was the reason: trying again cannot help.
    pub(crate) untrusted: bool,
}

impl ConnectError {
    pub(super) fn new(what: &str, authority: &str, error: &dyn Display) -> Self {
        Self { text: format!("{what} {authority}: {error}"), untrusted: false }
    }
}

pub(super) async fn connect(route: &Route) -> Result<TlsStream<TcpStream>, ConnectError> {
    let authority = route.endpoint.authority();
    let tcp = match &route.proxy {
        Some(proxy) => proxy.connect(&authority).await,
        None => TcpStream::connect(&authority).await,
    };
    let tcp = tcp.map_err(|error| ConnectError::new("cannot connect to", &authority, &error))?;
    // What is said here is small and urgent.
    let _ = tcp.set_nodelay(true);
    let connector = TlsConnector::from(Arc::clone(&route.tls));
    connector.connect(route.endpoint.server_name.clone(), tcp).await.map_err(|error| {
        let untrusted = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .is_some_and(|inner| matches!(inner, rustls::Error::InvalidCertificate(_)));
        ConnectError { text: format!("{authority}: {error}"), untrusted }
    })
}
