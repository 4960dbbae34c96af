//! Where a webhook must not lead: into the operator's own network (server-side request forgery).
//!
//! A host is resolved once for a connection, every address it has is checked, and the connection is made to one of just
//! these: what the name means a moment later does not matter.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a URL is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// Of the operator's network, or nobody's.
    #[error("the host has an address that is not public, and the operator has not allowed it")]
    Address,
    /// Not TLS.
    #[error("the URL is not https, and the operator has not allowed its host")]
    PlainHttp,
    /// The URL is none.
    #[error("the URL is not understood")]
    Url,
}

/// Decides where requests may go.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    allowed: Vec<String>,
}

impl Guard {
    pub(super) fn new(allowed: &[String]) -> Self {
        Self { allowed: allowed.iter().map(|host| bare(host)).collect() }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.contains(&bare(host))
    }

    /// A URL that may be used. Names in it are looked up, and checked, when a connection is made.
    pub(super) fn check(&self, text: &str) -> Result<Url, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::Url)?;
        let host = url.host_str().ok_or(Refused::Url)?;
        if self.allows(host) {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(Refused::PlainHttp);
        }
        // An address in the URL is connected to without being looked up. All its spellings are one here.
        match bare(host).parse::<IpAddr>() {
            Ok(address) if !is_public(address) => Err(Refused::Address),
            _ => Ok(url),
        }
    }
}

/// In small letters, without the brackets of an IPv6 address and the dot at the end of a name.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allows(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One that is not public spoils them all: an honest name has none.
            if !allowed && !found.iter().all(|address| is_public(address.ip())) {
                return Err(Refused::Address.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is somebody's on the internet (IANA's registries of special addresses).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // The services of clouds to their machines are in 169.254.0.0/16, in 100.64.0.0/10, or these.
    const METADATA: [Ipv4Addr; 1] = [Ipv4Addr::new(168, 63, 129, 16)];
    /// The first bits of networks that are not public.
    const SPECIAL: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let within =
        |(network, bits): &(Ipv4Addr, u32)| (address.to_bits() ^ network.to_bits()) >> (32 - bits) == 0;
    !METADATA.contains(&address) && !SPECIAL.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out. Not within it: 2001::/23 (protocols, tunnels), documentation, and 6to4, which holds
    // an IPv4 address.
    let given_out = a & 0xe000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    given_out && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "fec0::1",
            "::7f00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_seen() {
        let guard = Guard::new(&["intranet.example".to_owned(), "[::1]".to_owned()]);
        for private in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1",
            "https://127.1",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest",
            "https://[fd00::1]:8443/",
            "https://１２７.0.0.1/",
        ] {
            assert_eq!(guard.check(private), Err(Refused::Address), "{private}");
        }
        assert_eq!(guard.check("http://example.org/"), Err(Refused::PlainHttp));
        assert_eq!(guard.check("x"), Err(Refused::Url));
        for good in [
            "https://example.org/x",
            "http://intranet.example:80/",
            "http://INTRANET.example./",
            "http://[::1]:9/",
            "https://8.8.8.8",
        ] {
            assert!(guard.check(good).is_ok(), "{good}");
        }
        assert_eq!(guard.check("http://intranet.example.evil.org/"), Err(Refused::PlainHttp));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_unless_it_is_allowed() {
        let look =
            async |guard: Guard| guard.resolve("localhost".parse().unwrap()).await.map(Iterator::count);
        let refused = look(Guard::new(&[])).await.unwrap_err();
        assert_eq!(refused.downcast_ref(), Some(&Refused::Address));
        assert!(look(Guard::new(&["localhost".to_owned()])).await.unwrap() > 0);
    }
}
