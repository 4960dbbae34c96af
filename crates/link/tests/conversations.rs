//! Recorded conversations. Each line of a file is what went into one end, what it said, or a frame on the wire;
//! both ends must still say the same, byte by byte. Files of a version are never changed, only added.
//!
//! ```text
//! {"ms":0,"tell":"client","input":"token","token":"t1"}    the consumer or the driver says
//! {"ms":0,"says":"client","output":"connect"}              the core answers
//! {"ms":40,"from":"client","frame":"…"}                    the wire; with "by":"hand" what no core of ours sends
//! ```
//! To record a new one: add its script to `scripts.rs`, then `cargo test -p liaison-link -- --ignored record`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;
#[path = "conversations/halves.rs"]
mod halves;
#[path = "conversations/scripts.rs"]
mod scripts;

use std::collections::VecDeque;

use halves::Halves;
use serde_json::{Value, json};

macro_rules! recorded {
    ($($name:literal),* $(,)?) => {
        const RECORDED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("conversations/v1/", $name, ".jsonl")))),*];
    };
}

recorded!(
    "first",
    "resume",
    "resync",
    "unsupported",
    "malformed",
    "oversized",
    "too_deep",
    "out_of_order",
    "repeated",
    "token",
    "refused",
    "versions",
    "dead_peer",
    "goodbye",
);

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Feeds a recording to the named half and compares what it says.
fn replay(name: &str, text: &str, half: &str) {
    let lines = lines(text);
    let mut halves = Halves::new(&lines[0]);
    let mut said: VecDeque<Value> = VecDeque::new();
    for (number, line) in lines.iter().enumerate().skip(1) {
        let field = |key: &str| line.get(key).and_then(Value::as_str);
        let is_output = field("says").or(field("from")) == Some(half) && field("by").is_none();
        if is_output {
            let got = said.pop_front();
            assert_eq!(got.as_ref(), Some(line), "{name}, line {}: the {half} says otherwise", number + 1);
        } else if field("tell") == Some(half) || (field("from").is_some() && field("from") != Some(half)) {
            said.extend(halves.feed(half, line));
        }
    }
    assert_eq!(said, VecDeque::new(), "{name}: the {half} says more at the end");
}

#[test]
fn recorded_conversations_replay_byte_by_byte() {
    for (name, text) in RECORDED {
        for half in lines(text)[0]["replay"].as_array().unwrap() {
            replay(name, text, half.as_str().unwrap());
        }
    }
}

#[test]
fn a_changed_byte_is_noticed() {
    let (name, text) = RECORDED[0];
    let changed = text.replacen("\\\"kind\\\":\\\"call\\\"", "\\\"kind\\\":\\\"Call\\\"", 1);
    assert_ne!(text, changed);
    assert!(std::panic::catch_unwind(|| replay(name, &changed, "client")).is_err());
}

#[test]
fn every_script_is_recorded() {
    let scripts: Vec<&str> = scripts::SCRIPTS.iter().map(|script| script.name).collect();
    assert_eq!(scripts, RECORDED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// Runs a script with both halves on a perfect wire and writes down everything.
fn record(script: &scripts::Script) -> String {
    let header = json!({
        "conversation": script.name, "about": script.about, "version": 1, "replay": script.replay,
        "frameBytes": script.frame_bytes,
    });
    let mut halves = Halves::new(&header);
    let mut transcript = vec![header];
    for step in script.steps {
        let line: Value = serde_json::from_str(step).unwrap_or_else(|error| panic!("{step}: {error}"));
        perform(&mut halves, &mut transcript, line, script.replay);
    }
    transcript.iter().map(|line| format!("{line}\n")).collect()
}

/// Feeds one line to the half it is for; frames that this half sends go to the other one, and so on.
fn perform(halves: &mut Halves, transcript: &mut Vec<Value>, line: Value, replay: &[&str]) {
    transcript.push(line.clone());
    let mut todo = VecDeque::from([line]);
    while let Some(line) = todo.pop_front() {
        let half = match (line["tell"].as_str(), line["from"].as_str()) {
            (Some(half), _) => half.to_owned(),
            (_, Some("client")) => "server".to_owned(),
            _ => "client".to_owned(),
        };
        if replay.contains(&half.as_str()) {
            let said = halves.feed(&half, &line);
            transcript.extend(said.iter().cloned());
            todo.extend(said.into_iter().filter(|said| said["from"].is_string()));
        }
    }
}

#[test]
#[ignore = "writes the recordings anew"]
#[expect(clippy::disallowed_methods, reason = "the recorder writes files; the crate does not")]
fn record_conversations() {
    for script in scripts::SCRIPTS {
        let path = format!("{}/tests/conversations/v1/{}.jsonl", env!("CARGO_MANIFEST_DIR"), script.name);
        std::fs::write(path, record(script)).unwrap();
    }
}
