//! A chat by a C program: two engines in one process, on a service of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;

use std::process::Command;
use std::time::Duration;

use c_support::service::Service;
use c_support::{Program, SANITIZE, root, run_well};

const LIMIT: Duration = Duration::from_secs(120);

/// Runs `chat.c`: creates a thread with a directory user, sends, edits, reads, counts, types, removes, deletes.
fn scenario(flags: &[&str]) {
    let service = Service::start();
    let (user, user_token) = service.app_user("user");
    let (_, outsider_token) = service.app_user("outsider");
    let folder = tempfile::tempdir().unwrap();
    let program = Program { flags, ..Program::new(&root().join("tests/c/chat.c")) }.build(folder.path());
    run_well(
        Command::new(program)
            .arg(&service.endpoint)
            .arg(&service.ca)
            .arg(user_token)
            .arg(user)
            .arg(service.staff_token())
            .arg(&service.staff)
            .arg(&service.refusing)
            .arg(outsider_token),
        LIMIT,
    );
}

/// Runs `chat_events.c`: each hears of what the other does.
fn events(flags: &[&str]) {
    let service = Service::start();
    let (user, user_token) = service.app_user("user");
    let folder = tempfile::tempdir().unwrap();
    let program =
        Program { flags, ..Program::new(&root().join("tests/c/chat_events.c")) }.build(folder.path());
    let mut command = Command::new(program);
    command.arg(&service.endpoint).arg(&service.ca).arg(user_token).arg(user);
    run_well(command.arg(service.staff_token()).arg(&service.staff), LIMIT);
}

#[test]
fn what_happens_in_a_chat_reaches_everyone_in_it() {
    events(&[]);
}

#[test]
fn events_run_clean_under_the_sanitizers() {
    events(&SANITIZE);
}

#[test]
fn an_app_user_and_a_member_of_staff_chat() {
    scenario(&[]);
}

#[test]
fn the_same_chat_runs_clean_under_the_sanitizers() {
    scenario(&SANITIZE);
}
