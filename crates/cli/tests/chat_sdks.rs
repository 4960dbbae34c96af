//! The unmodified chat SDKs from PyPI and npm against a running `liaison serve`, which is killed in between.
//!
//! They are installed by name into the target folder; a machine that cannot install them fails these tests.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::sdk::{cases, equip, node_script, python, run, scripts};
use common::{Service, snippet};
use std::process::Command;
use std::time::Duration;

/// A service whose federation lets the resource in, and a member of the organisation.
fn federated() -> (Service, String) {
    let service = Service::start();
    service.admin(&["tenant", "create", "--name", "contoso"]);
    let user = service.admin_json(&[
        "user",
        "add",
        "--tenant",
        "contoso",
        "--upn",
        "mona@contoso.example",
        "--display-name",
        "Mona",
    ]);
    service.admin(&[
        "federation",
        "set",
        "--tenant",
        "contoso",
        "--enable-acs-users",
        "--allowed-acs-resources",
        "default",
    ]);
    (service, user["object_id"].as_str().unwrap().to_owned())
}

/// Runs the script to do everything, kills the service, and runs it to see the same.
fn across_a_crash(command: impl Fn() -> Command, acted: usize) {
    let (mut service, mona) = federated();
    let phase = |service: &Service, phase: &str| {
        let mut command = command();
        command.arg(phase).env("TEAMS_USER", &mona).env("STATE", service.path("state"));
        equip(service, &mut command);
        cases(&run(&mut command))
    };
    assert_eq!(phase(&service, "act"), acted);
    service.crash(Duration::ZERO);
    assert_eq!(phase(&service, "check"), 1);
}

fn python_script(kind: &'static str) -> impl Fn() -> Command {
    let python = python();
    move || {
        let mut command = Command::new(&python);
        command.arg(scripts().join("python/chat.py")).arg(kind);
        command
    }
}

#[test]
fn the_readme_shows_what_works() {
    let service = Service::start();
    let check = "print(*[m.content.message for m in ChatClient(endpoint, CommunicationTokenCredential(bobs.token))\
                 .get_chat_thread_client(thread.chat_thread.id).list_messages() if m.content.message])";
    let script = format!("{}{check}\n", snippet("## Chat with Microsoft's SDKs", "python"));
    let mut command = Command::new(python());
    command.args(["-c", &script]).current_dir(service.folder.path());
    equip(&service, &mut command);
    assert_eq!(run(&mut command), "hello\n");
}

#[test]
fn the_readme_shows_what_works_in_javascript() {
    let service = Service::start();
    let check = "const bobs = new ChatClient(endpoint, new AzureCommunicationTokenCredential(bob.token));\n\
                 for await (const m of bobs.getChatThreadClient(chatThread.id).listMessages())\n\
                 if (m.content.message) console.log(m.content.message);";
    let script = format!("{}{check}\n", snippet("## Chat with Microsoft's SDKs", "js"));
    // Beside the packages.
    let path = node_script("chat.js").with_file_name("readme.mjs");
    std::fs::write(&path, script).unwrap();
    let mut command = Command::new("node");
    // Debian 12's Node 18 has Web Crypto behind this flag; the README asks for 20.
    command.arg("--experimental-global-webcrypto").arg(path).current_dir(service.folder.path());
    equip(&service, &mut command);
    assert_eq!(run(&mut command), "hello\n");
}

#[test]
fn the_readme_shows_how_a_backend_gets_tokens() {
    let service = Service::start();
    let shown = snippet("## Tokens come from your backend", "python");
    let script = format!("{shown}print(user.raw_id[:6], len(token.token.split('.')))\n");
    let mut command = Command::new(python());
    command.args(["-c", &script]).current_dir(service.folder.path());
    equip(&service, &mut command);
    assert_eq!(run(&mut command), "8:acs: 3\n");
}

#[test]
fn the_python_sdk_does_every_operation() {
    across_a_crash(python_script("sync"), 15);
}

#[test]
fn the_asynchronous_python_sdk_does_every_operation() {
    across_a_crash(python_script("aio"), 15);
}

#[test]
fn the_javascript_sdk_does_every_operation() {
    let script = node_script("chat.js");
    let command = || {
        let mut command = Command::new("node");
        command.arg(&script);
        command
    };
    across_a_crash(command, 14);
}
