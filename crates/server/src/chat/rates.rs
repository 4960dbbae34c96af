//! How often each operation may be done: ACS's table, in one place.

use crate::config::Rate;
use crate::directory::UnknownWord;
use crate::http::ApiError;
use crate::rate::Rates;
use liaison_chat::ThreadId;
use liaison_chat::rules::Operation;
use liaison_identity::RawId;
use std::str::FromStr;
use std::time::Instant;

/// Who shares a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shared {
    /// All that a user does, in whatever thread.
    User,
    /// All that is done in a thread, by whomever.
    Thread,
    /// All that a user does in a thread.
    UserInThread,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatRate {
    /// What is counted.
    pub operation: Operation,
    /// For whom.
    pub shared: Shared,
    /// How often.
    pub rate: Rate,
}

/// How often each operation of chat may be done. An operation without a line is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatRates(pub Vec<ChatRate>);

impl FromStr for ChatRates {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "acs" => Ok(Self::acs()),
            "none" => Ok(Self::unlimited()),
            _ => Err(UnknownWord { word: word.to_owned(), allowed: "acs, none" }),
        }
    }
}

impl ChatRates {
    /// No limit on anything: for measurements.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// What ACS documents ("Service limits: Chat"), per 10 seconds and per minute, and as much for what
    /// is ours.
    pub fn acs() -> Self {
        use Operation as O;
        use Shared::{Thread, User, UserInThread};
        const EACH: [(Operation, Shared, u32, Option<u32>); 30] = [
            (O::CreateThread, User, 10, None),
            (O::DeleteThread, User, 10, None),
            (O::UpdateThread, Thread, 5, None),
            (O::AddParticipants, Thread, 10, Some(30)),
            (O::RemoveParticipant, Thread, 10, Some(30)),
            (O::GetThread, User, 50, None),
            (O::ListThreads, User, 50, None),
            (O::GetMessage, UserInThread, 50, None),
            (O::GetMessage, Thread, 250, None),
            (O::ListMessages, UserInThread, 50, Some(200)),
            (O::ListMessages, Thread, 250, Some(400)),
            (O::ListReadReceipts, UserInThread, 5, None),
            (O::ListReadReceipts, Thread, 100, None),
            (O::ListParticipants, UserInThread, 10, None),
            (O::ListParticipants, Thread, 250, None),
            (O::SendMessage, Thread, 10, Some(30)),
            (O::EditMessage, Thread, 10, Some(30)),
            (O::DeleteMessage, Thread, 10, Some(30)),
            (O::SendReadReceipt, UserInThread, 10, Some(30)),
            (O::SendTyping, UserInThread, 5, Some(15)),
            (O::SendTyping, Thread, 10, Some(30)),
            // Reading a gap is the same work as listing messages.
            (O::ReadEvents, UserInThread, 50, Some(200)),
            (O::ReadEvents, Thread, 250, Some(400)),
            // Files are sent, and read, as messages are; ACS documents nothing of theirs.
            (O::UploadAttachment, User, 20, Some(60)),
            (O::GetAttachment, UserInThread, 50, Some(200)),
            (O::GetAttachment, Thread, 250, Some(1000)),
            (O::DeleteAttachment, User, 20, Some(60)),
            // A wrong id is tried as cheaply as a right one.
            (O::DeleteThread, Thread, 10, None),
            (O::GetThread, Thread, 250, None),
            (O::UpdateThread, User, 50, None),
        ];
        let rows = EACH.into_iter().flat_map(|(operation, shared, burst, minute)| {
            let line = |count, seconds| ChatRate { operation, shared, rate: Rate::new(count, seconds) };
            [Some(line(burst, 10)), minute.map(|count| line(count, 60))]
        });
        Self(rows.flatten().collect())
    }

    /// Counts one, or says when to come again.
    pub(crate) fn take(
        &self,
        buckets: &Rates<(usize, String)>,
        operation: Operation,
        user: &RawId,
        thread: Option<&ThreadId>,
    ) -> Result<(), ApiError> {
        let now = Instant::now();
        let thread = thread.map_or("", ThreadId::as_str);
        for (index, line) in self.0.iter().enumerate().filter(|(_, line)| line.operation == operation) {
            let whose = match line.shared {
                Shared::User => user.to_string(),
                Shared::Thread => thread.to_owned(),
                Shared::UserInThread => format!("{thread} {user}"),
            };
            buckets.take((index, whose), line.rate, now).map_err(ApiError::too_many)?;
        }
        Ok(())
    }
}
