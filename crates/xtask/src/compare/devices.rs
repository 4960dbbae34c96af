//! Whole calls with devices: from the sink that a microphone hears to the sink that a speaker plays.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use liaison_sim::speech::push_to_pop;
use serde_json::{Value, json};

use super::cases::{CASES, Case};
use super::chromium::{Browser, serve_call};
use super::http::Server;
use super::inbound::{Snapshot, between};
use super::row::{Rounds, Row};
use super::run::{Figures, LEAD, PATIENCE, TAIL};
use super::sound_server::{ASIDE, HEARD, MICROPHONE, QUIET, SAID, SoundServer};
use super::tape::{Player, Recorder};
use super::{System, process, relay};
use crate::shell;

const PAGE: &str = include_str!("chromium_devices.html");
/// The name of the rows.
pub const CASE: &str = "devices";
/// The least that is measured.
const LEAST_SECONDS: u32 = 20;

/// What all are told.
pub struct Devices<'a> {
    /// Liaison's.
    pub program: &'a Path,
    /// 16 bits, 48 kHz, mono.
    pub speech: &'a Path,
    pub seconds: u32,
    pub bitrate_bps: u32,
    pub rounds: u32,
    pub folder: &'a Path,
}

/// What a call was like, and when.
struct Called {
    from_us: u64,
    until_us: u64,
    figures: Figures,
}

impl Devices<'_> {
    /// A row for us and for Chromium, in turn on the same sound server; libwebrtc in node has no devices.
    pub fn compare(&self, systems: &[System]) -> Result<Vec<Row>> {
        std::fs::create_dir_all(self.folder)?;
        let systems = [System::Us, System::Chromium].into_iter().filter(|system| systems.contains(system));
        let mut all: Vec<(System, Rounds)> = systems.map(|system| (system, Rounds::default())).collect();
        for _ in 0..self.rounds {
            for (system, rounds) in &mut all {
                let begun = Instant::now();
                self.round(*system, rounds).with_context(|| format!("{} on devices", system.name()))?;
                println!("   {} on devices ({:.0} s)", system.name(), begun.elapsed().as_secs_f64());
            }
        }
        Ok(all.iter().filter_map(|(system, rounds)| rounds.row(system.name(), CASE)).collect())
    }

    fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.max(LEAST_SECONDS).into())
    }

    fn round(&self, system: System, rounds: &mut Rounds) -> Result<()> {
        let server = SoundServer::start(&self.folder.join("pulseaudio.log"))?;
        let said = Recorder::start(&server, &format!("{SAID}.monitor"))?;
        let heard = Recorder::start(&server, &format!("{HEARD}.monitor"))?;
        let player = Player::start(&server, SAID, self.speech)?;
        let called = match system {
            System::Chromium => self.chromium(&server)?,
            _ => self.ours(&server)?,
        };
        drop(player);
        // What was said last is heard later.
        let (from_us, until_us) = (called.from_us, called.until_us);
        let said = said.between(from_us, until_us);
        let heard = heard.between(from_us, until_us + TAIL.as_micros() as u64);
        let found = push_to_pop(&said, &heard).delays;
        if found.windows.is_empty() {
            bail!("nothing of {} pieces of speech was heard", found.spoken);
        }
        rounds.delays_ms.extend(found.windows.iter().map(|window| window.delay_ms));
        rounds.spoken += found.spoken;
        rounds.figures.push(called.figures);
        Ok(())
    }

    fn ours(&self, server: &SoundServer) -> Result<Called> {
        let mut command = Command::new(self.program);
        server.enter(&mut command);
        command.args(["doctor", "devices", "--json", "--call", &self.length().as_secs().to_string()]);
        command.args(["--device-in", MICROPHONE, "--caller-out", ASIDE]);
        command.args(["--callee-in", QUIET, "--device-out", HEARD]);
        command.args(["--bitrate", &self.bitrate_bps.to_string()]);
        let told = shell::output(&mut command)?;
        let told: Value = serde_json::from_str(told.trim()).with_context(|| format!("it told {told:?}"))?;
        let number =
            |name: &str| told.get(name).and_then(Value::as_f64).with_context(|| format!("no {name}"));
        Ok(Called {
            from_us: number("from_us")? as u64,
            until_us: number("until_us")? as u64,
            figures: Figures {
                concealed_pct: number("concealed_pct")?,
                dred_pct: Some(number("dred_pct")?),
                stretched_pct: number("stretched_pct")?,
                jitter_buffer_ms: number("jitter_buffer_ms")?,
                wire_bytes_per_s: f64::NAN,
                packets_per_s: f64::NAN,
                cpu_s_per_s: number("cpu_seconds_per_call_second")?,
                peak_kib: number("peak_memory_kib")? as u64,
            },
        })
    }

    fn chromium(&self, server: &SoundServer) -> Result<Called> {
        let clean: &Case = &CASES[0];
        let relay = relay::start(clean, 1)?;
        let http = Server::start()?;
        let log = self.folder.join("chromium.log");
        let browser = Browser::start(&http, &log, |command| {
            server.enter(command);
            command.arg("--use-fake-ui-for-media-stream");
        })?;
        let (mut snapshots, mut peak_kib, mut from_us) = (Vec::new(), 0, None);
        let deadline = Instant::now() + LEAD + self.length() + TAIL + PATIENCE;
        let length_us = self.length().as_micros() as u64;
        let over = |from_us: Option<u64>| {
            from_us.is_some_and(|from| relay::monotonic_us() > from + length_us + TAIL.as_micros() as u64)
        };
        while !over(from_us) {
            if Instant::now() > deadline {
                bail!("the page does not connect; see {}", log.display());
            }
            let Some(request) = http.next()? else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            let Some(request) = serve_call(request, &relay, self.bitrate_bps) else { continue };
            let text = String::from_utf8_lossy(&request.body).into_owned();
            match request.path.as_str() {
                "/" => request.answer("text/html", PAGE.as_bytes()),
                "/order" => {
                    let order = json!({ "caller": [MICROPHONE, ASIDE], "callee": [QUIET, HEARD] });
                    request.answer("application/json", order.to_string().as_bytes());
                }
                "/connected" => {
                    from_us = Some(relay::monotonic_us() + LEAD.as_micros() as u64);
                    request.answer("text/plain", b"");
                }
                "/figures" => {
                    let tree = process::tree(browser.pid());
                    let cpu_s: f64 = tree.iter().filter_map(|pid| process::cpu_s(*pid)).sum();
                    snapshots.push(Snapshot {
                        us: relay::monotonic_us(),
                        cpu_us: (cpu_s * 1e6) as u64,
                        stats: serde_json::from_str(&text)?,
                    });
                    let held = tree.into_iter().filter_map(process::proportional_kib).sum();
                    peak_kib = peak_kib.max(held);
                    request.answer("text/plain", b"");
                }
                "/failed" => bail!("the page: {text}"),
                _ => request.answer("text/plain", b""),
            }
        }
        drop(browser);
        let from_us = from_us.context("the page does not connect")?;
        let inbound = between(&snapshots, from_us).context("the page told no figures")?;
        Ok(Called { from_us, until_us: from_us + length_us, figures: inbound.figures(None, peak_kib) })
    }
}
