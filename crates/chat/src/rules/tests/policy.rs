//! Each switch on and off.

use super::book::{Book, actor, create, send, text, thread_of};
use crate::model::{MessageKind, MetadataPatch};
use crate::rules::{Command, EditMessage, Refusal, Rules, SendMessage};
use crate::{AttachmentId, ChatPolicy, Text};

fn with(policy: ChatPolicy, mut book: Book) -> Book {
    book.rules = Rules { policy, ..book.rules };
    book
}

fn edit(book: &Book, content: &str) -> Command {
    Command::EditMessage(EditMessage {
        message: book.newest().id,
        content: Some(Text::from(content)),
        metadata: MetadataPatch::Keep,
    })
}

#[test]
fn who_starts_a_thread() {
    for (allowed, refusal) in [(true, None), (false, Some(Refusal::StaffStart))] {
        let policy = ChatPolicy { staff_start_threads: allowed, ..ChatPolicy::OPEN };
        assert_eq!(with(policy, Book::new()).run(&actor("EVE"), create(&["ben"])).err(), refusal);
        with(policy, Book::new()).run(&actor("ann"), create(&["EVE"])).unwrap();
    }
}

#[test]
fn who_edits() {
    for (allowed, refusal) in [(true, None), (false, Some(Refusal::StaffEdit))] {
        let policy = ChatPolicy { staff_edit_messages: allowed, ..ChatPolicy::OPEN };
        for (name, refusal) in [("EVE", refusal), ("ann", None)] {
            let mut book = with(policy, thread_of(&["EVE"]));
            book.run(&actor(name), send("x")).unwrap();
            let command = edit(&book, "y");
            assert_eq!(book.run(&actor(name), command).err(), refusal);
            let deletion = Command::DeleteMessage(book.newest().id);
            book.run(&actor(name), deletion).unwrap();
        }
    }
}

#[test]
fn files_and_images_and_links() {
    let file = AttachmentId::from_random(1);
    let html = |content: &str| SendMessage { kind: MessageKind::Html, ..text(content) };
    let without_words = SendMessage { attachments: vec![file], ..text("") };
    let with_file = SendMessage { attachments: vec![file], ..text("look") };
    let many = SendMessage { attachments: vec![file; 11], ..text("look") };
    let refused = Some(Refusal::FilesAndImages);
    for (message, preview, open) in [
        (with_file, refused, None),
        (without_words, refused, None),
        (many, refused, Some(Refusal::TooManyAttachments)),
        (html(r#"a <IMG src="https://x/y.png">"#), refused, None),
        (html(r#"<a href="https://x/y.png">a link</a> &lt;img"#), None, None),
        (text("<img is plain text here, and https://x/y.png a link"), None, None),
    ] {
        for (policy, expected) in [(ChatPolicy::TEAMS_PREVIEW, preview), (ChatPolicy::OPEN, open)] {
            for name in ["ann", "EVE"] {
                let mut book = with(policy, thread_of(&["EVE"]));
                book.upload(name, 1);
                let answer = book.run(&actor(name), Command::SendMessage(message.clone())).err();
                assert_eq!(answer, expected, "{name} {policy}");
            }
        }
    }
}

#[test]
fn nothing_is_uploaded_where_nothing_may_be_sent() {
    for (policy, refusal) in
        [(ChatPolicy::TEAMS_PREVIEW, Some(Refusal::FilesAndImages)), (ChatPolicy::OPEN, None)]
    {
        let mut book = with(policy, thread_of(&["EVE"]));
        for name in ["ann", "EVE"] {
            assert_eq!(
                book.run(&actor(name), Command::UploadAttachment { name: None, bytes: 1 }).err(),
                refusal
            );
        }
        // What was sent before the switch is still shown.
        let file = book.upload("ann", 1);
        assert_eq!(book.run(&actor("ann"), Command::GetAttachment(file)).err(), None);
    }
}

#[test]
fn an_image_cannot_come_in_by_an_edit() {
    for (policy, refusal) in
        [(ChatPolicy::TEAMS_PREVIEW, Some(Refusal::FilesAndImages)), (ChatPolicy::OPEN, None)]
    {
        let mut book = with(policy, thread_of(&[]));
        book.run(
            &actor("ann"),
            Command::SendMessage(SendMessage { kind: MessageKind::Html, ..text("<b>x</b>") }),
        )
        .unwrap();
        let command = edit(&book, "<img src=\"https://x\">");
        assert_eq!(book.run(&actor("ann"), command).err(), refusal);
    }
}
