//! The service in a process of its own, so that it can be killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use liaison_server::{Server, ServerConfig};

/// Folder and address to listen on, one a line.
const ROLE: &str = "LIAISON_TEST_SERVICE";

pub struct Service(Child);

impl Service {
    /// Starts it, by a test that calls [`run`] first; returns when it listens.
    pub fn start(test: &str, folder: &Path, listen: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, format!("{}\n{listen}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "listening"), "the service did not start");
        Self(child)
    }

    /// SIGKILL: nothing of it runs any more.
    pub fn kill(&mut self) {
        // Both fail only when it is dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In the process that is the service: plays it until it is killed. Elsewhere it does nothing.
pub fn run() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (folder, listen) = role.split_once('\n').unwrap();
    let config = ServerConfig { listen: listen.parse().unwrap(), ..ServerConfig::new(folder) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _server = runtime.block_on(Server::start(config)).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\nlistening").and_then(|()| out.flush()).unwrap();
    // Until the test is over.
    std::io::stdin().lines().map_while(Result::ok).for_each(drop);
    std::process::exit(0);
}
