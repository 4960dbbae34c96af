//! `ChatClient` and `ChatThreadClient`: light handles for the app's threads.

use std::sync::Arc;

use liaison_chat::acs::{AddChatParticipantsRequest, CreateChatThreadRequest, SendChatMessageRequest};
use liaison_chat::model::{Patch, RetentionPolicy, Side};
use liaison_chat::{ClientMessageId, EventSequence, MessageId, ThreadId};
use liaison_identity::RawId;
use tokio::sync::mpsc::error::TrySendError;

use super::request::{self, ChatParticipantToAdd, MessagesFrom, NewChatThread, NewMessage, Request};
use super::task::{ChatInput, Job};
use super::{ChatError, ChatPage};
use crate::engine::{Shared, Standing};
use crate::event::OperationId;
use crate::queue::MAX_OPERATIONS;

/// The user's threads. Every command returns at once; its outcome is [`Event::ChatDone`](crate::Event::ChatDone).
///
/// Chat needs a token with a scope of chat, and a call of [`Engine::sign_in`](crate::Engine::sign_in). Changes of one
/// thread are carried out in the order they are asked for. When the service asks to wait, the engine waits, up to 30 s
/// and four times; after that the command fails.
#[derive(Clone)]
pub struct ChatClient {
    shared: Arc<Shared>,
}

impl ChatClient {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn ask(&self, request: Request) -> Result<OperationId, ChatError> {
        let queue = &self.shared.queue;
        if queue.is_poisoned() {
            return Err(ChatError::Poisoned);
        }
        if self.shared.standing() != Standing::SignedIn {
            return Err(ChatError::NotSignedIn);
        }
        let operation = queue.begin_operation().ok_or(ChatError::TooMany { limit: MAX_OPERATIONS })?;
        self.send(ChatInput::Job(Job { operation, request })).inspect_err(|_| queue.cancel_operation())?;
        Ok(operation)
    }

    fn send(&self, input: ChatInput) -> Result<(), ChatError> {
        self.shared.chat.try_send(input).map_err(|error| match error {
            TrySendError::Full(_) => ChatError::TooMany { limit: MAX_OPERATIONS },
            TrySendError::Closed(_) => ChatError::Poisoned,
        })
    }

    /// Creates a thread; the user is in it.
    /// → [`ChatResult::ThreadCreated`](crate::ChatResult::ThreadCreated)
    ///
    /// # Errors
    /// Not signed in, or somebody's raw id is none.
    pub fn create_chat_thread(&self, new: NewChatThread) -> Result<OperationId, ChatError> {
        let request = CreateChatThreadRequest {
            topic: new.topic.into(),
            participants: participants(new.participants)?,
            metadata: (!new.metadata.is_empty()).then_some(new.metadata),
            retention_policy: (new.retention != RetentionPolicy::None).then_some(new.retention),
        };
        self.ask(Request::CreateThread { request, id: random_id()? })
    }

    /// The threads the user is in. → [`ChatResult::Threads`](crate::ChatResult::Threads)
    ///
    /// # Errors
    /// Not signed in.
    pub fn list_chat_threads(&self, page: Option<ChatPage>) -> Result<OperationId, ChatError> {
        self.ask(Request::ListThreads { page })
    }

    /// Deletes a thread with its history; everyone in it is told. → [`ChatResult::Done`](crate::ChatResult::Done), also
    /// when it was deleted before.
    ///
    /// # Errors
    /// Not signed in, or the id is none.
    pub fn delete_chat_thread(&self, thread: &str) -> Result<OperationId, ChatError> {
        self.ask(Request::DeleteThread(thread_id(thread)?))
    }

    /// One thread.
    ///
    /// # Errors
    /// The id is none. Whether there is such a thread shows with the first command.
    pub fn chat_thread_client(&self, thread: &str) -> Result<ChatThreadClient, ChatError> {
        Ok(ChatThreadClient { client: self.clone(), thread: thread_id(thread)? })
    }
}

/// One thread's commands. Each fails at once when the engine is not signed in or too many commands wait.
#[derive(Clone)]
pub struct ChatThreadClient {
    client: ChatClient,
    thread: ThreadId,
}

impl ChatThreadClient {
    /// The thread's name.
    pub fn thread(&self) -> &ThreadId {
        &self.thread
    }

    /// Deletes it with its history; everyone in it is told. → [`ChatResult::Done`](crate::ChatResult::Done), also when it
    /// was deleted before.
    pub fn delete(&self) -> Result<OperationId, ChatError> {
        self.client.ask(Request::DeleteThread(self.thread.clone()))
    }

    /// Says that the app is done with the thread's events up to this one.
    pub fn acknowledge(&self, sequence: EventSequence) -> Result<(), ChatError> {
        self.client.send(ChatInput::Acknowledge { thread: self.thread.clone(), sequence })
    }

    /// Topic and the like. → [`ChatResult::Thread`](crate::ChatResult::Thread)
    pub fn get_properties(&self) -> Result<OperationId, ChatError> {
        self.client.ask(Request::GetThread(self.thread.clone()))
    }

