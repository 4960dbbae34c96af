//! Sizes.

use super::Refusal;
use crate::model::{Metadata, Participant, RetentionPolicy};
use crate::{ChatLimits, Text};

pub(super) fn topic(limits: &ChatLimits, topic: &Text) -> Result<(), Refusal> {
    if topic.is_blank() {
        Err(Refusal::TopicMissing)
    } else if topic.bytes() > limits.topic_bytes {
        Err(Refusal::TopicTooLong)
    } else {
        Ok(())
    }
}

pub(super) fn content(limits: &ChatLimits, content: &Text) -> Result<(), Refusal> {
    if content.is_blank() {
        Err(Refusal::ContentMissing)
    } else if content.bytes() > limits.message_bytes {
        Err(Refusal::ContentTooLarge)
    } else {
        Ok(())
    }
}

pub(super) fn metadata(limits: &ChatLimits, metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.bytes() > limits.metadata_bytes { Err(Refusal::MetadataTooLarge) } else { Ok(()) }
}

pub(super) fn display_name(limits: &ChatLimits, name: Option<&Text>) -> Result<(), Refusal> {
    match name {
        Some(name) if name.bytes() > limits.display_name_bytes => Err(Refusal::DisplayNameTooLong),
        _ => Ok(()),
    }
}

pub(super) fn participant(limits: &ChatLimits, participant: &Participant) -> Result<(), Refusal> {
    display_name(limits, participant.display_name.as_ref())?;
    metadata(limits, &participant.metadata)
}

pub(super) fn retention(limits: &ChatLimits, retention: RetentionPolicy) -> Result<(), Refusal> {
    match retention {
        RetentionPolicy::ThreadCreationDate { delete_thread_after_days: days }
            if !limits.retention_days.contains(&days) =>
        {
            Err(Refusal::RetentionDays)
        }
        _ => Ok(()),
    }
}
