//! Files beside a thread: uploaded first, then sent with a message, whose fate they share.

use super::access::Access;
use super::draft::Draft;
use super::{Actor, Change, Decision, Outcome, Refusal, Rules, View, messages};
use crate::model::StoredAttachment;
use crate::{AttachmentId, Text};

pub(super) fn upload(
    rules: &Rules,
    view: &View,
    name: Option<&Text>,
    bytes: u64,
) -> Result<Decision, Refusal> {
    if !rules.policy.files_and_images {
        return Err(Refusal::FilesAndImages);
    }
    if bytes > rules.limits.attachment_bytes {
        return Err(Refusal::AttachmentTooLarge);
    }
    if view.unsent_bytes.saturating_add(bytes) > rules.limits.unsent_bytes {
        return Err(Refusal::TooMuchUnsent);
    }
    match name {
        Some(name) if name.bytes() > rules.limits.file_name_bytes => Err(Refusal::FileNameTooLong),
        _ => Ok(Decision::done()),
    }
}

fn find(view: &View, id: AttachmentId) -> Option<&StoredAttachment> {
    view.attachments.iter().find(|file| file.id == id)
}

/// The file that the command names, if this participant may see it: whoever sees the message does, and before there is
/// one the uploader alone.
fn named<'a>(
    view: &'a View,
    actor: &Actor,
    access: &Access<'_>,
    id: AttachmentId,
) -> Result<&'a StoredAttachment, Refusal> {
    let file = find(view, id).ok_or(Refusal::AttachmentNotFound)?;
    let visible = match file.message {
        Some(id) => messages::named(view, access).is_ok_and(|message| {
            // A store that mixes messages up is refused.
            message.id == id && message.deleted_at.is_none()
        }),
        None => file.uploader == actor.raw_id && access.actor.is_present(),
    };
    if visible { Ok(file) } else { Err(Refusal::AttachmentNotFound) }
}

pub(super) fn get(
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    id: AttachmentId,
) -> Result<Decision, Refusal> {
    named(view, actor, access, id).map(|_| Decision::grant(access.grant()))
}

pub(super) fn delete(
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
    id: AttachmentId,
) -> Result<Decision, Refusal> {
    let file = named(view, actor, access, id)?;
    if file.uploader != actor.raw_id {
        return Err(Refusal::NotSender);
    }
    if file.message.is_some() {
        return Err(Refusal::AttachmentSent);
    }
    draft.change(Change::DeleteAttachment(id));
    // Nothing of the thread changes: its numbers stay.
    Ok(draft.without_numbers(Outcome::Done))
}

/// What a message is sent with: each of the sender's own, none of them twice.
pub(super) fn to_send<'a>(
    view: &'a View,
    actor: &Actor,
    ids: &[AttachmentId],
) -> Result<Vec<&'a StoredAttachment>, Refusal> {
    let own = |(place, id): (usize, &AttachmentId)| {
        let file = find(view, *id)?;
        let free = file.uploader == actor.raw_id && file.message.is_none() && !ids[..place].contains(id);
        free.then_some(file)
    };
    ids.iter().enumerate().map(own).collect::<Option<_>>().ok_or(Refusal::AttachmentUnknown)
}
