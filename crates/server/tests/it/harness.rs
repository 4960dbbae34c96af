//! A service in a folder of its own, and clients for it.

use liaison_identity::{ConnectionString, request_signing};
use liaison_server::admin::Admin;
use liaison_server::{Limits, RunningServer, Server, ServerConfig, ServerError};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub const VERSION: &str = "api-version=2023-10-01";

/// A running service.
pub struct World {
    pub dir: TempDir,
    pub server: Option<RunningServer>,
    pub limits: Limits,
    pub http: reqwest::Client,
    pub listen: SocketAddr,
}

/// The settings of a service on a free port.
pub fn config(dir: &Path) -> ServerConfig {
    ServerConfig { listen: "127.0.0.1:0".parse().unwrap(), ..ServerConfig::new(dir) }
}

/// A folder whose keys are made already: making the RSA key for each test would take most of its time.
pub fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../identity/testdata/a.private.pem");
    std::fs::copy(key, dir.path().join("token-signing-key.pem")).unwrap();
    dir
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A client that trusts the service's CA and nothing else.
pub fn client(server: &RunningServer) -> reqwest::Client {
    trusting(&server.ca_pem_path().unwrap()).build().unwrap()
}

/// A client that trusts the CA in that file and nothing else.
pub fn trusting(ca: &Path) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    reqwest::Client::builder().tls_certs_only([ca]).no_proxy()
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Limits)) -> Self {
        let dir = folder();
        let mut limits = Limits::default();
        change(&mut limits);
        let server =
            Server::start(ServerConfig { limits: limits.clone(), ..config(dir.path()) }).await.unwrap();
        let http = client(&server);
        let listen = server.local_addr();
        Self { dir, server: Some(server), limits, http, listen }
    }

    pub fn server(&self) -> &RunningServer {
        self.server.as_ref().unwrap()
    }

    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.listen.port())
    }

    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    pub async fn admin(&self) -> Admin {
        Admin::open(self.dir.path()).await.unwrap()
    }

    /// The default resource's connection string.
    pub fn connection(&self) -> ConnectionString {
        std::fs::read_to_string(self.dir.path().join("connection-string")).unwrap().parse().unwrap()
    }

    /// Stops the service and starts it again on the same folder and port.
    pub async fn restart(&mut self) -> Result<(), ServerError> {
        let server = self.server.take().unwrap();
        server.shutdown().await;
        self.start_again(self.listen).await
    }

    pub async fn start_again(&mut self, listen: SocketAddr) -> Result<(), ServerError> {
        let config = ServerConfig { listen, limits: self.limits.clone(), ..config(self.dir.path()) };
        self.server = Some(Server::start(config).await?);
        Ok(())
    }

    pub fn request(&self, method: Method, path: &str) -> Signing<'_> {
        let connection = self.connection();
        Signing {
            world: self,
            method,
            path: path.to_owned(),
            body: String::new(),
            date: now_s(),
            key: connection.access_key,
        }
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.request(Method::POST, path).body(body).send().await
    }

    /// A new identity of the default resource.
    pub async fn identity(&self) -> String {
        let (status, answer) = self.post(&format!("/identities?{VERSION}"), serde_json::json!({})).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["identity"]["id"].as_str().unwrap().to_owned()
    }

    /// A token of an identity of the default resource.
    pub async fn token(&self, identity: &str, scopes: &[&str]) -> String {
        let path = format!("/identities/{}/:issueAccessToken?{VERSION}", identity.replace(':', "%3A"));
        let (status, answer) = self.post(&path, serde_json::json!({ "scopes": scopes })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }
}

/// A request being signed.
pub struct Signing<'a> {
    world: &'a World,
    method: Method,
    path: String,
    body: String,
    pub date: u64,
    pub key: liaison_identity::AccessKey,
}

impl Signing<'_> {
    pub fn body(mut self, body: Value) -> Self {
        self.body = body.to_string();
        self
    }

    pub fn text(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub fn date(mut self, date: u64) -> Self {
        self.date = date;
        self
    }

    pub fn key(mut self, base64: &str) -> Self {
        self.key = liaison_identity::AccessKey::from_base64(base64).unwrap();
        self
    }

    pub fn build(self) -> reqwest::RequestBuilder {
        let host = self.world.endpoint()["https://".len()..].to_owned();
        let date = request_signing::http_date(self.date);
        let hash = request_signing::content_sha256(self.body.as_bytes());
        let authorization =
            request_signing::sign(self.method.as_str(), &self.path, &host, &date, &hash, &self.key);
        self.world
            .http
            .request(self.method, format!("{}{}", self.world.endpoint(), self.path))
            .header("x-ms-date", date)
            .header("x-ms-content-sha256", hash)
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .body(self.body)
    }

    pub async fn send(self) -> (StatusCode, Value) {
        answer(self.build().send().await.unwrap()).await
    }
}

/// Status and JSON body; null for an empty one.
pub async fn answer(response: reqwest::Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect(&text) })
}

/// A bare TLS connection to the service.
pub async fn tls(world: &World) -> Tls {
    connect(world.listen, &world.ca()).await
}

pub type Tls = tokio_rustls::client::TlsStream<tokio::net::TcpStream>;

/// A bare TLS connection to an address, trusting the CA in that file.
pub async fn connect(address: SocketAddr, ca: &Path) -> Tls {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    let pem = std::fs::read(ca).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await.unwrap()
}
