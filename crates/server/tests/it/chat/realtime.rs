//! Events on the link, and what is read when they are missing.

use super::support::{User, path};
use crate::harness::World;
use crate::phone::Phone;
use liaison_chat::link::{ChatFrame, ChatRequest, EventPage, ThreadHead, events_path};
use liaison_chat::{Event, EventKind, EventSequence, ThreadId};
use liaison_server::ChatRates;
use reqwest::StatusCode;
use serde_json::json;

async fn unlimited() -> World {
    World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await
}

/// A device that listens to chats, and where the threads stood.
pub async fn listening(world: &World, user: &User, device: u128) -> (Phone, Vec<ThreadHead>) {
    let mut phone = Phone::connected(world, &user.token, device).await;
    phone.ask_chat(ChatRequest::Subscribe).await;
    let heads = heads(&mut phone).await;
    (phone, heads)
}

async fn heads(phone: &mut Phone) -> Vec<ThreadHead> {
    match phone.chat_frame().await {
        Some(ChatFrame::Heads { threads, complete: true }) => threads,
        other => panic!("{other:?}"),
    }
}

pub async fn event(phone: &mut Phone) -> Event {
    match phone.chat_frame().await {
        Some(ChatFrame::Events { events }) if events.len() == 1 => events.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn id(thread: &str) -> ThreadId {
    thread.trim_start_matches("/chat/threads/").replace("%3A", ":").replace("%40", "@").parse().unwrap()
}

pub fn words(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::ChatMessageReceived { message } => {
            message.content.as_ref()?.message.clone().map(Into::into)
        }
        _ => None,
    }
}

async fn log(user: &User, thread: &str, after: u64) -> EventPage {
    let (status, page) = user.get(&events_path(&id(thread), EventSequence(after), 200)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    serde_json::from_value(page).unwrap()
}

#[tokio::test]
async fn what_is_sent_by_rest_is_heard_on_the_link_by_everybody_in_the_thread() {
    let world = unlimited().await;
    let (ada, bob, eve) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let (mut adas, at) = listening(&world, &ada, 1).await;
    let stand = ThreadHead { thread: id(&thread), first: EventSequence(1), head: EventSequence(1) };
    assert_eq!(at, [stand]);
    let (mut bobs, _) = listening(&world, &bob, 2).await;
    let (mut eves, none) = listening(&world, &eve, 3).await;
    assert_eq!(none, []);

    ada.send(&thread, "hello \u{1F600}").await;
    bob.post(&format!("{thread}/typing"), json!({ "senderDisplayName": "Bob" })).await;
    for phone in [&mut adas, &mut bobs] {
        let message = event(phone).await;
        assert_eq!(message.sequence, Some(EventSequence(2)));
        assert_eq!(words(&message).as_deref(), Some("hello \u{1F600}"));
        let typing = event(phone).await;
        assert_eq!((typing.kind.name(), typing.sequence), ("typingIndicatorReceived", None));
    }
    let out = json!({ "rawId": bob.raw_id });
    ada.post(&format!("{thread}/participants/:remove"), out).await;
    ada.send(&thread, "without Bob").await;
    let add = json!({ "participants": [eve.participant("Eve")] });
    ada.post(&format!("{thread}/participants/:add"), add).await;
    let names = ["participantsRemoved", "chatMessageReceived", "participantsAdded"];
    for (name, sequence) in names.into_iter().zip(3..) {
        let heard = event(&mut adas).await;
        assert_eq!((heard.kind.name(), heard.sequence), (name, Some(EventSequence(sequence))));
    }
    assert_eq!(event(&mut bobs).await.kind.name(), "participantsRemoved");
    assert_eq!(event(&mut eves).await.kind.name(), "participantsAdded");
    // Bob hears of another thread next, so of this one he heard nothing more.
    let other = ada.thread("u", &[&bob]).await;
    assert_eq!(event(&mut bobs).await.thread, id(&other));
    assert_eq!(log(&bob, &thread, 0).await.head, EventSequence(3));
    assert_eq!(log(&eve, &thread, 0).await.first, EventSequence(5));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_told_what_it_missed_and_holds_up_nobody() {
    let world = unlimited().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let (mut bobs, _) = listening(&world, &bob, 1).await;
    for n in 0..800 {
        ada.send(&thread, &n.to_string()).await;
    }
    let (mut next, mut missed) = (2, None);
    while missed.is_none() {
        match bobs.chat_frame().await {
            Some(ChatFrame::Events { events }) => {
                assert_eq!(events[0].sequence, Some(EventSequence(next)), "in order, without a gap");
                next += 1;
            }
            Some(ChatFrame::Heads { threads, complete: true }) => missed = Some(threads),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(missed.unwrap()[0].head, EventSequence(801));
    assert!(next < 801, "{next}");
    let mut read = Vec::new();
    while next <= 801 {
        let page = log(&bob, &thread, next - 1).await;
        assert_eq!(page.head, EventSequence(801));
        next += page.events.len() as u64;
        read.extend(page.events.iter().filter_map(words));
    }
    assert_eq!(read.last().map(String::as_str), Some("799"));
    ada.send(&thread, "and on").await;
    assert_eq!(words(&event(&mut bobs).await).as_deref(), Some("and on"));
}

#[tokio::test]
async fn after_a_restart_the_heads_say_what_is_missing() {
    let mut world = unlimited().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let (bobs, _) = listening(&world, &bob, 1).await;
    drop(bobs);
    ada.send(&thread, "one").await;
    world.restart().await.unwrap();
    ada.send(&thread, "two").await;
    let (mut bobs, heads) = listening(&world, &bob, 1).await;
    assert_eq!(heads[0].head, EventSequence(3));
    let missed: Vec<String> = log(&bob, &thread, 1).await.events.iter().filter_map(words).collect();
    assert_eq!(missed, ["one", "two"]);
    let listed = bob.get("/liaison/v1/chat/heads").await.1;
    assert_eq!(path(listed["value"][0]["thread"].as_str().unwrap()), thread);
    assert_eq!(listed["value"][0]["head"], 3);
    bobs.ask_chat(ChatRequest::Unsubscribe).await;
    assert!(bobs.is_heard().await);
    ada.send(&thread, "three").await;
    bobs.ask_chat(ChatRequest::Subscribe).await;
    assert_eq!(self::heads(&mut bobs).await[0].head, EventSequence(4));
}

#[tokio::test]
async fn a_token_for_calls_hears_no_chat() {
    let world = unlimited().await;
    let voice = User::with(&world, &["voip"]).await;
    let mut phone = Phone::connected(&world, &voice.token, 1).await;
    phone.ask_chat(ChatRequest::Subscribe).await;
    let answer = phone.wait(|output| matches!(output, liaison_link::ClientOutput::Unsupported { .. })).await;
    assert!(answer.is_some());
}
