//! Creating, sending, reading.

use super::book::{Book, raw_of};
use super::book::{
    START, actor, create, creation, named, participant, raw, send, send_as, text, thread_of, with_scope,
};
use crate::event::EventActor;
use crate::model::{History, MessageKind, Metadata};
use crate::rules::{Admission, Change, Command, CreateThread, NewParticipant, Outcome, Refusal, SendMessage};
use crate::{EventKind, EventSequence, MessageId, Text, UnixMillis};

#[test]
fn a_new_thread_opens_with_its_participants_and_topic() {
    let mut book = Book::new();
    let decision = book.run(&actor("ann"), create(&["ben", "EVE"])).unwrap();
    let at = START + 1;
    let messages: Vec<_> = book.messages.values().map(|m| (m.id.0, m.sequence_id, m.kind)).collect();
    assert_eq!(messages, [(at, 1, MessageKind::ParticipantAdded), (at + 1, 2, MessageKind::TopicUpdated)]);
    let heads = book.heads();
    assert_eq!((heads.app_users, heads.staff, heads.messages, heads.event), (2, 1, 2, EventSequence(1)));
    assert_eq!(heads.stamp, UnixMillis(at + 1));
    assert_eq!(decision.events.len(), 1);
    let EventKind::ChatThreadCreated { created_by, participants, .. } = &decision.events[0].kind else {
        panic!("{decision:?}")
    };
    assert_eq!(*created_by, EventActor { raw_id: raw_of("ann"), display_name: None });
    let names: Vec<_> = participants.iter().map(|who| who.raw_id.as_str()).collect();
    assert_eq!(names, ["8:acs:r_ann", "8:acs:r_ben", "8:orgid:EVE"]);
    let Outcome::Created { thread, invalid } = decision.outcome else { panic!() };
    assert_eq!((Some(thread), invalid), (book.thread.clone(), vec![]));
    assert!(book.rows.values().all(|row| row.joined_event == EventSequence(1) && row.is_present()));
}

#[test]
fn the_creator_may_name_themself_and_a_name_twice_counts_once() {
    let mut book = Book::new();
    book.run(&actor("ann"), create(&["ben", "ann", "ben"])).unwrap();
    assert_eq!(book.rows.len(), 2);
    assert_eq!(book.rows[&raw_of("ann")].participant.display_name, Some(Text::from("ann")));
}

#[test]
fn who_cannot_be_added_is_told_and_the_thread_is_there() {
    let mut book = Book::new();
    let mut command = creation(&["ben"]);
    let phone = NewParticipant {
        participant: crate::model::Participant { raw_id: raw("4:+491234"), ..participant("x") },
        admission: Admission::Admitted,
    };
    let refused = NewParticipant { admission: Admission::Refused, ..named("EVE") };
    command.participants.extend([phone, refused]);
    let Outcome::Created { invalid, .. } =
        book.run(&actor("ann"), Command::CreateThread(command)).unwrap().outcome
    else {
        panic!()
    };
    let said: Vec<_> = invalid.iter().map(|who| (who.raw_id.as_str(), who.refusal.code())).collect();
    assert_eq!(said, [("4:+491234", "400"), ("8:orgid:EVE", "403")]);
    assert_eq!(book.rows.len(), 2);
}

#[test]
fn what_a_thread_needs() {
    let big = |bytes: usize| Metadata::from([("k", "v".repeat(bytes - 1).as_str())]);
    let base = || creation(&[]);
    let many =
        |count: usize| -> Vec<NewParticipant> { (0..count).map(|n| named(&format!("u{n}"))).collect() };
    for (command, refusal) in [
        (CreateThread { topic: Text::from(" \n"), ..base() }, Some(Refusal::TopicMissing)),
        (CreateThread { topic: Text::from("x".repeat(1025)), ..base() }, Some(Refusal::TopicTooLong)),
        (CreateThread { topic: Text::from("x".repeat(1024)), ..base() }, None),
        (CreateThread { metadata: big(1025), ..base() }, Some(Refusal::MetadataTooLarge)),
        (CreateThread { metadata: big(1024), ..base() }, None),
        (CreateThread { participants: many(201), ..base() }, Some(Refusal::BatchTooLarge)),
        (CreateThread { participants: many(200), ..base() }, None),
    ] {
        let mut book = Book::new();
        let answer = book.run(&actor("ann"), Command::CreateThread(command)).err();
        assert_eq!(answer, refusal);
        assert_eq!(book.thread.is_none(), refusal.is_some());
    }
}

