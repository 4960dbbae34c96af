//! Adding and removing.

use std::collections::BTreeSet;

use liaison_identity::RawId;

use super::access::Access;
use super::draft::Draft;
use super::{
    Admission, Change, Decision, InvalidParticipant, NewParticipant, Outcome, Refusal, Rules, View, check,
};
use crate::EventKind;
use crate::event::EventActor;
use crate::model::{MessageContent, MessageKind, Participant, Participation, Removal, Side, SystemMessage};

/// Those named, each once.
pub(super) struct Sorted {
    /// Who may be added.
    pub members: Vec<(Participant, Side)>,
    /// Who may not.
    pub invalid: Vec<InvalidParticipant>,
}

pub(super) fn sort(rules: &Rules, named: Vec<NewParticipant>) -> Result<Sorted, Refusal> {
    if named.len() > rules.limits.batch {
        return Err(Refusal::BatchTooLarge);
    }
    let mut seen = BTreeSet::new();
    let mut sorted = Sorted { members: Vec::new(), invalid: Vec::new() };
    for NewParticipant { participant, admission } in named {
        check::participant(&rules.limits, &participant)?;
        if !seen.insert(participant.raw_id.clone()) {
            continue;
        }
        let refusal = match (Side::of(&participant.raw_id), admission) {
            (Some(side), Admission::Admitted) => {
                sorted.members.push((participant, side));
                continue;
            }
            (Some(_), Admission::Refused) => Refusal::FederationRefused,
            (None, _) => Refusal::CannotChat,
        };
        sorted.invalid.push(InvalidParticipant { raw_id: participant.raw_id, refusal });
    }
    Ok(sorted)
}

fn row<'a>(view: &'a View, raw_id: &RawId) -> Option<&'a Participation> {
    view.targets.iter().find(|row| row.participant.raw_id == *raw_id)
}

impl Access<'_> {
    pub(super) fn doer(&self) -> EventActor {
        let participant = &self.actor.participant;
        EventActor { raw_id: participant.raw_id.clone(), display_name: participant.display_name.clone() }
    }
}

/// Those already there stay as they are; all the others are added, or none when the thread would be too full.
pub(super) fn add(
    rules: &Rules,
    view: &View,
    access: &Access<'_>,
    mut draft: Draft,
    named: Vec<NewParticipant>,
) -> Result<Decision, Refusal> {
    if named.is_empty() {
        return Err(Refusal::NoParticipants);
    }
    let Sorted { mut members, invalid } = sort(rules, named)?;
    members.retain(|(member, _)| !row(view, &member.raw_id).is_some_and(Participation::is_present));
    if members.is_empty() {
        return Ok(Decision::answer(Outcome::Added { invalid }));
    }
    if draft.heads().participants() as usize + members.len() > rules.limits.participants as usize {
        return Err(Refusal::ThreadFull);
    }
    let participants: Vec<Participant> = members.iter().map(|(member, _)| member.clone()).collect();
    let added_by = access.doer();
    let content = MessageContent { participants: participants.clone(), ..MessageContent::default() };
    let message = draft.system_message(MessageKind::ParticipantAdded, &added_by.raw_id, content);
    let joined_event = draft.next_event();
    for (participant, side) in members {
        draft.count(side, 1);
        let row = Participation { participant, joined_at: message.created_at(), joined_event, removed: None };
        draft.change(Change::PutParticipation(row));
    }
    let system_message = SystemMessage::from(&message);
    draft
        .event(message.created_at(), EventKind::ParticipantsAdded { participants, added_by, system_message });
    Ok(draft.finish(Outcome::Added { invalid }))
}

/// One participant; also oneself. Somebody removed before stays removed.
pub(super) fn remove(
    view: &View,
    access: &Access<'_>,
    mut draft: Draft,
    removed: &RawId,
) -> Result<Decision, Refusal> {
    let row = row(view, removed).ok_or(Refusal::ParticipantNotFound)?;
    if !row.is_present() {
        return Ok(Decision::done());
    }
    let removed_by = access.doer();
    let participants = vec![row.participant.clone()];
    let content = MessageContent { participants: participants.clone(), ..MessageContent::default() };
    let message = draft.system_message(MessageKind::ParticipantRemoved, &removed_by.raw_id, content);
    let removal = Removal { at: message.created_at(), event: draft.next_event() };
    // Whoever is in a thread has a side; a store that says otherwise has counted nobody.
    if let Some(side) = Side::of(removed) {
        draft.count(side, -1);
    }
    draft.change(Change::PutParticipation(Participation { removed: Some(removal), ..row.clone() }));
    let system_message = SystemMessage::from(&message);
    draft.event(removal.at, EventKind::ParticipantsRemoved { participants, removed_by, system_message });
    Ok(draft.finish(Outcome::Done))
}
