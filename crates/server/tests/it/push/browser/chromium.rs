//! Debian's Chromium, headless, with a profile of its own that trusts one CA more.

use super::page::run;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A browser; it and all it started are ended when dropped.
pub struct Chromium {
    child: Child,
    _home: TempDir,
}

impl Chromium {
    /// Opens `url`. Only public CAs and the one in `ca` are trusted.
    pub fn open(url: &str, ca: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = home.path().join(".pki/nssdb");
        std::fs::create_dir_all(&store).unwrap();
        let store = format!("sql:{}", store.display());
        // From Debian's libnss3-tools.
        run(Command::new("certutil").args(["-N", "--empty-password", "-d", &store]));
        let name = ["-n", "liaison", "-t", "C,,", "-i"];
        run(Command::new("certutil").args(["-A", "-d", &store]).args(name).arg(ca));
        let mut command = Command::new("chromium");
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", home.path().join("profile").display()))
            .arg(url);
        command.env("HOME", home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // All it starts is in its group.
        let child = command.process_group(0).spawn().expect("chromium, from Debian's package of that name");
        Self { child, _home: home }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Fails only when all have ended already.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
