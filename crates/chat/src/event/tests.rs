//! All ten as JSON, in the log and on the link.

use super::*;
use crate::push::tests::events;
use crate::{EventSequence, ThreadId, UnixMillis};

fn event(kind: EventKind, sequence: Option<u64>) -> Event {
    Event { thread: ThreadId::from_random(1), sequence: sequence.map(EventSequence), at: UnixMillis(7), kind }
}

#[test]
fn all_ten_survive_their_json() {
    for kind in events("% \" 😀 \n") {
        for sequence in [None, Some(3)] {
            let before = event(kind.clone(), sequence);
            let text = serde_json::to_string(&before).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), before, "{text}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&text).unwrap()["event"],
                before.kind.name()
            );
        }
    }
}

/// Logs are kept and links speak to older engines: these forms stay readable for ever.
#[test]
fn the_words_of_version_1() {
    let lines: Vec<String> =
        events("x").into_iter().map(|kind| serde_json::to_string(&event(kind, Some(3))).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_edit_of_what_was_before_somebody_came_is_hidden_from_them() {
    let received = event(events("x").remove(0), Some(1));
    let message = received.message_id().unwrap();
    for (from, hidden) in [(message.0, false), (message.0 + 1, true)] {
        assert_eq!(
            received.hides_from(crate::model::History { from: UnixMillis(from), until: None }),
            hidden
        );
    }
    let typing = event(events("x").remove(1), None);
    assert!(!typing.hides_from(crate::model::History { from: UnixMillis(u64::MAX), until: None }));
}
