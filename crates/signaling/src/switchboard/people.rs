//! Who is there: the attached endpoints, by handle, user and device.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use liaison_identity::RawId;

use crate::{DeviceId, EndpointId, Limits};

/// One endpoint.
#[derive(Debug, Clone)]
pub(super) struct Present {
    pub raw_id: RawId,
    pub device: DeviceId,
    /// Its token allows calls, and it is not one device too many.
    pub may_call: bool,
    /// It is one device too many.
    pub surplus: bool,
    /// `None`: attached. Otherwise since when its socket is gone.
    pub detached: Option<Instant>,
    /// It takes calls.
    pub registered: bool,
    pub display_name: String,
}

/// All endpoints. A device has at most one.
#[derive(Debug, Default)]
pub(super) struct People {
    endpoints: BTreeMap<EndpointId, Present>,
    devices: BTreeMap<(RawId, DeviceId), EndpointId>,
}

impl People {
    pub fn get(&self, endpoint: EndpointId) -> Option<&Present> {
        self.endpoints.get(&endpoint)
    }

    pub fn get_mut(&mut self, endpoint: EndpointId) -> Option<&mut Present> {
        self.endpoints.get_mut(&endpoint)
    }

    /// Adds an endpoint; another one of the same device is gone then. Gives the handle of one that had to make
    /// room: a detached one of a user with too many.
    pub fn insert(
        &mut self,
        endpoint: EndpointId,
        mut present: Present,
        limits: &Limits,
    ) -> Option<EndpointId> {
        self.remove(endpoint);
        if let Some(former) = self.endpoint(&present.raw_id, present.device) {
            self.remove(former);
        }
        let mut evicted = None;
        if self.of_user(&present.raw_id).count() >= limits.endpoints_per_user {
            evicted = self
                .of_user(&present.raw_id)
                .filter_map(|(endpoint, present)| present.detached.map(|since| (since, endpoint)))
                .min()
                .map(|(_, endpoint)| endpoint);
            match evicted {
                Some(evicted) => self.remove(evicted),
                None => {
                    present.may_call = false;
                    present.surplus = true;
                }
            }
        }
        self.devices.insert((present.raw_id.clone(), present.device), endpoint);
        self.endpoints.insert(endpoint, present);
        evicted
    }

    pub fn remove(&mut self, endpoint: EndpointId) {
        if let Some(present) = self.endpoints.remove(&endpoint) {
            let device = (present.raw_id, present.device);
            if self.devices.get(&device) == Some(&endpoint) {
                self.devices.remove(&device);
            }
        }
    }

    /// The endpoint of a device.
    pub fn endpoint(&self, raw_id: &RawId, device: DeviceId) -> Option<EndpointId> {
        self.devices.get(&(raw_id.clone(), device)).copied()
    }

    /// Whether a device has a socket now.
    pub fn is_attached(&self, raw_id: &RawId, device: DeviceId) -> bool {
        self.endpoint(raw_id, device)
            .and_then(|endpoint| self.get(endpoint))
            .is_some_and(|p| p.detached.is_none())
    }

    /// The endpoints of a user, in the order of their devices.
    pub fn of_user<'a>(&'a self, raw_id: &RawId) -> impl Iterator<Item = (EndpointId, &'a Present)> {
        let from = (raw_id.clone(), DeviceId(0));
        let to = (raw_id.clone(), DeviceId(u128::MAX));
        self.devices
            .range(from..=to)
            .filter_map(|(_, endpoint)| self.endpoints.get(endpoint).map(|present| (*endpoint, present)))
    }

    /// The endpoints that a call to this user rings: registered, and not gone for longer than `reach`.
    pub fn ringable(&self, raw_id: &RawId, now: Instant, reach: Duration) -> Vec<EndpointId> {
        self.of_user(raw_id)
            .filter(|(_, present)| present.registered && present.may_call)
            .filter(|(_, present)| {
                present.detached.is_none_or(|since| now.saturating_duration_since(since) < reach)
            })
            .map(|(endpoint, _)| endpoint)
            .collect()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        assert!(self.devices.len() <= self.endpoints.len());
        self.endpoints.len()
    }
}
