//! The rows of files in chats: who may read which, and what is left over. The bytes are not the store's.

use super::*;
use crate::attachments::ContentHash;
use crate::clock;
use liaison_chat::model::{AttachmentKind, RetentionPolicy};
use liaison_chat::rules::{Command, Outcome, Refusal, SendMessage};
use liaison_chat::{AttachmentId, MessageId};

/// The content of that number.
fn content(number: u8) -> ContentHash {
    format!("{number:064x}").parse().unwrap()
}

/// A file of that content.
fn facts(number: u8, bytes: u64) -> FileFacts {
    FileFacts {
        kind: AttachmentKind::File,
        name: Some("plan.txt".to_owned()),
        media_type: "text/plain".to_owned(),
        bytes,
        hash: content(number),
        preview: None,
    }
}

fn refused<T>(refusal: Refusal) -> Result<T, ChatError> {
    Err(ChatError::Refused(refusal))
}

/// A chat with files.
struct Files<K> {
    world: World<K>,
    thread: ThreadId,
}

impl<K: Kept> Files<K> {
    async fn new() -> Self {
        let world = World::new();
        let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
        Self { world, thread }
    }

    async fn upload(&self, who: &str, id: u128, facts: FileFacts) -> Result<AttachmentId, ChatError> {
        let (world, id) = (&self.world, AttachmentId::from_random(id));
        let rules = Arc::clone(&world.rules);
        world.store.add_attachment(rules, self.thread.clone(), actor(who), id, facts).await?;
        Ok(id)
    }

    async fn read(&self, who: &str, id: AttachmentId) -> Result<FileFacts, ChatError> {
        let rules = Arc::clone(&self.world.rules);
        self.world.store.chat_attachment(rules, self.thread.clone(), actor(who), id).await
    }

    async fn send(&self, who: &str, files: &[AttachmentId]) -> Result<MessageId, ChatError> {
        let Command::SendMessage(words) = text("see these", None) else { unreachable!("it sends") };
        let sent = Command::SendMessage(SendMessage { attachments: files.to_vec(), ..words });
        match self.world.act(&self.thread, who, sent).await? {
            Outcome::Sent { id } => Ok(id),
            other => panic!("{other:?}"),
        }
    }

    /// Contents that were left over or noted, those that a row names with `true`; in the order of their numbers.
    async fn unnamed(&self) -> Vec<(ContentHash, bool)> {
        let mut unnamed = self.world.store.unnamed_files(100).await.unwrap();
        unnamed.sort_by_key(|(hash, _)| hash.to_string());
        unnamed
    }
}

pub(super) async fn a_file_is_its_uploaders_until_it_is_sent_and_goes_with_its_message<K: Kept>() {
    let mut chat = Files::<K>::new().await;
    let image = FileFacts {
        kind: AttachmentKind::Image,
        name: None,
        media_type: "image/png".to_owned(),
        preview: Some(content(3)),
        ..facts(2, 7)
    };
    let file = chat.upload("ada", 1, facts(1, 5)).await.unwrap();
    let picture = chat.upload("ada", 2, image.clone()).await.unwrap();
    assert_eq!(chat.upload("eve", 3, facts(1, 5)).await, refused(Refusal::NotParticipant));
    chat.world.reopen().await;
    assert_eq!(chat.read("ada", file).await, Ok(facts(1, 5)));
    assert_eq!(chat.read("ada", picture).await, Ok(image.clone()));
    assert_eq!(chat.read("bob", file).await, refused(Refusal::AttachmentNotFound));
    assert_eq!(chat.send("bob", &[file]).await, refused(Refusal::AttachmentUnknown));

    let message = chat.send("ada", &[file, picture]).await.unwrap();
    chat.world.reopen().await;
    assert_eq!(chat.read("bob", file).await, Ok(facts(1, 5)));
    assert_eq!(chat.read("bob", picture).await, Ok(image));
    assert_eq!(chat.read("eve", file).await, refused(Refusal::NotParticipant));
    assert_eq!(chat.send("ada", &[file]).await, refused(Refusal::AttachmentUnknown), "it is sent once");
    let delete = Command::DeleteAttachment(file);
    assert_eq!(chat.world.act(&chat.thread, "ada", delete).await, refused(Refusal::AttachmentSent));
    let found =
        chat.world.store.chat_message(chat.world.rules.clone(), chat.thread.clone(), actor("bob"), message);
    let names: Vec<_> = found.await.unwrap().content.unwrap().attachments.into_iter().map(|a| a.id).collect();
    assert_eq!(names, [file.to_string(), picture.to_string()]);

    assert_eq!(chat.unnamed().await, []);
    chat.world.act(&chat.thread, "ada", Command::DeleteMessage(message)).await.unwrap();
    for id in [file, picture] {
        assert_eq!(chat.read("ada", id).await, refused(Refusal::AttachmentNotFound));
    }
    assert_eq!(chat.unnamed().await, [(content(1), false), (content(2), false), (content(3), false)]);
}

