//! The unmodified identity SDKs from PyPI and npm against a running `liaison serve`.
//!
//! They are installed by name into the target folder; a machine that cannot install them fails these tests.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

/// Runs to the end; shows everything when it fails.
fn run(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The `liaison` program of this build, up to date.
fn program() -> PathBuf {
    // target/debug/deps/identity_sdks-… beside target/debug/liaison
    let here = std::env::current_exe().unwrap();
    let profile = here.ancestors().nth(2).unwrap().to_owned();
    let mut build = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    build.args(["build", "--quiet", "-p", "liaison-cli"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    build.env("CARGO_TARGET_DIR", profile.parent().unwrap());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    run(&mut build);
    profile.join(format!("liaison{}", std::env::consts::EXE_SUFFIX))
}

/// A folder with the SDK installed as `wanted` says; made anew when that changes.
fn installed(name: &str, wanted: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    install(&folder);
    std::fs::write(stamp, wanted).unwrap();
    folder
}

fn python() -> PathBuf {
    let requirements = scripts().join("python/requirements.txt");
    let folder = installed("sdk-python", &std::fs::read_to_string(&requirements).unwrap(), |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(&requirements));
    });
    folder.join("bin/python")
}

/// Node finds packages beside the script, so the scripts are copied to where the packages are.
fn node_scripts() -> PathBuf {
    let source = scripts().join("node");
    let read = |name: &str| std::fs::read_to_string(source.join(name)).unwrap();
    let folder = installed("sdk-node", &read("package-lock.json"), |folder| {
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder));
    });
    std::fs::copy(source.join("identity.js"), folder.join("identity.js")).unwrap();
    folder
}

/// A program under way; killed when dropped.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for the first line that holds `text`.
    fn line(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with {text:?} came: {seen:?}");
    }

    fn code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the program does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service of its own folder and port.
struct Service {
    folder: tempfile::TempDir,
    program: PathBuf,
    endpoint: String,
    _running: Running,
}

impl Service {
    fn start() -> Self {
        let program = program();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut serve = Command::new(&program);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        let running = Running::start(&mut serve);
        let ready = running.line("ready");
        let endpoint = ready.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
        let endpoint = endpoint.trim_end_matches(',').to_owned();
        std::fs::create_dir(folder.path().join("tokens")).unwrap();
        Self { folder, program, endpoint, _running: running }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ca(&self) -> PathBuf {
        self.path("data/ca.pem")
    }

    fn connection_string(&self) -> String {
        std::fs::read_to_string(self.path("data/connection-string")).unwrap().trim().to_owned()
    }

    fn admin(&self, arguments: &[&str]) -> serde_json::Value {
        let mut command = Command::new(&self.program);
        command.arg("admin").args(arguments).arg("--json").arg("--data").arg(self.path("data"));
        serde_json::from_str(&run(&mut command)).unwrap()
    }

    /// Both keys of the only resource.
    fn keys(&self) -> [String; 2] {
        let resources = self.admin(&["resource", "list"]);
        let keys = self.admin(&["resource", "keys", "--resource", resources[0]["id"].as_str().unwrap()]);
        ["primary_connection_string", "secondary_connection_string"]
            .map(|name| keys[name].as_str().unwrap().to_owned())
    }

    /// What the scripts expect in their environment.
    fn equip(&self, command: &mut Command) {
        let [first, second] = self.keys();
        assert_eq!(first, self.connection_string());
        command
            .env("CONNECTION_STRING", first)
            .env("SECOND_CONNECTION_STRING", second)
            .env("TOKENS", self.path("tokens"));
        for name in ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, self.ca());
        }
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
    }

    /// `liaison answer` with a token the script has left.
    fn answer(&self, token: &str) -> Running {
        let mut command = Command::new(&self.program);
        command
            .args([
                "answer",
                "--device-in",
                "none",
                "--device-out",
                "none",
                "--endpoint",
                &self.endpoint,
                "--ca",
            ])
            .arg(self.ca())
            .arg("--token-file")
            .arg(self.path("tokens").join(token));
        Running::start(&mut command)
    }

    /// What the service thinks of the tokens that a script has left: of one user, one issued before the
    /// revocation and one after it; and one of a user who was then deleted.
    fn check_revocation(&self) {
        let fresh = self.answer("fresh");
        fresh.line("waiting for calls");
        for void in ["revoked", "deleted"] {
            assert_eq!(self.answer(void).code(), Some(5), "the token `{void}` should be refused");
        }
    }
}

#[test]
fn the_python_sdk_creates_issues_revokes_and_deletes() {
    let (python, service) = (python(), Service::start());
    let mut script = Command::new(&python);
    script.arg(scripts().join("python/identity.py"));
    service.equip(&mut script);
    let printed = run(&mut script);
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 11, "{printed}");
    service.check_revocation();

    // A revocation closes the live connection as well, and the token cannot open another.
    let live = service.answer("fresh");
    live.line("waiting for calls");
    let raw_id = std::fs::read_to_string(service.path("tokens/raw-id")).unwrap();
    let mut revoke = Command::new(&python);
    revoke.arg(scripts().join("python/revoke.py")).arg(raw_id);
    service.equip(&mut revoke);
    run(&mut revoke);
    live.line("service disconnected");
    assert_eq!(service.answer("fresh").code(), Some(5));
}

#[test]
fn the_javascript_sdk_creates_issues_revokes_and_deletes() {
    let (folder, service) = (node_scripts(), Service::start());
    let mut script = Command::new("node");
    script.arg("identity.js").current_dir(folder);
    service.equip(&mut script);
    let printed = run(&mut script);
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 9, "{printed}");
    service.check_revocation();
}

#[test]
fn a_key_made_anew_makes_the_old_one_void_and_leaves_the_other() {
    let (python, service) = (python(), Service::start());
    let [old, second] = service.keys();
    let create = |connection_string: &str| {
        let mut script = Command::new(&python);
        script.args([
            "-c",
            "import os; from azure.communication.identity import CommunicationIdentityClient as C; \
             print(C.from_connection_string(os.environ['CONNECTION_STRING']).create_user().properties['id'])",
        ]);
        service.equip(&mut script);
        script.env("CONNECTION_STRING", connection_string).output().unwrap()
    };
    assert!(create(&old).status.success() && create(&second).status.success());
    let resource = service.admin(&["resource", "list"])[0]["id"].as_str().unwrap().to_owned();
    service.admin(&["resource", "regenerate-key", "--resource", &resource, "--key", "primary"]);
    let refused = create(&old);
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("ClientAuthenticationError") || text.contains("401"), "{text}");
    assert!(create(&second).status.success());
    // The file follows the first key.
    assert_ne!(service.connection_string(), old);
    assert!(create(&service.connection_string()).status.success());
}
