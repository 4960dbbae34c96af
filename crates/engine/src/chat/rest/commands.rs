//! A queued command on its way to the service, and what came of it.

use std::time::Duration;

use hyper::Method;
use liaison_chat::acs::{CreateChatThreadResult, REPEATABILITY_REQUEST_ID};
use liaison_chat::outbox::{Answer, Made, Record};
use liaison_chat::{ClientMessageId, MessageId, ThreadId, UnixMillis};
use liaison_identity::RawId;

use super::super::result::{ChatResult, ChatThread};
use super::super::{ChatError, MessagesFrom, target};
use super::questions::odd;
use super::{Call, JSON, Rest, refusal, retry_after};
use crate::net::{Effort, HttpAnswer};

/// No service that means well asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// How far this machine's clock may be ahead of the service's, when a message is looked for.
const CLOCKS_DIFFER_MS: u64 = 86_400_000;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Transmitted {
    /// For the outbox.
    pub(crate) answer: Answer,
    /// For the app, when that was the last word.
    pub(crate) outcome: Result<ChatResult, ChatError>,
}

impl Transmitted {
    fn failed(error: ChatError, asked: Option<Duration>) -> Self {
        let retry_after = asked.map(|asked| asked.min(LONGEST_WAIT));
        Self { answer: Answer::Failed { retry_after }, outcome: Err(error) }
    }
}

impl Rest {
    /// Sends a command once.
    pub(in super::super) async fn transmit(&self, record: &Record) -> Transmitted {
        let request = record.request(self.remote);
        let call = Call {
            // Only the three of `Record::request` come.
            method: request.method.parse().unwrap_or(Method::POST),
            target: &request.path,
            content_type: request.content_type.unwrap_or(JSON),
            body: request.body.unwrap_or_default().into(),
            effort: Effort::USUAL,
            header: request.repeatability_id.as_deref().map(|id| (REPEATABILITY_REQUEST_ID, id)),
        };
        let answer = match self.once(&call).await {
            Ok(answer) => answer,
            Err(error) => return Transmitted::failed(error, None),
        };
        let asked = retry_after(&answer.headers).map(|asked| asked.min(LONGEST_WAIT));
        let meaning = record.answer(answer.status, asked, &answer.body);
        let outcome = match &meaning {
            Answer::Done(made) => made_of(made, &answer),
            _ => Err(refusal(&answer)),
        };
        Transmitted { answer: meaning, outcome }
    }

    /// Looks for the user's own message that was sent with this id in its metadata, in ACS, which knows no such ids.
    pub(in super::super) async fn find(
        &self,
        me: &RawId,
        thread: &ThreadId,
        id: &ClientMessageId,
        since: UnixMillis,
    ) -> Result<Option<MessageId>, Transmitted> {
        let mut from = MessagesFrom::Since(UnixMillis(since.0.saturating_sub(CLOCKS_DIFFER_MS)));
        loop {
            let (messages, next) =
                self.messages(thread, from, target::LARGEST_PAGE).await.map_err(|error| {
                    let answer = match &error {
                        ChatError::TokenRefused(_) => Answer::Unauthorized,
                        ChatError::Refused { status, .. } => Answer::Refused { status: *status },
                        ChatError::Throttled { retry_after } => {
                            return Transmitted::failed(error.clone(), Some(*retry_after));
                        }
                        _ => return Transmitted::failed(error, None),
                    };
                    Transmitted { answer, outcome: Err(error) }
                })?;
            // Metadata is anybody's to write; the sender is not.
            let own = messages.iter().find(|message| {
                message.client_id.as_ref() == Some(id) && message.sender.as_ref() == Some(me)
            });
            match (own, next) {
                (Some(message), _) => return Ok(Some(message.id)),
                (None, Some(page)) => from = MessagesFrom::Page(page),
                (None, None) => return Ok(None),
            }
        }
    }
}

fn made_of(made: &Made, answer: &HttpAnswer) -> Result<ChatResult, ChatError> {
    Ok(match made {
        Made::Nothing => ChatResult::Done,
        Made::Message(message) => ChatResult::MessageSent { message: *message },
        Made::Participants { invalid } => {
            ChatResult::ParticipantsAdded { refused: invalid.iter().cloned().map(Into::into).collect() }
        }
        Made::Thread { .. } => {
            let made: CreateChatThreadResult =
                serde_json::from_slice(&answer.body).map_err(|error| super::unreadable(&error))?;
            let thread = ChatThread::try_from(made.chat_thread).map_err(|error| odd(&error))?;
            let refused = made.invalid_participants.into_iter().map(Into::into).collect();
            ChatResult::ThreadCreated { thread: Box::new(thread), refused }
        }
    })
}
