//! A service, a tenant with a staff member who may be called, and engines that sign in: what each scenario needs.

#![allow(dead_code, reason = "each scenario uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::time::{Duration, Instant};

use liaison_engine::{
    AudioConfig, Call, CallHandle, CallState, CaptureSource, EndReason, Engine, EngineConfig, Event,
    IncomingCall, OperationError, OperationId, PlayoutSink,
};
use liaison_server::admin::{Admin, TokenSubject};
use liaison_server::directory::{NewUser, UserMode};
use liaison_server::federation::FederationChange;
use liaison_server::{RunningServer, Server, ServerConfig};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longer than anything here takes on a busy machine, shorter than a test runner's patience.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The staff member's object id.
pub const STAFF: &str = "11111111-2222-4333-8444-555555555555";

/// A service with its tenant, in a folder of its own.
pub struct World {
    pub runtime: Runtime,
    pub folder: TempDir,
    pub server: Option<RunningServer>,
}

impl World {
    /// The tenant lets the default resource's users in.
    pub fn federated() -> Self {
        let world = Self::without_federation();
        world.federate(true);
        world
    }

    pub fn without_federation() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        // Making an RSA key takes longer than most of these tests.
        let key = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/identity/testdata/a.private.pem");
        std::fs::copy(key, folder.path().join("token-signing-key.pem")).unwrap();
        let mut world = Self { runtime, folder, server: None };
        world.start("127.0.0.1:0");
        world.admin(async |admin| {
            admin.create_tenant("contoso", None).await.unwrap();
            let staff = NewUser {
                tenant: "contoso".into(),
                object_id: Some(STAFF.into()),
                user_principal_name: "ada@contoso.example".into(),
                display_name: "Ada".into(),
                mode: UserMode::TeamsOnly,
                enable_acs_federation_access: true,
            };
            admin.add_user(staff).await.unwrap();
        });
        world
    }

    pub fn start(&mut self, listen: &str) {
        let config =
            ServerConfig { listen: listen.parse().unwrap(), ..ServerConfig::new(self.folder.path()) };
        self.server = Some(self.runtime.block_on(Server::start(config)).unwrap());
    }

    /// Stops the service; returns where it listened.
    pub fn stop(&mut self) -> String {
        let server = self.server.take().unwrap();
        let listen = server.local_addr().to_string();
        self.runtime.block_on(server.shutdown());
        listen
    }

    pub fn admin<T>(&self, work: impl AsyncFnOnce(&Admin) -> T) -> T {
        self.runtime.block_on(async {
            let admin = Admin::open(self.folder.path()).await.unwrap();
            let result = work(&admin).await;
            admin.close().await;
            result
        })
    }

    pub fn federate(&self, allowed: bool) {
        self.admin(async |admin| {
            let resource = admin.list_resources().await.unwrap().remove(0).id;
            let change = FederationChange {
                enable_acs_users: Some(allowed),
                allowed_acs_resources: Some(vec![resource]),
                ..FederationChange::default()
            };
            admin.set_federation("contoso", change).await.unwrap();
        });
    }

    /// A token for a new app user: raw id and token.
    pub fn app_user(&self) -> (String, String) {
        self.token(TokenSubject::NewIdentity { resource: None }, &["voip", "chat"])
    }

    /// The staff member's token.
    pub fn staff(&self) -> (String, String) {
        self.token(TokenSubject::User { tenant: None, user: STAFF.into() }, &["voip", "chat"])
    }

    pub fn token(&self, subject: TokenSubject, scopes: &[&str]) -> (String, String) {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let issued = self.admin(async |admin| admin.issue_token(subject, &scopes, None).await.unwrap());
        (issued.raw_id, issued.token)
    }

    pub fn endpoint(&self) -> String {
        self.server.as_ref().unwrap().endpoint().to_owned()
    }

    /// An engine's settings: this service and its CA, loopback media, a tone for a microphone.
    pub fn config(&self) -> EngineConfig {
        let mut config = EngineConfig::new(self.endpoint());
        let ca = self.server.as_ref().unwrap().ca_pem_path().unwrap();
        config.ca_pem = Some(std::fs::read_to_string(ca).unwrap());
        config.media_bind = vec!["127.0.0.1:0".parse().unwrap()];
        config.audio = AudioConfig::Managed {
            capture: CaptureSource::Tone { hz: 440.0 },
            playout: PlayoutSink::Discard,
        };
        config
    }

    /// An engine that is signed in with `token`.
    pub fn signed_in(&self, config: EngineConfig, token: &str) -> End {
        let mut end = End::new(Engine::new(config).unwrap());
        let operation = end.engine.sign_in(token).unwrap();
        end.outcome(operation).unwrap();
        end
    }

    /// The app's user and the staff member, both signed in.
    pub fn two_ends(&self) -> (End, End) {
        let kiosk = self.signed_in(self.config(), &self.app_user().1);
        let staff = self.signed_in(self.config(), &self.staff().1);
        (kiosk, staff)
    }
}

/// The staff member's raw id.
pub fn staff_raw_id() -> String {
    format!("8:orgid:{STAFF}")
}

/// An engine and the events that came while something else was waited for.
pub struct End {
    pub engine: Engine,
    kept: Vec<Event>,
}

impl End {
    pub fn new(engine: Engine) -> Self {
        Self { engine, kept: Vec::new() }
    }

    /// The first event that `wanted` turns into something; the others are kept for later.
    pub fn expect<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut index = 0;
        loop {
            while index < self.kept.len() {
                if let Some(found) = wanted(&self.kept[index]) {
                    self.kept.remove(index);
                    return found;
                }
                index += 1;
            }
            assert!(Instant::now() < deadline, "no {what}; but {:?}", self.kept);
            self.kept.extend(self.engine.wait_event(Duration::from_millis(100)));
        }
    }

    pub fn outcome(&mut self, operation: OperationId) -> Result<(), OperationError> {
        self.expect("outcome", |event| match event {
            Event::OperationDone { operation: done, result } if *done == operation => Some(result.clone()),
            _ => None,
        })
    }

    pub fn incoming(&mut self) -> IncomingCall {
        let call = self.expect("incoming call", |event| match event {
            Event::IncomingCall { call, .. } => Some(*call),
            _ => None,
        });
        self.engine.call_agent().incoming_call(call).unwrap()
    }

    pub fn state(&mut self, call: CallHandle, wanted: CallState) -> Option<EndReason> {
        self.expect(&format!("{wanted:?}"), |event| match event {
            Event::CallState { call: of, state, reason } if *of == call && *state == wanted => Some(*reason),
            _ => None,
        })
    }

    pub fn ended(&mut self, call: &Call) -> EndReason {
        self.state(call.handle(), CallState::Disconnected).expect("a call ends with a reason")
    }

    pub fn connected(&mut self, call: &Call) {
        self.state(call.handle(), CallState::Connected);
    }
}

/// A connected call: the kiosk called, the staff member answered.
pub fn connect(kiosk: &mut End, staff: &mut End) -> (Call, Call) {
    let outgoing = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    let (answered, operation) = staff.incoming().accept().unwrap();
    staff.outcome(operation).unwrap();
    kiosk.connected(&outgoing);
    staff.connected(&answered);
    (outgoing, answered)
}

/// Looks until `done`, or panics saying `what` did not come about.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}
