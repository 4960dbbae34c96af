//! Events that were given up, one JSON object a line: which, for whom and why, and nothing of what they say. They can be
//! read through the REST interface as long as they are there.

use crate::clock;
use crate::folder::{DataFolder, touch_secret, write_secret};
use crate::store::WebhookKey;
use liaison_chat::{Event, EventSequence, MessageId, ThreadId};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The file's name.
const FILE: &str = "webhook-dead-letters.jsonl";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    at: String,
    webhook_id: &'a str,
    owner_id: &'a str,
    thread_id: &'a ThreadId,
    sequence: EventSequence,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<MessageId>,
    attempts: u32,
    reason: String,
}

/// The file.
#[derive(Clone, Debug)]
pub(super) struct DeadLetters {
    path: PathBuf,
    most: u64,
    writing: Arc<Mutex<()>>,
}

impl DeadLetters {
    pub(super) fn new(folder: &DataFolder, most: u64) -> Self {
        Self { path: folder.file(FILE), most, writing: Arc::default() }
    }

    /// Keeps an event that was given up. On the disk when this returns.
    pub(super) async fn keep(
        &self,
        hook: &WebhookKey,
        event: &Event,
        attempts: u32,
        reason: String,
    ) -> Result<(), String> {
        let line = Line {
            at: clock::text_of_ms(clock::now_ms()),
            webhook_id: &hook.id,
            owner_id: &hook.owner,
            thread_id: &event.thread,
            sequence: event.sequence.unwrap_or_default(),
            event: event.kind.name(),
            message_id: event.message_id(),
            attempts,
            reason,
        };
        let line = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        let this = self.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let _one = this.writing.lock().unwrap_or_else(PoisonError::into_inner);
            append(&this.path, &line, this.most)
        });
        kept.await.map_err(|error| error.to_string())?
    }
}

fn append(path: &Path, line: &str, most: u64) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    touch_secret(path).map_err(|error| error.to_string())?;
    let there = std::fs::metadata(path).map_err(text)?.len();
    if there + line.len() as u64 + 1 > most {
        let kept = newest(&std::fs::read(path).map_err(text)?, most / 2);
        write_secret(path, &kept).map_err(|error| error.to_string())?;
    }
    let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(text)?;
    let mut bytes = Vec::with_capacity(line.len() + 2);
    // A line that a crash cut off does not spoil this one.
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last).map_err(text)?;
    }
    if last != [b'\n'] {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(text)
}

/// The last whole lines of at most that many bytes.
fn newest(bytes: &[u8], most: u64) -> Vec<u8> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let Some(cut) = bytes.len().checked_sub(most).filter(|cut| *cut > 0) else { return bytes.to_vec() };
    // From just before the cut, so that a line which begins there is whole.
    match bytes[cut - 1..].iter().position(|byte| *byte == b'\n') {
        Some(end) => bytes[cut + end..].to_vec(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_bounded_and_its_lines_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let line = |number: u32| format!("{{\"number\":{number:04}}}");
        for number in 0..1000 {
            append(&path, &line(number), 1000).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() <= 1000);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 25, "{}", lines.len());
        let first = 1000 - u32::try_from(lines.len()).unwrap();
        assert_eq!(lines, (first..1000).map(line).collect::<Vec<_>>());

        std::fs::write(&path, "{\"cut o").unwrap();
        append(&path, &line(1), 1000).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"cut o\n{\"number\":0001}\n");
        append(&path, &line(2), 10).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"number\":0002}\n");
    }
}
