//! The service that is measured: a process of its own, and what the system says of it.

use crate::exit::Failure;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time of all its threads.
    pub cpu: Duration,
    /// Memory that it holds now, in KiB.
    pub rss_kib: u64,
}

impl Usage {
    /// Of a process and all that it started.
    pub fn of(pid: u32) -> Option<Self> {
        let mut sum = Self::one(pid)?;
        for child in children(pid) {
            if let Some(usage) = Self::of(child) {
                sum.cpu += usage.cpu;
                sum.rss_kib += usage.rss_kib;
            }
        }
        Some(sum)
    }

    /// Of this process alone.
    pub fn own() -> Result<Self, Failure> {
        Self::one(std::process::id()).ok_or_else(unknown)
    }

    fn one(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold anything, also brackets: what counts comes after the last one.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        // A tick is 10 ms on every Linux (USER_HZ).
        let cpu = Duration::from_millis(10 * ticks);
        Some(Self { cpu, rss_kib: rss.trim().strip_suffix("kB")?.trim().parse().ok()? })
    }
}

pub fn unknown() -> Failure {
    Failure::Other("the system does not say what a process uses".to_owned())
}

fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// A running `liaison serve`, killed when dropped.
pub struct Service {
    process: Child,
    pub data: PathBuf,
    pub port: u16,
}

impl Service {
    /// Starts it on that folder, at a free port or the one it had.
    pub fn start(data: &Path, port: u16) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::Other(format!("this program cannot be found: {error}")))?;
        let mut process = Command::new(program)
            .args(["serve", "--chat-rates", "none", "--connections", "15000", "--data"])
            .arg(data)
            .args(["--listen", &format!("127.0.0.1:{port}"), "--log", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::Other(format!("the service does not start: {error}")))?;
        let mut ready = String::new();
        if let Some(out) = process.stdout.take() {
            // It writes one line, when it is ready, and no other.
            let _ = BufReader::new(out).read_line(&mut ready);
        }
        let address = ready.split_whitespace().find_map(|word| word.strip_prefix("https://localhost:"));
        let port = address.and_then(|port| port.trim_end_matches(',').parse().ok());
        let mut service = Self { process, data: data.to_owned(), port: 0 };
        service.port = port.ok_or_else(|| Failure::Other("the service did not become ready".to_owned()))?;
        Ok(service)
    }

    /// What it has used.
    pub fn usage(&self) -> Result<Usage, Failure> {
        Usage::of(self.process.id()).ok_or_else(unknown)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_system_says_what_a_process_uses() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_kib > 1000, "{usage:?}");
        assert!(Usage::of(u32::MAX).is_none());
    }
}
