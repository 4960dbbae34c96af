//! A client that costs next to nothing: HTTP/1.1 over TLS, one request at a time, made of bytes prepared before.

use crate::exit::Failure;
use bytes::BytesMut;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// More than any head or body that is expected.
const TOO_LONG: usize = 1 << 20;
/// What is read at once, if it is there.
const READ: usize = 4096;

/// Where the service is, and whom to trust there.
#[derive(Clone)]
pub struct Target {
    connector: TlsConnector,
    /// `localhost:PORT`
    pub authority: String,
}

impl Target {
    /// A service on this machine whose CA is in that file.
    pub fn new(port: u16, ca: &Path) -> Result<Self, Failure> {
        let unusable = |error: String| Failure::Unusable(format!("the CA {}: {error}", ca.display()));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca).map_err(|error| unusable(error.to_string()))? {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), authority: format!("localhost:{port}") })
    }

    /// A new connection.
    pub async fn connect(&self) -> Result<Wire, Failure> {
        let name = ServerName::try_from("localhost").map_err(|error| Failure::Other(error.to_string()))?;
        let stream = TcpStream::connect(self.authority.replace("localhost", "127.0.0.1"))
            .await
            .map_err(|error| broken(&error))?;
        stream.set_nodelay(true).map_err(|error| broken(&error))?;
        let stream = self.connector.connect(name, stream).await.map_err(|error| broken(&error))?;
        Ok(Wire { stream, read: BytesMut::with_capacity(READ) })
    }
}

/// One connection.
pub struct Wire {
    pub stream: TlsStream<TcpStream>,
    /// What was read and not used yet.
    pub read: BytesMut,
}

/// What is sent again and again.
pub struct Request(Vec<u8>);

impl Request {
    /// `POST` with a JSON body.
    pub fn post(authority: &str, path: &str, token: &str, body: &Value) -> Self {
        let body = body.to_string();
        Self(
            format!(
                "POST {path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }
}

impl Wire {
    /// Sends a request and reads its answer: status and body.
    pub async fn ask(&mut self, request: &Request) -> Result<(u16, Vec<u8>), Failure> {
        self.stream.write_all(&request.0).await.map_err(|error| broken(&error))?;
        self.stream.flush().await.map_err(|error| broken(&error))?;
        self.answer().await
    }

    /// As [`Self::ask`]; anything but that status is a failure.
    pub async fn expect<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        status: u16,
    ) -> Result<T, Failure> {
        let (got, body) = self.ask(request).await?;
        let text = || String::from_utf8_lossy(&body).into_owned();
        if got != status {
            return Err(Failure::Other(format!("the service answered {got}: {}", text())));
        }
        serde_json::from_slice(&body).map_err(|error| Failure::Other(format!("{error} in {}", text())))
    }

    /// The answer of what was sent before.
    pub async fn answer(&mut self) -> Result<(u16, Vec<u8>), Failure> {
        let (end, status, length) = loop {
            if let Some(head) = head(&self.read)? {
                break head;
            }
            self.more().await?;
        };
        while self.read.len() < end + length {
            self.more().await?;
        }
        let answer = self.read.split_to(end + length);
        Ok((status, answer[end..].to_vec()))
    }

    /// Reads what comes next.
    pub async fn more(&mut self) -> Result<(), Failure> {
        if self.read.len() > TOO_LONG {
            return Err(Failure::Other("the service's answer has no end".to_owned()));
        }
        self.read.reserve(READ);
        match self.stream.read_buf(&mut self.read).await {
            Ok(0) => Err(Failure::Other("the service closed the connection".to_owned())),
            Ok(_) => Ok(()),
            Err(error) => Err(broken(&error)),
        }
    }
}

/// Where a head ends, its status, and how long its body is.
fn head(bytes: &[u8]) -> Result<Option<(usize, u16, usize)>, Failure> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes[..end]);
    let strange = || Failure::Other(format!("the service's answer is not understood: {text}"));
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(strange)?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    // What switches protocols, or has no content, has no length either.
    let length = match length {
        Some(length) => length,
        None if [101, 204].contains(&status) => 0,
        None => return Err(strange()),
    };
    Ok(Some((end + 4, status, length)))
}

pub fn broken(error: &std::io::Error) -> Failure {
    Failure::Other(format!("the connection to the service failed: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_head_says_how_long_its_body_is() {
        assert_eq!(head(b"HTTP/1.1 201 Created\r\ncontent-len").unwrap(), None);
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nx: y\r\n\r\n{\"id\"";
        assert_eq!(head(answer).unwrap(), Some((50, 201, 12)));
        assert_eq!(head(b"HTTP/1.1 101 x\r\n\r\n\x81\x00").unwrap(), Some((18, 101, 0)));
        assert!(head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(head(b"no\r\n\r\n").is_err());
    }
}
