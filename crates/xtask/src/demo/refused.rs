//! A call that the organisation does not allow.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::build::Programs;
use super::call::said_by_kiosk;
use super::service::{Service, World};
use crate::child::Process;
use crate::place;

/// How it went.
#[derive(Debug)]
pub struct Refused {
    /// What the kiosk printed.
    pub lines: Vec<String>,
    /// The end's code and subCode.
    pub code: (u64, u64),
    /// RTP packets that the kiosk sent all the same.
    pub packets_sent: u64,
    /// From its start to its end.
    pub took: Duration,
}

/// Switches the federation off and calls again.
pub fn run(programs: &Programs, service: &Service, world: &World, scratch: &Path) -> Result<Refused> {
    service.forbid(world)?;
    println!("federation switched off; the kiosk calls again");
    let begun = Instant::now();
    let kiosk = Process::start(
        "kiosk that is refused",
        Command::new(&programs.kiosk)
            .arg(&service.endpoint)
            .arg(service.ca())
            .arg(&world.kiosk_token)
            .arg(&world.staff)
            .arg(place::root().join("tests/data/speech/kiosk.wav"))
            .arg(scratch.join("nothing-heard.wav")),
    )?;
    kiosk.wait(Duration::from_secs(20))?;
    let took = begun.elapsed();
    let all = kiosk.all();
    let last =
        all.iter().rev().find(|line| line.text.starts_with('{')).context("the refused kiosk said nothing")?;
    let figures: Value =
        serde_json::from_str(&last.text).context("the refused kiosk's figures are no JSON")?;
    let number = |field: &str| figures[field].as_u64().unwrap_or_default();
    Ok(Refused {
        lines: all.iter().filter_map(said_by_kiosk).map(str::to_owned).collect(),
        code: (number("code"), number("sub_code")),
        packets_sent: number("packets_sent"),
        took,
    })
}