pub(super) async fn what_waits_to_be_sent_is_bounded_and_dropped_in_time<K: Kept>() {
    let chat = Files::<K>::new().await;
    let limits = &chat.world.rules.limits;
    let (most, whole) = (limits.attachment_bytes, limits.unsent_bytes / limits.attachment_bytes);
    for id in 0..whole {
        chat.upload("ada", id.into(), facts(1, most)).await.unwrap();
    }
    let asked = |who, bytes| {
        let rules = Arc::clone(&chat.world.rules);
        chat.world.store.may_upload(rules, chat.thread.clone(), actor(who), None, bytes)
    };
    assert_eq!(asked("ada", most).await, refused(Refusal::TooMuchUnsent));
    assert_eq!(chat.upload("ada", 100, facts(1, most)).await, refused(Refusal::TooMuchUnsent));
    assert_eq!(chat.read("ada", AttachmentId::from_random(100)).await, refused(Refusal::AttachmentNotFound));
    assert_eq!(asked("bob", most).await, Ok(()), "each has their own");
    assert_eq!(asked("bob", most + 1).await, refused(Refusal::AttachmentTooLarge));

    let sent = AttachmentId::from_random(0);
    chat.send("ada", &[sent]).await.unwrap();
    assert_eq!(asked("ada", most).await, Ok(()), "what is sent waits no more");
    let waits = AttachmentId::from_random(1);
    chat.world.store.drop_unsent(clock::now_ms() - 3_600_000).await.unwrap();
    assert_eq!(chat.read("ada", waits).await, Ok(facts(1, most)), "uploaded later");
    chat.world.store.drop_unsent(clock::now_ms() + 1).await.unwrap();
    assert_eq!(chat.read("ada", waits).await, refused(Refusal::AttachmentNotFound));
    assert_eq!(chat.read("bob", sent).await, Ok(facts(1, most)));
    assert_eq!(chat.unnamed().await, [(content(1), true)], "the one that was sent has it still");
}

pub(super) async fn a_content_is_unnamed_when_the_last_row_of_it_is_gone<K: Kept>() {
    let mut chat = Files::<K>::new().await;
    let one = chat.upload("ada", 1, facts(1, 5)).await.unwrap();
    let same = chat.upload("bob", 2, FileFacts { preview: Some(content(1)), ..facts(2, 5) }).await.unwrap();
    let drop = |id| Command::DeleteAttachment(id);
    assert_eq!(chat.world.act(&chat.thread, "bob", drop(one)).await, refused(Refusal::AttachmentNotFound));
    chat.world.act(&chat.thread, "ada", drop(one)).await.unwrap();
    chat.world.reopen().await;
    assert_eq!(chat.unnamed().await, [(content(1), true)], "as the small view of another");
    chat.world.store.forget_unnamed(vec![content(1)]).await.unwrap();
    assert_eq!(chat.unnamed().await, []);
    chat.world.act(&chat.thread, "bob", drop(same)).await.unwrap();
    assert_eq!(chat.unnamed().await, [(content(1), false), (content(2), false)]);
    assert_eq!(chat.world.store.unnamed_files(1).await.unwrap().len(), 1);

    // The same again before it was removed.
    chat.upload("ada", 3, facts(2, 5)).await.unwrap();
    assert_eq!(chat.unnamed().await, [(content(1), false), (content(2), true)]);
    chat.world.store.forget_unnamed(vec![content(1), content(2)]).await.unwrap();
    chat.world.store.note_unnamed(vec![content(2), content(7), content(7)]).await.unwrap();
    chat.world.reopen().await;
    assert_eq!(chat.unnamed().await, [(content(7), false)]);
}

pub(super) async fn files_go_with_their_thread_and_with_whoever_uploaded_them<K: Kept>() {
    let chat = Files::<K>::new().await;
    let adas = chat.upload("ada", 1, facts(1, 5)).await.unwrap();
    chat.upload("ada", 2, facts(2, 5)).await.unwrap();
    let bobs = chat.upload("bob", 3, facts(3, 5)).await.unwrap();
    chat.send("ada", &[adas]).await.unwrap();
    chat.send("bob", &[bobs]).await.unwrap();
    chat.world.store.scrub_subject(actor("ada").raw_id).await.unwrap();
    assert_eq!(chat.unnamed().await, [(content(1), false), (content(2), false)]);
    assert_eq!(chat.read("bob", adas).await, refused(Refusal::AttachmentNotFound));
    assert_eq!(chat.read("ada", bobs).await, Ok(facts(3, 5)));

    chat.world.act(&chat.thread, "ada", Command::DeleteThread).await.unwrap();
    assert_eq!(chat.read("bob", bobs).await, refused(Refusal::ThreadDeleted));
    while chat.world.store.purge_chats().await.unwrap() {}
    assert_eq!(chat.unnamed().await, [(content(1), false), (content(2), false), (content(3), false)]);
}
