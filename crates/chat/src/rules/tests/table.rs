//! Every operation in every situation: one table.

use super::book::{Book, actor, create, named, raw_of, send, text, thread_of, with_scope};
use crate::model::{MetadataPatch, Patch, Side};
use crate::rules::{Actor, Command, EditMessage, Operation, Outcome, Refusal, UpdateThread};
use crate::{AttachmentId, ChatPolicy, MessageId, Text};

use Refusal::{
    AttachmentNotFound, FilesAndImages, LargeThread, MessageNotFound, NotParticipant, NotSender, Removed,
    Scope, StaffEdit, StaffStart, ThreadDeleted,
};

/// A file that `ben` has uploaded and not sent.
const FILE: u128 = 1;

/// A command of that operation that is well in itself; `message` is the one it names, if it names one.
fn command(operation: Operation, message: MessageId) -> Command {
    match operation {
        Operation::CreateThread => create(&["ben"]),
        Operation::ListThreads => Command::ListThreads,
        Operation::GetThread => Command::GetThread,
        Operation::UpdateThread => {
            Command::UpdateThread(UpdateThread { topic: Some(Text::from("new")), ..UpdateThread::default() })
        }
        Operation::DeleteThread => Command::DeleteThread,
        Operation::SendMessage => send("x"),
        Operation::ListMessages => Command::ListMessages,
        Operation::GetMessage => Command::GetMessage(message),
        Operation::EditMessage => Command::EditMessage(EditMessage {
            message,
            content: Some(Text::from("edited")),
            metadata: MetadataPatch::Keep,
        }),
        Operation::DeleteMessage => Command::DeleteMessage(message),
        Operation::ListParticipants => Command::ListParticipants,
        Operation::AddParticipants => Command::AddParticipants(vec![named("new")]),
        Operation::RemoveParticipant => Command::RemoveParticipant(raw_of("ann")),
        Operation::SendReadReceipt => Command::SendReadReceipt(message),
        Operation::ListReadReceipts => Command::ListReadReceipts,
        Operation::SendTyping => Command::SendTyping { sender_display_name: None },
        Operation::ReadEvents => Command::ReadEvents,
        Operation::UploadAttachment => {
            Command::UploadAttachment { name: Some(Text::from("a.png")), bytes: 1 }
        }
        Operation::GetAttachment => Command::GetAttachment(AttachmentId::from_random(FILE)),
        Operation::DeleteAttachment => Command::DeleteAttachment(AttachmentId::from_random(FILE)),
    }
}

/// Who asks, in which state of the thread. `ben` (or the Teams user `BEN`) is a participant who has sent a message.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Situation {
    Well,
    Join,
    JoinLimited,
    OtherScope,
    NoThread,
    Stranger,
    Gone,
    OthersMessage,
    DeletedMessage,
    NoSuchMessage,
    DeletedThread,
    DeletedThreadGone,
    Large,
    StaffInPreview,
}

fn prepare(situation: Situation) -> (Book, Actor, MessageId) {
    let name = if situation == Situation::StaffInPreview { "BEN" } else { "ben" };
    let (ann, ben) = (actor("ann"), actor(name));
    let mut book = thread_of(&[name, "eve"]);
    let by = if situation == Situation::OthersMessage { &ann } else { &ben };
    book.run(by, send("hello")).unwrap();
    let message = book.newest().id;
    book.upload(if situation == Situation::OthersMessage { "ann" } else { name }, FILE);
    let mut who = ben.clone();
    match situation {
        Situation::Well | Situation::OthersMessage => {}
        Situation::Join => who = with_scope("ben", "chat.join"),
        Situation::JoinLimited => who = with_scope("ben", "chat.join.limited"),
        Situation::OtherScope => who = with_scope("ben", "voip,voip.join,directory.read"),
        Situation::NoThread => book = Book::new(),
        Situation::Stranger => who = actor("zoe"),
        Situation::Gone => drop(book.run(&ann, Command::RemoveParticipant(ben.raw_id)).unwrap()),
        Situation::DeletedMessage => drop(book.run(&ben, Command::DeleteMessage(message)).unwrap()),
        Situation::NoSuchMessage => return (book, who, MessageId(7)),
        Situation::DeletedThread => drop(book.run(&ann, Command::DeleteThread).unwrap()),
        Situation::DeletedThreadGone => {
            book.run(&ann, Command::RemoveParticipant(ben.raw_id)).unwrap();
            book.run(&ann, Command::DeleteThread).unwrap();
        }
        Situation::Large => {
            let many = (0..18).map(|n| named(&format!("u{n}"))).collect();
            book.run(&ann, Command::AddParticipants(many)).unwrap();
        }
        Situation::StaffInPreview => book.rules.policy = ChatPolicy::TEAMS_PREVIEW,
    }
    (book, who, message)
}

