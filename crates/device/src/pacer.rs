//! A thread that calls in real time, as a device does: the clock of files, tones and silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::time::{micros, samples_us};
use crate::{DeviceError, SAMPLE_RATE_HZ};

/// Calls its callback every `frames` samples until dropped.
#[derive(Debug)]
pub(crate) struct Pacer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Pacer {
    /// Each call is given its nominal time (monotonic µs). These lie on one grid, so nothing drifts; a call that
    /// comes late is followed by the missed ones at once.
    pub fn spawn(
        name: &str,
        frames: u32,
        mut callback: impl FnMut(u64) + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let start = Instant::now();
        let run = move || {
            let mut samples = 0;
            loop {
                samples += u64::from(frames);
                let due = start + Duration::from_micros(samples_us(samples, SAMPLE_RATE_HZ));
                loop {
                    if stopped.load(Relaxed) {
                        return;
                    }
                    let now = Instant::now();
                    if now >= due {
                        break;
                    }
                    thread::park_timeout(due - now);
                }
                callback(micros(due));
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|e| {
            DeviceError::Unavailable(format!("cannot start the thread of a file or tone device: {e}"))
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends the thread and waits for it; its callback is dropped.
    pub fn stop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn it_keeps_the_grid_and_does_not_drift() {
        let (calls, seen) = mpsc::channel();
        let began = Instant::now();
        let pacer = Pacer::spawn("test-pacer", 480, move |due_us| {
            let _ = calls.send((due_us, crate::time::now_us()));
        })
        .unwrap();
        thread::sleep(Duration::from_millis(1_005));
        drop(pacer);
        let elapsed = began.elapsed();
        let calls: Vec<(u64, u64)> = seen.try_iter().collect();
        let expected = elapsed.as_millis() as i64 / 10;
        // The last ones may still be due on a busy machine.
        assert!(
            (expected - 10..=expected).contains(&(calls.len() as i64)),
            "{} calls in {elapsed:?}",
            calls.len()
        );
        for pair in calls.windows(2) {
            assert!((pair[1].0 - pair[0].0).abs_diff(10_000) <= 1, "the grid moved");
        }
        if let (Some((first, _)), Some((last, _))) = (calls.first(), calls.last()) {
            assert!((last - first).abs_diff((calls.len() as u64 - 1) * 10_000) <= 1, "it drifted");
        }
        // Late by scheduling only: typically well under a millisecond, judged by the median on a busy machine.
        let mut late: Vec<u64> = calls.iter().map(|(due, at)| at.saturating_sub(*due)).collect();
        late.sort_unstable();
        assert!(late[late.len() / 2] < 5_000, "median lateness {} µs", late[late.len() / 2]);
        assert!(calls.iter().all(|(due, at)| at >= due), "called before its time");
    }

    #[test]
    fn missed_calls_are_made_up_for() {
        let (calls, seen) = mpsc::channel();
        let mut first = true;
        let pacer = Pacer::spawn("test-pacer", 480, move |due_us| {
            let _ = calls.send(due_us);
            if std::mem::take(&mut first) {
                thread::sleep(Duration::from_millis(100));
            }
        })
        .unwrap();
        thread::sleep(Duration::from_millis(205));
        drop(pacer);
        let count = seen.try_iter().count();
        assert!((15..=40).contains(&count), "{count} calls in 205 ms, 9 of which were missed at first");
    }

    #[test]
    fn it_stops_at_once() {
        let pacer = Pacer::spawn("test-pacer", 48_000, |_| {}).unwrap();
        let began = Instant::now();
        drop(pacer);
        assert!(began.elapsed() < Duration::from_millis(500));
    }
}
