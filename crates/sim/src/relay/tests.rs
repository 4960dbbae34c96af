use std::net::UdpSocket;
use std::time::{Duration, Instant};

use super::*;

fn end() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket
}

fn receive(socket: &UdpSocket) -> Option<(Vec<u8>, SocketAddr)> {
    let mut buffer = [0; 2000];
    socket.recv_from(&mut buffer).ok().map(|(len, from)| (buffer[..len].to_vec(), from))
}

/// Two ends that the relay already knows.
fn pair(config: RelayConfig) -> (Relay, UdpSocket, UdpSocket) {
    let (a, b) = (end(), end());
    let config = RelayConfig { a: Some(a.local_addr().unwrap()), b: Some(b.local_addr().unwrap()), ..config };
    (Relay::start(config).unwrap(), a, b)
}

#[test]
fn each_end_sees_only_the_face_that_stands_for_the_other() {
    let (relay, a, b) = pair(RelayConfig::loopback());
    a.send_to(b"to b", relay.face_b()).unwrap();
    assert_eq!(receive(&b).unwrap(), (b"to b".to_vec(), relay.face_a()));
    b.send_to(b"to a", relay.face_a()).unwrap();
    assert_eq!(receive(&a).unwrap(), (b"to a".to_vec(), relay.face_b()));
}

#[test]
fn learns_where_the_ends_are() {
    let relay = Relay::start(RelayConfig::loopback()).unwrap();
    let (a, b) = (end(), end());
    a.send_to(b"nobody home", relay.face_b()).unwrap();
    let patience = Instant::now();
    while relay.counts().a_to_b.unknown_end == 0 && patience.elapsed() < Duration::from_secs(2) {
        std::thread::yield_now();
    }
    b.send_to(b"here I am", relay.face_a()).unwrap();
    assert_eq!(receive(&a).unwrap().0, b"here I am");
    a.send_to(b"again", relay.face_b()).unwrap();
    assert_eq!(receive(&b).unwrap().0, b"again");
    assert_eq!(relay.counts().a_to_b.unknown_end, 1);
}

#[test]
fn a_pause_drops_everything_and_ends() {
    let (relay, a, b) = pair(RelayConfig::loopback());
    relay.pause();
    b.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    a.send_to(b"lost", relay.face_b()).unwrap();
    assert!(receive(&b).is_none());
    relay.resume();
    a.send_to(b"heard", relay.face_b()).unwrap();
    b.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    assert_eq!(receive(&b).unwrap().0, b"heard");
    assert_eq!(relay.counts().a_to_b.paused, 1);
}

#[test]
fn delays_by_what_it_was_told() {
    let slow = Impairment::none().with_delay(Duration::from_millis(80));
    let (relay, a, b) = pair(RelayConfig { a_to_b: slow, ..RelayConfig::loopback() });
    let sent = Instant::now();
    a.send_to(b"slow", relay.face_b()).unwrap();
    receive(&b).unwrap();
    assert!(sent.elapsed() >= Duration::from_millis(80));
}

#[test]
fn counts_by_kind_and_keeps_a_bounded_capture() {
    let (relay, a, b) = pair(RelayConfig { capture_limit: 3, ..RelayConfig::loopback() });
    for packet in [&[0u8, 1][..], &[22, 254], &[0x80, 111], &[0x80, 200], &[0x80, 111]] {
        a.send_to(packet, relay.face_b()).unwrap();
        receive(&b).unwrap();
    }
    let counts = relay.counts();
    let c = &counts.a_to_b;
    assert_eq!((c.stun, c.dtls_handshake, c.srtp, c.srtcp, c.packets()), (1, 1, 2, 1, 5));
    assert!(c.first_stun <= c.first_dtls && c.first_dtls <= c.first_srtp);
    assert_eq!(counts.b_to_a.packets(), 0);
    assert_eq!(relay.captured().len(), 3);
    let mut file = Vec::new();
    relay.write_pcap(&mut file).unwrap();
    assert_eq!(file.len(), 24 + 3 * (16 + 28) + 6);
}

#[test]
fn spares_all_but_rtp_when_told() {
    let deaf = Impairment::none().with_loss(1.0);
    let (relay, a, b) = pair(RelayConfig { a_to_b: deaf, rtp_only: true, ..RelayConfig::loopback() });
    for packet in [&[0x80u8, 111, 0, 1][..], &[0x80, 200], &[0, 1]] {
        a.send_to(packet, relay.face_b()).unwrap();
    }
    assert_eq!(receive(&b).unwrap().0, [0x80, 200]);
    assert_eq!(receive(&b).unwrap().0, [0, 1]);
    let counts = relay.counts().a_to_b;
    assert_eq!((counts.srtp, counts.srtp_lost, counts.lost), (1, 1, 1));
    assert_eq!((counts.ip_bytes(), counts.srtp_ip_bytes()), (8 + 3 * 28, 4 + 28));
}
