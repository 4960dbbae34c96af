//! The endpoint's half: the calls of one engine.

mod io;

use std::time::Instant;

pub use io::{CallEvent, Command, CommandError, EndpointConfig, EndpointInput, EndpointOutput, MediaEvent};

use crate::{CallId, CallState, DeviceId};

/// The calls of one engine.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    device: DeviceId,
}

impl Endpoint {
    /// An endpoint without calls. All its ids come from `seed`: give each engine a random one.
    pub fn new(config: EndpointConfig, seed: u64) -> Self {
        Self { config, device: DeviceId(u128::from(seed)) }
    }

    /// The name of this engine towards the service; the link's hello carries it.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// A fresh call id for [`Command::Start`].
    pub fn next_call_id(&mut self) -> CallId {
        CallId(0)
    }

    /// Takes in what happened at `now`.
    ///
    /// # Errors
    /// [`CommandError`] for an app's command that cannot be done; nothing changed then. What comes from the
    /// wire, the link and the media never leads to an error.
    pub fn handle(&mut self, now: Instant, input: EndpointInput) -> Result<(), CommandError> {
        let _ = (now, input, &self.config);
        Ok(())
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    pub fn poll(&mut self) -> Option<EndpointOutput> {
        None
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The state of a call; `None` for a call that is over or never was.
    pub fn state(&self, call: CallId) -> Option<CallState> {
        let _ = call;
        None
    }

    /// The calls that are not over, in the order of their ids.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        std::iter::empty()
    }
}
