//! The unmodified identity SDKs from PyPI and npm against a running `liaison serve`.
//!
//! They are installed by name into the target folder; a machine that cannot install them fails these tests.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{Running, Service, liaison};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}

/// Runs to the end; shows everything when it fails.
fn run(command: &mut Command) -> String {
    let shown = format!("{:?}", command.get_program());
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A folder with the SDK installed as `wanted` says; made anew when that changes.
///
/// Tests may run side by side, each in a process of its own: the first one installs, the others wait.
fn installed(name: &str, wanted: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let stamp = |folder: &Path| {
        std::fs::read_to_string(folder.join("installed")).is_ok_and(|installed| installed == wanted)
    };
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _one_at_a_time = lock(&shared.with_extension("lock"));
    if !stamp(&shared) {
        let _ = std::fs::remove_dir_all(&shared);
        std::fs::create_dir_all(&shared).unwrap();
        install(&shared);
        std::fs::write(shared.join("installed"), wanted).unwrap();
    }
    shared
}

/// Held until the file is closed.
fn lock(path: &Path) -> std::fs::File {
    let file = std::fs::File::create(path).unwrap();
    file.lock().unwrap();
    file
}

fn python() -> PathBuf {
    let requirements = scripts().join("python/requirements.txt");
    let folder = installed("sdk-python", &std::fs::read_to_string(&requirements).unwrap(), |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(&requirements));
    });
    folder.join("bin/python")
}

/// Node finds packages beside the script, so the script is copied to where the packages are.
fn node_script() -> PathBuf {
    let source = scripts().join("node");
    let lock = std::fs::read_to_string(source.join("package-lock.json")).unwrap();
    let folder = installed("sdk-node", &lock, |folder| {
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder));
    });
    let script = folder.join("identity.js");
    std::fs::copy(source.join("identity.js"), &script).unwrap();
    script
}

/// Both keys of the only resource.
fn keys(service: &Service) -> [String; 2] {
    let resources = service.admin_json(&["resource", "list"]);
    let keys = service.admin_json(&["resource", "keys", "--resource", resources[0]["id"].as_str().unwrap()]);
    ["primary_connection_string", "secondary_connection_string"]
        .map(|name| keys[name].as_str().unwrap().to_owned())
}

/// What the scripts expect in their environment.
fn equip(service: &Service, command: &mut Command) {
    let [first, second] = keys(service);
    let tokens = service.path("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    command.env("CONNECTION_STRING", first).env("SECOND_CONNECTION_STRING", second).env("TOKENS", tokens);
    for name in ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        command.env(name, service.ca());
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
}

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

fn cases(printed: &str) -> usize {
    printed.lines().filter(|line| line.starts_with("ok ")).count()
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
    let (script, service) = (node_script(), Service::start());
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
