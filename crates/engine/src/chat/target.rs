//! Paths and queries of the Chat REST interface.

use liaison_chat::acs::API_VERSION;
use liaison_chat::{MessageId, ThreadId, UnixMillis};

use super::ChatError;
use super::result::ChatPage;

/// Threads, messages, … of one page.
pub(super) const PAGE: u32 = 100;
pub(super) const LARGEST_PAGE: u32 = 200;

pub(super) const THREADS: &str = "/chat/threads";

/// The thread's own path.
pub(super) fn thread(id: &ThreadId) -> String {
    let id = id.as_str().replace(':', "%3A").replace('@', "%40");
    format!("{THREADS}/{id}")
}

/// Something of the thread's: `messages`, `participants`, …
pub(super) fn of(id: &ThreadId, what: &str) -> String {
    format!("{}/{what}", thread(id))
}

pub(super) fn message(id: &ThreadId, message: MessageId) -> String {
    format!("{}/messages/{message}", thread(id))
}

/// A path with the query that every request has.
pub(super) fn plain(path: &str) -> String {
    format!("{path}?api-version={API_VERSION}")
}

/// The first page of a list.
pub(super) fn list(path: &str, size: u32, start: Option<UnixMillis>, skip: u32) -> String {
    let size = size.clamp(1, LARGEST_PAGE);
    let mut target = format!("{}&maxPageSize={size}", plain(path));
    if skip > 0 {
        target += &format!("&skip={skip}");
    }
    if let Some(start) = start {
        target += &format!("&startTime={start}");
    }
    target
}

/// A later page of the list at `path`: what a list told, made sure that it leads to the same list. The service tells it
/// with its host; the host the engine talks to is its own matter, and gets the token.
pub(super) fn page(path: &str, page: &ChatPage) -> Result<String, ChatError> {
    let (told, query) = page.0.split_once('?').ok_or(ChatError::Page)?;
    let clean = query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    // A service may write the same path with other escapes.
    let same = decoded(told) == decoded(path);
    if !clean || !same || page.0.len() > 4096 {
        return Err(ChatError::Page);
    }
    let version = query.split('&').any(|pair| pair.starts_with("api-version="));
    let missing = if version { String::new() } else { format!("&api-version={API_VERSION}") };
    Ok(format!("{path}?{query}{missing}"))
}

/// The next page's address without its host; `None` when it is no address.
pub(super) fn page_of(link: &str) -> Option<ChatPage> {
    let url = url::Url::parse(link).ok()?;
    Some(ChatPage(format!("{}?{}", url.path(), url.query()?)))
}

/// `%3A` and `%40` are the only characters of a thread's path that need an escape.
fn decoded(path: &str) -> String {
    ["%3A", "%3a"].iter().fold(path.replace("%40", "@"), |path, escape| path.replace(escape, ":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threads_id_is_one_segment() {
        let id: ThreadId = "19:acsV1_k-7@thread.v2".parse().unwrap();
        assert_eq!(
            plain(&message(&id, MessageId(5))),
            "/chat/threads/19%3AacsV1_k-7%40thread.v2/messages/5?api-version=2025-03-15"
        );
        assert_eq!(
            list(THREADS, 7, Some(UnixMillis(1_000)), 0),
            "/chat/threads?api-version=2025-03-15&maxPageSize=7&startTime=1970-01-01T00:00:01Z"
        );
        assert_eq!(
            list(&of(&id, "participants"), 1000, None, 3),
            "/chat/threads/19%3AacsV1_k-7%40thread.v2/participants?api-version=2025-03-15&maxPageSize=200&skip=3"
        );
    }

    #[test]
    fn the_next_page_is_read_from_the_own_host_and_of_the_same_list_only() {
        let id: ThreadId = "19:a@thread.v2".parse().unwrap();
        let path = of(&id, "messages");
        for link in [
            "https://elsewhere.example/chat/threads/19%3Aa%40thread.v2/messages?api-version=2025-03-15&c=A_-",
            "https://elsewhere.example/chat/threads/19:a@thread.v2/messages?api-version=2025-03-15&c=A_-",
            "https://elsewhere.example/chat/threads/19%3aa@thread.v2/messages?api-version=2025-03-15&c=A_-",
        ] {
            let next = page(&path, &page_of(link).unwrap()).unwrap();
            assert_eq!(next, format!("{path}?api-version=2025-03-15&c=A_-"));
        }
        let bare = page_of("https://h/chat/threads?c=1").unwrap();
        assert_eq!(page(THREADS, &bare).unwrap(), "/chat/threads?c=1&api-version=2025-03-15");
        assert_eq!(page(&path, &bare), Err(ChatError::Page));
        for text in ["", "/chat/threads", "/chat/threads?a b", "/chat/threads?a\r\nx: y", "/chat/threads?a#b"]
        {
            assert_eq!(page(THREADS, &ChatPage(text.to_owned())), Err(ChatError::Page), "{text}");
        }
        for link in ["", "/chat/threads?c=1", "https://h/chat/threads"] {
            assert_eq!(page_of(link), None, "{link}");
        }
    }
}
