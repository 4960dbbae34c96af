//! The device manager from C, on the null sinks of a sound server of its own: devices come, go and are chosen while a
//! call goes on, and a phone's system interrupts it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;
#[path = "../crates/device/tests/server/mod.rs"]
#[allow(dead_code, reason = "the device crate's tests use the rest")]
mod server;

use std::process::Command;
use std::time::Duration;

use c_support::service::Service;
use c_support::{Program, SANITIZE, root, run_well};

fn scenario(flags: &[&str]) {
    let sound = server::Server::start();
    sound.set_default(server::SINK);
    let service = Service::start();
    let (_, kiosk_token) = service.app_user("kiosk");
    let folder = tempfile::tempdir().unwrap();
    let source = root().join("tests/c/devices.c");
    let program = Program { flags, ..Program::new(&source) }.build(folder.path());
    let ran = run_well(
        Command::new(program)
            .arg(&service.endpoint)
            .arg(&service.ca)
            .arg(kiosk_token)
            .arg(service.staff_token())
            .arg(&service.staff),
        Duration::from_secs(120),
    );
    print!("{}", ran.stdout);
    assert!(ran.stdout.ends_with("ok\n"), "{ran:?}");
}

#[test]
fn devices_change_in_mid_call() {
    server::alone("devices_change_in_mid_call", || scenario(&[]));
}

#[test]
fn devices_change_in_mid_call_under_the_sanitizers() {
    server::alone("devices_change_in_mid_call_under_the_sanitizers", || scenario(&SANITIZE));
}
