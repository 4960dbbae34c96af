//! A slow client, a slow disk.

use crate::calls::answered;
use crate::harness::World;
use crate::phone::{Phone, ended, invite};
use liaison_server::Rate;
use liaison_signaling::{CallId, EndReason, PeerLinkState, ToEndpoint, ToSwitchboard};
use reqwest::StatusCode;
use std::time::{Duration, Instant};

/// A client that takes nothing loses its session when its queue is full, and only that client does.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_let_go_and_may_come_back() {
    let world = World::start_with(|limits| limits.frames = Rate::new(100_000, 1)).await;
    let (one, two) = (world.identity().await, world.identity().await);
    let tokens = (world.token(&one, &["voip"]).await, world.token(&two, &["voip"]).await);
    let mut first = Phone::registered(&world, &tokens.0, 1).await;
    let mut second = Phone::registered(&world, &tokens.1, 2).await;
    answered(&mut first, &mut second, 1, &two).await;
    // From here on `first` reads nothing. Its queue at the service holds 1024 messages.
    for n in 0..1100 {
        second.tell(ToSwitchboard::Mute { call: CallId(1), muted: n % 2 == 0 }).await;
        if n % 200 == 199 {
            assert!(second.is_heard().await);
        }
    }
    let down = |message: &ToEndpoint| {
        matches!(message, ToEndpoint::PeerLink { link: PeerLinkState::Down, .. }).then_some(())
    };
    second.hear_until(down).await;
    first.cut();
    assert_eq!(first.connect(world.listen, world.ca(), &tokens.0).await, Ok(false), "and reads anew");
    first.register().await;
    first.tell(ToSwitchboard::HangUp { call: CallId(1), reason: EndReason::HUNG_UP }).await;
    assert_eq!(second.hear_until(ended).await, EndReason::HUNG_UP);
}

/// While the database cannot be written nobody is told anything; when it can again, everything goes on.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_before_it_is_written() {
    let world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let mut first = Phone::registered(&world, &world.token(&one, &["voip"]).await, 1).await;
    let mut second = Phone::registered(&world, &world.token(&two, &["voip"]).await, 2).await;
    let database = rusqlite::Connection::open(world.dir.path().join("liaison.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    first.tell(invite(1, &two)).await;
    let incoming = |message: &ToEndpoint| matches!(message, ToEndpoint::Incoming { .. }).then_some(());
    let heard = tokio::time::timeout(Duration::from_secs(2), second.hear_until(incoming)).await;
    assert!(heard.is_err(), "told before it was written");
    let health =
        async || world.http.get(format!("{}/healthz", world.endpoint())).send().await.unwrap().status();
    let started = Instant::now();
    while health().await != StatusCode::SERVICE_UNAVAILABLE {
        assert!(started.elapsed() < Duration::from_secs(10), "the trouble does not show");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    database.execute_batch("ROLLBACK").unwrap();
    second.hear_until(incoming).await;
    assert_eq!(health().await, StatusCode::OK);
}