#[test]
fn a_message_has_the_next_number_and_everybody_is_told() {
    let mut book = thread_of(&["ben"]);
    let decision = book.run(&actor("ben"), send("hello")).unwrap();
    let message = book.newest().clone();
    assert_eq!(decision.outcome, Outcome::Sent { id: message.id });
    assert_eq!((message.sequence_id, message.version.0), (3, message.id.0));
    assert_eq!(message.sender, Some(raw_of("ben")));
    assert_eq!(message.sender_display_name, Some(Text::from("ben")), "the name they have in the thread");
    assert_eq!(decision.events[0].sequence, Some(EventSequence(2)));
    assert_eq!(decision.events[0].kind, EventKind::ChatMessageReceived { message: message.clone() });
    assert_eq!(decision.changes, [Change::InsertMessage(message), Change::Advance(book.heads())]);
}

#[test]
fn ids_rise_though_the_clock_stands_or_goes_back() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    let mut last = book.newest().id;
    for now in [START + 10, START + 9, START + 9, 0, START + 50] {
        book.now = UnixMillis(now).max(UnixMillis(1));
        book.now.0 -= 1;
        book.run(&ann, send("x")).unwrap();
        assert!(book.newest().id > last);
        last = book.newest().id;
    }
    assert_eq!(last, MessageId(START + 50), "and come back to the clock");
}

#[test]
fn the_same_client_id_sends_once() {
    let mut book = thread_of(&["ben"]);
    let first = book.run(&actor("ben"), send_as("hello", 7)).unwrap();
    let heads = book.heads();
    for again in ["hello", "other"] {
        let repeated = book.run(&actor("ben"), send_as(again, 7)).unwrap();
        assert_eq!((repeated.outcome, repeated.changes.len()), (first.outcome.clone(), 0));
    }
    assert_eq!(book.heads(), heads);
    // Another's client id is another's.
    book.run(&actor("ann"), send_as("hello", 7)).unwrap();
    assert_eq!(book.messages.len(), 4);
    // Removed since: the answer to what was sent is still told, and nothing new is sent.
    book.run(&actor("ann"), Command::RemoveParticipant(raw_of("ben"))).unwrap();
    assert_eq!(book.run(&actor("ben"), send_as("hello", 7)).unwrap().outcome, first.outcome);
    assert_eq!(book.run(&actor("ben"), send_as("hello", 8)), Err(Refusal::Removed));
}

#[test]
fn what_a_message_needs() {
    let long = "x".repeat(28 * 1024);
    for (message, refusal) in [
        (text(""), Some(Refusal::ContentMissing)),
        (text(&long), None),
        (text(&format!("{long}x")), Some(Refusal::ContentTooLarge)),
        (SendMessage { kind: MessageKind::Html, ..text("<b>x</b>") }, None),
        (SendMessage { kind: MessageKind::TopicUpdated, ..text("x") }, Some(Refusal::NotSendable)),
        (
            SendMessage { sender_display_name: Some("n".repeat(257).into()), ..text("x") },
            Some(Refusal::DisplayNameTooLong),
        ),
        (
            SendMessage { metadata: Metadata::from([("k", "v".repeat(1024).as_str())]), ..text("x") },
            Some(Refusal::MetadataTooLarge),
        ),
    ] {
        let mut book = thread_of(&[]);
        assert_eq!(book.run(&actor("ann"), Command::SendMessage(message)).err(), refusal);
    }
}

#[test]
fn each_sees_the_history_from_when_it_is_shared() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    book.run(&ann, send("before")).unwrap();
    let before = book.newest().id;
    book.now.0 += 100;
    let mut late = named("ben");
    late.participant.share_history_from = book.now;
    book.run(&ann, Command::AddParticipants(vec![late])).unwrap();
    book.run(&ann, send("after")).unwrap();
    let ben = actor("ben");
    assert_eq!(book.run(&ben, Command::GetMessage(before)), Err(Refusal::MessageNotFound));
    book.run(&ben, Command::GetMessage(book.newest().id)).unwrap();
    let Outcome::Granted(grant) = book.run(&ben, Command::ListMessages).unwrap().outcome else { panic!() };
    assert_eq!(grant.history, History { from: UnixMillis(START + 102), until: None });
    assert_eq!((grant.first_event, grant.last_event), (EventSequence(3), EventSequence(4)));
}

#[test]
fn scopes_and_membership_come_first() {
    let mut book = thread_of(&["ben"]);
    assert_eq!(book.run(&with_scope("ben", "voip"), send("x")), Err(Refusal::Scope));
    assert_eq!(book.run(&actor("eve"), send("x")), Err(Refusal::NotParticipant));
    assert_eq!(Book::new().run(&actor("ann"), send("x")), Err(Refusal::NotParticipant));
    book.run(&with_scope("ben", "chat.join.limited"), send("x")).unwrap();
}
