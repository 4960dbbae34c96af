//! What the switchboard says.

use std::time::Instant;

use liaison_identity::RawId;

use super::actions::With;
use super::leg::LegData;
use super::{CallEvent, Endpoint};
use crate::table::leg::{Leg, On};
use crate::{CallId, Description, DescriptionKind, EndReason, PeerLinkState, ToEndpoint, ToSwitchboard};

impl Endpoint {
    pub(super) fn wire(&mut self, now: Instant, message: ToEndpoint) {
        let Some(call) = message.call() else {
            match message {
                ToEndpoint::Registered => self.tell(CallEvent::Registered),
                ToEndpoint::NotRegistered { reason } => self.tell(CallEvent::NotRegistered { reason }),
                _ => {}
            }
            return;
        };
        let (on, with) = match message {
            ToEndpoint::Incoming { from, display_name, description, .. } => {
                return self.incoming(now, call, from, display_name, description);
            }
            ToEndpoint::Merged { into, from, display_name, description, .. } => {
                return self.merged(now, call, into, from, display_name, description);
            }
            _ if !self.legs.contains_key(&call) => return self.stray(call, &message),
            ToEndpoint::Admitted { .. } => (On::Admitted, With::Nothing),
            ToEndpoint::Ringing { .. } => (On::Ringing, With::Nothing),
            ToEndpoint::Waking { .. } => (On::Waking, With::Nothing),
            ToEndpoint::Accepted { description, .. } => (On::Accepted, With::Answer(description)),
            ToEndpoint::Ended { reason, .. } => (On::Ended, With::Reason(reason)),
            ToEndpoint::Describe { description, .. } => return self.described(now, call, description),
            ToEndpoint::Candidate { session, revision, candidate, .. } => {
                (On::RemoteCandidate, With::Candidate { session, revision, candidate })
            }
            ToEndpoint::PeerMuted { muted, .. } => (On::PeerMuted, With::Flag(muted)),
            ToEndpoint::PeerHeld { held: true, .. } => (On::PeerHeld, With::Nothing),
            ToEndpoint::PeerHeld { held: false, .. } => (On::PeerResumed, With::Nothing),
            ToEndpoint::PeerLink { link, .. } => self.peer_link(call, link),
            ToEndpoint::Recording { state, by, announcement, .. } => {
                (On::Recording, With::Recording { state, by, announcement })
            }
            ToEndpoint::NoticeAcknowledged { by, .. } => (On::NoticeAcknowledged, With::By(by)),
            ToEndpoint::Lobby { by, announcement, .. } => (On::Lobby, With::Lobby { by, announcement }),
            ToEndpoint::LobbyLeft { .. } => (On::LobbyLeft, With::Nothing),
            ToEndpoint::Problem { code, .. } => (On::Problem, With::Problem(code)),
            // These are about no call.
            ToEndpoint::Registered | ToEndpoint::NotRegistered { .. } | ToEndpoint::Synced { .. } => return,
        };
        self.quietly(now, call, on, with);
    }

    fn peer_link(&self, call: CallId, link: PeerLinkState) -> (On, With) {
        let silent = self.legs.get(&call).is_some_and(|leg| leg.interrupted);
        match link {
            PeerLinkState::Up => (On::PeerLink, With::Flag(true)),
            PeerLinkState::Down => (On::PeerLink, With::Flag(false)),
            PeerLinkState::Gone if silent => (On::PeerGoneSilent, With::Nothing),
            PeerLinkState::Gone => (On::PeerGone, With::Flag(false)),
        }
    }

    fn incoming(
        &mut self,
        now: Instant,
        call: CallId,
        from: RawId,
        display_name: String,
        offer: Description,
    ) {
        if self.ended.get(call).is_some() {
            return;
        }
        let glare = self.legs.values().any(|leg| leg.state.calling() && leg.peer == from);
        let busy = self.legs.len() >= self.config.max_calls;
        let on = match (busy, glare) {
            (_, true) => On::IncomingGlare,
            (true, false) => On::IncomingBusy,
            (false, false) => On::Incoming,
        };
        self.ensure(call, from, display_name, offer);
        self.quietly(now, call, on, With::Nothing);
    }

    /// Our call goes on as another one, which is answered at once; unless the app has hung up meanwhile.
    fn merged(
        &mut self,
        now: Instant,
        call: CallId,
        into: CallId,
        from: RawId,
        display_name: String,
        offer: Description,
    ) {
        match self.legs.get(&call).map(|leg| leg.state) {
            Some(state) if state.calling() || state == Leg::Leaving => {
                // Also when the app declined their call before it made its own: it wants to talk now.
                if state.calling() {
                    self.ensure(into, from, display_name, offer);
                }
                self.quietly(now, call, On::Merged, With::Into(into));
            }
            // We gave it up before we heard of this, or heard of it already.
            _ if self.legs.contains_key(&into) || self.ended.get(into).is_some() => {}
            _ => {
                self.ended.insert(into, ());
                self.send(ToSwitchboard::Reject { call: into, busy: false });
            }
        }
    }

    /// A leg for a call that comes in, with its offer.
    fn ensure(&mut self, call: CallId, from: RawId, display_name: String, offer: Description) {
        if self.legs.contains_key(&call) {
            return;
        }
        let limit = display_name.floor_char_boundary(self.config.limits.display_name_bytes);
        let mut leg = LegData::new(from, false, display_name[..limit].to_owned());
        leg.main().note_remote(&offer, false);
        leg.main().keep_offer(offer);
        self.legs.insert(call, leg);
    }

    fn described(&mut self, now: Instant, call: CallId, description: Description) {
        let limits = self.config.limits;
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let known = leg.sessions.contains_key(&description.session) || leg.sessions.len() < limits.sessions;
        if !known || description.sdp.len() > limits.sdp_bytes {
            return;
        }
        let outgoing = leg.outgoing;
        let session = leg.sessions.entry(description.session).or_default();
        let on = if !session.note_remote(&description, outgoing) {
            On::StaleDescription
        } else if description.kind == DescriptionKind::Offer {
            On::RemoteOffer
        } else {
            On::RemoteAnswer
        };
        self.quietly(now, call, on, With::Description(description));
    }

    /// A message about a call that is not there. One that just ended is no surprise; of any other the
    /// switchboard believes that we are in it, so it must be told.
    fn stray(&mut self, call: CallId, message: &ToEndpoint) {
        let believes = matches!(
            message,
            ToEndpoint::Accepted { .. } | ToEndpoint::Describe { .. } | ToEndpoint::Recording { .. }
        );
        if believes && self.ended.get(call).is_none() {
            self.ended.insert(call, ());
            self.send(ToSwitchboard::HangUp { call, reason: EndReason::ABRUPT });
        }
    }
}
