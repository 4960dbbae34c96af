//! Editing, deleting, participants, receipts, properties, the end.

use super::book::{Book, START, actor, creation, named, raw_of, send, send_as, thread_of};
use crate::event::ThreadDeletion;
use crate::model::{History, MessageKind, Metadata, MetadataChanges, MetadataPatch, Patch, RetentionPolicy};
use crate::rules::{
    Command, CreateThread, Decision, EditMessage, Operation, Outcome, Refusal, UpdateThread, expire,
};
use crate::{Event, EventKind, EventSequence, MessageId, Recipients, Text, UnixMillis};

fn edit(message: MessageId, content: Option<&str>, metadata: MetadataPatch) -> Command {
    Command::EditMessage(EditMessage { message, content: content.map(Text::from), metadata })
}

fn nothing(decision: &Decision) -> bool {
    decision.changes.is_empty() && decision.events.is_empty()
}

#[test]
fn an_edit_keeps_the_place_and_raises_the_version() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    book.run(&ann, send("one")).unwrap();
    let before = book.newest().clone();
    let decision = book.run(&ann, edit(before.id, Some("two"), MetadataPatch::Keep)).unwrap();
    let after = book.newest().clone();
    assert_eq!((after.id, after.sequence_id), (before.id, before.sequence_id));
    assert!(after.version > before.version && after.edited_at == Some(after.version));
    assert_eq!(after.content.as_ref().unwrap().message, Some(Text::from("two")));
    assert_eq!(decision.events[0].kind, EventKind::ChatMessageEdited { message: after.clone() });
    // The same again, and nothing at all, are no edits.
    for command in
        [edit(before.id, Some("two"), MetadataPatch::Keep), edit(before.id, None, MetadataPatch::Keep)]
    {
        assert!(nothing(&book.run(&ann, command).unwrap()));
    }
    let set = MetadataChanges::from(Metadata::from([("a", "b")]));
    book.run(&ann, edit(before.id, None, Patch::Set(set))).unwrap();
    assert_eq!(book.newest().metadata, Metadata::from([("a", "b")]));
    assert_eq!(book.newest().content, after.content);
    for (content, refusal) in
        [(" ", Refusal::ContentMissing), (&*"x".repeat(28_673), Refusal::ContentTooLarge)]
    {
        assert_eq!(book.run(&ann, edit(before.id, Some(content), MetadataPatch::Keep)), Err(refusal));
    }
}

#[test]
fn the_services_messages_are_nobodys_to_change() {
    let mut book = thread_of(&[]);
    let id = book.newest().id;
    assert_eq!(book.run(&actor("ann"), edit(id, Some("x"), MetadataPatch::Keep)), Err(Refusal::NotSender));
    assert_eq!(book.run(&actor("ann"), Command::DeleteMessage(id)), Err(Refusal::NotSender));
}

#[test]
fn a_deleted_message_leaves_its_place() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    book.run(&ann, send("secret")).unwrap();
    let id = book.newest().id;
    let decision = book.run(&ann, Command::DeleteMessage(id)).unwrap();
    let shell = book.newest().clone();
    assert_eq!((shell.id, shell.content.clone(), shell.metadata.is_empty()), (id, None, true));
    assert_eq!(shell.deleted_at, Some(shell.version));
    assert_eq!(decision.events[0].kind, EventKind::ChatMessageDeleted { message: shell });
    assert!(nothing(&book.run(&ann, Command::DeleteMessage(id)).unwrap()), "idempotent");
    book.run(&ann, Command::GetMessage(id)).unwrap();
}

#[test]
fn the_log_holds_no_text_and_is_filled_when_it_is_read() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    let sent = book.run(&ann, send("5ecret")).unwrap().events.remove(0);
    assert!(!serde_json::to_string(&book.log).unwrap().contains("5ecret"));
    let logged = book.log.last().unwrap().clone();
    assert_eq!(logged.message_id(), Some(book.newest().id));
    let all = History { from: UnixMillis(0), until: None };
    assert_eq!(logged.from_log(Some(book.newest()), all), sent);
    // Hidden from whoever may not see it, and gone once it is deleted.
    let late = History { from: UnixMillis(u64::MAX), until: None };
    assert_eq!(logged.from_log(Some(book.newest()), late), logged);
    assert_eq!(logged.from_log(None, all), logged);
    book.run(&ann, Command::DeleteMessage(book.newest().id)).unwrap();
    let EventKind::ChatMessageReceived { message } = logged.from_log(Some(book.newest()), all).kind else {
        panic!()
    };
    assert_eq!((message.content, message.deleted_at.is_some()), (None, true));
    // Typing is not kept.
    let typing = book.run(&ann, Command::SendTyping { sender_display_name: Some("A".into()) }).unwrap();
    assert_eq!((typing.changes.len(), typing.events[0].to_log()), (0, None));
}

