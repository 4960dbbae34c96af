//! A new thread.

use super::draft::Draft;
use super::participants::{self, Sorted};
use super::{Actor, Change, CreateThread, Decision, Outcome, Refusal, Rules, check};
use crate::event::{EventActor, ThreadFacts};
use crate::model::{Heads, MessageContent, MessageKind, Metadata, Participant, Participation, Side, Thread};
use crate::{EventKind, UnixMillis};

/// The creator is a participant without being named, and may be named to give a name or metadata. The history opens
/// with who was added and the topic; the only event is that of the creation.
pub(super) fn create(
    rules: &Rules,
    actor: &Actor,
    command: CreateThread,
    now: UnixMillis,
) -> Result<Decision, Refusal> {
    if actor.side == Side::Staff && !rules.policy.staff_start_threads {
        return Err(Refusal::StaffStart);
    }
    check::topic(&rules.limits, &command.topic)?;
    check::metadata(&rules.limits, &command.metadata)?;
    check::retention(&rules.limits, command.retention)?;
    let Sorted { mut members, invalid } = participants::sort(rules, command.participants)?;
    let own = members.iter().position(|(member, _)| member.raw_id == actor.raw_id);
    let creator = own.map_or_else(
        || Participant {
            raw_id: actor.raw_id.clone(),
            display_name: command.creator_name,
            share_history_from: UnixMillis::default(),
            metadata: Metadata::default(),
        },
        |at| members.remove(at).0,
    );
    members.insert(0, (creator.clone(), actor.side));
    if members.len() > rules.limits.participants as usize {
        return Err(Refusal::ThreadFull);
    }

    let mut draft = Draft::of(command.id.clone(), Heads::default(), now);
    let participants: Vec<Participant> = members.iter().map(|(member, _)| member.clone()).collect();
    let content = MessageContent { participants: participants.clone(), ..MessageContent::default() };
    let added = draft.system_message(MessageKind::ParticipantAdded, &actor.raw_id, content);
    let content = MessageContent { topic: Some(command.topic.clone()), ..MessageContent::default() };
    draft.system_message(MessageKind::TopicUpdated, &actor.raw_id, content);
    let created_at = added.created_at();
    let joined_event = draft.next_event();
    for (participant, side) in members {
        draft.count(side, 1);
        let row = Participation { participant, joined_at: created_at, joined_event, removed: None };
        draft.change(Change::PutParticipation(row));
    }
    let mut thread = Thread {
        id: command.id,
        topic: command.topic,
        created_at,
        created_by: actor.raw_id.clone(),
        deleted_at: None,
        metadata: command.metadata,
        retention: command.retention,
        heads: Heads::default(),
    };
    let created_by = EventActor { raw_id: creator.raw_id, display_name: creator.display_name };
    let properties = ThreadFacts::from(&thread);
    draft.event(created_at, EventKind::ChatThreadCreated { properties, created_by, participants });
    thread.heads = draft.heads();
    Ok(draft.finish_new(thread.clone(), Outcome::Created { thread, invalid }))
}
