//! Events and commands of chat while the network or the service goes away: nothing is lost, nothing comes twice.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod chat_support;
mod common;

use chat_support::relay::{Mode, Relay};
use chat_support::service::{self, Service};
use chat_support::{listening, next_message, result, say, thread_with, written};
use common::{End, World, staff_raw_id};
use liaison_engine::{
    ChatClient, ChatError, ChatListOptions, ChatResult, Event, NewMessage, OperationId, ThreadId,
};
use liaison_server::admin::TokenSubject;

/// Asks for a message to be sent.
fn send(end: &End, thread: &ThreadId, text: &str) -> OperationId {
    let client: ChatClient = end.engine.chat_client();
    client.chat_thread_client(thread.as_str()).unwrap().send_message(NewMessage::text(text)).unwrap()
}

#[test]
fn what_happens_while_the_link_is_cut_comes_when_it_is_back() {
    let world = World::federated();
    let relay = Relay::to(world.server.as_ref().unwrap().local_addr().port());
    let mut config = world.config();
    config.endpoint = relay.endpoint();
    let mut kiosk = listening(&world, config, &world.app_user().1);
    let mut staff = listening(&world, world.config(), &world.staff().1);
    let thread = thread_with(&mut kiosk, &staff_raw_id());
    let mut last = 0;
    say(&mut staff, &thread, "before");
    assert_eq!(next_message(&mut kiosk, &mut last), "before");
    for round in 0..3 {
        relay.set(Mode::Cut);
        for n in 0..3 {
            say(&mut staff, &thread, &format!("{round} {n}"));
        }
        let queued = send(&kiosk, &thread, &format!("{round} kiosk"));
        relay.set(Mode::Open);
        for n in 0..3 {
            assert_eq!(next_message(&mut kiosk, &mut last), format!("{round} {n}"));
        }
        assert_eq!(next_message(&mut kiosk, &mut last), format!("{round} kiosk"));
        assert!(matches!(result(&mut kiosk, queued), ChatResult::MessageSent { .. }));
    }
}

#[test]
fn both_go_on_where_they_were_when_the_service_is_back() {
    let mut world = World::federated();
    let mut kiosk = listening(&world, world.config(), &world.app_user().1);
    let mut staff = listening(&world, world.config(), &world.staff().1);
    let thread = thread_with(&mut kiosk, &staff_raw_id());
    let (mut kiosk_last, mut staff_last) = (0, 0);
    for round in 0..2 {
        let text = format!("{round} before");
        say(&mut staff, &thread, &text);
        assert_eq!(next_message(&mut kiosk, &mut kiosk_last), text);
        assert_eq!(next_message(&mut staff, &mut staff_last), text);
        let listen = world.stop();
        let operations: Vec<OperationId> =
            (0..3).map(|n| send(&kiosk, &thread, &format!("{round} {n}"))).collect();
        world.start(&listen);
        for operation in operations {
            assert!(matches!(result(&mut kiosk, operation), ChatResult::MessageSent { .. }));
        }
        for n in 0..3 {
            assert_eq!(next_message(&mut staff, &mut staff_last), format!("{round} {n}"));
            assert_eq!(next_message(&mut kiosk, &mut kiosk_last), format!("{round} {n}"));
        }
    }
}

#[test]
fn a_service_of_its_own() {
    service::run();
}

#[test]
fn a_killed_service_loses_and_doubles_nothing() {
    let mut world = World::federated();
    let (kiosk_token, staff_token) = (world.app_user().1, world.staff().1);
    let configs = [world.config(), world.config()];
    let listen = world.stop();
    let test = "a_service_of_its_own";
    let mut service = Service::start(test, world.folder.path(), &listen);
    let [kiosk_config, staff_config] = configs;
    let mut kiosk = listening(&world, kiosk_config, &kiosk_token);
    let mut staff = listening(&world, staff_config, &staff_token);
    let thread = thread_with(&mut kiosk, &staff_raw_id());
    let mut last = 0;
    let mut expected = Vec::new();
    for round in 0..3 {
        // Killed while they are being sent.
        let texts: Vec<String> = (0..8).map(|n| format!("{round} {n}")).collect();
        let operations: Vec<OperationId> = texts.iter().map(|text| send(&kiosk, &thread, text)).collect();
        result(&mut kiosk, operations[2]);
        service.kill();
        service = Service::start(test, world.folder.path(), &listen);
        for operation in &operations[3..] {
            assert!(matches!(result(&mut kiosk, *operation), ChatResult::MessageSent { .. }));
        }
        for text in &texts {
            assert_eq!(&next_message(&mut staff, &mut last), text);
        }
        expected.extend(texts);
    }
    assert_eq!(written(&mut kiosk, &thread), expected);
}

#[test]
fn a_revoked_token_stops_commands_until_there_is_another() {
    let world = World::federated();
    let (raw_id, token) = world.app_user();
    let mut kiosk = listening(&world, world.config(), &token);
    let thread = thread_with(&mut kiosk, &staff_raw_id());
    world.admin(async |admin| admin.revoke_tokens(&raw_id).await.unwrap());

    let queued = send(&kiosk, &thread, "late");
    let question = kiosk.engine.chat_client().list_chat_threads(ChatListOptions::default()).unwrap();
    let refused = kiosk.expect("refusal", |event| match event {
        Event::ChatDone { operation, result, .. } if *operation == question => Some(result.clone()),
        _ => None,
    });
    assert!(matches!(refused, Err(ChatError::TokenRefused(_))), "{refused:?}");
    kiosk.expect("word that a token is needed", |event| match event {
        Event::TokenExpiring { remaining } if remaining.is_zero() => Some(()),
        _ => None,
    });

    let (_, fresh) = world.token(TokenSubject::Identity { raw_id }, &["chat"]);
    kiosk.engine.set_token(&fresh).unwrap();
    assert!(matches!(result(&mut kiosk, queued), ChatResult::MessageSent { .. }), "the same command");
    let again = kiosk.engine.chat_client().list_chat_threads(ChatListOptions::default()).unwrap();
    assert!(matches!(result(&mut kiosk, again), ChatResult::Threads { .. }));
    assert_eq!(written(&mut kiosk, &thread), ["late"]);
}
