//! Endpoints and a switchboard on an in-memory wire, in virtual time.
//!
//! Every message crosses as JSON. The wire is what the link makes of a bad one: ordered, nothing lost while the
//! session lasts, delayed by a seeded time, and (if asked) delivered twice. A session can be lost.
#![allow(dead_code, reason = "each scenario uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod look;
pub mod media;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use liaison_identity::{RawId, Scopes};
use liaison_signaling::{
    AuditEvent, CallEvent, CallId, CallRecord, CallState, Command, CommandError, EndReason, Endpoint,
    EndpointConfig, EndpointId, EndpointInput, MediaEvent, Switchboard, SwitchboardConfig, SwitchboardInput,
    ToEndpoint, ToSwitchboard,
};
use media::Media;

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
pub fn origin() -> Instant {
    Instant::now()
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
}

pub fn raw(text: &str) -> RawId {
    RawId::new(text).unwrap()
}

/// Names of endpoints in the tests are short: `kiosk`, `anna.desk`. The user is what stands before the dot.
pub fn user(name: &str) -> RawId {
    let user = name.split('.').next().unwrap();
    if user == "kiosk" { raw("8:acs:resource_kiosk") } else { raw(&format!("8:orgid:{user}")) }
}

/// What happens later.
enum Event {
    ToSwitchboard {
        endpoint: EndpointId,
        json: String,
    },
    ToEndpoint {
        endpoint: EndpointId,
        json: String,
    },
    Admission(SwitchboardInput),
    Media {
        name: String,
        event: MediaEvent,
    },
    /// Media of a call connects between these two.
    Up {
        call: CallId,
    },
}

pub struct Device {
    pub endpoint: Endpoint,
    pub media: Media,
    /// Its present session, while one stands.
    pub session: Option<EndpointId>,
    pub attached: bool,
    /// What it sent while it had no socket.
    queue: Vec<String>,
    pub events: Vec<CallEvent>,
    pub seen: Vec<ToEndpoint>,
    pub dead: bool,
}

