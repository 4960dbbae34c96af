//! The app: this very test binary, in a process of its own, told on its command line what to do and telling on its output
//! what happens.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use liaison_engine::{ChatEventKind, Engine, EngineConfig, Event, NewMessage};

use super::text_of;
use crate::common::PATIENCE;

/// Endpoint, CA file, token file, data folder, whether the endpoint is ACS; then commands, one a line.
const ROLE: &str = "LIAISON_TEST_APP";

/// Encrypts what it keeps.
pub const KEY: [u8; 32] = *b"the key of the apps of the tests";

pub struct App {
    child: Child,
    lines: Receiver<String>,
    /// What it said and nobody asked for yet.
    kept: Vec<String>,
}

/// How an app is started.
pub struct Start<'a> {
    pub test: &'a str,
    pub endpoint: &'a str,
    pub ca: &'a Path,
    pub token: &'a Path,
    pub data: &'a Path,
    pub acs: bool,
}

impl App {
    /// Starts it and lets it sign in. `commands`: see [`run`].
    pub fn start(start: &Start<'_>, commands: &[String]) -> Self {
        let Start { test, endpoint, ca, token, data, acs } = start;
        let mut role =
            format!("{endpoint}\n{}\n{}\n{}\n{acs}", ca.display(), token.display(), data.display());
        for command in commands {
            role = role + "\n" + command;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (said, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        Self { child, lines, kept: Vec::new() }
    }

    /// Waits for a line that begins so; the lines before it are kept for [`all`](Self::all).
    pub fn line(&mut self, begins: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("the app did not say {begins:?} but {:?}", self.kept)
            };
            self.kept.push(line.clone());
            if line.starts_with(begins) {
                return line;
            }
        }
    }

    /// Waits for the outcome of a message. Those of the run before may come again, when it was killed just then.
    pub fn done(&mut self, id: &str) -> String {
        loop {
            let line = self.line("done");
            if line.split(' ').nth(2) == Some(id) {
                return line;
            }
        }
    }

    /// Everything it has said that begins so.
    pub fn all(&self, begins: &str) -> Vec<String> {
        self.kept.iter().filter(|line| line.starts_with(begins)).cloned().collect()
    }

    /// Gives it one more command.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{command}").unwrap();
    }

    /// SIGKILL: nothing of it runs any more.
    pub fn kill(&mut self) {
        // Both fail only when it is dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In the process that is the app: plays it until it is killed. Elsewhere it does nothing.
///
/// Commands: `send THREAD ID TEXT`; `acknowledge TEXT`: up to the message that says so; that is on disk when the app says
/// `queued further-behind`. Lines: `event SEQUENCE TEXT`, for each event with a sequence; `missed TO`; `queued ID`;
/// `done OPERATION ID OUTCOME`.
pub fn run() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut parts = role.split('\n');
    let [endpoint, ca, token, data, acs] = std::array::from_fn(|_| parts.next().unwrap());
    let mut config = EngineConfig::new(endpoint);
    config.ca_pem = Some(std::fs::read_to_string(ca).unwrap());
    config.data_path = Some(data.into());
    config.data_key = Some(KEY);
    config.endpoint_is_acs = acs == "true";
    let engine = Engine::new(config).unwrap();
    engine.sign_in(&std::fs::read_to_string(token).unwrap()).unwrap();
    let acknowledge = parts.clone().find_map(|command| command.strip_prefix("acknowledge "));
    parts.for_each(|command| told(&engine, command));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::io::stdin().lines().map_while(Result::ok).for_each(|line| told(&engine, &line));
            // The test is over.
            std::process::exit(0);
        });
        tell_what_happens(&engine, acknowledge)
    })
}

fn tell_what_happens(engine: &Engine, mut acknowledge: Option<&str>) -> ! {
    let mut behind = None;
    loop {
        match engine.wait_event(Duration::from_secs(3600)) {
            Some(Event::Chat(event)) => {
                let Some(sequence) = event.sequence else { continue };
                let text = match &event.kind {
                    ChatEventKind::ChatMessageReceived { message } => text_of(message),
                    _ => String::new(),
                };
                say(&format!("event {} {text}", sequence.0));
                if acknowledge == Some(&text) {
                    acknowledge = None;
                    let thread = event.thread.as_str();
                    engine.chat_client().chat_thread_client(thread).unwrap().acknowledge(sequence).unwrap();
                    // The disk is written in order: when a command asked for after this one's outcome is on it, so is
                    // the acknowledgement.
                    send(engine, thread, "behind", "behind");
                    behind = Some(event.thread.clone());
                }
            }
            Some(Event::ChatMissed { to, .. }) => say(&format!("missed {}", to.0)),
            Some(Event::ChatQueued { client_id, .. }) => say(&format!("queued {client_id}")),
            Some(Event::ChatDone { operation, client_id, result }) => {
                let id = client_id.map_or(String::new(), |id| id.to_string());
                let outcome = result.map_or_else(|error| format!("{error:?}"), |_| "ok".to_owned());
                say(&format!("done {} {id} {outcome}", operation.0));
                if let Some(thread) = behind.take_if(|_| id == "behind") {
                    send(engine, thread.as_str(), "further-behind", "further behind");
                }
            }
            _ => {}
        }
    }
}

/// On a line of its own, whatever the test's runner has written.
fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).unwrap();
}

/// Does what it is told to do, but for acknowledging.
fn told(engine: &Engine, command: &str) {
    if let ["send", thread, id, text] = command.splitn(4, ' ').collect::<Vec<_>>()[..] {
        send(engine, thread, id, text);
    }
}

fn send(engine: &Engine, thread: &str, id: &str, text: &str) {
    let client = engine.chat_client().chat_thread_client(thread).unwrap();
    client.send_message(NewMessage { client_id: Some(id.to_owned()), ..NewMessage::text(text) }).unwrap();
}
