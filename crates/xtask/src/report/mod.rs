//! The demo's report: one HTML file that needs no other file and no network.

mod audio;
mod page;
mod svg;

use std::path::Path;

use anyhow::{Context, Result};
use liaison_sim::speech::{Delays, Gap, Recording};

/// Everything the report shows.
#[derive(Debug)]
pub struct Report {
    /// What was run, and where.
    pub about: Vec<(String, String)>,
    /// The demands on the demo, and whether each was met.
    pub checks: Vec<Check>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// The figures: a name, and one value for each end.
    pub figures: Vec<Figure>,
    /// The heads of the figures' columns.
    pub ends: [String; 2],
    /// What each said and what the other heard of it.
    pub directions: [Direction; 2],
    /// The moment that the times of timeline and plots count from, on the recordings' clock [µs].
    pub zero_us: i64,
    /// When the relay stopped all packets, from and to [ms].
    pub stop_ms: (f64, f64),
    /// What was seen of the chat, in order.
    pub chat: Vec<String>,
    /// What the refused call said.
    pub refused: Vec<String>,
}

/// One demand.
#[derive(Debug)]
pub struct Check {
    /// What is demanded.
    pub demand: String,
    /// Whether it was met.
    pub met: bool,
    /// What was seen.
    pub seen: String,
}

/// Something that happened.
#[derive(Debug)]
pub struct Moment {
    /// When [ms].
    pub at_ms: f64,
    /// Where.
    pub place: String,
    /// What.
    pub text: String,
}

/// One row of figures.
#[derive(Debug)]
pub struct Figure {
    /// What is measured, with its unit.
    pub name: String,
    /// One value for each end.
    pub values: [String; 2],
}

/// Speech from one end to the other.
#[derive(Debug)]
pub struct Direction {
    /// Who speaks and who hears.
    pub name: String,
    /// What was said.
    pub said: Recording,
    /// What was heard.
    pub heard: Recording,
    /// The delays found.
    pub delays: Delays,
    /// How alike they are, 0 to 1.
    pub likeness: f64,
    /// The gaps found.
    pub gaps: Vec<Gap>,
}

impl Report {
    /// Whether every demand was met.
    pub fn all_met(&self) -> bool {
        self.checks.iter().all(|check| check.met)
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, page::render(self)).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests;
