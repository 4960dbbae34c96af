//! Which local addresses a session binds.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::TransportError;

/// One socket each, and every one is checked with every candidate of the peer: a machine with many virtual interfaces
/// must not flood the network.
const MAX_ADDRESSES: usize = 6;

/// Concrete addresses for what the configuration asks for. A wildcard stands for every usable address of its
/// family, since the library would offer `0.0.0.0` to the peer.
pub(super) fn resolve(bind: &[SocketAddr]) -> Result<Vec<SocketAddr>, TransportError> {
    let everything = [SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), SocketAddr::from(([0u16; 8], 0))];
    let asked = if bind.is_empty() { &everything[..] } else { bind };
    let mut addresses = Vec::new();
    for address in asked {
        if address.ip().is_unspecified() {
            addresses.extend(usable(address.is_ipv4()).map(|ip| SocketAddr::new(ip, address.port())));
        } else {
            addresses.push(*address);
        }
    }
    addresses.dedup();
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() {
        let port = bind.first().map_or(0, SocketAddr::port);
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let mut free = addresses.clone();
    let mut refused = None;
    free.retain(|address| match UdpSocket::bind(address) {
        Ok(_) => true,
        Err(error) => {
            refused.get_or_insert(TransportError::Bind { address: *address, reason: error.to_string() });
            false
        }
    });
    // An address that was asked for by name has to be there; of the machine's own, one is enough.
    match refused {
        Some(error) if free.is_empty() || bind.iter().any(|address| !address.ip().is_unspecified()) => {
            Err(error)
        }
        _ => Ok(free),
    }
}

fn usable(v4: bool) -> impl Iterator<Item = IpAddr> {
    let interfaces = rtc::shared::ifaces::ifaces().unwrap_or_default();
    interfaces
        .into_iter()
        .filter_map(|interface| interface.addr.map(|address| address.ip()))
        .filter(move |ip| ip.is_ipv4() == v4 && !ip.is_loopback() && !ip.is_unspecified() && !link_local(ip))
}

fn link_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_for_is_something_concrete() {
        let addresses = resolve(&[]).expect("at least the loopback");
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|address| !address.ip().is_unspecified()));
    }

    #[test]
    fn a_port_in_use_is_named() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("its address");
        let error = resolve(&[address]).expect_err("in use");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        let error = resolve(&["192.0.2.1:0".parse().expect("an address")]).expect_err("not ours");
        assert!(matches!(error, TransportError::Bind { .. }));
    }
}
