//! The token backend of the examples, with the unmodified identity SDK, against a running service: what it gives an
//! app signs in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::World;

struct Backend(Child);

impl Drop for Backend {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A Python with the SDK in it, in the same versions as the tests of the SDK.
fn python() -> PathBuf {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/python/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backend-python");
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return folder.join("bin/python");
    }
    let _ = std::fs::remove_dir_all(&folder);
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(&requirements));
    std::fs::write(stamp, wanted).unwrap();
    folder.join("bin/python")
}

/// Asks for a token as an app with this session; gives the status line and the body.
fn ask(address: &str, session: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /token HTTP/1.0\r\nAuthorization: Bearer {session}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn a_token_from_the_backend_signs_in() {
    let world = World::federated();
    let server = world.server.as_ref().unwrap();
    let mut child = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/token-backend/backend.py"))
        .arg("0")
        .env("CONNECTION_STRING", std::fs::read_to_string(server.connection_string_path()).unwrap().trim())
        .env("REQUESTS_CA_BUNDLE", server.ca_pem_path().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _backend = Backend(child);
    let address = line.trim().strip_prefix("tokens at http://").unwrap().strip_suffix("/token").unwrap();

    let (status, body) = ask(address, "demo-session-of-ada");
    assert!(status.ends_with("200 OK"), "{status} {body}");
    let given: serde_json::Value = serde_json::from_str(&body).unwrap();
    world.signed_in(world.config(), given["token"].as_str().unwrap());
    assert!(!body.contains("accesskey"));

    let (_, again) = ask(address, "demo-session-of-ada");
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["identity"], given["identity"], "a user keeps the same raw id");
    let (status, _) = ask(address, "somebody else's");
    assert!(status.contains("401"), "{status}");
}
