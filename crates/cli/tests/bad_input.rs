//! Everything that can be known to be wrong before anybody is called, without a service.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{fails, write_tone};
use std::path::Path;

/// Not signed by anybody, but of the right shape, and good for ever.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTl9.AAAA";
/// Nothing listens on this port: it is reserved and needs rights to be opened.
const NOBODY: &str = "https://127.0.0.1:1";

struct Files {
    folder: tempfile::TempDir,
    token: String,
    voice: String,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (token, voice) = (path("token"), path("voice.wav"));
        std::fs::write(&token, TOKEN).unwrap();
        write_tone(Path::new(&voice), 1);
        Self { folder, token, voice }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A call with these options changed or added.
    fn call(&self, options: &[(&str, &str)]) -> (i32, String) {
        let mut all = vec![
            ("--to", "8:orgid:somebody"),
            ("--endpoint", NOBODY),
            ("--token-file", self.token.as_str()),
            ("--in", self.voice.as_str()),
            ("--device-out", "none"),
            ("--connect-timeout", "1"),
        ];
        for (name, value) in options {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        let arguments: Vec<&str> =
            ["call"].into_iter().chain(all.iter().flat_map(|(name, value)| [*name, *value])).collect();
        fails(&arguments)
    }
}

#[test]
fn a_missing_or_broken_wav_is_named() {
    let files = Files::new();
    let missing = files.path("missing.wav");
    let (code, error) = files.call(&[("--in", &missing)]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains(&missing) && error.contains("--in"), "{error}");

    let broken = files.path("broken.wav");
    std::fs::write(&broken, "no sound at all").unwrap();
    let (code, error) = files.call(&[("--in", &broken)]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains(&broken) && error.contains("WAV"), "{error}");
}

#[test]
fn an_output_that_cannot_be_is_named() {
    let files = Files::new();
    let (code, error) = files.call(&[("--out", &files.path("nowhere/heard.wav"))]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("nowhere does not exist"), "{error}");
    let (code, error) = files.call(&[("--out", files.folder.path().to_str().unwrap())]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("is a folder"), "{error}");
}

#[test]
fn a_missing_or_senseless_token_is_told() {
    let files = Files::new();
    let missing = files.path("no-token");
    let (code, error) = files.call(&[("--token-file", &missing)]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains(&missing) && error.contains("liaison admin token"), "{error}");

    let path = files.path("other-token");
    for (content, text) in [
        ("".to_owned(), "is empty"),
        ("x".repeat(10_000), "more than a token"),
        ("not a token".to_owned(), "not a token"),
        // exp = 1
        ("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.AAAA".to_owned(), "expired"),
    ] {
        std::fs::write(&path, content).unwrap();
        let (code, error) = files.call(&[("--token-file", &path)]);
        assert_eq!(code, 5, "{error}");
        assert!(error.contains(text), "{text}: {error}");
        assert!(!error.contains("eyJ"), "a token belongs in no message: {error}");
    }
}

#[test]
fn a_ca_that_is_none_is_told() {
    let files = Files::new();
    let (code, error) = files.call(&[("--ca", &files.path("no-ca.pem"))]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("`ca.pem` in the service's data folder"), "{error}");
    let (code, error) = files.call(&[("--ca", &files.token)]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("--ca") && error.contains("DIR/ca.pem"), "{error}");
}

#[test]
fn an_endpoint_that_cannot_be_is_a_usage_error() {
    let files = Files::new();
    for endpoint in ["localhost:8443", "http://localhost:8443", "https://"] {
        let (code, error) = files.call(&[("--endpoint", endpoint)]);
        assert_eq!(code, 2, "{endpoint}: {error}");
        assert!(error.contains("https://host[:port]"), "{error}");
    }
}

#[test]
fn a_raw_id_that_cannot_be_called_is_told_only_when_calling() {
    let files = Files::new();
    let (code, error) = files.call(&[("--to", "8:orgid:a\nb")]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("control character"), "{error}");
}

#[test]
fn a_service_that_is_not_there_is_told_in_time() {
    // The lines about connecting go to standard output here, so `fails` does not fit.
    let files = Files::new();
    let begun = std::time::Instant::now();
    let output = common::run(&[
        "answer",
        "--endpoint",
        NOBODY,
        "--token-file",
        &files.token,
        "--in",
        &files.voice,
        "--device-out",
        "none",
        "--connect-timeout",
        "2",
    ]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains(NOBODY) && error.contains("check --endpoint"), "{error}");
    assert!(begun.elapsed().as_secs() >= 2 && begun.elapsed().as_secs() < 15);
}

#[test]
fn a_folder_without_a_service_cannot_be_administered() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (code, error) = fails(&["admin", "--data", data, "tenant", "list"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("liaison serve --data"), "{error}");
}
