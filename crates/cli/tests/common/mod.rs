//! Runs the program as a user would, and never waits for ever.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub mod sdk;

/// More than any of these commands takes, on a machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn liaison(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liaison"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["LIAISON_DATA", "LIAISON_ENDPOINT", "LIAISON_TOKEN_FILE", "LIAISON_CA", "LIAISON_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs to the end.
pub fn run(arguments: &[&str]) -> Output {
    let mut child = Running::start(liaison(arguments));
    let code = child.wait();
    Output { status: code, stdout: child.rest().into_bytes(), stderr: child.errors().into_bytes() }
}

/// Runs to the end and expects an error: gives the exit code and what is on standard error.
pub fn fails(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} should have failed");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "",
        "an error belongs on standard error: {arguments:?}"
    );
    (output.status.code().unwrap(), text)
}

/// Runs to the end and expects success: gives standard output.
pub fn succeeds(arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?}: {errors}");
    out
}

/// A program under way; killed when dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    errors: Option<std::thread::JoinHandle<String>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        Self { child, lines, seen: Vec::new(), errors: Some(errors) }
    }

    /// Waits for the first line that holds `text`.
    pub fn line(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => {
                    let _ = self.child.kill();
                    let errors = self.errors();
                    panic!("no line with {text:?} came; {:?}; {errors}", self.seen);
                }
            }
        }
    }

    pub fn wait(&mut self) -> std::process::ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() >= deadline {
                let _ = self.child.kill();
                let (lines, errors) = (self.rest(), self.errors());
                panic!("the program does not end; {lines}; {errors}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Every line so far, and those still to come from a program that has ended.
    pub fn rest(&mut self) -> String {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
            self.seen.push(line);
        }
        self.seen.iter().map(|line| format!("{line}\n")).collect()
    }

    pub fn errors(&mut self) -> String {
        self.errors.take().map(|thread| thread.join().unwrap_or_default()).unwrap_or_default()
    }

    /// Sends a signal by name, as a shell would.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    pub fn stop(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service of its own folder and port.
pub struct Service {
    pub folder: tempfile::TempDir,
    pub endpoint: String,
    pub running: Running,
    pub ready: String,
}

impl Service {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more arguments of `serve`.
    pub fn start_with(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let serve = ["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let mut running = Running::start(liaison(&[&serve, more].concat()));
        let ready = running.line("ready");
        let endpoint = ready.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
        let endpoint = endpoint.trim_end_matches(',').to_owned();
        Self { folder, endpoint, running, ready }
    }

    /// Killed, not stopped; then there again, on the same port, after `pause`.
    pub fn crash(&mut self, pause: Duration) {
        self.running.signal("KILL");
        self.running.wait();
        std::thread::sleep(pause);
        let port = self.endpoint.rsplit(':').next().unwrap();
        let listen = format!("127.0.0.1:{port}");
        self.running = Running::start(liaison(&["serve", "--data", &self.data(), "--listen", &listen]));
        self.running.line("ready");
    }

    pub fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn ca(&self) -> String {
        format!("{}/ca.pem", self.data())
    }

    pub fn admin(&self, arguments: &[&str]) -> String {
        let data = self.data();
        let arguments: Vec<&str> =
            ["admin"].into_iter().chain(arguments.iter().copied()).chain(["--data", &data]).collect();
        succeeds(&arguments)
    }

    pub fn admin_fails(&self, arguments: &[&str]) -> (i32, String) {
        let data = self.data();
        let arguments: Vec<&str> =
            ["admin"].into_iter().chain(arguments.iter().copied()).chain(["--data", &data]).collect();
        fails(&arguments)
    }

    pub fn admin_json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.admin(&arguments)).unwrap()
    }

    /// A token in a file of its own.
    pub fn token(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let arguments: Vec<&str> = ["token"].into_iter().chain(arguments.iter().copied()).collect();
        let path = self.path(name);
        std::fs::write(&path, self.admin(&arguments)).unwrap();
        path
    }
}

/// The first block of that language after a heading of the README.
pub fn snippet(heading: &str, language: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let section = readme.split_once(heading).unwrap().1;
    let block = section.split_once(&format!("```{language}\n")).unwrap().1;
    block.split_once("```").unwrap().0.to_owned()
}

/// 48 kHz mono of 16 bits: a tone.
pub fn write_tone(path: &Path, seconds: u32) {
    let samples: Vec<u8> = (0..48_000 * seconds)
        .flat_map(|n| {
            let phase = f64::from(n) * 440.0 * std::f64::consts::TAU / 48_000.0;
            ((phase.sin() * 9_000.0) as i16).to_le_bytes()
        })
        .collect();
    let length = samples.len() as u32;
    let mut wav = Vec::with_capacity(samples.len() + 44);
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend(1u16.to_le_bytes());
    wav.extend(1u16.to_le_bytes());
    wav.extend(48_000u32.to_le_bytes());
    wav.extend(96_000u32.to_le_bytes());
    wav.extend(2u16.to_le_bytes());
    wav.extend(16u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    std::fs::write(path, wav).unwrap();
}
