//! The demo's processes: their output is timed, and none of them outlives the demo.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Everything that has been started and not yet waited for, so that Ctrl-C can end it.
static RUNNING: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C (and SIGTERM) ends the processes that were started here, removes the folder, then ends us.
pub fn end_with_us(folder: &Path) {
    let folder = folder.to_owned();
    // It fails only when it was called before, and the demo runs once in a process.
    let _ = ctrlc::set_handler(move || {
        for child in lock(&RUNNING).iter() {
            let mut child = lock(child);
            // Both fail only when it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&folder);
        eprintln!("\ninterrupted");
        std::process::exit(130);
    });
}

/// One line that a process wrote.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it came.
    pub at: Instant,
    /// What it says.
    pub text: String,
}

#[derive(Debug, Default)]
struct Written {
    all: Vec<Line>,
    unread: VecDeque<Line>,
    open: usize,
}

/// A running process; dropping it ends it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Arc<Mutex<Child>>,
    written: Arc<(Mutex<Written>, Condvar)>,
}

impl Process {
    /// Starts a process and begins to read both its outputs.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        Self::start_with(name, command, Stdio::null())
    }

    /// The same for a process that is typed to.
    pub fn start_typed(name: &str, command: &mut Command) -> Result<Self> {
        Self::start_with(name, command, Stdio::piped())
    }

    /// Types a line.
    pub fn type_line(&self, line: &str) -> Result<()> {
        let mut child = lock(&self.child);
        let typed = child.stdin.as_mut().with_context(|| format!("the {} is not typed to", self.name))?;
        typed
            .write_all(format!("{line}\n").as_bytes())
            .with_context(|| format!("the {} reads no more", self.name))
    }

    fn start_with(name: &str, command: &mut Command, stdin: Stdio) -> Result<Self> {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the {name}: `{}`", shell::show(command)))?;
        let streams: [Option<Box<dyn Read + Send>>; 2] =
            [child.stdout.take().map(|s| Box::new(s) as _), child.stderr.take().map(|s| Box::new(s) as _)];
        let written = Arc::new((Mutex::new(Written { open: 2, ..Written::default() }), Condvar::new()));
        for stream in streams.into_iter().flatten() {
            let written = written.clone();
            std::thread::spawn(move || read_lines(stream, &written));
        }
        let child = Arc::new(Mutex::new(child));
        lock(&RUNNING).push(child.clone());
        Ok(Self { name: name.to_owned(), child, written })
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has not ended yet.
    pub fn is_running(&self) -> Result<bool> {
        Ok(lock(&self.child).try_wait()?.is_none())
    }

    /// The operating system's number for it.
    pub fn pid(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Waits for a line for which `wanted` gives something; an error when the process ends or time is over.
    pub fn wait_for<T>(
        &self,
        what: &str,
        patience: Duration,
        mut wanted: impl FnMut(&Line) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + patience;
        let (mutex, changed) = &*self.written;
        let mut written = lock(mutex);
        loop {
            while let Some(line) = written.unread.pop_front() {
                if let Some(found) = wanted(&line) {
                    return Ok(found);
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if written.open == 0 || left.is_zero() {
                let why = if left.is_zero() {
                    format!("did not come within {patience:?}")
                } else {
                    "did not come before it ended".to_owned()
                };
                let said: Vec<&str> = written.all.iter().map(|line| line.text.as_str()).collect();
                bail!("the {}: {what} {why}. It said:\n{}", self.name, said.join("\n"));
            }
            written = changed.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All that it has written so far.
    pub fn all(&self) -> Vec<Line> {
        lock(&self.written.0).all.clone()
    }

    /// Waits for its end.
    pub fn wait(&self, patience: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = lock(&self.child).try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("the {} did not end within {patience:?}", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end (SIGTERM), and waits.
    pub fn terminate(&self, patience: Duration) -> Result<ExitStatus> {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.pid())?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
        self.wait(patience)
    }

    /// What it has used so far; `None` when it is gone.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.pid())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        lock(&RUNNING).retain(|other| !Arc::ptr_eq(other, &self.child));
        let mut child = lock(&self.child);
        // Both fail only when it has already ended and been waited for.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn read_lines(stream: Box<dyn Read + Send>, written: &(Mutex<Written>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while matches!(reader.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
        let line = Line { at: Instant::now(), text: String::from_utf8_lossy(&bytes).trim_end().to_owned() };
        bytes.clear();
        let mut guard = lock(&written.0);
        guard.all.push(line.clone());
        guard.unread.push_back(line);
        written.1.notify_all();
    }
    lock(&written.0).open -= 1;
    written.1.notify_all();
}

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Processor time, user and system [s].
    pub cpu_s: f64,
    /// The most memory that it ever held [KiB].
    pub peak_memory_kib: u64,
    /// When this was read.
    pub at: Instant,
}

impl Usage {
    fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        // Fields 14 and 15 of proc_pid_stat(5); the name before them may hold spaces, but ends with ") ".
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(Self {
            // USER_HZ is 100 on every Linux that is not a museum piece.
            cpu_s: ticks / 100.0,
            peak_memory_kib: peak.split_whitespace().next()?.parse().ok()?,
            at: Instant::now(),
        })
    }

    /// The share of one core used since `earlier` [%].
    pub fn cpu_pct_since(&self, earlier: &Self) -> f64 {
        let time = (self.at - earlier.at).as_secs_f64();
        if time > 0.0 { 100.0 * (self.cpu_s - earlier.cpu_s) / time } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell_process(script: &str) -> Process {
        Process::start("script", Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn waits_for_a_line_and_tells_what_was_said_when_it_never_comes() {
        let process = shell_process("echo one; echo two >&2; exit 3");
        let found =
            process.wait_for("the second", Duration::from_secs(5), |line| (line.text == "two").then_some(2));
        assert_eq!(found.unwrap(), 2);
        let error = process.wait_for("a third", Duration::from_secs(5), |_| None::<()>).unwrap_err();
        assert!(error.to_string().contains("one"), "{error}");
        assert_eq!(process.wait(Duration::from_secs(5)).unwrap().code(), Some(3));
    }

    #[test]
    fn nothing_outlives_its_handle() {
        let process = shell_process("exec sleep 60");
        let pid = process.pid();
        assert!(process.usage().is_some());
        drop(process);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn can_be_asked_to_end() {
        let process = shell_process("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
        process
            .wait_for("ready", Duration::from_secs(5), |line| (line.text == "ready").then_some(()))
            .unwrap();
        assert!(process.terminate(Duration::from_secs(5)).unwrap().success());
        assert_eq!(process.all().last().unwrap().text, "bye");
    }
}
