//! A Prosody of its own: its configuration, its process.

use super::super::service::{Usage, unknown};
use crate::exit::Failure;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which one is installed.
pub fn version() -> Result<String, Failure> {
    let about = Command::new("prosodyctl").arg("about").stdin(Stdio::null()).output();
    let missing = |_| {
        Failure::Unusable(
            "Prosody is not installed: apt-get install prosody lua-dbi-sqlite3, or run cargo xtask load"
                .to_owned(),
        )
    };
    let text = String::from_utf8_lossy(&about.map_err(missing)?.stdout).into_owned();
    Ok(text.lines().next().unwrap_or("Prosody").trim().to_owned())
}

/// A running server, killed when dropped.
pub struct Prosody {
    process: Child,
    pub port: u16,
}

impl Prosody {
    /// Starts it in a folder that is made, with the certificate of a service of ours.
    pub async fn start(folder: &Path, tls: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::Other(format!("Prosody does not start: {error}"));
        std::fs::create_dir_all(folder.join("data")).map_err(failed)?;
        // Free now, and hardly taken in between.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let port = free.map_err(failed)?.port();
        let file = folder.join("prosody.cfg.lua");
        std::fs::write(&file, configuration(folder, tls, port)).map_err(failed)?;
        let process = Command::new("prosody")
            .arg("-F")
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut server = Self { process, port };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = server.process.try_wait().map_err(failed)?.is_some();
            if ended || start.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                return Err(Failure::Other(format!("Prosody does not start: {}", last.join("; "))));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    /// What it has used.
    pub fn usage(&self) -> Result<Usage, Failure> {
        Usage::of(self.process.id()).ok_or_else(unknown)
    }
}

impl Drop for Prosody {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Only what the work needs: TLS from the first byte, rooms, and their archive on the disk.
fn configuration(folder: &Path, tls: &Path, port: u16) -> String {
    let text = |path: std::path::PathBuf| lua(&path.to_string_lossy());
    format!(
        r#"daemonize = false
run_as_root = true
pidfile = {pid}
data_path = {data}
certificates = {tls}
log = {{ {{ levels = {{ min = "warn" }}, to = "file", filename = {log} }} }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{}}
c2s_direct_tls_ports = {{ {port} }}
s2s_ports = {{}}
s2s_direct_tls_ports = {{}}
http_ports = {{}}
https_ports = {{}}
network_backend = "epoll"
modules_enabled = {{ "saslauth", "tls", "presence", "message", "iq" }}
modules_disabled = {{ "s2s", "offline" }}
authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"
storage = {{ muc_log = "sql" }}
default_storage = "memory"
sql = {{ driver = "SQLite3", database = "archive.sqlite" }}
ssl = {{ key = {key}, certificate = {chain} }}
VirtualHost "localhost"
Component "rooms.localhost" "muc"
    modules_enabled = {{ "muc_mam" }}
    muc_log_by_default = true
    restrict_room_creation = false
    muc_room_locking = false
"#,
        pid = text(folder.join("pid")),
        data = text(folder.join("data")),
        log = text(folder.join("log")),
        tls = text(tls.to_owned()),
        key = text(tls.join("server-key.pem")),
        chain = text(tls.join("server.pem")),
    )
}

/// A text in Lua.
fn lua(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_text_in_lua() {
        assert_eq!(lua(r#"/a "b"\c"#), r#""/a \"b\"\\c""#);
        let text = configuration(Path::new("/x"), Path::new("/y"), 5);
        assert!(text.contains(r#"key = "/y/server-key.pem""#), "{text}");
        assert!(text.contains("c2s_direct_tls_ports = { 5 }"), "{text}");
    }
}