#[test]
fn adding_and_removing_tell_those_there_and_those_gone() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    let added =
        book.run(&ann, Command::AddParticipants(vec![named("ben"), named("EVE"), named("ann")])).unwrap();
    let system = book.newest().clone();
    assert_eq!(system.kind, MessageKind::ParticipantAdded);
    assert_eq!(system.content.as_ref().unwrap().initiator, Some(ann.raw_id.clone()));
    assert_eq!((system.sender, system.content.unwrap().participants.len()), (None, 2));
    let EventKind::ParticipantsAdded { participants, system_message, .. } = &added.events[0].kind else {
        panic!()
    };
    assert_eq!((participants.len(), system_message.id), (2, system.id));
    let row = &book.rows[&raw_of("ben")];
    assert_eq!((row.joined_event, row.joined_at), (EventSequence(2), system.version));
    assert!(nothing(&book.run(&ann, Command::AddParticipants(vec![named("ben")])).unwrap()), "there already");
    assert_eq!(book.run(&ann, Command::AddParticipants(vec![])), Err(Refusal::NoParticipants));

    let removed = book.run(&ann, Command::RemoveParticipant(raw_of("ben"))).unwrap();
    assert_eq!(removed.events[0].recipients(), Recipients::ParticipantsAnd(&raw_of("ben")));
    assert_eq!(added.events[0].recipients(), Recipients::Participants);
    assert_eq!(book.newest().kind, MessageKind::ParticipantRemoved);
    assert!(nothing(&book.run(&ann, Command::RemoveParticipant(raw_of("ben"))).unwrap()), "idempotent");
    assert_eq!(book.run(&ann, Command::RemoveParticipant(raw_of("zoe"))), Err(Refusal::ParticipantNotFound));
    assert_eq!((book.heads().app_users, book.heads().staff), (1, 1));
    // Oneself.
    book.run(&actor("EVE"), Command::RemoveParticipant(raw_of("EVE"))).unwrap();
    assert_eq!(book.run(&actor("EVE"), send("x")), Err(Refusal::Removed));
}

#[test]
fn a_thread_has_room_for_250_and_a_full_one_takes_nobody() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    let batch =
        |from: u32, to: u32| Command::AddParticipants((from..to).map(|n| named(&format!("u{n}"))).collect());
    assert_eq!(book.run(&ann, batch(0, 201)), Err(Refusal::BatchTooLarge));
    book.run(&ann, batch(0, 200)).unwrap();
    assert_eq!(book.run(&ann, batch(190, 250)), Err(Refusal::ThreadFull));
    assert_eq!(book.heads().participants(), 201, "all or none");
    // Those already there take no room.
    book.run(&ann, batch(190, 249)).unwrap();
    assert_eq!(book.heads().participants(), 250);
    assert_eq!(book.run(&ann, batch(249, 250)), Err(Refusal::ThreadFull));
    book.run(&ann, Command::RemoveParticipant(raw_of("u3"))).unwrap();
    book.run(&ann, batch(249, 250)).unwrap();
}

#[test]
fn one_receipt_for_each_and_it_never_goes_back() {
    let mut book = thread_of(&["ben"]);
    let (ann, ben) = (actor("ann"), actor("ben"));
    book.run(&ann, send_as("one", 7)).unwrap();
    let one = book.newest().clone();
    book.run(&ann, send("two")).unwrap();
    let two = book.newest().id;
    let first = book.run(&ben, Command::SendReadReceipt(one.id)).unwrap();
    let EventKind::ReadReceiptReceived { receipt, client_id } = &first.events[0].kind else { panic!() };
    assert_eq!((receipt.message, client_id), (one.id, &one.client_id));
    book.run(&ben, Command::SendReadReceipt(two)).unwrap();
    for again in [one.id, two] {
        assert!(nothing(&book.run(&ben, Command::SendReadReceipt(again)).unwrap()));
    }
    book.run(&ann, Command::SendReadReceipt(one.id)).unwrap();
    let receipts: Vec<_> =
        book.receipts.iter().map(|receipt| (receipt.reader.as_str(), receipt.message)).collect();
    assert_eq!(receipts, [("8:acs:r_ben", two), ("8:acs:r_ann", one.id)]);
    assert_eq!(book.run(&ben, Command::SendReadReceipt(MessageId(1))), Err(Refusal::MessageNotFound));
}

