//! `liaison serve`: ready once, secret files, ports in use, signals.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{Running, Service, fails, liaison};
use std::net::TcpListener;

#[test]
fn the_first_start_makes_everything_and_says_so_in_one_line() {
    let mut service = Service::start();
    assert!(service.endpoint.starts_with("https://localhost:"), "{}", service.ready);
    for name in ["ca.pem", "connection-string"] {
        assert!(service.ready.contains(&format!("{}/{name}", service.data())), "{}", service.ready);
    }
    let secret = std::fs::read_to_string(format!("{}/connection-string", service.data())).unwrap();
    let parsed: liaison_identity::ConnectionString = secret.trim().parse().unwrap();
    assert_eq!(parsed.endpoint, service.endpoint);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| {
            std::fs::metadata(format!("{}/{name}", service.data())).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("connection-string"), 0o600);
        assert_eq!(mode(""), 0o700);
    }
    assert!(service.running.stop().success());
    assert_eq!(service.running.rest().lines().count(), 1, "one line on standard output");
    assert!(!service.running.errors().contains(&parsed.access_key.to_base64()));
}

#[test]
fn both_signals_stop_it_cleanly_and_the_folder_can_be_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut before = String::new();
    for signal in ["INT", "TERM", "INT"] {
        let mut running =
            Running::start(liaison(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]));
        running.line("ready");
        let ca = std::fs::read_to_string(data.join("ca.pem")).unwrap();
        assert!(before.is_empty() || ca == before, "the CA must survive a restart");
        before = ca;
        running.signal(signal);
        assert_eq!(running.wait().code(), Some(0), "{signal}: {}", running.errors());
    }
}

#[test]
fn a_port_in_use_is_told() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, error) = fails(&["serve", "--data", data.to_str().unwrap(), "--listen", &address]);
    assert_eq!(code, 8, "{error}");
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[test]
fn a_folder_in_use_is_told() {
    let service = Service::start();
    let (code, error) = fails(&["serve", "--data", &service.data(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("in use"), "{error}");
}

#[test]
fn a_certificate_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let missing = folder.path().join("cert.pem").to_str().unwrap().to_owned();
    let (code, error) = fails(&[
        "serve",
        "--data",
        data.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--cert",
        &missing,
        "--key",
        &missing,
    ]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains(&missing), "{error}");
}

#[test]
fn a_database_that_is_none_is_told() {
    let mut service = Service::start();
    assert!(service.running.stop().success());
    let database = std::fs::read_dir(service.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "db" || extension == "sqlite"))
        .expect("a database in the data folder");
    std::fs::write(&database, vec![0x42; 100_000]).unwrap();
    let (code, error) = fails(&["serve", "--data", &service.data(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains(database.to_str().unwrap()), "{error}");
}
