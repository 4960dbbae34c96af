//! Whatever is asked by whomever, in whatever order: what a thread always is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::book::{Book, actor, creation, named, raw_of, send, send_as, with_scope};
use crate::model::{MessageKind, MetadataPatch, Participation, Patch, RetentionPolicy, Side};
use crate::rules::{Actor, Admission, Command, CreateThread, EditMessage, NewParticipant, UpdateThread};
use crate::{EventKind, MessageId, Text, UnixMillis};

const NAMES: [&str; 7] = ["ann", "ben", "cat", "dan", "EVE", "BOB", "zoe"];

/// A command in the making: messages are named by their place.
#[derive(Debug, Clone)]
enum Step {
    Send(u8),
    SendAs(u8),
    Edit(usize, u8),
    Delete(usize),
    Get(usize),
    Receipt(usize),
    Add(Vec<usize>, bool),
    Crowd(u8),
    Remove(usize),
    Topic(u8),
    Retention(u32),
    Typing,
    List,
    DeleteThread,
    ClockBack(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any::<u8>().prop_map(Step::Send),
        3 => (0..5_u8).prop_map(Step::SendAs),
        3 => (any::<usize>(), any::<u8>()).prop_map(|(message, text)| Step::Edit(message, text)),
        2 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Get),
        3 => any::<usize>().prop_map(Step::Receipt),
        3 => (proptest::collection::vec(0..NAMES.len(), 0..4), any::<bool>()).prop_map(|(who, refused)| Step::Add(who, refused)),
        1 => (0..220_u8).prop_map(Step::Crowd),
        3 => (0..NAMES.len()).prop_map(Step::Remove),
        2 => (0..4_u8).prop_map(Step::Topic),
        1 => (0..120_u32).prop_map(Step::Retention),
        1 => Just(Step::Typing),
        1 => Just(Step::List),
        1 => Just(Step::DeleteThread),
        1 => any::<u16>().prop_map(Step::ClockBack),
    ]
}

fn who() -> impl Strategy<Value = Actor> {
    let scope = prop_oneof![8 => Just("chat"), 2 => Just("chat.join"), 2 => Just("chat.join.limited"), 1 => Just("voip")];
    (0..NAMES.len(), scope).prop_map(|(name, scope)| with_scope(NAMES[name], scope))
}

fn nth(book: &Book, place: usize) -> MessageId {
    *book.messages.keys().nth(place % book.messages.len()).unwrap()
}

fn command(book: &Book, step: &Step) -> Option<Command> {
    Some(match step {
        Step::Send(n) => send(&format!("text {n}")),
        Step::SendAs(n) => send_as("again", u128::from(*n)),
        Step::Edit(place, n) => Command::EditMessage(EditMessage {
            message: nth(book, *place),
            content: Some(Text::from(format!("edit {n}"))),
            metadata: MetadataPatch::Keep,
        }),
        Step::Delete(place) => Command::DeleteMessage(nth(book, *place)),
        Step::Get(place) => Command::GetMessage(nth(book, *place)),
        Step::Receipt(place) => Command::SendReadReceipt(nth(book, *place)),
        Step::Add(names, refused) => {
            let admission = if *refused { Admission::Refused } else { Admission::Admitted };
            let named = |name: &usize| NewParticipant { admission, ..named(NAMES[*name]) };
            Command::AddParticipants(names.iter().map(named).collect())
        }
        Step::Crowd(count) => {
            Command::AddParticipants((0..*count).map(|n| named(&format!("u{n}"))).collect())
        }
        Step::Remove(name) => Command::RemoveParticipant(raw_of(NAMES[*name])),
        Step::Topic(n) => Command::UpdateThread(UpdateThread {
            topic: Some(Text::from(format!("topic {n}"))),
            ..UpdateThread::default()
        }),
        Step::Retention(days) => Command::UpdateThread(UpdateThread {
            retention: Patch::Set(RetentionPolicy::ThreadCreationDate { delete_thread_after_days: *days }),
            ..UpdateThread::default()
        }),
        Step::Typing => Command::SendTyping { sender_display_name: None },
        Step::List => Command::ListMessages,
        Step::DeleteThread => Command::DeleteThread,
        Step::ClockBack(_) => return None,
    })
}

