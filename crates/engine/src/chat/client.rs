//! `ChatClient` and `ChatThreadClient`: light handles for the app's threads.

use std::sync::Arc;

use liaison_chat::model::{MetadataChanges, MetadataPatch, Participant, Patch, Side};
use liaison_chat::outbox::QueuedCommand;
use liaison_chat::{ClientMessageId, EventSequence, MessageId, ThreadId};
use liaison_identity::RawId;
use tokio::sync::mpsc::error::TrySendError;

use super::ChatError;
use super::request::{
    self, ChatListOptions, ChatParticipantToAdd, MessagesFrom, NewChatThread, NewMessage, Question, Request,
};
use super::task::{ChatInput, Job};
use super::transfer::{self, AttachmentToGet, NewAttachment, Transfer};
use crate::engine::{Shared, Standing};
use crate::event::OperationId;
use crate::queue::MAX_OPERATIONS;

/// The user's threads. Every command returns at once; its outcome is [`Event::ChatDone`](crate::Event::ChatDone).
///
/// Chat needs a token with a scope of chat, and a call of [`Engine::sign_in`](crate::Engine::sign_in).
///
/// What changes something (all but lists, single reads and typing) waits in an outbox until the service has answered:
/// without a network, with a service that is down or asks to wait, and until a refused token is renewed. Changes of one
/// thread are carried out in the order they are asked for. With [`EngineConfig::data_path`](crate::EngineConfig::data_path)
/// what waits is on disk from [`Event::ChatQueued`](crate::Event::ChatQueued) on, and goes on in the next run of the app
/// when the same user signs in; its outcome comes with the number 0 and the client id. This service does each once; of ACS
/// itself, see [`NewMessage::client_id`].
///
/// What only asks is tried while the service wants the engine to wait, up to 30 s and four times; then it fails.
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
        // A refused token may be renewed: what is queued waits for that.
        if self.shared.standing() == Standing::SignedOut {
            return Err(ChatError::NotSignedIn);
        }
        let me = self.shared.token.borrow().as_deref().and_then(liaison_identity::peek_raw_id);
        let me = me.ok_or_else(|| ChatError::TokenRefused("it does not say whom it is for".to_owned()))?;
        let operation = queue.begin_operation().ok_or(ChatError::TooMany { limit: MAX_OPERATIONS })?;
        self.send(ChatInput::Job(Job { operation, me, request }))
            .inspect_err(|_| queue.cancel_operation())?;
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
        let command = QueuedCommand::CreateThread {
            topic: new.topic.into(),
            participants: participants(new.participants)?,
            metadata: new.metadata,
            retention: new.retention,
        };
        self.ask(Request::Queue { thread: None, id: random_id()?, command })
    }

    /// The threads the user is in. → [`ChatResult::Threads`](crate::ChatResult::Threads)
    ///
    /// # Errors
    /// Not signed in.
    pub fn list_chat_threads(&self, options: ChatListOptions) -> Result<OperationId, ChatError> {
        self.ask(Request::Ask(Question::ListThreads(options)))
    }

    /// Deletes a thread with its history; everyone in it is told. → [`ChatResult::Done`](crate::ChatResult::Done), also
    /// when it was deleted before.
    ///
    /// # Errors
    /// Not signed in, or the id is none.
    pub fn delete_chat_thread(&self, thread: &str) -> Result<OperationId, ChatError> {
        self.chat_thread_client(thread)?.delete()
    }

    /// Takes back what waits under this name and was not sent yet: its outcome is
    /// [`ChatError::TakenBack`](crate::ChatError::TakenBack). What may have been sent goes on.
    ///
    /// # Errors
    /// The name is none.
    pub fn cancel(&self, client_id: &str) -> Result<(), ChatError> {
        let id = client_id.parse().map_err(|_| ChatError::ClientMessageId(short(client_id)))?;
        self.send(ChatInput::Cancel(id))
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
    fn queue(&self, command: QueuedCommand) -> Result<OperationId, ChatError> {
        self.queue_as(random_id()?, command)
    }

    fn queue_as(&self, id: ClientMessageId, command: QueuedCommand) -> Result<OperationId, ChatError> {
        self.client.ask(Request::Queue { thread: Some(self.thread.clone()), id, command })
    }

    fn question(&self, question: Question) -> Result<OperationId, ChatError> {
        self.client.ask(Request::Ask(question))
    }

    /// The thread's name.
    pub fn thread(&self) -> &ThreadId {
        &self.thread
    }

    /// Deletes it with its history; everyone in it is told. → [`ChatResult::Done`](crate::ChatResult::Done), also when it
    /// was deleted before.
    pub fn delete(&self) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::DeleteThread)
    }

    /// Says that the app is done with the thread's events up to this one.
    pub fn acknowledge(&self, sequence: EventSequence) -> Result<(), ChatError> {
        self.client.send(ChatInput::Acknowledge { thread: self.thread.clone(), sequence })
    }

    /// Topic and the like. → [`ChatResult::Thread`](crate::ChatResult::Thread)
    pub fn get_properties(&self) -> Result<OperationId, ChatError> {
        self.question(Question::GetThread(self.thread.clone()))
    }

    /// Sets the topic. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_topic(&self, topic: &str) -> Result<OperationId, ChatError> {
        let (metadata, retention) = (MetadataPatch::Keep, Patch::Keep);
        self.queue(QueuedCommand::UpdateThread { topic: Some(topic.into()), metadata, retention })
    }

    /// Changes the app's metadata; names that are not mentioned stay, those without a value go.
    /// → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_metadata(&self, changes: MetadataChanges) -> Result<OperationId, ChatError> {
        let (metadata, retention) = (Patch::Set(changes), Patch::Keep);
        self.queue(QueuedCommand::UpdateThread { topic: None, metadata, retention })
    }

    /// Who is in it. → [`ChatResult::Participants`](crate::ChatResult::Participants)
    pub fn list_participants(&self, options: ChatListOptions) -> Result<OperationId, ChatError> {
        self.question(Question::ListParticipants { thread: self.thread.clone(), options })
    }

    /// Adds people. → [`ChatResult::ParticipantsAdded`](crate::ChatResult::ParticipantsAdded)
    pub fn add_participants(&self, who: Vec<ChatParticipantToAdd>) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::AddParticipants { participants: participants(who)? })
    }

    /// Removes somebody; oneself to leave. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn remove_participant(&self, raw_id: &str) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::RemoveParticipant { raw_id: chatter(raw_id)? })
    }

    /// Sends a message. → [`ChatResult::MessageSent`](crate::ChatResult::MessageSent)
    pub fn send_message(&self, new: NewMessage) -> Result<OperationId, ChatError> {
        let id = match new.client_id {
            Some(text) => text.parse().map_err(|_| ChatError::ClientMessageId(short(&text)))?,
            None => random_id()?,
        };
        let command = QueuedCommand::SendMessage {
            kind: new.kind,
            content: new.content.into(),
            sender_display_name: request::some(new.sender_display_name),
            metadata: new.metadata,
            attachments: new.attachments,
        };
        self.queue_as(id, command)
    }

    /// Uploads a file or an image, to be sent with a message. It does not wait in the outbox: without a network it fails.
    /// → [`ChatResult::AttachmentUploaded`](crate::ChatResult::AttachmentUploaded)
    pub fn upload_attachment(&self, new: NewAttachment) -> Result<OperationId, ChatError> {
        self.question(Question::Transfer { thread: self.thread.clone(), what: Transfer::Upload(new) })
    }

    /// Downloads a file or an image of a message.
    /// → [`ChatResult::AttachmentDownloaded`](crate::ChatResult::AttachmentDownloaded)
    pub fn download_attachment(&self, get: AttachmentToGet) -> Result<OperationId, ChatError> {
        transfer::check(&get)?;
        self.question(Question::Transfer { thread: self.thread.clone(), what: Transfer::Download(get) })
    }

    /// Changes an own message. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_message(&self, message: MessageId, content: &str) -> Result<OperationId, ChatError> {
        let (content, metadata) = (Some(content.into()), MetadataPatch::Keep);
        self.queue(QueuedCommand::EditMessage { message, content, metadata })
    }

    /// Changes an own message's metadata; names that are not mentioned stay, those without a value go.
    /// → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn update_message_metadata(
        &self,
        message: MessageId,
        changes: MetadataChanges,
    ) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::EditMessage { message, content: None, metadata: Patch::Set(changes) })
    }

    /// Deletes an own message. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn delete_message(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::DeleteMessage { message })
    }

    /// One message. → [`ChatResult::Message`](crate::ChatResult::Message)
    pub fn get_message(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.question(Question::GetMessage { thread: self.thread.clone(), message })
    }

    /// Messages, the newest first; at most `most` of 1 to 200 on each page, by default 100.
    /// → [`ChatResult::Messages`](crate::ChatResult::Messages)
    pub fn list_messages(&self, from: MessagesFrom, most: Option<u32>) -> Result<OperationId, ChatError> {
        self.question(Question::ListMessages { thread: self.thread.clone(), from, most })
    }

    /// Tells the others that the user writes. They take it as true for about 10 s.
    /// → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn send_typing_notification(&self, sender_display_name: &str) -> Result<OperationId, ChatError> {
        let sender_display_name = request::some(sender_display_name.to_owned());
        self.question(Question::SendTyping { thread: self.thread.clone(), sender_display_name })
    }

    /// Tells the others how far the user has read. → [`ChatResult::Done`](crate::ChatResult::Done)
    pub fn send_read_receipt(&self, message: MessageId) -> Result<OperationId, ChatError> {
        self.queue(QueuedCommand::SendReadReceipt { message })
    }

    /// How far everyone has read. → [`ChatResult::ReadReceipts`](crate::ChatResult::ReadReceipts)
    pub fn list_read_receipts(&self, options: ChatListOptions) -> Result<OperationId, ChatError> {
        self.question(Question::ListReadReceipts { thread: self.thread.clone(), options })
    }

    /// How many messages of others are newer than the user's read receipt. It reads the messages from the newest back:
    /// ask seldom. → [`ChatResult::Unread`](crate::ChatResult::Unread)
    pub fn count_unread(&self) -> Result<OperationId, ChatError> {
        self.question(Question::CountUnread(self.thread.clone()))
    }
}

fn thread_id(text: &str) -> Result<ThreadId, ChatError> {
    text.parse().map_err(|_| ChatError::ThreadId(short(text)))
}

fn chatter(text: &str) -> Result<RawId, ChatError> {
    let raw_id = RawId::new(text).ok().filter(|raw_id| Side::of(raw_id).is_some());
    raw_id.ok_or_else(|| ChatError::RawId(short(text)))
}

fn participants(who: Vec<ChatParticipantToAdd>) -> Result<Vec<Participant>, ChatError> {
    who.into_iter().map(|who| chatter(&who.raw_id).map(|raw_id| request::participant(who, raw_id))).collect()
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A name of the engine's own.
fn random_id() -> Result<ClientMessageId, ChatError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| ChatError::System(error.to_string()))?;
    Ok(ClientMessageId::from_random(u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