pub struct World {
    pub start: Instant,
    pub now: Instant,
    pub switchboard: Switchboard,
    pub config: SwitchboardConfig,
    pub devices: BTreeMap<String, Device>,
    names: BTreeMap<EndpointId, String>,
    /// Sent to a session without a socket.
    waiting: BTreeMap<EndpointId, Vec<String>>,
    next_endpoint: u64,
    queue: BTreeMap<(Instant, u64), Event>,
    last_delivery: BTreeMap<(EndpointId, bool), Instant>,
    order: u64,
    random: Random,
    pub delay_ms: u64,
    /// In thousandths.
    pub duplicate: u64,
    pub records: BTreeMap<CallId, CallRecord>,
    pub refuse: BTreeMap<RawId, EndReason>,
    pub push_devices: BTreeMap<RawId, u32>,
    /// How long the store takes to decide.
    pub admission_ms: Option<u64>,
    pub wakes: Vec<(RawId, CallId)>,
    pub audits: Vec<AuditEvent>,
    pub admissions: u32,
    pub down: bool,
    pub scopes: Scopes,
    pub log: String,
    told: BTreeSet<(CallId, EndpointId, String)>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, SwitchboardConfig::default())
    }

    pub fn with(seed: u64, config: SwitchboardConfig) -> Self {
        let start = origin();
        Self {
            start,
            now: start,
            switchboard: Switchboard::new(config.clone(), seed),
            config,
            devices: BTreeMap::new(),
            names: BTreeMap::new(),
            waiting: BTreeMap::new(),
            next_endpoint: 1,
            queue: BTreeMap::new(),
            last_delivery: BTreeMap::new(),
            order: 0,
            random: Random(seed ^ 0x5EED),
            delay_ms: 20,
            duplicate: 0,
            records: BTreeMap::new(),
            refuse: BTreeMap::new(),
            push_devices: BTreeMap::new(),
            admission_ms: Some(1),
            wakes: Vec::new(),
            audits: Vec::new(),
            admissions: 0,
            down: false,
            scopes: Scopes::parse(["voip"]).unwrap(),
            log: String::new(),
            told: BTreeSet::new(),
        }
    }

    /// Adds an endpoint and signs it in.
    pub fn add(&mut self, name: &str) {
        self.add_with(name, EndpointConfig { display_name: name.to_owned(), ..EndpointConfig::default() });
    }

    pub fn add_with(&mut self, name: &str, config: EndpointConfig) {
        let seed = self.random.next();
        let device = Device {
            endpoint: Endpoint::new(config, seed),
            media: Media::default(),
            session: None,
            attached: false,
            queue: Vec::new(),
            events: Vec::new(),
            seen: Vec::new(),
            dead: false,
        };
        self.devices.insert(name.to_owned(), device);
        self.connect(name);
        self.settle();
    }

    pub fn device(&mut self, name: &str) -> &mut Device {
        self.devices.get_mut(name).unwrap()
    }

    fn at(&mut self, delay: Duration, event: Event) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order), event);
    }

    pub fn later(&mut self, ms: u64, name: &str, event: MediaEvent) {
        self.at(Duration::from_millis(ms), Event::Media { name: name.to_owned(), event });
    }

    // --- the link, as it behaves ---

    /// A socket: resumes the session if there is one, else makes a new one.
    pub fn connect(&mut self, name: &str) {
        if self.down || self.devices[name].attached {
            return;
        }
        let resumed = self.devices[name].session.is_some();
        let endpoint = self.devices[name].session.unwrap_or_else(|| {
            self.next_endpoint += 1;
            EndpointId(self.next_endpoint)
        });
        self.names.insert(endpoint, name.to_owned());
        let device = self.device(name);
        device.session = Some(endpoint);
        device.attached = true;
        let input = SwitchboardInput::Attached {
            endpoint,
            raw_id: user(name),
            device: device.endpoint.device(),
            scopes: self.scopes.clone(),
        };
        self.note(&format!("{name} attached, resumed: {resumed}"));
        self.switchboard.handle(self.now, input);
        for json in std::mem::take(&mut self.device(name).queue) {
            self.deliver(endpoint, json, true);
        }
        for json in self.waiting.remove(&endpoint).unwrap_or_default() {
            self.deliver(endpoint, json, false);
        }
        let now = self.now;
        self.device(name).endpoint.handle(now, EndpointInput::LinkUp { resumed }).unwrap();
        self.drain();
    }

    /// The socket breaks; the session stays. What is under way comes again when it is resumed.
    pub fn disconnect(&mut self, name: &str) {
        let now = self.now;
        let device = self.device(name);
        if !std::mem::take(&mut device.attached) {
            return;
        }
        let endpoint = device.session.unwrap();
        device.endpoint.handle(now, EndpointInput::LinkDown).unwrap();
        self.note(&format!("{name} detached"));
        self.hold_back(endpoint, name);
        if !self.down {
            self.switchboard.handle(now, SwitchboardInput::Detached { endpoint });
        }
        self.drain();
    }

    /// What was on the wire of a session goes back to its sender.
    fn hold_back(&mut self, endpoint: EndpointId, name: &str) {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        self.queue.retain(|_, event| match event {
            Event::ToSwitchboard { endpoint: of, json } if *of == endpoint => {
                up.push(json.clone());
                false
            }
            Event::ToEndpoint { endpoint: of, json } if *of == endpoint => {
                down.push(json.clone());
                false
            }
            _ => true,
        });
        up.append(&mut self.device(name).queue);
        self.device(name).queue = up;
        down.append(self.waiting.entry(endpoint).or_default());
        self.waiting.insert(endpoint, down);
    }

    /// The service loses the session: what it had for the endpoint is gone; what the endpoint sent comes again.
    pub fn lose_session(&mut self, name: &str) {
        self.disconnect(name);
        if let Some(endpoint) = self.device(name).session.take() {
            self.waiting.remove(&endpoint);
            self.names.remove(&endpoint);
        }
        self.drain();
    }

    /// The engine signs out.
    pub fn goodbye(&mut self, name: &str) {
        let endpoint = self.device(name).session.take().unwrap();
        self.device(name).attached = false;
        self.switchboard.handle(self.now, SwitchboardInput::Goodbye { endpoint });
        self.drain();
    }

    /// The engine is killed.
    pub fn kill(&mut self, name: &str) {
        self.disconnect(name);
        self.device(name).dead = true;
    }

    /// The service is killed: only what was committed is left.
    pub fn kill_service(&mut self) {
        self.down = true;
        for name in self.devices.keys().cloned().collect::<Vec<_>>() {
            self.lose_session(&name);
        }
        self.waiting.clear();
        self.queue.retain(|_, event| !matches!(event, Event::Admission(_)));
    }

    /// Another service starts, with the records (or, if the store is lost too, without).
    pub fn restart_service(&mut self, with_records: bool) {
        self.down = false;
        let seed = self.random.next();
        self.switchboard = Switchboard::new(self.config.clone(), seed);
        if !with_records {
            self.records.clear();
        }
        // They come back as they were written: as JSON.
        let records: Vec<CallRecord> = (self.records.values())
            .map(|record| serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap())
            .collect();
        self.switchboard.restore(self.now, records);
        self.drain();
    }

    fn deliver(&mut self, endpoint: EndpointId, json: String, up: bool) {
        let twice = self.random.below(1000) < self.duplicate;
        for _ in 0..=usize::from(twice) {
            let delay = self.delay_ms / 2 + self.random.below(self.delay_ms);
            let last = self.last_delivery.get(&(endpoint, up)).copied().unwrap_or(self.now);
            let at = (self.now + Duration::from_millis(delay)).max(last);
            self.last_delivery.insert((endpoint, up), at);
            let json = json.clone();
            let event = if up {
                Event::ToSwitchboard { endpoint, json }
            } else {
                Event::ToEndpoint { endpoint, json }
            };
            self.order += 1;
            self.queue.insert((at, self.order), event);
        }
    }

    // --- the app ---

    pub fn command(&mut self, name: &str, command: Command) -> Result<(), CommandError> {
        let now = self.now;
        let result = self.device(name).endpoint.handle(now, EndpointInput::App(command));
        self.drain();
        result
    }

    pub fn call(&mut self, name: &str, to: &str) -> CallId {
        let call = self.device(name).endpoint.next_call_id();
        let start = Command::Start { call, to: user(to), display_name: String::new() };
        self.command(name, start).unwrap();
        call
    }

    /// A call that is answered, with media.
    pub fn connected(&mut self, from: &str, to: &str) -> CallId {
        let call = self.call(from, to);
        self.run(500);
        self.command(to, Command::Accept { call }).unwrap();
        self.run(500);
        assert_eq!(
            (self.state(from, call), self.state(to, call)),
            (CallState::Connected, CallState::Connected)
        );
        self.clear();
        call
    }

    /// Says something on behalf of an endpoint that its core would not say.
    pub fn forge(&mut self, name: &str, message: &ToSwitchboard) {
        let endpoint = self.devices[name].session.unwrap();
        self.deliver(endpoint, serde_json::to_string(message).unwrap(), true);
    }

    /// The same in the other direction.
    pub fn forge_down(&mut self, name: &str, message: &ToEndpoint) {
        let endpoint = self.devices[name].session.unwrap();
        self.deliver(endpoint, serde_json::to_string(message).unwrap(), false);
    }
}