/// What holds after every step.
fn check(book: &Book) {
    let thread = book.thread.as_ref().unwrap();
    let heads = thread.heads;
    let sequences: Vec<u64> = book.messages.values().map(|message| message.sequence_id).collect();
    assert_eq!(
        sequences,
        (1..=heads.messages).collect::<Vec<_>>(),
        "numbers of messages rise with their ids, gapless"
    );
    assert_eq!(heads.last_message, Some(book.newest().id));
    let log: Vec<u64> = book.log.iter().map(|event| event.sequence.unwrap().0).collect();
    assert_eq!(log, (1..=heads.event.0).collect::<Vec<_>>(), "the log is gapless");
    let versions: BTreeSet<UnixMillis> = book.messages.values().map(|message| message.version).collect();
    assert_eq!(versions.len(), book.messages.len(), "no two messages have one version");
    assert!(versions.last() <= Some(&heads.stamp));
    for message in book.messages.values() {
        assert!(message.version >= message.created_at());
        assert_eq!(message.content.is_none(), message.deleted_at.is_some());
        assert_eq!(message.sender.is_some(), message.kind.is_sendable());
    }
    let present = |side: Side| {
        let of_side =
            |row: &&Participation| row.is_present() && Side::of(&row.participant.raw_id) == Some(side);
        book.rows.values().filter(of_side).count() as u32
    };
    assert_eq!((heads.app_users, heads.staff), (present(Side::App), present(Side::Staff)));
    assert!(heads.participants() <= book.rules.limits.participants);
    let readers: BTreeSet<_> = book.receipts.iter().map(|receipt| &receipt.reader).collect();
    assert_eq!(readers.len(), book.receipts.len(), "one receipt for each");
    // What the log tells of topic and participants is in the history, at the place it says.
    let told = book.log.iter().filter_map(|event| match &event.kind {
        EventKind::ChatThreadPropertiesUpdated { system_message, .. } => {
            system_message.map(|system| (system.id, MessageKind::TopicUpdated))
        }
        EventKind::ParticipantsAdded { system_message, .. } => {
            Some((system_message.id, MessageKind::ParticipantAdded))
        }
        EventKind::ParticipantsRemoved { system_message, .. } => {
            Some((system_message.id, MessageKind::ParticipantRemoved))
        }
        _ => None,
    });
    let first_two = book.messages.values().take(2).map(|message| (message.id, message.kind));
    let system: BTreeSet<_> = first_two.chain(told).map(|(id, kind)| (id, kind.as_str())).collect();
    let history = book.messages.values().filter(|message| !message.kind.is_sendable());
    assert_eq!(history.map(|message| (message.id, message.kind.as_str())).collect::<BTreeSet<_>>(), system);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn invariants_hold(steps in proptest::collection::vec((who(), step()), 1..60)) {
        let mut book = Book::new();
        book.run(&actor("ann"), Command::CreateThread(CreateThread { ..creation(&["ben", "EVE"]) })).unwrap();
        check(&book);
        for (actor, step) in steps {
            if let Step::ClockBack(by) = step {
                book.now.0 -= u64::from(by);
            }
            let Some(command) = command(&book, &step) else { continue };
            let present = book.rows.get(&actor.raw_id).is_some_and(Participation::is_present);
            let deleted = book.thread.as_ref().unwrap().deleted_at.is_some();
            let sender = match &command {
                Command::EditMessage(edit) => book.messages[&edit.message].sender.clone(),
                Command::DeleteMessage(id) => book.messages[id].sender.clone(),
                _ => Some(actor.raw_id.clone()),
            };
            if let Ok(decision) = book.run(&actor, command)
                && !(decision.changes.is_empty() && decision.events.is_empty())
            {
                prop_assert!(present && !deleted, "a change by somebody who is not in the thread, or after its end");
                prop_assert_eq!(sender.as_ref(), Some(&actor.raw_id), "a change of another's message");
                prop_assert_eq!(decision.events.len(), 1, "each change is told once");
                let heads = decision.changes.iter().filter(|change| matches!(change, crate::rules::Change::Advance(_)));
                prop_assert_eq!(heads.count(), usize::from(!decision.changes.is_empty()));
            }
            check(&book);
        }
    }
}