    /// Sets the topic. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_topic(&self, topic: &str) -> Result<OperationId, ChatError> {
        self.client
            .ask(Request::UpdateThread { thread: self.thread.clone(), topic: Patch::Set(topic.into()) })
    }

    /// Who is in it. → [`ChatResult::Participants`](crate::ChatResult::Participants)
    pub fn list_participants(&self, page: Option<ChatPage>) -> Result<OperationId, ChatError> {
        self.client.ask(Request::ListParticipants { thread: self.thread.clone(), page })
    }

    /// Adds people. → [`ChatResult::ParticipantsAdded`](crate::ChatResult::ParticipantsAdded)
    pub fn add_participants(&self, who: Vec<ChatParticipantToAdd>) -> Result<OperationId, ChatError> {
        let request = AddChatParticipantsRequest { participants: participants(who)? };
        self.client.ask(Request::AddParticipants { thread: self.thread.clone(), request })
    }

    /// Removes somebody; oneself to leave. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn remove_participant(&self, raw_id: &str) -> Result<OperationId, ChatError> {
        self.client.ask(Request::RemoveParticipant { thread: self.thread.clone(), who: chatter(raw_id)? })
    }

    /// Sends a message. → [`ChatResult::MessageSent`](crate::ChatResult::MessageSent)
    pub fn send_message(&self, new: NewMessage) -> Result<OperationId, ChatError> {
        let id = match new.client_id {
            Some(text) => text.parse().map_err(|_| ChatError::ClientMessageId(short(&text)))?,
            None => random_id()?,
        };
        let request = SendChatMessageRequest {
            content: new.content.into(),
            sender_display_name: request::some(new.sender_display_name),
            kind: Some(new.kind),
            metadata: (!new.metadata.is_empty()).then_some(new.metadata),
        };
        self.client.ask(Request::SendMessage { thread: self.thread.clone(), request, id })
    }

    /// Changes an own message. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_message(&self, message: MessageId, content: &str) -> Result<OperationId, ChatError> {
        let (thread, content) = (self.thread.clone(), content.into());
        self.client.ask(Request::EditMessage { thread, message, content })
    }

    /// Deletes an own message. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn delete_message(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.client.ask(Request::DeleteMessage { thread: self.thread.clone(), message })
    }

    /// One message. → [`ChatResult::Message`](crate::ChatResult::Message)
    pub fn get_message(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.client.ask(Request::GetMessage { thread: self.thread.clone(), message })
    }

    /// Messages, the newest first; at most `most` of 1 to 200 on each page, by default 100.
    /// → [`ChatResult::Messages`](crate::ChatResult::Messages)
    pub fn list_messages(&self, from: MessagesFrom, most: Option<u32>) -> Result<OperationId, ChatError> {
        self.client.ask(Request::ListMessages { thread: self.thread.clone(), from, most })
    }

    /// Tells the others that the user writes. They take it as true for about 10 s.
    /// → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn send_typing_notification(&self, sender_display_name: &str) -> Result<OperationId, ChatError> {
        let sender_display_name = request::some(sender_display_name.to_owned());
        self.client.ask(Request::SendTyping { thread: self.thread.clone(), sender_display_name })
    }

    /// Tells the others how far the user has read. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn send_read_receipt(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.client.ask(Request::SendReadReceipt { thread: self.thread.clone(), message })
    }

    /// How far everyone has read. → [`ChatResult::ReadReceipts`](crate::ChatResult::ReadReceipts)
    pub fn list_read_receipts(&self, page: Option<ChatPage>) -> Result<OperationId, ChatError> {
        self.client.ask(Request::ListReadReceipts { thread: self.thread.clone(), page })
    }

    /// How many messages of others are newer than the user's read receipt. It reads the messages from the newest back:
    /// ask seldom. → [`ChatResult::Unread`](crate::ChatResult::Unread)
    pub fn count_unread(&self) -> Result<OperationId, ChatError> {
        self.client.ask(Request::CountUnread(self.thread.clone()))
    }
}

fn thread_id(text: &str) -> Result<ThreadId, ChatError> {
    text.parse().map_err(|_| ChatError::ThreadId(short(text)))
}

fn chatter(text: &str) -> Result<RawId, ChatError> {
    let raw_id = RawId::new(text).ok().filter(|raw_id| Side::of(raw_id).is_some());
    raw_id.ok_or_else(|| ChatError::RawId(short(text)))
}

fn participants(
    who: Vec<ChatParticipantToAdd>,
) -> Result<Vec<liaison_chat::acs::ChatParticipant>, ChatError> {
    who.into_iter().map(|who| chatter(&who.raw_id).map(|raw_id| request::participant(who, &raw_id))).collect()
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A name of the engine's own, in the form of a GUID (RFC 9562, version 4): Azure takes no other.
fn random_id() -> Result<ClientMessageId, ChatError> {
    let system = |error: &dyn std::fmt::Display| ChatError::System(error.to_string());
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| system(&error))?;
    guid(u128::from_be_bytes(bytes)).parse().map_err(|error| system(&error))
}

fn guid(random: u128) -> String {
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_own_names_are_guids() {
        assert_eq!(guid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(guid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_ne!(random_id().unwrap(), random_id().unwrap());
    }

    #[test]
    fn only_who_can_chat_is_named() {
        for good in ["8:acs:r_u", "8:orgid:o"] {
            assert_eq!(chatter(good).unwrap().as_str(), good);
        }
        for bad in ["", "4:+4930", "28:orgid:b", "x"] {
            assert_eq!(chatter(bad), Err(ChatError::RawId(bad.to_owned())), "{bad}");
        }
    }
}
