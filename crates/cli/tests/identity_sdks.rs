//! The unmodified identity SDKs from PyPI and npm against a running `liaison serve`.
//!
//! They are installed by name into the target folder; a machine that cannot install them fails these tests.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::sdk::{cases, equip, keys, node_script, python, run, scripts};
use common::{Running, Service, liaison};
use std::process::{Command, Output};

/// `liaison answer` with a token the script has left.
fn answer(service: &Service, token: &str) -> Running {
    let token = service.path("tokens").join(token);
    let ca = service.ca();
    Running::start(liaison(&[
        "answer",
        "--device-in",
        "none",
        "--device-out",
        "none",
        "--endpoint",
        &service.endpoint,
        "--ca",
        &ca,
        "--token-file",
        token.to_str().unwrap(),
    ]))
}

/// Of one user, a token issued before the revocation and one after it; and one of a user who was deleted.
fn check_revocation(service: &Service) {
    answer(service, "fresh").line("waiting for calls");
    for void in ["revoked", "deleted"] {
        let mut end = answer(service, void);
        assert_eq!(end.wait().code(), Some(5), "the token `{void}` should be refused");
    }
}

#[test]
fn the_python_sdk_creates_issues_revokes_and_deletes() {
    let (python, service) = (python(), Service::start());
    let mut script = Command::new(&python);
    script.arg(scripts().join("python/identity.py"));
    equip(&service, &mut script);
    let printed = run(&mut script);
    assert_eq!(cases(&printed), 11, "{printed}");
    check_revocation(&service);

    // A revocation closes the live connection as well, and the token cannot open another.
    let mut live = answer(&service, "fresh");
    live.line("waiting for calls");
    let raw_id = std::fs::read_to_string(service.path("tokens/raw-id")).unwrap();
    let mut revoke = Command::new(&python);
    revoke.arg(scripts().join("python/revoke.py")).arg(raw_id);
    equip(&service, &mut revoke);
    run(&mut revoke);
    live.line("service disconnected");
    assert_eq!(answer(&service, "fresh").wait().code(), Some(5));
}

#[test]
fn the_javascript_sdk_creates_issues_revokes_and_deletes() {
    let (script, service) = (node_script("identity.js"), Service::start());
    let mut node = Command::new("node");
    node.arg(script);
    equip(&service, &mut node);
    let printed = run(&mut node);
    assert_eq!(cases(&printed), 9, "{printed}");
    check_revocation(&service);
}

#[test]
fn a_key_made_anew_makes_the_old_one_void_and_leaves_the_other() {
    const CREATE: &str = "import os; from azure.communication.identity import CommunicationIdentityClient as C; \
        C.from_connection_string(os.environ['CONNECTION_STRING']).create_user()";
    let (python, service) = (python(), Service::start());
    let create = |connection_string: &str| -> Output {
        let mut script = Command::new(&python);
        script.args(["-c", CREATE]);
        equip(&service, &mut script);
        script.env("CONNECTION_STRING", connection_string).output().unwrap()
    };
    let in_file = || {
        let text = std::fs::read_to_string(format!("{}/connection-string", service.data())).unwrap();
        text.trim().to_owned()
    };
    let [old, second] = keys(&service);
    assert_eq!(in_file(), old);
    assert!(create(&old).status.success() && create(&second).status.success());

    let resource = service.admin_json(&["resource", "list"])[0]["id"].as_str().unwrap().to_owned();
    service.admin(&["resource", "regenerate-key", "--resource", &resource, "--key", "primary"]);
    let refused = create(&old);
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("ClientAuthenticationError") || text.contains("401"), "{text}");
    assert!(create(&second).status.success());
    // The file follows the first key.
    assert_ne!(in_file(), old);
    assert!(create(&in_file()).status.success());
}
