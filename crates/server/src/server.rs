//! Starting and stopping the service.

use crate::attachments::Attachments;
use crate::folder::{CONNECTION_STRING, DataFolder, file_error};
use crate::http::{Service, listener, router};
use crate::metrics::Metrics;
use crate::operations::{Departures, Operations};
use crate::rate::Rates;
use crate::realtime::{Fanout, Hub, Realtime};
use crate::store::{SqliteStore, Store, StoreError};
use crate::tls::{self, Source, Tls};
use crate::tokens::Tokens;
use crate::upkeep::{self, Upkeep};
use crate::webhook::Courier;
use crate::{ServerConfig, ServerError, admin, endpoint, metrics};
use liaison_chat::rules::Rules;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How long sessions may take to end at a shutdown.
const SHUTDOWN: Duration = Duration::from_secs(3);

/// The service.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts the service and returns when it accepts connections.
    ///
    /// # Errors
    /// [`ServerError`], whose text says what to do.
    pub async fn start(config: ServerConfig) -> Result<RunningServer, ServerError> {
        endpoint::check(&config)?;
        // The port first: a second service on the same port must not touch the folder.
        let listener = listen(config.listen).await?;
        let local_addr = listener.local_addr().map_err(|e| listen_error(config.listen, e))?;
        let endpoint = endpoint::of(&config, local_addr);
        let Opened { folder, store, tls, tokens, attachments } = open(&config, &endpoint).await?;

        if let Some(bytes) = config.limits.database_bytes {
            store.limit_size(bytes).await.map_err(failed)?;
        }
        let (hub, inbox) = Hub::new(&config.limits);
        let departures: Arc<dyn Departures> = hub.clone();
        let operations = Arc::new(Operations {
            store,
            tokens,
            attachments,
            folder: Arc::clone(&folder),
            endpoint: endpoint.clone(),
            departures: Some(departures),
            bell: Arc::default(),
        });
        let keys = operations.store.ensure_default_resource().await.map_err(failed)?;
        operations.store.set_endpoint(&endpoint).await.map_err(failed)?;
        operations.write_connection_string(&keys)?;
        let metrics = Arc::new(Metrics::default());
        let fanout = Arc::new(Fanout::default());
        let realtime = Realtime::start(
            Arc::clone(&operations),
            Arc::clone(&hub),
            inbox,
            Arc::clone(&fanout),
            Arc::clone(&metrics),
            &config.limits,
        )
        .await
        .map_err(failed)?;
        let rules = Arc::new(Rules { limits: config.limits.chat.clone(), policy: config.limits.chat_policy });
        let service = Arc::new(Service {
            operations: Arc::clone(&operations),
            hub: Arc::clone(&hub),
            fanout,
            limits: config.limits.clone(),
            metrics: Arc::clone(&metrics),
            rates: Rates::default(),
            chat_rates: Rates::default(),
            rules: Arc::clone(&rules),
        });
        let (stop, stopped) = watch::channel(false);
        let acceptor = TlsAcceptor::from(tls.server_config()?);
        let http = tokio::spawn(listener::serve(
            listener,
            acceptor,
            router(service),
            config.limits.clone(),
            stopped.clone(),
        ));
        let admin = admin::socket::listen(&folder, Arc::clone(&operations), stopped.clone())?;
        let mut tasks = vec![http, admin];
        let mut metrics_addr = None;
        if let Some(address) = config.metrics_listen {
            let (local, task) =
                metrics::serve(address, Arc::clone(&metrics), Arc::clone(&hub), stopped.clone()).await?;
            metrics_addr = Some(local);
            tasks.push(task);
        }
        let courier = Courier::new(&operations, config.limits.webhooks.clone(), Arc::clone(&metrics));
        tasks.push(tokio::spawn(courier.run(stopped.clone())));
        tasks.push(tokio::spawn(upkeep::chats(
            Arc::clone(&operations),
            config.limits.attachments.unsent,
            stopped.clone(),
        )));
        tasks.push(tokio::spawn(Upkeep { tls, store: operations.store.clone() }.run(stopped)));
        tracing::info!(%endpoint, "the service accepts connections");
        Ok(RunningServer {
            local_addr,
            metrics_addr,
            endpoint,
            data_dir: config.data_dir,
            own_ca: config.cert.is_none(),
            running: Some(Running { stop, tasks, realtime: Some(realtime), hub, operations }),
        })
    }
}

/// What is opened on a thread that may block.
struct Opened {
    folder: Arc<DataFolder>,
    store: Arc<dyn Store>,
    tls: Arc<Tls>,
    tokens: Tokens,
    attachments: Arc<Attachments>,
}

async fn open(config: &ServerConfig, endpoint: &str) -> Result<Opened, ServerError> {
    let source = match (&config.cert, &config.key) {
        (Some(chain), Some(key)) => Source::Files { chain: chain.clone(), key: key.clone() },
        _ => Source::OwnCa { names: vec![endpoint::host(endpoint).to_owned()] },
    };
    let (data_dir, limits) = (config.data_dir.clone(), config.limits.attachments.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let folder = Arc::new(DataFolder::create_and_lock(&data_dir)?);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(Arc::clone(&folder))?);
        let tls = Arc::new(Tls::open(Arc::clone(&folder), source)?);
        let tokens = Tokens::open(&folder, store.clone())?;
        let attachments = Attachments::open(&data_dir, limits)
            .map_err(|source| file_error("open", &data_dir.join("attachments"), source))?;
        Ok(Opened { folder, store, tls, tokens, attachments })
    });
    opened.await.map_err(|error| ServerError::Store(error.to_string()))?
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| listen_error(address, source))
}

fn listen_error(address: SocketAddr, source: std::io::Error) -> ServerError {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => ServerError::AddressInUse { address },
        _ => ServerError::Listen { address, source },
    }
}

fn failed(error: StoreError) -> ServerError {
    ServerError::Store(error.to_string())
}

struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    realtime: Option<Realtime>,
    hub: Arc<Hub>,
    operations: Arc<Operations>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.hub.stop();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A service that accepts connections. Dropping it stops it without waiting.
pub struct RunningServer {
    local_addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    endpoint: String,
    data_dir: PathBuf,
    own_ca: bool,
    running: Option<Running>,
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer")
            .field("endpoint", &self.endpoint)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl RunningServer {
    /// Where it listens, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where metrics are served, with the real port.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// The URL clients use: the public one, or `https://localhost:PORT`. No slash at the end.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The CA that clients must trust, unless a certificate was given.
    pub fn ca_pem_path(&self) -> Option<PathBuf> {
        self.own_ca.then(|| self.data_dir.join(tls::CA))
    }

    /// The file with the default resource's connection string.
    pub fn connection_string_path(&self) -> PathBuf {
        self.data_dir.join(CONNECTION_STRING)
    }

    /// Stops accepting, closes the connections (clients may resume with the next start) and waits until
    /// the store is closed.
    pub async fn shutdown(mut self) {
        let Some(mut running) = self.running.take() else { return };
        let _ = running.stop.send(true);
        running.hub.stop();
        let emptied = async {
            while running.hub.session_count() + running.hub.push.count() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(SHUTDOWN, emptied).await;
        for task in std::mem::take(&mut running.tasks) {
            let _ = task.await;
        }
        if let Some(realtime) = running.realtime.take() {
            realtime.stop().await;
        }
        running.operations.store.close().await;
        tracing::info!("the service has stopped");
    }
}
