//! What a call needs around it: a service of its own, two identities, a relay between the ends, the ends themselves.

use super::figures::{Order, Word};
use crate::exit::Failure;
use liaison_server::admin::{Admin, TokenSubject};
use liaison_server::directory::{NewUser, UserMode};
use liaison_server::federation::FederationChange;
use liaison_server::{RunningServer, Server, ServerConfig};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Who is called: an object id.
const STAFF: &str = "4b9a3f52-6e0c-4d0e-9f55-3f0f6f6f7d10";

/// A running service with a caller and somebody who may be called.
pub struct Service {
    pub endpoint: String,
    pub ca: PathBuf,
    pub caller_token: String,
    pub callee_token: String,
    pub callee: String,
    runtime: Runtime,
    server: Option<RunningServer>,
}

fn other(error: impl std::fmt::Display) -> Failure {
    Failure::Other(format!("the measurement's own service: {error}"))
}

impl Service {
    /// Keeps what it needs in `folder`.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("doctor-service")
            .enable_all()
            .build()
            .map_err(other)?;
        let config =
            ServerConfig { listen: ([127, 0, 0, 1], 0).into(), ..ServerConfig::new(folder.join("service")) };
        let server = runtime.block_on(Server::start(config)).map_err(other)?;
        let (caller_token, (callee, callee_token)) = runtime.block_on(people(&folder.join("service")))?;
        let ca = server.ca_pem_path().ok_or_else(|| other("it has no certificate authority"))?;
        Ok(Self {
            endpoint: server.endpoint().to_owned(),
            ca: ca.to_owned(),
            caller_token,
            callee_token,
            callee,
            runtime,
            server: Some(server),
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// The caller's token; the callee's raw id and token.
async fn people(data: &Path) -> Result<(String, (String, String)), Failure> {
    let admin = Admin::open(data).await.map_err(other)?;
    admin.create_tenant("doctor", None).await.map_err(other)?;
    let staff = NewUser {
        tenant: "doctor".to_owned(),
        object_id: Some(STAFF.to_owned()),
        user_principal_name: "callee@doctor.example".to_owned(),
        display_name: "Callee".to_owned(),
        mode: UserMode::TeamsOnly,
        enable_acs_federation_access: true,
    };
    admin.add_user(staff).await.map_err(other)?;
    let resources = admin.list_resources().await.map_err(other)?;
    let change = FederationChange {
        enable_acs_users: Some(true),
        allowed_acs_resources: Some(resources.into_iter().map(|resource| resource.id).collect()),
        ..FederationChange::default()
    };
    admin.set_federation("doctor", change).await.map_err(other)?;
    let scopes = ["voip".to_owned()];
    let new = TokenSubject::NewIdentity { resource: None };
    let caller = admin.issue_token(new, &scopes, None).await.map_err(other)?;
    let user = TokenSubject::User { tenant: None, user: STAFF.to_owned() };
    let callee = admin.issue_token(user, &scopes, None).await.map_err(other)?;
    admin.close().await;
    Ok((caller.token, (callee.raw_id, callee.token)))
}

/// The program beside this one that has nothing but an engine, so that its memory is what an engine needs.
pub fn end_program() -> std::io::Result<Option<PathBuf>> {
    let name = format!("liaison-end{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()?.with_file_name(name);
    Ok(beside.is_file().then_some(beside))
}

/// What an end is: the program for it, or without it this one.
fn program() -> std::io::Result<Command> {
    if let Some(program) = end_program()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["doctor", "end"]);
    Ok(command)
}

/// One end: a process of its own; killed when dropped.
pub struct EndProcess {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    words: Receiver<Word>,
}

impl EndProcess {
    /// Starts it on its order.
    pub fn start(name: &'static str, order: &Order) -> Result<Self, Failure> {
        let failed =
            |error: std::io::Error| Failure::Other(format!("the {name} could not be started: {error}"));
        let mut child = program()
            .map_err(failed)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (sender, words) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    let text = || format!("it said {line:?}");
                    let word = serde_json::from_str(&line).unwrap_or_else(|_| Word::Failed { text: text() });
                    if sender.send(word).is_err() {
                        return;
                    }
                }
            });
        }
        let mut end = Self { name, input: child.stdin.take(), child, words };
        let order = serde_json::to_string(order).map_err(|error| Failure::Other(error.to_string()))?;
        if let Some(input) = &mut end.input {
            writeln!(input, "{order}").map_err(failed)?;
        }
        Ok(end)
    }

    /// What it said since, within `patience`; `None` when it said nothing.
    ///
    /// # Errors
    /// It failed, or ended by itself.
    pub fn next(&self, patience: Duration) -> Result<Option<Word>, Failure> {
        match self.words.recv_timeout(patience) {
            Ok(Word::Failed { text }) => Err(Failure::Other(format!("the {}: {text}", self.name))),
            Ok(word) => Ok(Some(word)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Failure::Other(format!("the {} ended before it was measured", self.name)))
            }
        }
    }

    /// Waits for a word that `wanted` takes.
    pub fn expect(&self, wanted: impl Fn(&Word) -> bool, patience: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.next(Duration::from_millis(50))?.is_some_and(|word| wanted(&word)) {
                return Ok(());
            }
        }
        Err(Failure::Other(format!("the {} is not ready after {} s", self.name, patience.as_secs())))
    }

    /// Tells it to end.
    pub fn finish(&mut self) {
        self.input = None;
    }

    /// Waits until it has ended.
    pub fn wait(&mut self, patience: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Failure::Other(format!("the {} does not end", self.name)))
    }
}

impl Drop for EndProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
