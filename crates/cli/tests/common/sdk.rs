//! Unmodified SDKs from PyPI and npm, installed by name into the target folder.

use super::Service;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}

/// Runs to the end; shows everything when it fails.
pub fn run(command: &mut Command) -> String {
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

pub fn python() -> PathBuf {
    let requirements = scripts().join("python/requirements.txt");
    let folder = installed("sdk-python", &std::fs::read_to_string(&requirements).unwrap(), |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(&requirements));
    });
    folder.join("bin/python")
}

/// Node finds packages beside the script, so the script is copied to where the packages are.
pub fn node_script(name: &str) -> PathBuf {
    let source = scripts().join("node");
    let lock = std::fs::read_to_string(source.join("package-lock.json")).unwrap();
    let folder = installed("sdk-node", &lock, |folder| {
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder));
    });
    // With what it imports.
    for name in [name, "operations.js"] {
        std::fs::copy(source.join(name), folder.join(name)).unwrap();
    }
    folder.join(name)
}

/// Both keys of the only resource.
pub fn keys(service: &Service) -> [String; 2] {
    let resources = service.admin_json(&["resource", "list"]);
    let keys = service.admin_json(&["resource", "keys", "--resource", resources[0]["id"].as_str().unwrap()]);
    ["primary_connection_string", "secondary_connection_string"]
        .map(|name| keys[name].as_str().unwrap().to_owned())
}

/// What the scripts expect in their environment.
pub fn equip(service: &Service, command: &mut Command) {
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

pub fn cases(printed: &str) -> usize {
    printed.lines().filter(|line| line.starts_with("ok ")).count()
}
