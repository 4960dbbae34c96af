//! `liaison admin webhook`, as the README shows it, with a receiver in Python.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::sdk::{cases, run, scripts};
use common::{Service, snippet};
use std::process::Command;

#[test]
fn a_receiver_verifies_deliveries_with_the_code_of_the_readme() {
    // Its certificate serves the receiver, which is not of the other's own authority.
    let other = Service::start();
    let service = Service::start_with(&["--webhook-allow-host", "localhost", "--webhook-ca", &other.ca()]);
    let token = service.token("ada.token", &["--new", "--scopes", "chat"]);
    let mut command = Command::new("python3");
    command
        .arg(scripts().join("python/webhook.py"))
        .args([env!("CARGO_BIN_EXE_liaison"), &service.data(), &service.endpoint])
        .arg(token)
        .args(["server.pem", "server-key.pem"].map(|name| format!("{}/{name}", other.data())))
        .env("VERIFIED", snippet("## Telling other systems", "python"));
    assert_eq!(cases(&run(&mut command)), 4);
    let hooks = service.admin_json(&["webhook", "list"]);
    assert_eq!(hooks, serde_json::json!([]), "it was removed");
}
