//! Files: from the upload to the end of their message.

use super::book::{Book, actor, raw_of, send, text, thread_of};
use crate::model::{AttachmentKind, Participant};
use crate::rules::{Admission, Change, Command, NewParticipant, Refusal, SendMessage};
use crate::{AttachmentId, MessageId, Text};

fn with(files: &[AttachmentId]) -> Command {
    Command::SendMessage(SendMessage { attachments: files.to_vec(), ..text("look") })
}

fn seen(book: &mut Book, name: &str, file: AttachmentId) -> Option<Refusal> {
    let decision = book.run(&actor(name), Command::GetAttachment(file));
    assert!(decision.as_ref().is_ok_and(|decision| decision.changes.is_empty()) || decision.is_err());
    decision.err()
}

const NOT_FOUND: Option<Refusal> = Some(Refusal::AttachmentNotFound);

#[test]
fn a_file_is_its_uploaders_until_it_is_sent_and_then_whose_the_message_is() {
    let mut book = thread_of(&["ben"]);
    let file = book.upload("ann", 2);
    assert_eq!((seen(&mut book, "ann", file), seen(&mut book, "ben", file)), (None, NOT_FOUND));
    book.run(&actor("ann"), with(&[file])).unwrap();
    let message = book.newest().clone();
    let attachment = &message.content.unwrap().attachments[0];
    let thread = "19%3Aaaaaaaaaaaaaaaaaaaaaaaaaab%40thread.v2";
    let path = format!("/chat/threads/{thread}/images/{file}/views");
    assert_eq!((attachment.id.as_str(), attachment.kind), (file.to_string().as_str(), AttachmentKind::Image));
    assert_eq!(attachment.url.as_deref(), Some(format!("{path}/original").as_str()));
    assert_eq!(attachment.preview_url.as_deref(), Some(format!("{path}/small").as_str()));
    assert_eq!((seen(&mut book, "ann", file), seen(&mut book, "ben", file)), (None, None));
    assert_eq!(seen(&mut book, "zoe", file), Some(Refusal::NotParticipant));

    let delete = |name: &str| (actor(name), Command::DeleteAttachment(file));
    for (name, refusal) in [("ann", Refusal::AttachmentSent), ("ben", Refusal::NotSender)] {
        let (who, command) = delete(name);
        assert_eq!(book.run(&who, command), Err(refusal));
    }
    book.run(&actor("ann"), Command::DeleteMessage(message.id)).unwrap();
    assert_eq!((seen(&mut book, "ann", file), seen(&mut book, "ben", file)), (NOT_FOUND, NOT_FOUND));
}

#[test]
fn whom_the_history_is_hidden_from_the_files_are_too() {
    let mut book = thread_of(&["ben"]);
    let old = book.upload("ann", 1);
    book.run(&actor("ann"), with(&[old])).unwrap();
    let from = crate::UnixMillis(book.newest().id.0 + 1);
    let late =
        Participant { raw_id: raw_of("cat"), share_history_from: from, ..super::book::participant("cat") };
    let late = NewParticipant { participant: late, admission: Admission::Admitted };
    book.run(&actor("ann"), Command::AddParticipants(vec![late])).unwrap();
    assert_eq!(seen(&mut book, "cat", old), NOT_FOUND);

    book.run(&actor("ann"), Command::RemoveParticipant(raw_of("ben"))).unwrap();
    let new = book.upload("ann", 3);
    book.run(&actor("ann"), with(&[new])).unwrap();
    assert_eq!((seen(&mut book, "ben", old), seen(&mut book, "ben", new)), (None, NOT_FOUND));
    assert_eq!(seen(&mut book, "cat", new), None);
    let unsent = book.upload("ben", 5);
    assert_eq!(seen(&mut book, "ben", unsent), NOT_FOUND, "nothing of a removed one's is begun any more");
    assert_eq!(
        book.run(&actor("ben"), Command::UploadAttachment { name: None, bytes: 1 }),
        Err(Refusal::Removed)
    );
}

#[test]
fn only_ones_own_is_sent_and_only_once() {
    let mut book = thread_of(&["ben"]);
    let (mine, others) = (book.upload("ann", 1), book.upload("ben", 2));
    let none = AttachmentId::from_random(9);
    for files in [&[others][..], &[none], &[mine, others], &[mine, mine]] {
        let before = book.heads();
        assert_eq!(book.run(&actor("ann"), with(files)), Err(Refusal::AttachmentUnknown));
        assert_eq!(book.heads(), before);
    }
    let sent = book.run(&actor("ann"), with(&[mine])).unwrap();
    let attach = Change::Attach { attachment: mine, message: book.newest().id };
    assert!(sent.changes.contains(&attach));
    assert_eq!(book.run(&actor("ann"), with(&[mine])), Err(Refusal::AttachmentUnknown));
}

#[test]
fn what_was_not_sent_can_be_deleted_and_changes_no_number() {
    let mut book = thread_of(&["ben"]);
    let file = book.upload("ann", 1);
    let before = book.heads();
    assert_eq!(book.run(&actor("ben"), Command::DeleteAttachment(file)), Err(Refusal::AttachmentNotFound));
    let deleted = book.run(&actor("ann"), Command::DeleteAttachment(file)).unwrap();
    assert_eq!((deleted.changes.len(), deleted.events.len(), book.heads()), (1, 0, before));
    assert_eq!(book.run(&actor("ann"), Command::DeleteAttachment(file)), Err(Refusal::AttachmentNotFound));
    let long = Command::UploadAttachment { name: Some(Text::from("x".repeat(256))), bytes: 1 };
    assert_eq!(book.run(&actor("ann"), long), Err(Refusal::FileNameTooLong));
}

#[test]
fn a_store_that_mixes_messages_up_is_refused() {
    let mut book = thread_of(&["ben"]);
    let file = book.upload("ann", 1);
    book.run(&actor("ann"), with(&[file])).unwrap();
    book.run(&actor("ann"), send("another")).unwrap();
    let command = Command::GetAttachment(file);
    let mut view = book.view(&actor("ben"), &command);
    for message in [None, Some(book.newest().clone()), book.messages.get(&MessageId(1)).cloned()] {
        view.message = message;
        let answer = crate::decide(&book.rules, &view, &actor("ben"), command.clone(), book.now);
        assert_eq!(answer, Err(Refusal::AttachmentNotFound));
    }
}

#[test]
fn what_waits_to_be_sent_is_bounded() {
    let mut book = thread_of(&["ben"]);
    let limits = book.rules.limits.clone();
    let upload = |bytes| Command::UploadAttachment { name: None, bytes };
    assert_eq!(book.run(&actor("ann"), upload(limits.attachment_bytes)).err(), None);
    let large = book.run(&actor("ann"), upload(limits.attachment_bytes + 1));
    assert_eq!(large.err(), Some(Refusal::AttachmentTooLarge));
    let mut view = book.view(&actor("ann"), &upload(2));
    for (waiting, refusal) in [(2, None), (1, Some(Refusal::TooMuchUnsent))] {
        view.unsent_bytes = limits.unsent_bytes - waiting;
        let answer = crate::decide(&book.rules, &view, &actor("ann"), upload(2), book.now);
        assert_eq!(answer.err(), refusal);
    }
}
