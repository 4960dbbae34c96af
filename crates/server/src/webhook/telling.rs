//! The bodies of requests: Event Grid's events in JSON arrays.

use crate::store::{Member, Webhook};
use liaison_chat::event_grid::{GridEvent, for_thread, for_user};
use liaison_chat::{Event, UnixMillis};
use sha2::{Digest, Sha256};

/// The bodies that tell an event, each of at most `most` bytes unless one event alone is larger. None when the webhook
/// wants nothing of it. `created_at`: of the thread.
pub(super) fn bodies<'a>(
    hook: &'a Webhook,
    event: &'a Event,
    members: &'a [Member],
    created_at: UnixMillis,
    most: usize,
) -> impl Iterator<Item = String> + Send + 'a {
    let hears = members.iter().filter(move |member| member.hears(event.sequence));
    let each = hears
        .flat_map(move |member| for_user(event, created_at, &member.raw_id, !member.is_kept_from(event)));
    let all = for_thread(event, created_at).into_iter().chain(each);
    let wanted = all.filter(move |told| hook.events.is_empty() || hook.events.contains(&told.kind));
    let mut texts = wanted.map(move |told| text(told, hook, event)).peekable();
    std::iter::from_fn(move || {
        let mut body = format!("[{}", texts.next()?);
        while let Some(next) = texts.next_if(|next| body.len() + next.len() + 2 <= most) {
            body.push(',');
            body.push_str(&next);
        }
        body.push(']');
        Some(body)
    })
}

fn text(told: GridEvent, hook: &Webhook, event: &Event) -> String {
    let id = id(&told, event);
    let topic = format!(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/liaison/providers/\
         Microsoft.Communication/communicationServices/{}",
        hook.key.owner
    );
    told.envelope(&id, &topic).to_string()
}

/// A GUID that is the same whenever, and to whichever webhook, this is told (RFC 9562, version 8).
fn id(told: &GridEvent, event: &Event) -> String {
    let sequence = event.sequence.map_or(0, |sequence| sequence.0);
    let name = format!("{} {sequence} {} {}", event.thread, told.kind, told.subject);
    let hash = Sha256::digest(name.as_bytes());
    let mut hex: Vec<u8> = hash.iter().take(16).flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    if let Some(version) = hex.get_mut(12) {
        *version = b'8';
    }
    if let Some(variant) = hex.get_mut(16) {
        *variant = b'a';
    }
    let hex = String::from_utf8_lossy(&hex).into_owned();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
