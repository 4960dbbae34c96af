//! The service's address, taken apart once.

use rustls::pki_types::ServerName;

use crate::error::EngineError;

/// `https://host[:port]`, checked.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) server_name: ServerName<'static>,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, EngineError> {
        let wrong = || EngineError::Endpoint(text.chars().take(200).collect());
        let url = url::Url::parse(text.trim()).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if url.scheme() != "https" || !plain || !matches!(url.path(), "" | "/") {
            return Err(wrong());
        }
        let host = url.host_str().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let server_name = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
        Ok(Self { host, port: url.port().unwrap_or(443), server_name })
    }

    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Where the realtime connection is.
    pub(crate) fn link_url(&self) -> String {
        format!("wss://{}/liaison/v1/link", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_hosts_and_addresses() {
        for (text, authority) in [
            ("https://localhost:8443", "localhost:8443"),
            ("https://localhost:8443/", "localhost:8443"),
            ("https://teams.example.org", "teams.example.org:443"),
            ("https://127.0.0.1:1", "127.0.0.1:1"),
            ("https://[::1]:8443", "[::1]:8443"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().authority(), authority);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "localhost:8443",
            "http://localhost",
            "https://",
            "https://a/b",
            "https://u:p@a",
            "https://a?x=1",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
