//! Whether the chat was as it has to be.

use super::check;
use crate::demo::chat::{ANSWER, Chat};
use crate::report::Check;

/// What `examples/c/kiosk_chat.c` writes.
const QUESTION: &str = "<p>Somebody is at the <b>lobby door</b>: \"100 % soaked\" &amp; cold ☔</p>";

/// The demands on the chat.
pub fn demands(chat: &Chat) -> [Check; 4] {
    let kiosk =
        |part: &str| chat.kiosk.iter().find(|(_, text)| text.contains(part)).map(|(_, text)| text.as_str());
    let staff =
        |part: &str| chat.staff.iter().find(|(_, text)| text.contains(part)).map(|(_, text)| text.as_str());
    let seen = |line: Option<&str>| line.unwrap_or("not seen").to_owned();
    let question = staff("lobby door");
    let answer = kiosk("heard: ");
    let notices = ["typing: Front desk", "question read", "thanks read", "topic: Lobby door: opened"];
    let missing: Vec<_> = notices.into_iter().filter(|notice| kiosk(notice).is_none()).collect();
    let (told, code) = &chat.afterwards;
    [
        check(
            "rich text arrives as it was written",
            question.is_some_and(|line| line.ends_with(&format!(" said: {QUESTION}"))),
            seen(question),
        ),
        check(
            "the answer arrives in the kiosk as it was typed",
            answer.is_some_and(|line| line == format!("heard: {ANSWER}")),
            seen(answer),
        ),
        check(
            "typing, receipts and the topic are told at once",
            missing.is_empty() && staff("set the topic: Lobby door: opened").is_some(),
            if missing.is_empty() {
                "all of them".to_owned()
            } else {
                format!("missing: {}", missing.join(", "))
            },
        ),
        check(
            "with the chat its history is gone",
            staff("deleted the chat").is_some()
                && *code == Some(1)
                && (told.contains("403") || told.contains("404")),
            told.clone(),
        ),
    ]
}

#[cfg(test)]
pub mod tests {
    use std::time::Instant;

    use super::*;

    const GONE: &str = "error: the service refused it with 404 NotFound: no such thread";

    fn lines() -> (Vec<String>, Vec<String>) {
        let notices = ["typing: Front desk", "question read", "thanks read", "topic: Lobby door: opened"];
        let mut kiosk = vec![format!("heard: {ANSWER}")];
        kiosk.extend(notices.map(str::to_owned));
        let staff = vec![
            format!("1 8:acs:a_b (Kiosk (Unverified)) said: {QUESTION}"),
            "8:acs:a_b set the topic: Lobby door: opened".to_owned(),
            "8:acs:a_b deleted the chat".to_owned(),
        ];
        (kiosk, staff)
    }

    /// A chat that meets every demand, changed.
    fn changed(change: impl FnOnce(&mut Vec<String>, &mut Vec<String>), told: &str) -> Chat {
        let (mut kiosk, mut staff) = lines();
        change(&mut kiosk, &mut staff);
        let timed = |lines: Vec<String>| lines.into_iter().map(|line| (Instant::now(), line)).collect();
        Chat { kiosk: timed(kiosk), staff: timed(staff), afterwards: (told.to_owned(), Some(1)) }
    }

    /// A chat that meets every demand.
    pub fn good() -> Chat {
        changed(|_, _| {}, GONE)
    }

    #[test]
    fn each_demand_can_fail() {
        let met = |chat: &Chat| demands(chat).map(|check| check.met);
        assert_eq!(met(&good()), [true; 4]);
        assert_eq!(met(&changed(|_, _| {}, "in the chat")), [true, true, true, false]);
        assert_eq!(met(&changed(|kiosk, _| drop(kiosk.pop()), GONE)), [true, true, false, true]);
        assert_eq!(met(&changed(|kiosk, _| drop(kiosk.remove(0)), GONE)), [true, false, true, true]);
        let spoil = |staff: &mut Vec<String>| staff[0] = staff[0].replace("100 %", "100 ");
        assert_eq!(met(&changed(|_, staff| spoil(staff), GONE)), [false, true, true, true]);
    }
}