fn expected(operation: Operation, situation: Situation) -> Option<Refusal> {
    use Operation::*;
    let alone = matches!(operation, CreateThread | ListThreads);
    let named = matches!(operation, GetMessage | EditMessage | DeleteMessage | SendReadReceipt);
    match situation {
        Situation::Well => None,
        Situation::Join => matches!(operation, CreateThread | UpdateThread | DeleteThread).then_some(Scope),
        Situation::JoinLimited => {
            let denied = [CreateThread, UpdateThread, DeleteThread, AddParticipants, RemoveParticipant];
            denied.contains(&operation).then_some(Scope)
        }
        Situation::OtherScope => Some(Scope),
        // Nobody learns whether a thread exists that they were never in.
        Situation::NoThread | Situation::Stranger => (!alone).then_some(NotParticipant),
        Situation::Gone => match operation {
            CreateThread | ListThreads | ListMessages | GetMessage | ReadEvents => None,
            GetAttachment => Some(AttachmentNotFound),
            _ => Some(Removed),
        },
        Situation::OthersMessage => match operation {
            EditMessage | DeleteMessage => Some(NotSender),
            GetAttachment | DeleteAttachment => Some(AttachmentNotFound),
            _ => None,
        },
        Situation::DeletedMessage => (operation == EditMessage).then_some(MessageNotFound),
        Situation::NoSuchMessage => named.then_some(MessageNotFound),
        Situation::DeletedThread => match operation {
            CreateThread | ListThreads | DeleteThread | ReadEvents => None,
            _ => Some(ThreadDeleted),
        },
        Situation::DeletedThreadGone => (!alone).then_some(ThreadDeleted),
        Situation::Large => matches!(operation, SendReadReceipt | SendTyping).then_some(LargeThread),
        Situation::StaffInPreview => match operation {
            CreateThread => Some(StaffStart),
            EditMessage => Some(StaffEdit),
            UploadAttachment => Some(FilesAndImages),
            _ => None,
        },
    }
}

#[test]
fn every_operation_in_every_situation() {
    use Situation::*;
    for situation in [
        Well,
        Join,
        JoinLimited,
        OtherScope,
        NoThread,
        Stranger,
        Gone,
        OthersMessage,
        DeletedMessage,
        NoSuchMessage,
        DeletedThread,
        DeletedThreadGone,
        Large,
        StaffInPreview,
    ] {
        for operation in Operation::ALL {
            let (mut book, who, message) = prepare(situation);
            if operation == Operation::CreateThread {
                // A thread of its own.
                (book.thread, book.messages) = (None, Default::default());
            }
            let before = (
                book.thread.clone(),
                book.messages.clone(),
                book.rows.clone(),
                book.receipts.clone(),
                book.files.clone(),
            );
            let answer = book.run(&who, command(operation, message));
            assert_eq!(
                answer.as_ref().err().copied(),
                expected(operation, situation),
                "{operation:?} {situation:?}"
            );
            let unchanged = match answer {
                Err(_) => true,
                Ok(decision) => decision.changes.is_empty(),
            };
            let after = (
                book.thread.clone(),
                book.messages.clone(),
                book.rows.clone(),
                book.receipts.clone(),
                book.files.clone(),
            );
            assert_eq!(before == after, unchanged, "{operation:?} {situation:?}");
        }
    }
}

