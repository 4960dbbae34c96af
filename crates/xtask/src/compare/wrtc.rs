//! libwebrtc as `@roamhq/wrtc` brings it to node: an end a process.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use liaison_sim::Relay;
use serde_json::{Value, json};

use super::inbound::{Between, Snapshot, between};
use super::run::{LEAD, Outcome, PATIENCE, TAIL, Task, read_timed, repeated};
use super::{process, relay, sdp};
use crate::compare::peer::Peer;

const SCRIPT: &str = include_str!("wrtc_end.js");

/// Makes one call. `installed` is the folder of the package.
pub fn call(task: &Task<'_>, installed: &Path) -> Result<Outcome> {
    let script = task.folder.join("wrtc_end.js");
    std::fs::write(&script, SCRIPT)?;
    let relay = relay::start(&task.case, task.seed)?;
    let file = |name: &str| task.folder.join(name);
    let end = |name: &str| {
        let mut command = Command::new("node");
        command.arg(&script).arg(installed);
        Peer::start(name, &mut command, &file(&format!("{name}.log")))
    };
    let (mut sender, mut receiver) = (end("wrtc-sender")?, end("wrtc-receiver")?);
    let heard = (file("heard.pcm"), file("heard.times"));
    receiver.tell(&json!({ "role": "receiver", "samples": heard.0, "times": heard.1 }))?;
    sender.tell(&json!({
        "role": "sender", "samples": task.speech, "times": file("said.times"),
        "lead_ms": LEAD.as_millis() as u64, "push_ms": task.length.as_millis() as u64,
    }))?;
    connect(&mut sender, &mut receiver, &relay, task.bitrate_bps)?;

    let (sent, received) = follow(&sender, &receiver, task.length)?;
    let peak_kib = [sender.pid(), receiver.pid()].into_iter().filter_map(process::peak_kib).max();
    sender.finish(PATIENCE)?;
    receiver.finish(PATIENCE)?;

    let said = repeated(read_timed(task.speech, &file("said.times"))?, task.length);
    let from_us = said.times.first().context("nothing was pushed")?;
    let to_us = said.times.last().unwrap_or(from_us) + 10_000;
    let inbound = between(&received, from_us).context("the receiver told no figures")?;
    let outbound = between(&sent, from_us).context("the sender told no figures")?;
    let inbound = Between { cpu_s_per_s: inbound.cpu_s_per_s + outbound.cpu_s_per_s, ..inbound };
    let wire = relay::rtp(&relay, from_us, to_us);
    Ok(Outcome {
        said,
        heard: read_timed(&heard.0, &heard.1)?,
        figures: inbound.figures(Some(wire), peak_kib.unwrap_or_default()),
    })
}

fn text(word: &Value) -> Result<&str> {
    word.as_str().with_context(|| format!("{word} is no description"))
}

fn connect(sender: &mut Peer, receiver: &mut Peer, relay: &Relay, bitrate_bps: u32) -> Result<()> {
    let offer = sender.expect("sdp", PATIENCE)?;
    receiver.tell(&json!({ "sdp": sdp::through(text(&offer)?, relay.face_a()) }))?;
    let answer = receiver.expect("sdp", PATIENCE)?;
    let answer = sdp::with_opus_rate(&sdp::through(text(&answer)?, relay.face_b()), bitrate_bps);
    sender.tell(&json!({ "sdp": answer }))?;
    sender.expect("connected", PATIENCE).map(drop)
}

/// The figures of both ends, second by second, until everything was heard.
fn follow(sender: &Peer, receiver: &Peer, length: Duration) -> Result<(Vec<Snapshot>, Vec<Snapshot>)> {
    let mut all = [Vec::new(), Vec::new()];
    let mut over: Option<Instant> = None;
    let deadline = Instant::now() + LEAD + length + PATIENCE;
    while over.is_none_or(|at| at.elapsed() < TAIL) {
        for (peer, snapshots) in [sender, receiver].into_iter().zip(&mut all) {
            let Some(word) = peer.next(Duration::from_millis(20))? else { continue };
            if let Some(figures) = word.get("figures") {
                let number = |name: &str| figures.get(name).and_then(Value::as_u64).unwrap_or_default();
                let stats = figures.get("inbound").cloned().unwrap_or_default();
                snapshots.push(Snapshot { us: number("us"), cpu_us: number("cpu_us"), stats });
            }
            if word.get("played").is_some() {
                over = Some(Instant::now());
            }
        }
        if Instant::now() > deadline {
            bail!("the call takes far longer than it should");
        }
    }
    let [sent, received] = all;
    Ok((sent, received))
}
