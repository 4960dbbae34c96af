//! Sending, editing and deleting.

use super::access::Access;
use super::draft::Draft;
use super::{
    Actor, Change, Decision, EditMessage, Outcome, Refusal, Rules, SendMessage, View, attachments, check,
};
use crate::model::{Message, MessageContent, MessageKind, Side};
use crate::{EventKind, Text};

/// The message that the command names, if this participant may see it.
pub(super) fn named<'a>(view: &'a View, access: &Access<'_>) -> Result<&'a Message, Refusal> {
    view.message.as_ref().filter(|message| access.history().sees(message)).ok_or(Refusal::MessageNotFound)
}

/// Sanitised HTML writes every `<` of its text as `&lt;`.
fn shows_an_image(kind: MessageKind, content: &Text) -> bool {
    kind == MessageKind::Html && content.as_str().to_ascii_lowercase().contains("<img")
}

pub(super) fn send(
    rules: &Rules,
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
    command: SendMessage,
) -> Result<Decision, Refusal> {
    if let (Some(id), Some(_)) = (view.repeated, &command.client_id) {
        return Ok(Decision::answer(Outcome::Sent { id }));
    }
    if !access.actor.is_present() {
        return Err(Refusal::Removed);
    }
    if !command.kind.is_sendable() {
        return Err(Refusal::NotSendable);
    }
    let images = !command.attachments.is_empty() || shows_an_image(command.kind, &command.content);
    if images && !rules.policy.files_and_images {
        return Err(Refusal::FilesAndImages);
    }
    if command.attachments.len() > rules.limits.attachments {
        return Err(Refusal::TooManyAttachments);
    }
    // A file may come without words.
    if command.attachments.is_empty() || !command.content.is_blank() {
        check::content(&rules.limits, &command.content)?;
    }
    check::metadata(&rules.limits, &command.metadata)?;
    check::display_name(&rules.limits, command.sender_display_name.as_ref())?;
    let named = attachments::to_send(view, actor, &command.attachments)?;

    let content = MessageContent {
        message: Some(command.content),
        attachments: named.iter().map(|file| file.in_message(&access.thread.id)).collect(),
        ..MessageContent::default()
    };
    let message = Message {
        sender: Some(actor.raw_id.clone()),
        sender_display_name: access.called(actor, command.sender_display_name),
        client_id: command.client_id,
        metadata: command.metadata,
        ..draft.message(command.kind, content)
    };
    draft.change(Change::InsertMessage(message.clone()));
    let (id, at) = (message.id, message.version);
    named.iter().for_each(|file| draft.change(Change::Attach { attachment: file.id, message: id }));
    draft.event(at, EventKind::ChatMessageReceived { message });
    Ok(draft.finish(Outcome::Sent { id }))
}

/// A message of one's own. Another's, and the service's, are nobody's to change, whoever created the thread.
fn own<'a>(view: &'a View, actor: &Actor, access: &Access<'_>) -> Result<&'a Message, Refusal> {
    let message = named(view, access)?;
    if message.sender.as_ref() == Some(&actor.raw_id) { Ok(message) } else { Err(Refusal::NotSender) }
}

pub(super) fn edit(
    rules: &Rules,
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
    command: EditMessage,
) -> Result<Decision, Refusal> {
    let old = own(view, actor, access)?;
    let Some(content) = old.content.as_ref().filter(|_| old.deleted_at.is_none()) else {
        return Err(Refusal::MessageNotFound);
    };
    if actor.side == Side::Staff && !rules.policy.staff_edit_messages {
        return Err(Refusal::StaffEdit);
    }
    let mut new = old.clone();
    new.metadata = command.metadata.apply(&old.metadata);
    if let Some(text) = command.content {
        check::content(&rules.limits, &text)?;
        if shows_an_image(old.kind, &text) && !rules.policy.files_and_images {
            return Err(Refusal::FilesAndImages);
        }
        new.content = Some(MessageContent { message: Some(text), ..content.clone() });
    }
    check::metadata(&rules.limits, &new.metadata)?;
    if new == *old {
        return Ok(Decision::done());
    }
    let at = draft.stamp();
    (new.version, new.edited_at) = (at, Some(at));
    draft.change(Change::ReplaceMessage(new.clone()));
    draft.event(at, EventKind::ChatMessageEdited { message: new });
    Ok(draft.finish(Outcome::Done))
}

/// Its place stays, so that numbers stay without a gap.
pub(super) fn delete(
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
) -> Result<Decision, Refusal> {
    let old = own(view, actor, access)?;
    if old.deleted_at.is_some() {
        return Ok(Decision::done());
    }
    let at = draft.stamp();
    let shell = Message { version: at, deleted_at: Some(at), ..old.without_content() };
    draft.change(Change::ReplaceMessage(shell.clone()));
    draft.event(at, EventKind::ChatMessageDeleted { message: shell });
    Ok(draft.finish(Outcome::Done))
}
