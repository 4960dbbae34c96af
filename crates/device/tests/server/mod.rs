//! A private PulseAudio server for one test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The null sink of the server, and its microphone.
pub const SINK: &str = "liaison_sink";
/// What hears the sink.
pub const MONITOR: &str = "liaison_sink.monitor";

const RUNTIME: &str = "LIAISON_TEST_RUNTIME";
const MISSING: &str = "the program `pulseaudio` is missing, which this test needs: apt-get install pulseaudio \
                       pulseaudio-utils";

/// Runs `body` in a process that sees no audio system but the one it starts itself.
pub fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(RUNTIME).is_some() {
        return body();
    }
    // One at a time, in whatever processes they are: real time is what they measure.
    let turn = std::fs::File::create(std::env::temp_dir().join("liaison-test-pulseaudio.lock")).unwrap();
    turn.lock().unwrap();
    let runtime = tempfile::tempdir().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(RUNTIME, runtime.path())
        .env("XDG_RUNTIME_DIR", runtime.path())
        .env("HOME", runtime.path())
        .env("PULSE_SERVER", format!("unix:{}", socket(runtime.path()).display()))
        .env_remove("PULSE_RUNTIME_PATH")
        .env_remove("PULSE_COOKIE")
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its own process: see above");
}

fn socket(runtime: &Path) -> PathBuf {
    runtime.join("native")
}

/// A running server with one null sink; ends with this value.
pub struct Server {
    child: Child,
}

impl Server {
    pub fn start() -> Self {
        let runtime = PathBuf::from(std::env::var_os(RUNTIME).unwrap());
        let socket = socket(&runtime);
        let _ = std::fs::remove_file(&socket);
        // It would end by itself 30 s after its last client, should this process be killed.
        let child = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--system=false", "--use-pid-file=no", "--exit-idle-time=30"])
            .args(["--disable-shm=yes", "--log-target=stderr", "--log-level=error"])
            .arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()))
            .arg(format!("--load={}", null_sink()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{MISSING} ({e})"));
        let mut server = Self { child };
        server.wait_until_ready(&socket);
        server
    }

    fn wait_until_ready(&mut self, socket: &Path) {
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(socket).is_err() || !self.has_sink() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("pulseaudio ended with {status}");
            }
            assert!(began.elapsed() < Duration::from_secs(10), "pulseaudio does not become ready");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn has_sink(&self) -> bool {
        pactl(&["list", "short", "sinks"]).contains(SINK)
    }

    /// Stops the server without ending it.
    pub fn freeze(&self) {
        let status = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Takes the sink and its microphone away.
    pub fn unplug(&self) {
        pactl(&["unload-module", "module-null-sink"]);
    }

    /// Brings them back.
    pub fn plug(&self) {
        let module = null_sink();
        let arguments: Vec<&str> = std::iter::once("load-module").chain(module.split(' ')).collect();
        pactl(&arguments);
    }
}

/// More sinks than the first, and which one is the default.
impl Server {
    /// Brings a second sink with its microphone `NAME.monitor`. Returns what takes it away again.
    pub fn plug_another(&self, name: &str) -> String {
        let sink = format!("sink_name={name}");
        let module = pactl(&["load-module", "module-null-sink", &sink, "rate=48000", "channels=2"]);
        assert!(module.trim().parse::<u32>().is_ok(), "pactl says {module}");
        module.trim().to_owned()
    }

    /// Takes away what [`Self::plug_another`] brought.
    pub fn unplug_another(&self, module: &str) {
        pactl(&["unload-module", module]);
    }

    /// Makes a sink and its monitor the defaults.
    pub fn set_default(&self, sink: &str) {
        pactl(&["set-default-sink", sink]);
        pactl(&["set-default-source", &format!("{sink}.monitor")]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn null_sink() -> String {
    format!("module-null-sink sink_name={SINK} rate=48000 channels=2")
}

fn pactl(arguments: &[&str]) -> String {
    let output =
        Command::new("pactl").args(arguments).output().unwrap_or_else(|e| panic!("{MISSING} (pactl: {e})"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
