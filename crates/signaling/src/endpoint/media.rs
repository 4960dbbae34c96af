//! What the media does.

use std::time::Instant;

use super::actions::With;
use super::{Endpoint, MediaEvent};
use crate::table::leg::On;
use crate::{CallId, Description, DescriptionKind, MediaSessionId};

impl Endpoint {
    pub(super) fn media(&mut self, now: Instant, event: MediaEvent) {
        let (call, session, on, with) = match event {
            MediaEvent::LocalDescription { call, description } => {
                return self.local_description(now, call, description);
            }
            MediaEvent::LocalCandidate { call, session, revision, candidate } => {
                if candidate.len() > self.config.limits.candidate_bytes {
                    return;
                }
                (call, session, On::LocalCandidate, With::Candidate { session, revision, candidate })
            }
            MediaEvent::Connected { call, session } => (call, session, On::MediaConnected, With::Nothing),
            MediaEvent::Interrupted { call, session, silent_for } => {
                let since = now.checked_sub(silent_for).unwrap_or(now);
                (call, session, On::MediaInterrupted, With::Since(since))
            }
            MediaEvent::Restored { call, session } => (call, session, On::MediaRestored, With::Nothing),
            MediaEvent::Failed { call, session } => (call, session, On::MediaFailed, With::Nothing),
        };
        // Whether the call lives is decided by its main session; and nobody asks one that is closed.
        let open = self.legs.get(&call).and_then(|leg| leg.sessions.get(&session)).is_some_and(|s| s.open);
        let of_any_session = on == On::LocalCandidate;
        if open && (of_any_session || session == MediaSessionId::MAIN) {
            self.quietly(now, call, on, with);
        }
    }

    fn local_description(&mut self, now: Instant, call: CallId, description: Description) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let joined = leg.state.joined();
        let Some(session) = leg.sessions.get_mut(&description.session).filter(|session| session.open) else {
            return;
        };
        if description.session != MediaSessionId::MAIN && !joined {
            return;
        }
        if description.sdp.len() > self.config.limits.sdp_bytes {
            // Nobody would take it: the session cannot be set up.
            return self.quietly(now, call, On::MediaFailed, With::Nothing);
        }
        session.note_local(&description);
        let on = match description.kind {
            DescriptionKind::Offer => On::LocalOffer,
            DescriptionKind::Answer => On::LocalAnswer,
        };
        self.quietly(now, call, on, With::Description(description));
    }
}
