//! The federation's word on those who are to be added to a thread.

use crate::account::Account;
use crate::federation::{Activity, Cause, decide};
use crate::store::{NewAudit, Owner, PartyFacts, Store, StoreError, SwitchboardWrites};
use liaison_chat::model::Participant;
use liaison_chat::rules::{Admission, NewParticipant};
use liaison_identity::RawId;

/// Asks about each, and notes in the audit log what was refused: whoever asked is not told why.
/// Everybody gets the one spelling of their raw id.
pub(crate) async fn admit(
    store: &dyn Store,
    actor: &Account,
    named: Vec<Participant>,
) -> Result<Vec<NewParticipant>, StoreError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<Option<Account>> =
        named.iter().map(|participant| Account::of(participant.raw_id.as_str())).collect();
    let (from, others) = store.federation_facts_of_many(actor, accounts.clone()).await?;
    let mut audit = Vec::new();
    let mut judged = Vec::with_capacity(named.len());
    for ((mut participant, account), facts) in named.into_iter().zip(accounts).zip(others) {
        if let Some(account) = &account {
            participant.raw_id = account.raw_id();
        }
        if let PartyFacts::Staff(member) = &facts {
            participant.display_name = Some(member.user.card().display_name.into());
        }
        // Nobody needs leave to be in their own thread.
        let own = account.as_ref() == Some(actor);
        let verdict = if own { Ok(()) } else { decide(Activity::Chat, &from, &facts) };
        if let Some(line) = line(actor, &participant.raw_id, account.as_ref(), verdict) {
            audit.push(line);
        }
        let admission = if verdict.is_ok() { Admission::Admitted } else { Admission::Refused };
        judged.push(NewParticipant { participant, admission });
    }
    if !audit.is_empty() {
        store.commit(SwitchboardWrites { audit, ..SwitchboardWrites::default() }).await?;
    }
    Ok(judged)
}

/// What crosses the border of a resource or a tenant, and what is refused, is noted.
fn line(
    actor: &Account,
    target: &RawId,
    account: Option<&Account>,
    verdict: Result<(), Cause>,
) -> Option<NewAudit> {
    let crosses = matches!(
        (actor, account),
        (Account::AppUser { .. }, Some(Account::Staff { .. }))
            | (Account::Staff { .. }, Some(Account::AppUser { .. }))
    );
    let (outcome, reason) = match verdict {
        Ok(()) if !crosses => return None,
        Ok(()) => ("allowed", ""),
        Err(cause) => ("refused", cause.row().audit),
    };
    Some(NewAudit {
        owner: Owner::Parties,
        action: "chat",
        outcome,
        reason: reason.into(),
        actor: actor.to_string(),
        target: target.to_string(),
        call: None,
    })
}
