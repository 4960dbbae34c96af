//! The chat after the call: the kiosk asks in writing, the staff member types an answer.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::build::Programs;
use super::call::said_by_kiosk;
use super::service::{Service, World};
use crate::child::{Line, Process};

/// For each step. Steps take milliseconds; a busy machine may take longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the staff member types, with what a careless program would spoil.
pub const ANSWER: &str = "I am coming: 100 % \"soon\" <3 🚪";

/// What was seen of it.
#[derive(Debug)]
pub struct Chat {
    /// What each end printed, with its time.
    pub kiosk: Vec<(Instant, String)>,
    /// The same of the staff member.
    pub staff: Vec<(Instant, String)>,
    /// What the staff member is told who asks for the history after the kiosk has deleted the chat, and the exit code.
    pub afterwards: (String, Option<i32>),
}

impl Chat {
    /// Both in the order in which it came.
    pub fn lines(&self) -> Vec<String> {
        let named = |end: &'static str| move |(at, text): &(Instant, String)| (*at, end, text.clone());
        let mut lines: Vec<_> =
            self.kiosk.iter().map(named("kiosk")).chain(self.staff.iter().map(named("staff"))).collect();
        lines.sort_by_key(|(at, ..)| *at);
        let begun = lines.first().map(|(at, ..)| *at);
        let ms = |at: Instant| begun.map_or(0.0, |begun| (at - begun).as_secs_f64() * 1e3);
        lines.into_iter().map(|(at, end, text)| format!("{:>8.1} ms  {end:<6} {text}", ms(at))).collect()
    }
}

/// What the staff member's terminal says in a line: `+0.123 s text`.
fn said_by_staff(line: &Line) -> Option<&str> {
    let (time, text) = line.text.split_once(" s ")?;
    time.starts_with('+').then_some(text)
}

fn terminal(programs: &Programs, service: &Service, world: &World) -> Command {
    let mut command = Command::new(&programs.liaison);
    command.args(["chat", "--display-name", "Front desk", "--endpoint", &service.endpoint]);
    command.arg("--token-file").arg(&world.staff_token).arg("--ca").arg(service.ca());
    command
}

/// Lets them chat.
pub fn run(programs: &Programs, service: &Service, world: &World) -> Result<Chat> {
    let staff = Process::start_typed("staff member's chat", &mut terminal(programs, service, world))?;
    let says = |what: &str, part: &str| {
        staff.wait_for(what, PATIENCE, |line| {
            said_by_staff(line).filter(|text| text.contains(part)).map(str::to_owned)
        })
    };
    says("its line that it waits", "waiting for a chat")?;
    let kiosk = Process::start(
        "kiosk's chat",
        Command::new(&programs.kiosk_chat)
            .arg(&service.endpoint)
            .arg(service.ca())
            .arg(&world.kiosk_token)
            .arg(&world.staff),
    )?;
    println!("kiosk and staff member chat (processes {} and {})", kiosk.pid(), staff.pid());
    let joined = says("the chat", "in the chat ")?;
    let thread = joined.split([' ', ':']).find(|word| *word == "19").and(joined.strip_prefix("in the chat "));
    let thread = thread.and_then(|rest| rest.split(": ").next()).context("the chat has no name")?.to_owned();
    says("the kiosk's question", "lobby door")?;
    for line in ["/read", "/typing", ANSWER] {
        staff.type_line(line)?;
    }
    says("the kiosk's thanks", "Thank you!")?;
    staff.type_line("/read")?;
    says("the chat's deletion", "deleted the chat")?;
    kiosk.wait(PATIENCE)?;
    staff.wait(PATIENCE)?;

    let afterwards = Process::start(
        "staff member's look back",
        terminal(programs, service, world).args(["--thread", &thread]),
    )?;
    let code = afterwards.wait(PATIENCE)?.code();
    let last = afterwards.all().pop().map(|line| line.text).unwrap_or_default();
    let of = |process: &Process, read: fn(&Line) -> Option<&str>| {
        let lines = process.all();
        lines.iter().filter_map(|line| Some((line.at, read(line)?.to_owned()))).collect()
    };
    Ok(Chat { kiosk: of(&kiosk, said_by_kiosk), staff: of(&staff, said_by_staff), afterwards: (last, code) })
}
