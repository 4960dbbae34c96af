//! Time passes: deadlines, deliveries, and what the cores want done.

use std::time::Duration;

use liaison_signaling::{
    Admission, CallId, CallPhase, EndpointInput, EndpointOutput, MediaEvent, SwitchboardInput,
    SwitchboardOutput, ToEndpoint, ToSwitchboard,
};

use super::{Event, World, media};

impl World {
    pub fn settle(&mut self) {
        self.run(200);
    }

    pub fn run(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        loop {
            self.drain();
            let endpoints = self.devices.values().filter(|d| !d.dead).filter_map(|d| d.endpoint.deadline());
            let switchboard = self.switchboard.deadline().filter(|_| !self.down);
            let event = self.queue.keys().next().map(|key| key.0);
            let Some(next) = endpoints.chain(switchboard).chain(event).min().filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if event.is_some_and(|at| at <= self.now) {
                let (_, event) = self.queue.pop_first().unwrap();
                self.happen(event);
            } else {
                let now = self.now;
                for device in self.devices.values_mut().filter(|device| !device.dead) {
                    device.endpoint.handle(now, EndpointInput::Tick).unwrap();
                }
                if !self.down {
                    self.switchboard.handle(now, SwitchboardInput::Tick);
                }
            }
        }
        self.now = end;
    }

