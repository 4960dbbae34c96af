//! Topic, metadata, retention, and the end of a thread.

use super::access::Access;
use super::draft::Draft;
use super::{Change, Decision, Outcome, Refusal, Rules, UpdateThread, check};
use crate::EventKind;
use crate::event::{ThreadDeletion, ThreadFacts};
use crate::model::{MessageContent, MessageKind, Patch, RetentionPolicy, SystemMessage, Thread};

/// What does not differ is no change: no message, no event.
pub(super) fn update(
    rules: &Rules,
    access: &Access<'_>,
    mut draft: Draft,
    command: UpdateThread,
) -> Result<Decision, Refusal> {
    let old = access.thread;
    let new = Thread {
        topic: command.topic.unwrap_or_else(|| old.topic.clone()),
        metadata: command.metadata.apply(&old.metadata),
        retention: match command.retention {
            Patch::Keep => old.retention,
            Patch::Clear => RetentionPolicy::None,
            Patch::Set(retention) => retention,
        },
        ..old.clone()
    };
    check::topic(&rules.limits, &new.topic)?;
    check::metadata(&rules.limits, &new.metadata)?;
    check::retention(&rules.limits, new.retention)?;
    if new == *old {
        return Ok(Decision::done());
    }
    let updated_by = access.doer();
    let mut system_message = None;
    if new.topic != old.topic {
        let content = MessageContent { topic: Some(new.topic.clone()), ..MessageContent::default() };
        let message = draft.system_message(MessageKind::TopicUpdated, &updated_by.raw_id, content);
        system_message = Some(SystemMessage::from(&message));
        draft.change(Change::SetTopic(new.topic.clone()));
    } else {
        draft.stamp();
    }
    if new.metadata != old.metadata {
        draft.change(Change::SetMetadata(new.metadata.clone()));
    }
    if new.retention != old.retention {
        draft.change(Change::SetRetention(new.retention));
    }
    let (at, properties) = (draft.heads().stamp, ThreadFacts::from(&new));
    draft.event(at, EventKind::ChatThreadPropertiesUpdated { properties, updated_by, system_message });
    Ok(draft.finish(Outcome::Done))
}

pub(super) fn delete(access: &Access<'_>, mut draft: Draft) -> Decision {
    let at = draft.stamp();
    draft.change(Change::MarkDeleted(at));
    let deleted_by = Some(access.doer());
    draft.event(at, EventKind::ChatThreadDeleted { deleted_by, reason: ThreadDeletion::DeletedByUser });
    draft.finish(Outcome::Done)
}
