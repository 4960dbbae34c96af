//! The endpoint's half: the calls of one engine.

mod actions;
mod app;
mod io;
mod leg;
mod media;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

pub use io::{CallEvent, Command, CommandError, EndpointConfig, EndpointInput, EndpointOutput, MediaEvent};

use actions::With;
use leg::LegData;

use crate::random::Ids;
use crate::recent::Recent;
use crate::table::leg::{Do, Leg, On, TABLE};
use crate::table::{Next, decide};
use crate::{CallId, CallState, DeviceId, ToSwitchboard};

/// The calls of one engine.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    device: DeviceId,
    ids: Ids,
    link_up: bool,
    legs: BTreeMap<CallId, LegData>,
    ended: Recent<()>,
    outputs: VecDeque<EndpointOutput>,
}

impl Endpoint {
    /// An endpoint without calls. All its ids come from `seed`: give each engine a random one.
    pub fn new(config: EndpointConfig, seed: u64) -> Self {
        let mut ids = Ids::new(seed);
        Self {
            device: DeviceId(ids.next()),
            ids,
            link_up: false,
            legs: BTreeMap::new(),
            ended: Recent::new(config.limits.ended_calls),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// The name of this engine towards the service; the link's hello carries it.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// A fresh call id for [`Command::Start`].
    pub fn next_call_id(&mut self) -> CallId {
        CallId(self.ids.next())
    }

    /// Takes in what happened at `now`.
    ///
    /// # Errors
    /// [`CommandError`] for an app's command that cannot be done; nothing changed then. What comes from the
    /// wire, the link and the media never leads to an error.
    pub fn handle(&mut self, now: Instant, input: EndpointInput) -> Result<(), CommandError> {
        match input {
            EndpointInput::App(command) => return self.app(now, command),
            EndpointInput::Wire(message) => self.wire(now, message),
            EndpointInput::LinkUp { resumed } => self.link_is_up(resumed),
            EndpointInput::LinkDown => self.link_up = false,
            EndpointInput::Media(event) => self.media(now, event),
            EndpointInput::Tick => self.tick(now),
        }
        Ok(())
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    pub fn poll(&mut self) -> Option<EndpointOutput> {
        self.outputs.pop_front()
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        self.legs.values().filter_map(|leg| leg.timers.next()).min()
    }

    /// The state of a call; `None` for a call that is over or never was.
    pub fn state(&self, call: CallId) -> Option<CallState> {
        self.legs.get(&call).map(|leg| leg.state.public())
    }

    /// The calls that are not over, in the order of their ids.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        self.legs.keys().copied()
    }

    /// A session of the link stands. A new one knows nothing of us: register, and say which calls there are.
    fn link_is_up(&mut self, resumed: bool) {
        self.link_up = true;
        if resumed {
            return;
        }
        self.send(ToSwitchboard::Register {
            display_name: self.config.display_name.clone(),
            capabilities: self.config.capabilities.clone(),
            push: self.config.push.clone(),
        });
        let calls = self.legs.iter().filter_map(|(call, leg)| leg.claim(*call)).collect();
        self.send(ToSwitchboard::Sync { calls });
    }

    fn tick(&mut self, now: Instant) {
        let calls: Vec<CallId> = self.legs.keys().copied().collect();
        for call in calls {
            while let Some(on) = self.legs.get_mut(&call).and_then(|leg| due(leg, now)) {
                self.quietly(now, call, on, With::Nothing);
            }
        }
    }

    fn send(&mut self, message: ToSwitchboard) {
        let command = self.ids.next();
        self.outputs.push_back(EndpointOutput::Send { command, message });
    }

    fn tell(&mut self, event: CallEvent) {
        self.outputs.push_back(EndpointOutput::Event(event));
    }

    /// One step of a leg that is not the app's doing.
    fn quietly(&mut self, now: Instant, call: CallId, on: On, with: With) {
        // Only commands can be refused, and these are none.
        let _ = self.step(now, call, on, with);
    }

    /// One step of a leg, as the table says.
    fn step(&mut self, now: Instant, call: CallId, on: On, with: With) -> Result<(), CommandError> {
        let Some(leg) = self.legs.get_mut(&call) else { return Err(CommandError::UnknownCall(call)) };
        let before = leg.state;
        let (next, actions) = decide(TABLE, before, on);
        if matches!(actions, [Do::Refuse]) {
            return Err(CommandError::WrongState(before.public()));
        }
        if let Next::Go(state) = next {
            leg.state = state;
        }
        let mut with = Some(with);
        for action in actions {
            self.act(now, call, *action, &mut with);
        }
        self.arrived(now, call, before);
        Ok(())
    }

    /// The leg may be in another state than `before`: tell the app, forget what is over, and let those go on
    /// that waited for it.
    fn arrived(&mut self, now: Instant, call: CallId, before: Leg) {
        let Some(leg) = self.legs.get(&call) else { return };
        let (state, told, reason, peer) = (leg.state, leg.told, leg.reason, leg.peer.clone());
        if state == Leg::Over {
            self.legs.remove(&call);
            self.ended.insert(call, ());
            // A call that goes on under another id was told as `Replaced`.
            if told {
                self.tell(CallEvent::State { call, state: CallState::Disconnected, reason });
            }
            return self.release(now, &peer);
        }
        if told && state.public() != before.public() {
            let reason = reason.filter(|_| state == Leg::Leaving);
            self.tell(CallEvent::State { call, state: state.public(), reason });
        }
        if before.calling() && !state.calling() {
            self.release(now, &peer);
        }
    }

    /// Calls of somebody whom we no longer call ourselves ring now.
    fn release(&mut self, now: Instant, peer: &liaison_identity::RawId) {
        if self.legs.values().any(|leg| leg.state.calling() && leg.peer == *peer) {
            return;
        }
        let held = self.legs.iter().find(|(_, leg)| leg.state == Leg::Held && leg.peer == *peer);
        if let Some(call) = held.map(|(call, _)| *call) {
            self.quietly(now, call, On::GlareOver, With::Nothing);
            self.release(now, peer);
        }
    }
}

/// The next timer of a leg that is due; it is stopped.
fn due(leg: &mut LegData, now: Instant) -> Option<On> {
    let timers = &mut leg.timers;
    let mut take = |timer: fn(&mut leg::Timers) -> &mut Option<Instant>| {
        let timer = timer(timers);
        let is_due = timer.is_some_and(|at| at <= now);
        if is_due {
            *timer = None;
        }
        is_due
    };
    if take(|timers| &mut timers.leaving) {
        Some(On::LeavingDue)
    } else if take(|timers| &mut timers.setup) {
        Some(On::SetupDue)
    } else if take(|timers| &mut timers.ring) {
        Some(On::RingDue)
    } else if take(|timers| &mut timers.media_setup) {
        Some(On::MediaSetupDue)
    } else if take(|timers| &mut timers.reconnect) {
        Some(On::ReconnectDue)
    } else if take(|timers| &mut timers.media_lost) {
        Some(On::MediaLostDue)
    } else {
        None
    }
}
