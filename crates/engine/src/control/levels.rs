//! Looks at how loud the calls are, and tells the app what has changed.

use std::time::{Duration, Instant};

use super::run::Control;
use super::session::SessionId;
use crate::event::Event;

/// How often it is looked who speaks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Control {
    pub(super) fn levels_deadline(&self) -> Option<Instant> {
        let running = self.sessions.values().any(|entry| entry.levels.is_some());
        running.then_some(self.next_levels)
    }

    pub(super) fn look_at_levels(&mut self, now: Instant) {
        if self.levels_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        self.next_levels = now + self.config.level_events.map_or(LOOK_EVERY, |every| every.min(LOOK_EVERY));
        let told = self.config.level_events.is_some_and(|every| {
            let due = now >= self.next_level_events;
            if due {
                self.next_level_events = now + every;
            }
            due
        });
        for entry in self.sessions.values_mut() {
            let (Some(levels), Some(call)) = (&entry.levels, self.calls.get(&entry.call)) else { continue };
            let speaking = levels.is_speaking();
            if std::mem::replace(&mut entry.speaking, speaking) != speaking {
                self.shared.queue.push(Event::SpeakingChanged { call: call.handle, speaking });
            }
            if told {
                let (sent_dbov, received_dbov) = levels.take_loudest();
                self.shared.queue.push(Event::AudioLevels { call: call.handle, sent_dbov, received_dbov });
            }
        }
        let dominant = self.media.dominant_speaker().and_then(|stream| {
            let entry = self.sessions.get(&SessionId(stream.0))?;
            self.calls.get(&entry.call).map(|call| call.handle)
        });
        // Of a call that has ended nothing is said: its end was.
        if let Some(call) = dominant
            && self.dominant.replace(call) != Some(call)
        {
            self.shared.queue.push(Event::DominantSpeakerChanged { call });
        }
    }
}
