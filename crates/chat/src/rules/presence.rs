//! Receipts and typing.

use super::access::Access;
use super::draft::Draft;
use super::{Actor, Change, Decision, Outcome, Refusal, Rules, View, check, messages};
use crate::model::ReadReceipt;
use crate::{EventKind, Text};

fn small(rules: &Rules, access: &Access<'_>) -> Result<(), Refusal> {
    let counted = access.thread.heads.counted();
    if counted > rules.limits.receipts_and_typing_participants { Err(Refusal::LargeThread) } else { Ok(()) }
}

/// A receipt never goes back: one for an older message, or the same, changes nothing.
pub(super) fn receipt(
    rules: &Rules,
    view: &View,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
) -> Result<Decision, Refusal> {
    small(rules, access)?;
    let message = messages::named(view, access)?;
    if view.receipt.as_ref().is_some_and(|receipt| receipt.message >= message.id) {
        return Ok(Decision::done());
    }
    let receipt = ReadReceipt { reader: actor.raw_id.clone(), message: message.id, read_at: draft.now() };
    draft.change(Change::PutReceipt(receipt.clone()));
    let (at, client_id) = (draft.now(), message.client_id.clone());
    draft.event(at, EventKind::ReadReceiptReceived { receipt, client_id });
    Ok(draft.finish(Outcome::Done))
}

pub(super) fn typing(
    rules: &Rules,
    actor: &Actor,
    access: &Access<'_>,
    mut draft: Draft,
    sender_display_name: Option<Text>,
) -> Result<Decision, Refusal> {
    small(rules, access)?;
    check::display_name(&rules.limits, sender_display_name.as_ref())?;
    let sender_display_name = access.called(actor, sender_display_name);
    draft.passing_event(EventKind::TypingIndicatorReceived {
        sender: actor.raw_id.clone(),
        sender_display_name,
    });
    Ok(draft.finish(Outcome::Done))
}
