//! For the scenarios of chat: an app in a process of its own that can be killed, and a relay that can be cut.

#![allow(dead_code, reason = "each scenario uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

pub mod app;
pub mod relay;
pub mod service;

use liaison_engine::chat_model::Message;
use liaison_engine::{
    ChatEventKind, ChatParticipantToAdd, ChatResult, ConnectionState, Event, MessagesFrom, NewChatThread,
    NewMessage, OperationId, ThreadId,
};

use crate::common::{End, World};

/// Waits for what a command came to.
pub fn result(end: &mut End, operation: OperationId) -> ChatResult {
    end.expect("chat result", |event| match event {
        Event::ChatDone { operation: done, result, .. } if *done == operation => Some(result.clone()),
        _ => None,
    })
    .map(|result| *result)
    .unwrap()
}

/// A thread of this user's with somebody else in it.
pub fn thread_with(end: &mut End, raw_id: &str) -> ThreadId {
    let participants = vec![ChatParticipantToAdd { raw_id: raw_id.to_owned(), ..Default::default() }];
    let new = NewChatThread { topic: "The door".to_owned(), participants, ..Default::default() };
    let operation = end.engine.chat_client().create_chat_thread(new).unwrap();
    match result(end, operation) {
        ChatResult::ThreadCreated { thread, refused } if refused.is_empty() => thread.id,
        other => panic!("{other:?}"),
    }
}

/// Sends a text and waits until it is there.
pub fn say(end: &mut End, thread: &ThreadId, text: &str) {
    let client = end.engine.chat_client().chat_thread_client(thread.as_str()).unwrap();
    let operation = client.send_message(NewMessage::text(text)).unwrap();
    assert!(matches!(result(end, operation), ChatResult::MessageSent { .. }));
}

/// What people wrote in a thread, the oldest first.
pub fn written(end: &mut End, thread: &ThreadId) -> Vec<String> {
    let client = end.engine.chat_client().chat_thread_client(thread.as_str()).unwrap();
    let operation = client.list_messages(MessagesFrom::Newest, Some(200)).unwrap();
    match result(end, operation) {
        ChatResult::Messages { messages, next: None } => {
            messages.iter().rev().filter(|message| message.kind.is_sendable()).map(text_of).collect()
        }
        other => panic!("{other:?}"),
    }
}

pub fn text_of(message: &Message) -> String {
    let content = message.content.as_ref().and_then(|content| content.message.as_ref());
    content.map(|text| text.as_str().to_owned()).unwrap_or_default()
}

/// The sequence and the text of the next message that somebody wrote; each event on the way is acknowledged and has to be
/// the next in turn.
pub fn next_message(end: &mut End, last: &mut u64) -> String {
    loop {
        let event = end.expect("event of chat", |event| match event {
            Event::Chat(event) if event.sequence.is_some() => Some(event.clone()),
            _ => None,
        });
        let sequence = event.sequence.unwrap();
        assert!(*last == 0 || sequence.0 == *last + 1, "{} after {last}", sequence.0);
        *last = sequence.0;
        let thread = end.engine.chat_client().chat_thread_client(event.thread.as_str()).unwrap();
        thread.acknowledge(sequence).unwrap();
        if let ChatEventKind::ChatMessageReceived { message } = &event.kind
            && message.kind.is_sendable()
        {
            return text_of(message);
        }
    }
}

/// Signed in, with the realtime connection up.
pub fn listening(world: &World, config: liaison_engine::EngineConfig, token: &str) -> End {
    let mut end = world.signed_in(config, token);
    end.expect("connection", |event| {
        matches!(event, Event::ConnectionState { state: ConnectionState::Connected, .. }).then_some(())
    });
    end
}
