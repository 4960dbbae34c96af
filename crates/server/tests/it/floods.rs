//! Sockets that flood, swell or take nothing: each is bounded, and chat goes on for everybody else.

use crate::chat::{User, event, listening, words};
use crate::harness::World;
use crate::phone::{Ws, socket};
use crate::push::PushClient;
use futures_util::{SinkExt, StreamExt};
use liaison_server::{ChatRates, Rate};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Far more than the buffers of a connection's two ends hold, and than the rate lets be read meanwhile.
const FLOOD: usize = 64 * 1024 * 1024;

/// A client of the link that is signed in, bare.
async fn signed_in(world: &World, user: &User, device: u128) -> Ws {
    let mut ws = socket(world).await;
    let hello = json!({
        "type": "hello", "versions": { "min": 1, "max": 1 }, "token": user.token, "device": format!("{device:032x}"),
        "capabilities": ["chat"],
    });
    ws.send(Message::text(hello.to_string())).await.unwrap();
    match tokio::time::timeout(PATIENCE, ws.next()).await.unwrap() {
        Some(Ok(Message::Text(welcome))) => assert!(welcome.contains("welcome"), "{welcome}"),
        other => panic!("{other:?}"),
    }
    ws
}

/// Sends as fast as the service takes, and reads nothing. Counts the bytes it got rid of.
async fn flood(mut ws: Ws, message: Message, taken: Arc<AtomicUsize>) {
    while taken.load(Ordering::Relaxed) < FLOOD {
        if ws.send(message.clone()).await.is_err() {
            return;
        }
        taken.fetch_add(message.len(), Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_read_at_its_rate_while_others_chat() {
    let world = World::start_with(|limits| {
        (limits.frames, limits.chat_rates) = (Rate::new(100, 1), ChatRates::unlimited());
    })
    .await;
    let (ada, bob, eve) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob, &eve]).await;
    let (mut bobs, _) = listening(&world, &bob, 1).await;
    let unknown = Message::text(format!(r#"{{"type":"wave","x":"{}"}}"#, "x".repeat(4000)));
    let ping = Message::text(format!(r#"5:1+::{{"name":"ping","x":"{}"}}"#, "x".repeat(4000)));
    let sockets = [
        ("frames of the link", signed_in(&world, &eve, 2).await, unknown),
        ("pings of the WebSocket", signed_in(&world, &eve, 3).await, Message::Ping(vec![0; 125].into())),
        ("frames of the push", PushClient::start(&world, &eve).await.ws, ping),
    ];
    let floods = sockets.map(|(name, ws, message)| {
        let taken = Arc::<AtomicUsize>::default();
        (name, Arc::clone(&taken), tokio::spawn(flood(ws, message, taken)))
    });
    for n in 0..50 {
        ada.send(&thread, &n.to_string()).await;
        assert_eq!(words(&event(&mut bobs).await), Some(n.to_string()));
    }
    for (name, taken, task) in floods {
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken > 0 && taken < FLOOD, "{name}: {taken} bytes were taken");
        task.abort();
    }
}

/// A frame's head as a client writes it: its first byte, the length that it announces, a mask of zeros.
fn head(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | 127];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// What no client of ours sends; `limit`: the largest message, in bytes.
fn monsters(limit: u64) -> Vec<(&'static str, Vec<u8>)> {
    let part = |first, length: usize| [head(first, length as u64), vec![b'x'; length]].concat();
    // A message that never ends.
    let mut endless = part(0x01, 8192);
    for _ in 0..=limit / 8192 {
        endless.extend(part(0x00, 8192));
    }
    vec![
        ("announces more than there is memory", head(0x81, 1 << 50)),
        ("announces one byte too many", head(0x81, limit + 1)),
        ("never ends", endless),
        ("is compressed, which was not agreed on", part(0xc1, 100)),
        ("is binary", part(0x82, 100)),
        ("is no text", [head(0x81, 2), vec![0xff, 0xfe]].concat()),
        ("has an opcode that nobody knows", part(0x83, 100)),
        ("is a ping as long as a message", part(0x89, 1000)),
        ("is not masked", [&[0x81, 5][..], b"hello"].concat()),
    ]
}

/// Whether the service closes the socket after these bytes, which it may do before it has read them all.
async fn is_closed_by(mut ws: Ws, bytes: &[u8]) -> bool {
    let _ = ws.get_mut().write_all(bytes).await;
    let _ = ws.get_mut().flush().await;
    let closed = async {
        while let Some(Ok(message)) = ws.next().await {
            if message.is_close() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.is_ok()
}

#[tokio::test]
async fn a_frame_that_is_no_frame_of_ours_closes_its_socket_only() {
    let world = World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await;
    let (ada, bob, eve) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob, &eve]).await;
    let (mut bobs, _) = listening(&world, &bob, 1).await;
    for (what, bytes) in monsters(world.limits.frame_bytes as u64) {
        // The same device each time: its session is taken over, and so was not broken.
        assert!(is_closed_by(signed_in(&world, &eve, 2).await, &bytes).await, "on the link: {what}");
        ada.send(&thread, what).await;
        assert_eq!(words(&event(&mut bobs).await).as_deref(), Some(what));
    }
    for (what, bytes) in monsters(world.limits.push.frame_bytes as u64) {
        let client = PushClient::start(&world, &eve).await;
        assert!(is_closed_by(client.ws, &bytes).await, "on the push: {what}");
        ada.send(&thread, what).await;
        assert_eq!(words(&event(&mut bobs).await).as_deref(), Some(what));
    }
}

/// A client of the link that listens to chat and was told where its threads stand.
async fn listens(world: &World, user: &User, device: u128) -> Ws {
    let mut ws = signed_in(world, user, device).await;
    let subscribe = json!({
        "type": "message", "sequence": 1, "id": format!("{:032x}", 1), "kind": "chat", "body": { "type": "subscribe" },
    });
    ws.send(Message::text(subscribe.to_string())).await.unwrap();
    while !next(&mut ws).await["body"]["complete"].is_boolean() {}
    ws
}

async fn next(ws: &mut Ws) -> Value {
    match tokio::time::timeout(PATIENCE, ws.next()).await.expect("something comes") {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// How many events come before it is told that some are missing.
async fn heard_before_a_gap(ws: &mut Ws) -> u64 {
    let mut heard = 0;
    loop {
        let frame = next(ws).await;
        match frame["body"]["type"].as_str() {
            Some("events") => heard += 1,
            Some("heads") => return heard,
            _ => continue,
        }
        if heard % 32 == 0 {
            let ack = json!({ "type": "ack", "received": frame["sequence"] });
            ws.send(Message::text(ack.to_string())).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_take_nothing_are_told_of_a_gap_and_hold_up_nobody() {
    let world = World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await;
    let (ada, bob, eve) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob, &eve]).await;
    let (mut bobs, _) = listening(&world, &bob, 1).await;
    let (mut silent, mut pushed) = (Vec::new(), Vec::new());
    for device in 2..8 {
        silent.push(listens(&world, &eve, device).await);
        pushed.push(PushClient::start(&world, &eve).await);
    }
    // More than is under way to a client and may wait for it, together: 128 and 512.
    let total = 700;
    let text = "x".repeat(4000);
    for n in 0..total {
        ada.send(&thread, &format!("{n} {text}")).await;
        let heard = words(&event(&mut bobs).await).unwrap();
        assert!(heard.starts_with(&format!("{n} ")), "in order, without a gap: {}", &heard[..10]);
        if n % 100 == 0 {
            for ws in &mut silent {
                // They are there; they take nothing.
                ws.send(Message::text(r#"{"type":"ping","nonce":1,"sent":1,"received":0}"#)).await.unwrap();
            }
        }
    }
    for ws in &mut silent {
        let heard = heard_before_a_gap(ws).await;
        assert!((1..=640).contains(&heard), "{heard} were kept for a client that took nothing");
    }
    for client in &mut pushed {
        let mut heard = 0;
        loop {
            let frame = client.frame().await;
            if frame.contains("trouter.message_loss") {
                break;
            }
            heard += usize::from(frame.starts_with("3:::"));
        }
        // 32 are under way, each of them twice.
        assert!((1..=64).contains(&heard), "{heard} were told to a client that answers nothing");
    }
    ada.send(&thread, "and on").await;
    assert_eq!(words(&event(&mut bobs).await).as_deref(), Some("and on"));
}