#[test]
fn a_new_topic_is_in_the_history_and_other_properties_are_not() {
    let mut book = thread_of(&[]);
    let ann = actor("ann");
    let update = |topic: Option<&str>, metadata: MetadataPatch, retention| {
        Command::UpdateThread(UpdateThread { topic: topic.map(Text::from), metadata, retention })
    };
    let sixty = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 60 };
    let set = |pairs: Metadata| Patch::Set(MetadataChanges::from(pairs));
    let decision = book.run(&ann, update(Some("new"), MetadataPatch::Keep, Patch::Keep)).unwrap();
    let EventKind::ChatThreadPropertiesUpdated { properties, system_message, .. } = &decision.events[0].kind
    else {
        panic!()
    };
    assert_eq!((properties.topic.as_str(), system_message.unwrap().id), ("new", book.newest().id));
    assert_eq!(book.newest().content.as_ref().unwrap().topic, Some(Text::from("new")));
    let messages = book.messages.len();

    let pairs = Metadata::from([("a", "b")]);
    let decision = book.run(&ann, update(Some("new"), set(pairs.clone()), Patch::Set(sixty))).unwrap();
    let EventKind::ChatThreadPropertiesUpdated { properties, system_message, .. } = &decision.events[0].kind
    else {
        panic!()
    };
    assert_eq!((&properties.metadata, properties.retention, *system_message), (&pairs, sixty, None));
    let row = book.thread.clone().unwrap();
    assert_eq!((row.metadata, row.retention), (pairs.clone(), sixty));
    assert!(nothing(&book.run(&ann, update(Some("new"), set(pairs), Patch::Set(sixty))).unwrap()));
    book.run(&ann, update(None, Patch::Clear, Patch::Clear)).unwrap();
    let row = book.thread.clone().unwrap();
    assert_eq!(
        (row.metadata.is_empty(), row.retention, row.topic.as_str()),
        (true, RetentionPolicy::None, "new")
    );
    assert_eq!(book.messages.len(), messages);

    for (command, refusal) in [
        (update(Some(""), MetadataPatch::Keep, Patch::Keep), Refusal::TopicMissing),
        (
            update(None, set(Metadata::from([("k", "v".repeat(1024).as_str())])), Patch::Keep),
            Refusal::MetadataTooLarge,
        ),
    ] {
        assert_eq!(book.run(&ann, command), Err(refusal));
    }
    for (days, refusal) in
        [(29, Some(Refusal::RetentionDays)), (30, None), (90, None), (91, Some(Refusal::RetentionDays))]
    {
        let retention = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: days };
        let command = update(None, MetadataPatch::Keep, Patch::Set(retention));
        assert_eq!(book.run(&ann, command).err(), refusal);
        let create = CreateThread { retention, ..creation(&[]) };
        assert_eq!(Book::new().run(&ann, Command::CreateThread(create)).err(), refusal);
    }
}

#[test]
fn deleting_a_thread_again_is_done_already() {
    let mut book = thread_of(&["ben"]);
    let decision = book.run(&actor("ben"), Command::DeleteThread).unwrap();
    let EventKind::ChatThreadDeleted { deleted_by, reason } = &decision.events[0].kind else { panic!() };
    assert_eq!(deleted_by.as_ref().unwrap().raw_id, raw_of("ben"));
    assert_eq!(*reason, ThreadDeletion::DeletedByUser);
    let heads = book.heads();
    for name in ["ann", "ben"] {
        let again = book.run(&actor(name), Command::DeleteThread).unwrap();
        assert!(nothing(&again) && again.outcome == Outcome::Done);
    }
    assert_eq!(book.heads(), heads);
    assert_eq!(book.run(&actor("zoe"), Command::DeleteThread), Err(Refusal::NotParticipant));
}

#[test]
fn a_thread_goes_when_its_retention_is_over() {
    let mut book = Book::new();
    let retention = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 30 };
    book.run(&actor("ann"), Command::CreateThread(CreateThread { retention, ..creation(&["ben"]) })).unwrap();
    let thread = book.thread.clone().unwrap();
    let due = UnixMillis(START + 1).plus_days(30);
    assert_eq!(thread.retention.due(thread.created_at), Some(due));
    assert_eq!(expire(&thread, UnixMillis(due.0 - 1)), None);
    let decision = expire(&thread, due).unwrap();
    book.write(&decision);
    let end = EventKind::ChatThreadDeleted { deleted_by: None, reason: ThreadDeletion::DeletedByPolicy };
    assert_eq!(decision.events.iter().map(|event: &Event| &event.kind).collect::<Vec<_>>(), [&end]);
    assert_eq!(expire(book.thread.as_ref().unwrap(), due), None);
    assert_eq!(book.run(&actor("ann"), Command::GetThread), Err(Refusal::ThreadDeleted));
    assert_eq!(expire(&thread_of(&[]).thread.unwrap(), UnixMillis(u64::MAX)), None);
    assert_eq!(Operation::ALL.len(), 20);
}
