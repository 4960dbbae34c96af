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

/// How often somebody may try threads that they are not in, whichever and whatever for: ours, as much as ACS lets a
/// user ask for threads.
const STRANGERS_RATE: Rate = Rate::new(50, 10);
/// In the place of a line's number.
const STRANGERS: usize = usize::MAX;

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

    /// Counts one, or says when to come again. A stranger to the thread takes nothing from those who are in it.
    pub(crate) fn take(
        &self,
        buckets: &Rates<(usize, String)>,
        operation: Operation,
        user: &RawId,
        thread: Option<&ThreadId>,
        is_stranger: bool,
        now: Instant,
    ) -> Result<(), ApiError> {
        if is_stranger && !self.0.is_empty() {
            let theirs = (STRANGERS, user.to_string());
            return buckets.take(theirs, STRANGERS_RATE, now).map_err(ApiError::too_many);
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use Operation as O;
    use std::time::Duration;

    /// Who does one thing as often as they may.
    #[derive(Clone, Copy)]
    enum Who {
        /// One user in one thread.
        One,
        /// One user, each time in another thread.
        Everywhere,
        /// Each time another user, in one thread.
        Together,
    }

    /// How often it goes in one moment, and in a minute of trying all the time.
    fn goes(operation: Operation, who: Who) -> (usize, usize) {
        let (rates, buckets, start) = (ChatRates::acs(), Rates::default(), Instant::now());
        let mut n = 0_u128;
        let mut once = |now| {
            n += 1;
            let (user, thread) = match who {
                Who::One => (0, 0),
                Who::Everywhere => (0, n),
                Who::Together => (n, 0),
            };
            let user = RawId::new(&format!("8:acs:r_{user}")).unwrap();
            let thread = ThreadId::from_random(thread);
            rates.take(&buckets, operation, &user, Some(&thread), false, now).is_ok()
        };
        let burst = (0..1000).take_while(|_| once(start)).count();
        let later = (1..6000).filter(|tick| once(start + Duration::from_millis(10) * *tick)).count();
        (burst, burst + later)
    }

    /// The documented table ("Service limits: Chat"), as what one sees of it: at once, and in the first minute, which
    /// also has what comes back meanwhile.
    #[test]
    fn everything_goes_as_often_as_documented_and_no_more() {
        use Who::{Everywhere, One, Together};
        for (operation, who, burst) in [
            (O::CreateThread, One, 10),
            (O::DeleteThread, Everywhere, 10),
            (O::UpdateThread, Together, 5),
            (O::AddParticipants, Together, 10),
            (O::RemoveParticipant, Together, 10),
            (O::GetThread, Everywhere, 50),
            (O::ListThreads, One, 50),
            (O::GetMessage, One, 50),
            (O::GetMessage, Together, 250),
            (O::ListMessages, One, 50),
            (O::ListMessages, Together, 250),
            (O::ListReadReceipts, One, 5),
            (O::ListReadReceipts, Together, 100),
            (O::ListParticipants, One, 10),
            (O::ListParticipants, Together, 250),
            (O::SendMessage, Together, 10),
            (O::EditMessage, Together, 10),
            (O::DeleteMessage, Together, 10),
            (O::SendReadReceipt, One, 10),
            (O::SendTyping, One, 5),
            (O::SendTyping, Together, 10),
        ] {
            assert_eq!(goes(operation, who).0, burst, "{operation:?}");
        }
        // Per minute: as many at first, and as many again while the minute goes.
        for (operation, who, minute) in [
            (O::AddParticipants, Together, 30),
            (O::RemoveParticipant, Together, 30),
            (O::ListMessages, One, 200),
            (O::ListMessages, Together, 400),
            (O::SendMessage, Together, 30),
            (O::EditMessage, Together, 30),
            (O::DeleteMessage, Together, 30),
            (O::SendReadReceipt, One, 30),
            (O::SendTyping, One, 15),
            (O::SendTyping, Together, 30),
        ] {
            let (burst, gone) = goes(operation, who);
            // What comes back in 10 s may be less than what the minute has.
            let most = (2 * minute).min(7 * burst);
            assert!((most - 2..=most).contains(&gone), "{operation:?}: {gone}");
        }
    }

    #[test]
    fn a_stranger_takes_nothing_from_those_who_are_in_the_thread() {
        let (rates, buckets, now) = (ChatRates::acs(), Rates::default(), Instant::now());
        let (eve, ada) = (RawId::new("8:acs:r_eve").unwrap(), RawId::new("8:acs:r_ada").unwrap());
        let thread = ThreadId::from_random(1);
        let take = |user, is_stranger| {
            rates.take(&buckets, O::SendMessage, user, Some(&thread), is_stranger, now).is_ok()
        };
        assert_eq!((0..1000).take_while(|_| take(&eve, true)).count(), 50);
        assert_eq!((0..1000).take_while(|_| take(&ada, false)).count(), 10);
        let other = ThreadId::from_random(2);
        assert!(rates.take(&buckets, O::GetThread, &eve, Some(&other), true, now).is_err(), "wherever");
        let unlimited = ChatRates::unlimited();
        assert!(unlimited.take(&buckets, O::GetThread, &eve, Some(&other), true, now).is_ok());
    }
}
