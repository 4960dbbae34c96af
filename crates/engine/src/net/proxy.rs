//! An HTTP proxy's tunnel (RFC 9110 §9.3.6, CONNECT).

use std::io::{Error, ErrorKind, Result};

use base64::Engine as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::EngineError;

/// An answer longer than this is not a proxy's.
const MAX_ANSWER_BYTES: usize = 8192;

#[derive(Clone)]
pub(crate) struct Proxy {
    authority: String,
    /// `Basic` credentials from the URL's user information.
    authorization: Option<String>,
}

impl Proxy {
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, EngineError> {
        // The text may hold a password: the error names the host only.
        let url = url::Url::parse(text).map_err(|_| EngineError::Proxy("?".into()))?;
        let host = url.host_str().unwrap_or_default();
        if url.scheme() != "http" || host.is_empty() {
            return Err(EngineError::Proxy(format!("{}://{host}", url.scheme())));
        }
        let authority = format!("{host}:{}", url.port().unwrap_or(80));
        let authorization = (!url.username().is_empty()).then(|| {
            let pair = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            base64::engine::general_purpose::STANDARD.encode(pair)
        });
        Ok(Self { authority, authorization })
    }

    /// A stream that reaches `target` (`host:port`).
    pub(crate) async fn connect(&self, target: &str) -> Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.authority).await?;
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(credentials) = &self.authorization {
            request += &format!("Proxy-Authorization: Basic {credentials}\r\n");
        }
        request += "\r\n";
        stream.write_all(request.as_bytes()).await?;
        // Byte by byte, so that nothing after the answer's end is taken from the tunnel.
        let mut answer = Vec::with_capacity(256);
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == MAX_ANSWER_BYTES {
                return Err(Error::new(ErrorKind::InvalidData, "the proxy's answer does not end"));
            }
            answer.push(stream.read_u8().await?);
        }
        let status =
            std::str::from_utf8(&answer).ok().and_then(|text| text.split(' ').nth(1)).unwrap_or_default();
        if status != "200" {
            let text = format!("the proxy refused the tunnel with status {status:?}");
            return Err(Error::new(ErrorKind::ConnectionRefused, text));
        }
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn proxy_that_answers(answer: &'static str) -> (Proxy, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::parse(&format!("http://us%40er:pw@{}", listener.local_addr().unwrap())).unwrap();
        let request = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        (proxy, request)
    }

    #[tokio::test]
    async fn asks_for_the_target_and_leaves_the_tunnels_bytes() {
        let (proxy, request) = proxy_that_answers("HTTP/1.1 200 Connection established\r\n\r\nhello").await;
        let mut stream = proxy.connect("teams.example.org:443").await.unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"hello");
        let request = request.await.unwrap();
        assert!(request.starts_with("CONNECT teams.example.org:443 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("Proxy-Authorization: Basic "));
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_with_its_status() {
        let (proxy, _) = proxy_that_answers("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        assert!(proxy.connect("a:1").await.unwrap_err().to_string().contains("407"));
        assert!(Proxy::parse("socks5://a:1").is_err());
    }
}
