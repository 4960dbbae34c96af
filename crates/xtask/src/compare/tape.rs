//! Players and recorders of a sound server, and when each sample passed.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use liaison_sim::speech::{Timed, Times};

use super::relay::monotonic_us;
use super::sound_server::SoundServer;

/// 10 ms of 16 bits, 48 kHz, mono.
const CHUNK_BYTES: usize = 960;
const CHUNK_US: u64 = 10_000;
/// Chunks each way in which the promptest one says when all were there: 1 s.
const REACH: usize = 100;

fn program(name: &str, server: &SoundServer, device: &str) -> Command {
    let mut command = Command::new(name);
    server.enter(&mut command);
    command.arg(format!("--device={device}"));
    command.args(["--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10"]);
    command.stderr(Stdio::null());
    command
}

/// Plays a recording over and over, until dropped.
pub struct Player(Child);

impl Player {
    /// `samples`: 16 bits, 48 kHz, mono.
    pub fn start(server: &SoundServer, sink: &str, samples: &Path) -> Result<Self> {
        let samples = std::fs::read(samples).with_context(|| samples.display().to_string())?;
        let mut command = program("pacat", server, sink);
        let mut child = command.stdin(Stdio::piped()).spawn().context("cannot start pacat")?;
        if let Some(mut input) = child.stdin.take() {
            // Ends with the program that reads it.
            std::thread::spawn(move || while input.write_all(&samples).is_ok() {});
        }
        Ok(Self(child))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    /// When each 10 ms were whole.
    arrivals_us: Vec<u64>,
}

/// Records a source until dropped.
pub struct Recorder {
    child: Child,
    heard: Arc<Mutex<Heard>>,
}

impl Recorder {
    pub fn start(server: &SoundServer, source: &str) -> Result<Self> {
        let mut child =
            program("parec", server, source).stdout(Stdio::piped()).spawn().context("cannot start parec")?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        if let Some(mut output) = child.stdout.take() {
            let heard = Arc::clone(&heard);
            std::thread::spawn(move || {
                let mut chunk = [0; CHUNK_BYTES];
                while output.read_exact(&mut chunk).is_ok() {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.arrivals_us.push(monotonic_us());
                    heard.bytes.extend_from_slice(&chunk);
                }
            });
        }
        Ok(Self { child, heard })
    }

    /// What was heard between two moments of `CLOCK_MONOTONIC`.
    pub fn between(&self, from_us: u64, until_us: u64) -> Timed {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let times = steady(&heard.arrivals_us);
        let first = times.partition_point(|us| *us < from_us);
        let last = times.partition_point(|us| *us < until_us).max(first);
        let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
        let bytes = &heard.bytes[first * CHUNK_BYTES..last * CHUNK_BYTES];
        let times: Vec<u8> = times[first..last].iter().flat_map(|us| us.to_le_bytes()).collect();
        Timed { samples: bytes.chunks_exact(2).map(sample).collect(), times: Times::from_bytes(&times) }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// When each 10 ms would have come had its reader always been awake: a null sink keeps the machine's clock to the
/// sample, so that the promptest arrival nearby tells the time of all. Sorted.
fn steady(arrivals_us: &[u64]) -> Vec<u64> {
    let late = |index: usize| arrivals_us[index] as i64 - (index as u64 * CHUNK_US) as i64;
    let mut last = 0;
    (0..arrivals_us.len())
        .map(|index| {
            let nearby = index.saturating_sub(REACH)..(index + REACH + 1).min(arrivals_us.len());
            let least = nearby.map(late).min().unwrap_or_default();
            last = last.max((least + (index as u64 * CHUNK_US) as i64).max(0) as u64);
            last
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_reader_is_no_delay_and_a_pause_is() {
        let late = |index: u64| if index.is_multiple_of(3) { 7_000 } else { 500 };
        // After 5 s nothing came for 40 ms, and it never caught up.
        let paused = |index: u64| if index < 500 { 0 } else { 40_000 };
        let arrivals: Vec<u64> =
            (0..1_000).map(|index| 1_000_000 + index * 10_000 + late(index) + paused(index)).collect();
        let times = steady(&arrivals);
        assert_eq!((times[0], times[300]), (1_000_500, 1_000_500 + 3_000_000));
        assert_eq!(times[900], 1_000_500 + 9_000_000 + 40_000);
        assert!(times.is_sorted());
        assert!(steady(&[]).is_empty());
    }
}
