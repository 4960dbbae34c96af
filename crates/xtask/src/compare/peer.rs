//! A process that is spoken to in lines of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A running peer; killed when dropped.
pub struct Peer {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    words: Receiver<Value>,
}

impl Peer {
    /// What it writes to standard error goes to `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let errors = std::fs::File::create(log).with_context(|| log.display().to_string())?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (sender, words) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    // A peer's own chatter is no word of ours.
                    if let Ok(word) = serde_json::from_str(&line)
                        && sender.send(word).is_err()
                    {
                        return;
                    }
                }
            });
        }
        Ok(Self { name: name.to_owned(), input: child.stdin.take(), child, words })
    }

    /// The system's number for it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it something.
    pub fn tell(&mut self, word: &Value) -> Result<()> {
        let name = &self.name;
        let input = self.input.as_mut().with_context(|| format!("{name} was told to end"))?;
        writeln!(input, "{word}").with_context(|| format!("{name} does not listen"))
    }

    /// What it says within `patience`.
    pub fn next(&self, patience: Duration) -> Result<Option<Value>> {
        match self.words.recv_timeout(patience) {
            Ok(word) => match word.get("failed") {
                Some(text) => bail!("{}: {text}", self.name),
                None => Ok(Some(word)),
            },
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("{} ended before its time", self.name),
        }
    }

    /// Waits until it says something with this name, and gives that.
    pub fn expect(&self, name: &str, patience: Duration) -> Result<Value> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(word) = self.next(Duration::from_millis(50))?
                && let Some(value) = word.get(name)
            {
                return Ok(value.clone());
            }
        }
        bail!("{}: no {name} within {patience:?}", self.name)
    }

    /// Ends its input, and waits until it has ended.
    pub fn finish(&mut self, patience: Duration) -> Result<()> {
        self.input = None;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{} does not end", self.name)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
