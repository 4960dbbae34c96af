//! A service for the C programs: a tenant with one member of staff, an app's resource, and their tokens.

use std::path::PathBuf;

use liaison_server::admin::{Admin, TokenSubject};
use liaison_server::directory::{NewUser, UserMode};
use liaison_server::federation::FederationChange;
use liaison_server::{RunningServer, Server, ServerConfig};
use tokio::runtime::Runtime;

const TENANT: &str = "contoso";

/// A running service and the people it knows.
pub struct Service {
    folder: tempfile::TempDir,
    runtime: Runtime,
    server: Option<RunningServer>,
    /// Where it is.
    pub endpoint: String,
    /// Its CA's file.
    pub ca: PathBuf,
    /// The member of staff's raw id.
    pub staff: String,
    /// A member of staff who may not be called by an app's user.
    pub refusing: String,
}

impl Service {
    /// Starts one; the tenant lets the default resource's users in.
    pub fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = ServerConfig::new(folder.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        let server = runtime.block_on(Server::start(config)).unwrap();
        let (endpoint, ca) = (server.endpoint().to_owned(), server.ca_pem_path().unwrap());
        let mut service = Self {
            folder,
            runtime,
            server: Some(server),
            endpoint,
            ca,
            staff: String::new(),
            refusing: String::new(),
        };
        let admin = service.admin();
        let user = |name: &str, enable_acs_federation_access| NewUser {
            tenant: TENANT.to_owned(),
            object_id: None,
            user_principal_name: format!("{}@contoso.example", name.to_lowercase()),
            display_name: name.to_owned(),
            mode: UserMode::TeamsOnly,
            enable_acs_federation_access,
        };
        (service.staff, service.refusing) = service.runtime.block_on(async {
            admin.create_tenant(TENANT, None).await.unwrap();
            let ada = admin.add_user(user("Ada", true)).await.unwrap();
            let bob = admin.add_user(user("Bob", false)).await.unwrap();
            (ada.raw_id, bob.raw_id)
        });
        service.federate(true);
        service
    }

    fn admin(&self) -> Admin {
        self.runtime.block_on(Admin::open(self.folder.path().join("data"))).unwrap()
    }

    /// Switches the tenant's federation.
    pub fn federate(&self, on: bool) {
        let admin = self.admin();
        self.runtime.block_on(async {
            let resources = admin.list_resources().await.unwrap();
            let change = FederationChange {
                enable_acs_users: Some(on),
                allowed_acs_resources: Some(resources.into_iter().map(|resource| resource.id).collect()),
                ..FederationChange::default()
            };
            admin.set_federation(TENANT, change).await.unwrap();
        });
    }

    /// A token for a new user of the app: its raw id, and the file that holds it.
    pub fn app_user(&self, name: &str) -> (String, PathBuf) {
        self.token(name, TokenSubject::NewIdentity { resource: None })
    }

    /// A token for the member of staff: its file.
    pub fn staff_token(&self) -> PathBuf {
        self.token("staff", TokenSubject::User { tenant: None, user: self.staff.clone() }).1
    }

    fn token(&self, name: &str, subject: TokenSubject) -> (String, PathBuf) {
        let admin = self.admin();
        let issued = self
            .runtime
            .block_on(admin.issue_token(subject, &["voip".to_owned(), "chat".to_owned()], None))
            .unwrap();
        let path = self.folder.path().join(format!("{name}.token"));
        std::fs::write(&path, &issued.token).unwrap();
        (issued.raw_id, path)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}
