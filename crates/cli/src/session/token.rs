//! The token file, read at the start and again when the token is about to expire.

use crate::exit::Failure;
use liaison_identity::MAX_TOKEN_BYTES;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the file is looked at for a new token.
const RETRY: Duration = Duration::from_secs(5);

const HINT: &str = "; get a token from your backend, or for a trial with \
    `liaison admin token --data DIR --new --scopes voip,chat > FILE`";

/// Reads a token; white space around it is dropped.
pub fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let limit = MAX_TOKEN_BYTES as u64 + 2;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::reading("token file", path, error, HINT))?;
    let token = String::from_utf8_lossy(&bytes).trim().to_owned();
    let unusable =
        |what: &str| Err(Failure::Token(format!("the token file {} {what}{HINT}", path.display())));
    match token.len() {
        0 => unusable("is empty"),
        length if length > MAX_TOKEN_BYTES => unusable("holds more than a token"),
        _ => Ok(token),
    }
}

/// Watches the file for a newer token.
#[derive(Debug)]
pub struct Renewal {
    path: PathBuf,
    current: String,
    retry_at: Option<Instant>,
}

impl Renewal {
    /// Nothing to renew yet.
    pub fn new(path: PathBuf, current: String) -> Self {
        Self { path, current, retry_at: None }
    }

    /// The token expires soon: look for a new one from now on.
    pub fn expiring(&mut self, now: Instant) {
        // Standard input has been read to its end.
        if self.path != Path::new("-") {
            self.retry_at = Some(now);
        }
    }

    /// The new token, once there is one.
    pub fn poll(&mut self, now: Instant) -> Option<String> {
        if self.retry_at? > now {
            return None;
        }
        self.retry_at = Some(now + RETRY);
        let token = read(&self.path).ok().filter(|token| *token != self.current)?;
        self.retry_at = None;
        self.current.clone_from(&token);
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_without_its_surroundings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, " a.b.c\r\n").unwrap();
        assert_eq!(read(&path).unwrap(), "a.b.c");
        std::fs::write(&path, "\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("is empty"));
        std::fs::write(&path, "x".repeat(MAX_TOKEN_BYTES + 1)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("more than a token"));
    }

    #[test]
    fn a_new_token_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "old").unwrap();
        let now = Instant::now();
        let mut renewal = Renewal::new(path.clone(), "old".to_owned());
        assert_eq!(renewal.poll(now), None);
        renewal.expiring(now);
        assert_eq!(renewal.poll(now), None, "still the old one");
        std::fs::write(&path, "new").unwrap();
        assert_eq!(renewal.poll(now), None, "not looked at again so soon");
        assert_eq!(renewal.poll(now + RETRY).as_deref(), Some("new"));
        assert_eq!(renewal.poll(now + 3 * RETRY), None);
    }
}
