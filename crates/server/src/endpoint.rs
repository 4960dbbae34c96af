//! The URL clients use, and the settings that must agree with it.

use crate::{ServerConfig, ServerError};
use std::net::SocketAddr;

/// Refuses settings that make no sense together.
pub(crate) fn check(config: &ServerConfig) -> Result<(), ServerError> {
    let refuse = |text: String| Err(ServerError::Configuration(text));
    match (&config.cert, &config.key) {
        (Some(_), None) => return refuse("--cert needs --key as well".to_owned()),
        (None, Some(_)) => return refuse("--key needs --cert as well".to_owned()),
        _ => {}
    }
    if let Some(url) = &config.public_url
        && !is_public_url(url)
    {
        return refuse(format!("the public URL `{url}` is not of the form https://host[:port]"));
    }
    match config.metrics_listen {
        Some(address) if !address.ip().is_loopback() => {
            refuse(format!("metrics are for this machine only: {address} is no loopback address"))
        }
        _ => Ok(()),
    }
}

/// The URL clients use, without a slash at the end.
pub(crate) fn of(config: &ServerConfig, local: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_ascii_lowercase(),
        None => format!("https://localhost:{}", local.port()),
    }
}

/// The host of such a URL: a name or an address without brackets.
pub(crate) fn host(endpoint: &str) -> &str {
    let authority = endpoint.strip_prefix("https://").unwrap_or(endpoint);
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_public_url(url: &str) -> bool {
    let url = url.trim_end_matches('/').to_ascii_lowercase();
    let Some(authority) = url.strip_prefix("https://") else { return false };
    let name = host(&url);
    let (bracketed, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, port)) => (true, port),
        None => (false, authority.get(name.len()..).unwrap_or_default()),
    };
    let port_fits = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p > 0));
    let name_fits = match bracketed {
        true => name.parse::<std::net::Ipv6Addr>().is_ok(),
        false => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        }
    };
    port_fits && name_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_a_scheme_and_an_authority() {
        for (url, name) in [
            ("https://calls.example", "calls.example"),
            ("https://Calls.Example:8443/", "calls.example"),
            ("https://10.0.0.7:443", "10.0.0.7"),
            ("https://[fd00::7]:443", "fd00::7"),
        ] {
            assert!(is_public_url(url), "{url}");
            let config = ServerConfig { public_url: Some(url.to_owned()), ..ServerConfig::new("x") };
            check(&config).unwrap();
            assert_eq!(host(&of(&config, config.listen)), name);
        }
        for url in [
            "",
            "http://x",
            "https://",
            "https://x/path",
            "https://x:0",
            "https://x:70000",
            "https://[x]",
            "https://a b",
            "https://x?y",
            "https://user@x",
            "ftp://x",
        ] {
            let config = ServerConfig { public_url: Some(url.to_owned()), ..ServerConfig::new("x") };
            assert!(check(&config).unwrap_err().to_string().contains("https://host"), "{url}");
        }
    }

    #[test]
    fn half_a_certificate_and_public_metrics_are_refused() {
        let base = || ServerConfig::new("x");
        assert_eq!(of(&base(), "127.0.0.1:8443".parse().unwrap()), "https://localhost:8443");
        assert!(check(&ServerConfig { cert: Some("c".into()), ..base() }).is_err());
        assert!(check(&ServerConfig { key: Some("k".into()), ..base() }).is_err());
        assert!(check(&ServerConfig { metrics_listen: "0.0.0.0:1".parse().ok(), ..base() }).is_err());
        assert!(check(&ServerConfig { metrics_listen: "[::1]:1".parse().ok(), ..base() }).is_ok());
    }
}