    /// Whether a message is on its way.
    pub fn in_flight(&self) -> bool {
        self.queue
            .values()
            .any(|event| matches!(event, Event::ToSwitchboard { .. } | Event::ToEndpoint { .. }))
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::ToSwitchboard { endpoint, json } => {
                let name = self.names[&endpoint].clone();
                self.note(&format!("{name} > {json}"));
                let message = ToSwitchboard::parse(&json).unwrap();
                self.switchboard.handle(now, SwitchboardInput::Message { endpoint, message });
            }
            Event::ToEndpoint { endpoint, json } => {
                let Some(name) = self.names.get(&endpoint).cloned() else { return };
                self.note(&format!("{name} < {json}"));
                let message = ToEndpoint::parse(&json).unwrap();
                let device = self.device(&name);
                device.seen.push(message.clone());
                if !device.dead {
                    device.endpoint.handle(now, EndpointInput::Wire(message)).unwrap();
                }
            }
            Event::Admission(input) => self.switchboard.handle(now, input),
            Event::Media { name, event } => {
                let device = self.device(&name);
                if !device.dead {
                    device.endpoint.handle(now, EndpointInput::Media(event)).unwrap();
                }
            }
            Event::Up { call } => self.media_up(call),
        }
    }

    pub(super) fn drain(&mut self) {
        loop {
            let next = self
                .devices
                .iter_mut()
                .filter(|(_, device)| !device.dead)
                .find_map(|(name, device)| device.endpoint.poll().map(|output| (name.clone(), output)));
            if let Some((name, output)) = next {
                self.endpoint_wants(&name, output);
            } else if let Some(output) = self.switchboard.poll() {
                self.switchboard_wants(output);
            } else {
                break;
            }
        }
    }

    fn endpoint_wants(&mut self, name: &str, output: EndpointOutput) {
        match output {
            EndpointOutput::Send { message, .. } => {
                let json = serde_json::to_string(&message).unwrap();
                let device = self.device(name);
                match device.session.filter(|_| device.attached) {
                    Some(endpoint) => self.deliver(endpoint, json, true),
                    None => device.queue.push(json),
                }
            }
            EndpointOutput::Event(event) => {
                self.note(&format!("{name} ! {event:?}"));
                self.device(name).events.push(event);
            }
            EndpointOutput::OpenMedia { call, session, offerer } => {
                if let Some(event) = self.device(name).media.open(call, session, offerer) {
                    self.later(10, name, event);
                }
            }
            EndpointOutput::RemoteDescription { call, description } => {
                let was_answer = description.kind == liaison_signaling::DescriptionKind::Answer;
                if let Some(event) = self.device(name).media.remote(call, description) {
                    self.later(10, name, event);
                }
                if was_answer {
                    self.at(Duration::from_millis(100), Event::Up { call });
                }
            }
            EndpointOutput::RemoteCandidate { call, candidate, .. } => {
                self.device(name).media.candidates.push((call, candidate));
            }
            EndpointOutput::CloseMedia { call, session } => self.device(name).media.close(call, session),
            _ => panic!("unknown output"),
        }
    }

    /// Media connects at both ends that have matching descriptions.
    fn media_up(&mut self, call: CallId) {
        let names: Vec<String> = self.devices.keys().cloned().collect();
        for name in names {
            if self.devices[&name].media.matched(call) && !self.devices[&name].dead {
                self.later(0, &name, MediaEvent::Connected { call, session: media::MAIN });
            }
        }
    }

    fn switchboard_wants(&mut self, output: SwitchboardOutput) {
        match output {
            SwitchboardOutput::Send { endpoint, message } => {
                self.committed_before(&message);
                let json = serde_json::to_string(&message).unwrap();
                let Some(name) = self.names.get(&endpoint).cloned() else { return };
                if self.devices[&name].attached && self.devices[&name].session == Some(endpoint) {
                    self.deliver(endpoint, json, false);
                } else {
                    self.waiting.entry(endpoint).or_default().push(json);
                }
            }
            SwitchboardOutput::Admit { request, from: _, to, .. } => {
                self.admissions += 1;
                let decision = match self.refuse.get(&to) {
                    Some(reason) => Admission::Refused { reason: *reason, cause: "test".into() },
                    None => {
                        Admission::Admitted { push_devices: self.push_devices.get(&to).copied().unwrap_or(0) }
                    }
                };
                if let Some(ms) = self.admission_ms {
                    let input = SwitchboardInput::Admission { request, decision };
                    self.at(Duration::from_millis(ms), Event::Admission(input));
                }
            }
            SwitchboardOutput::Commit(record) => {
                if let Some(before) = self.records.get(&record.call) {
                    assert_eq!(record.version, before.version + 1);
                }
                self.note(&format!("commit {}", serde_json::to_string(&record).unwrap()));
                self.records.insert(record.call, *record);
            }
            SwitchboardOutput::Wake { raw_id, call, .. } => self.wakes.push((raw_id, call)),
            SwitchboardOutput::Push { .. } => {}
            SwitchboardOutput::Audit { event, .. } => self.audits.push(event),
            _ => panic!("unknown output"),
        }
    }

    /// What is told was written down before.
    fn committed_before(&self, message: &ToEndpoint) {
        let record = message.call().and_then(|call| self.records.get(&call));
        let phase = record.map(|record| record.phase);
        match message {
            ToEndpoint::Incoming { .. } | ToEndpoint::Ringing { .. } | ToEndpoint::Waking { .. } => {
                assert!(
                    matches!(phase, Some(CallPhase::Waking | CallPhase::Ringing)),
                    "{message:?} {phase:?}"
                );
            }
            ToEndpoint::Accepted { .. } | ToEndpoint::PeerMuted { .. } | ToEndpoint::PeerHeld { .. } => {
                assert_eq!(phase, Some(CallPhase::Connected), "{message:?}");
            }
            ToEndpoint::Recording { state, announcement, .. } if *announcement > 0 => {
                let states = &record.unwrap().recordings;
                assert!(
                    states.iter().any(|r| r.state == *state && r.announcement == *announcement),
                    "{message:?}"
                );
            }
            ToEndpoint::Describe { description, .. } => {
                let written = record.unwrap().sessions.iter();
                assert!(
                    written
                        .flat_map(|s| [Some(&s.offer), s.answer.as_ref()])
                        .flatten()
                        .any(|d| d == description),
                    "{message:?}"
                );
            }
            _ => {}
        }
    }
}
