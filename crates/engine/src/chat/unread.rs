//! How many messages of others a user has not read. The interface has no such figure: it is counted from the newest
//! message back to the one that the user's read receipt names.

use liaison_chat::model::Message;
use liaison_chat::{MessageId, ThreadId};
use liaison_identity::RawId;

use super::rest::Rest;
use super::{ChatError, ChatListOptions, ChatPage, ChatResult, MessagesFrom, target};

/// Nobody needs to know more exactly.
const MOST: u32 = 1000;

impl Rest {
    pub(super) async fn count_unread(&self, thread: &ThreadId) -> Result<ChatResult, ChatError> {
        let me = self.me()?;
        let read = self.own_receipt(thread, &me).await?;
        let (mut count, mut from) = (0, MessagesFrom::Newest);
        loop {
            let (messages, next) = self.messages(thread, from, target::LARGEST_PAGE).await?;
            let news = messages.iter().take_while(|message| read.is_none_or(|read| message.id > read));
            count += news.clone().filter(|message| is_for(message, &me)).count() as u32;
            let ended = news.count() < messages.len();
            match next {
                _ if count > MOST => return Ok(ChatResult::Unread { count: MOST, or_more: true }),
                Some(page) if !ended => from = MessagesFrom::Page(page),
                _ => return Ok(ChatResult::Unread { count, or_more: false }),
            }
        }
    }

    /// How far the user has read.
    async fn own_receipt(&self, thread: &ThreadId, me: &RawId) -> Result<Option<MessageId>, ChatError> {
        let mut page: Option<ChatPage> = None;
        loop {
            let options = ChatListOptions { page, ..ChatListOptions::default() };
            let (receipts, next) = self.receipts(thread, options).await?;
            if let Some(own) = receipts.iter().find(|receipt| receipt.reader == *me) {
                return Ok(Some(own.message));
            }
            if next.is_none() {
                return Ok(None);
            }
            page = next;
        }
    }
}

/// Whether somebody else wrote it, and it is still there.
fn is_for(message: &Message, me: &RawId) -> bool {
    let of_others = message.sender.as_ref().is_some_and(|sender| sender != me);
    message.kind.is_sendable() && message.deleted_at.is_none() && of_others
}
