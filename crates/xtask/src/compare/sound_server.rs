//! A private PulseAudio server with null sinks: real devices on a machine without a sound card.
//!
//! ```text
//! player ─▶ sink said ─monitor─▶ source microphone ─▶ caller ~~~▶ callee ─▶ sink heard
//!                └─monitor─▶ recorder                                          └─monitor─▶ recorder
//! ```
//! The caller's speaker is the sink `aside`, the callee's microphone the source `quiet`, which hears nothing.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What the caller's microphone hears.
pub const SAID: &str = "said";
/// The callee's speaker.
pub const HEARD: &str = "heard";
/// The caller's speaker.
pub const ASIDE: &str = "aside";
/// The caller's microphone.
pub const MICROPHONE: &str = "microphone";
/// The callee's.
pub const QUIET: &str = "quiet";
/// A source of no use but that it hears nothing.
const SILENT: &str = "silent";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server; ends with this value.
pub struct SoundServer {
    child: Child,
    folder: tempfile::TempDir,
}

impl SoundServer {
    /// Starts one that no other program sees.
    pub fn start(log: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("native");
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--system=false", "--use-pid-file=no", "--exit-idle-time=30"]);
        command.args(["--disable-shm=yes", "--log-target=stderr", "--log-level=error"]);
        command
            .arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()));
        for sink in [SAID, HEARD, ASIDE, SILENT] {
            command.arg(format!(
                "--load=module-null-sink sink_name={sink} rate=48000 channels=2 sink_properties=device.description={sink}"
            ));
        }
        // A browser does not list monitors among its microphones.
        for (source, of) in [(MICROPHONE, SAID), (QUIET, SILENT)] {
            command.arg(format!(
                "--load=module-remap-source source_name={source} master={of}.monitor source_properties=device.description={source}"
            ));
        }
        let errors = std::fs::File::create(log).with_context(|| log.display().to_string())?;
        // It keeps what it keeps in this folder, and finds nobody else's.
        command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let child = command.spawn().context("cannot start pulseaudio")?;
        let mut server = Self { child, folder };
        let began = Instant::now();
        while !server.is_ready(&socket) {
            if let Some(status) = server.child.try_wait()? {
                bail!("pulseaudio ended with {status}; see {}", log.display());
            }
            if began.elapsed() > PATIENCE {
                bail!("pulseaudio does not become ready; see {}", log.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        server.pactl(&["set-default-sink", HEARD])?;
        server.pactl(&["set-default-source", MICROPHONE])?;
        Ok(server)
    }

    fn is_ready(&self, socket: &Path) -> bool {
        UnixStream::connect(socket).is_ok()
            && self.pactl(&["list", "short", "sources"]).is_ok_and(|text| text.contains(QUIET))
    }

    fn pactl(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("pactl");
        self.enter(&mut command);
        let output = command.args(arguments).stderr(Stdio::null()).output().context("cannot start pactl")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Lets a program find this server and no other.
    pub fn enter(&self, command: &mut Command) {
        command
            .env("PULSE_SERVER", format!("unix:{}", self.folder.path().join("native").display()))
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("HOME", self.folder.path())
            .env_remove("PULSE_RUNTIME_PATH")
            .env_remove("PULSE_COOKIE");
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