#[test]
fn every_operation_is_the_one_of_its_command() {
    for operation in Operation::ALL {
        assert_eq!(command(operation, MessageId(1)).operation(), operation);
    }
}

#[test]
fn the_row_of_another_is_no_right() {
    let book = thread_of(&["ben"]);
    let mut view = book.view(&actor("ben"), &send("x"));
    view.actor = book.rows.get(&raw_of("ann")).cloned();
    let answer = crate::decide(&book.rules, &view, &actor("ben"), send("x"), book.now);
    assert_eq!(answer, Err(NotParticipant));
}

#[test]
fn a_removed_participant_reads_what_was_there_and_nothing_new() {
    let (ann, ben) = (actor("ann"), actor("ben"));
    let mut book = thread_of(&["ben"]);
    book.run(&ann, send("old")).unwrap();
    let old = book.newest().id;
    book.run(&ann, send("edited later")).unwrap();
    let edited = book.newest().id;
    book.run(&ann, Command::RemoveParticipant(ben.raw_id.clone())).unwrap();
    let removal = book.newest().id;
    book.run(&ann, send("new")).unwrap();
    let new = book.newest().id;
    book.run(&ann, command(Operation::EditMessage, edited)).unwrap();
    for (message, refusal) in
        [(old, None), (removal, None), (new, Some(MessageNotFound)), (edited, Some(MessageNotFound))]
    {
        assert_eq!(book.run(&ben, Command::GetMessage(message)).err(), refusal);
    }
    let Outcome::Granted(grant) = book.run(&ben, Command::ReadEvents).unwrap().outcome else { panic!() };
    assert_eq!((grant.first_event.0, grant.last_event.0), (1, 4), "up to the removal");
    // Added again, everything is there again.
    book.run(&ann, Command::AddParticipants(vec![named("ben")])).unwrap();
    book.run(&ben, Command::GetMessage(new)).unwrap();
    book.run(&ben, send("back")).unwrap();
}

#[test]
fn of_a_deleted_thread_only_the_end_is_told() {
    let mut book = thread_of(&["ben"]);
    book.run(&actor("ann"), send("secret")).unwrap();
    book.run(&actor("ann"), Command::DeleteThread).unwrap();
    let Outcome::Granted(grant) = book.run(&actor("ben"), Command::ReadEvents).unwrap().outcome else {
        panic!()
    };
    assert_eq!((grant.first_event, grant.last_event), (book.heads().event, book.heads().event));
}

#[test]
fn large_is_counted_as_documented() {
    let typing = || Command::SendTyping { sender_display_name: None };
    let ann = actor("ann");
    let users: Vec<String> = (0..19).map(|n| format!("u{n}")).collect();
    let mut book = thread_of(&users.iter().map(String::as_str).collect::<Vec<_>>());
    book.run(&ann, typing()).unwrap();
    // Teams users do not count.
    book.run(&ann, Command::AddParticipants(vec![named("EVE"), named("BOB")])).unwrap();
    book.run(&ann, typing()).unwrap();
    book.run(&ann, Command::AddParticipants(vec![named("last")])).unwrap();
    assert_eq!(book.run(&ann, typing()), Err(LargeThread));
    assert_eq!((book.heads().app_users, book.heads().staff), (21, 2));
    book.run(&ann, Command::RemoveParticipant(raw_of("last"))).unwrap();
    book.run(&ann, typing()).unwrap();
}

#[test]
fn a_staff_actor_is_of_the_other_side() {
    assert_eq!((actor("ann").side, actor("EVE").side), (Side::App, Side::Staff));
    let keep = UpdateThread { retention: Patch::Keep, ..UpdateThread::default() };
    let mut book = thread_of(&["EVE"]);
    let decision = book.run(&actor("EVE"), Command::UpdateThread(keep)).unwrap();
    assert!(decision.changes.is_empty() && decision.events.is_empty(), "nothing asked for, nothing changed");
    book.run(&actor("EVE"), Command::SendMessage(text("x"))).unwrap();
}
