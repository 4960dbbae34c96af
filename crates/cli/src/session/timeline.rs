//! The lines that say what happens when, shown at once and kept for the report.

use super::moment::Moment;
use crate::output;
use crate::process;
use serde::Serialize;
use std::time::Instant;

/// How many moments are kept for the report. Of a long call the first ones are the telling ones.
const KEEP: usize = 1000;

/// One moment and its time.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Seconds since the command began.
    at_s: f64,
    /// `CLOCK_MONOTONIC` in microseconds, to be set beside another process's.
    monotonic_us: u64,
    #[serde(flatten)]
    moment: Moment,
}

/// Since when, and what so far.
#[derive(Debug)]
pub struct Timeline {
    begun: Instant,
    json: bool,
    entries: Vec<Entry>,
}

impl Timeline {
    /// Begins now.
    pub fn new(json: bool) -> Self {
        Self { begun: Instant::now(), json, entries: Vec::new() }
    }

    /// Shows one moment.
    pub fn note(&mut self, moment: Moment) {
        let at_s = (self.begun.elapsed().as_secs_f64() * 1e6).round() / 1e6;
        let entry = Entry { at_s, monotonic_us: process::monotonic_us(), moment };
        if self.json {
            // Every field is a number or text: it cannot fail to become JSON.
            let _ = output::json(&entry);
        } else if entry.moment.is_for_people() {
            output::line(&format!("+{:.3} s {}", entry.at_s, entry.moment));
        }
        if self.entries.len() < KEEP && entry.moment.is_for_people() {
            self.entries.push(entry);
        }
    }

    /// What has happened so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Seconds since it began.
    pub fn elapsed_s(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Whether lines are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }
}
