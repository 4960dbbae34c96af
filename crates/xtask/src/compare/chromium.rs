//! Debian's Chromium, headless: both ends in one page, which is told what to do over HTTP on this machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use liaison_sim::Relay;
use serde_json::{Value, json};

use super::http::{Request, Server};
use super::inbound::{Snapshot, between};
use super::run::{LEAD, Outcome, PATIENCE, TAIL, Task, read_timed, repeated};
use super::{process, relay, sdp};

const PAGE: &str = include_str!("chromium_page.html");
const CALL: &str = include_str!("chromium_call.js");
const WORKER: &str = include_str!("chromium_worker.js");
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-blink-features=MediaStreamInsertableStreams",
    // A page may then tell its addresses; they are replaced by the relay's.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-timer-throttling",
];

/// A browser; it and all it started are ended when dropped.
pub struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens the first page of `server`. What it writes to standard error goes to `log`; `more` adds to its command.
    pub fn start(server: &Server, log: &Path, more: impl FnOnce(&mut Command)) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let errors = std::fs::File::create(log).with_context(|| log.display().to_string())?;
        let mut command = Command::new("chromium");
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        more(&mut command);
        command.arg(format!("http://{}/", server.address()?));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let child = command.spawn().context("cannot start chromium")?;
        Ok(Self { child, _profile: profile })
    }

    /// The system's number of its first process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let tree = process::tree(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in tree {
            // Most have ended with their parent.
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), nix::sys::signal::SIGKILL);
        }
    }
}

/// Its version.
pub fn version() -> Result<String> {
    crate::shell::output(Command::new("chromium").arg("--version")).map(|text| text.trim().to_owned())
}

/// What the page has told so far.
#[derive(Default)]
struct Told {
    snapshots: Vec<Snapshot>,
    peak_kib: u64,
    over: bool,
}

/// Makes one call.
pub fn call(task: &Task<'_>) -> Result<Outcome> {
    let relay = relay::start(&task.case, task.seed)?;
    let server = Server::start()?;
    let log = task.folder.join("chromium.log");
    let browser = Browser::start(&server, &log, |_| {})?;
    let mut told = Told::default();
    let deadline = Instant::now() + LEAD + task.length + TAIL + 2 * PATIENCE;
    while !told.over {
        match server.next()? {
            Some(request) => serve(request, task, &relay, browser.pid(), &mut told)?,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
        if Instant::now() > deadline {
            bail!("the page does not come to an end; see {}", log.display());
        }
    }
    drop(browser);
    outcome(task, &relay, &told)
}

/// What every page with a call asks for; gives back what else was asked.
pub fn serve_call(request: Request, relay: &Relay, bitrate_bps: u32) -> Option<Request> {
    let text = String::from_utf8_lossy(&request.body).into_owned();
    match request.path.as_str() {
        "/call.js" => request.answer("text/javascript", CALL.as_bytes()),
        "/offer" => request.answer("text/plain", sdp::through(&text, relay.face_a()).as_bytes()),
        "/answer" => {
            let answer = sdp::with_opus_rate(&sdp::through(&text, relay.face_b()), bitrate_bps);
            request.answer("text/plain", answer.as_bytes());
        }
        _ => return Some(request),
    }
    None
}

fn serve(request: Request, task: &Task<'_>, relay: &Relay, pid: u32, told: &mut Told) -> Result<()> {
    let Some(request) = serve_call(request, relay, task.bitrate_bps) else { return Ok(()) };
    let keep =
        |name: &str, bytes: &[u8]| std::fs::write(task.folder.join(name), bytes).context("cannot write");
    let text = String::from_utf8_lossy(&request.body).into_owned();
    match request.path.as_str() {
        "/" => request.answer("text/html", PAGE.as_bytes()),
        "/worker.js" => request.answer("text/javascript", WORKER.as_bytes()),
        "/order" => {
            let order = json!({
                "lead_ms": LEAD.as_millis() as u64, "push_ms": task.length.as_millis() as u64,
                "tail_ms": TAIL.as_millis() as u64,
            });
            request.answer("application/json", order.to_string().as_bytes());
        }
        "/speech" => request.answer("application/octet-stream", &std::fs::read(task.speech)?),
        "/figures" => {
            told.snapshots.push(snapshot(&text, pid)?);
            let tree = process::tree(pid);
            let held = tree.into_iter().filter_map(process::proportional_kib).sum();
            told.peak_kib = told.peak_kib.max(held);
            request.answer("text/plain", b"");
        }
        "/said_times" => {
            keep("said.times", &request.body)?;
            request.answer("text/plain", b"");
        }
        "/heard_times" => {
            keep("heard.times", &request.body)?;
            request.answer("text/plain", b"");
        }
        "/heard" => {
            keep("heard.pcm", &request.body)?;
            request.answer("text/plain", b"");
        }
        "/over" => {
            told.over = true;
            request.answer("text/plain", b"");
        }
        "/failed" => bail!("the page: {text}"),
        _ => request.answer("text/plain", b""),
    }
    Ok(())
}

/// The page's figures, on the page's clock, and what the browser has used by now.
fn snapshot(text: &str, pid: u32) -> Result<Snapshot> {
    let figures: Value = serde_json::from_str(text)?;
    let now_us = figures.get("now_us").and_then(Value::as_f64).context("figures without a time")?;
    let cpu_s: f64 = process::tree(pid).into_iter().filter_map(process::cpu_s).sum();
    let stats = figures.get("inbound").cloned().unwrap_or_default();
    Ok(Snapshot { us: now_us as u64, cpu_us: (cpu_s * 1e6) as u64, stats })
}

fn outcome(task: &Task<'_>, relay: &Relay, told: &Told) -> Result<Outcome> {
    let file = |name: &str| task.folder.join(name);
    let said = repeated(read_timed(task.speech, &file("said.times"))?, task.length);
    let from_us = said.times.first().context("nothing was pushed")?;
    let to_us = said.times.last().unwrap_or(from_us) + 10_000;
    let inbound = between(&told.snapshots, from_us).context("the page told no figures")?;
    // The page counts from 1970, the relay from the machine's start.
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros() as u64;
    let ahead_us = since_1970 - relay::monotonic_us();
    let wire = relay::rtp(relay, from_us - ahead_us, to_us - ahead_us);
    Ok(Outcome {
        said,
        heard: read_timed(&file("heard.pcm"), &file("heard.times"))?,
        figures: inbound.figures(Some(wire), told.peak_kib),
    })
}
