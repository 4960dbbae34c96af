//! `liaison serve`.

use crate::exit::Failure;
use crate::output;
use indicatif::{ProgressBar, ProgressStyle};
use liaison_server::{ChatPolicy, ChatRates, RunningServer, Server, ServerConfig, ServerError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// How long open requests may take to finish after the first signal.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// Runs the service until SIGINT or SIGTERM.
///
/// The first start makes everything in the data folder: a certificate authority (`DIR/ca.pem`, which
/// clients have to trust), a resource and its secret (`DIR/connection-string`, for your backend only), and
/// the database. One line on standard output says when the service is ready; the log goes to standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// The folder that holds everything the service keeps; made when it is not there
    #[arg(long, value_name = "DIR", env = "LIAISON_DATA")]
    data: PathBuf,
    /// Where to listen for HTTPS and the realtime link; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// What clients call the service, when it is not https://localhost:PORT
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// A certificate chain in PEM, leaf first, instead of one by the service's own authority
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The private key of --cert in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Where to serve Prometheus metrics over plain HTTP; a loopback address
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// How often chats may be used: acs (what Azure Communication Services documents) or none (no limit)
    #[arg(long, value_name = "acs|none", default_value = "acs")]
    chat_rates: ChatRates,
    /// What chats may do: open, or teams-preview (what the preview of 2021 allowed)
    #[arg(long, value_name = "open|teams-preview", default_value = "open")]
    chat_policy: ChatPolicy,
    /// How many connections may be open at once
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// A host that webhooks may lead to although its address is private, and without TLS; may be given again
    #[arg(long, value_name = "HOST")]
    webhook_allow_host: Vec<String>,
    /// Authorities in PEM that webhooks' receivers may have their certificates from, beside the system's
    #[arg(long, value_name = "FILE")]
    webhook_ca: Option<PathBuf>,
    /// What to log: error, warn, info, debug, or a filter such as liaison_server=debug
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "LIAISON_LOG")]
    log: String,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&arguments.log)
        .map_err(|error| Failure::Usage(format!("--log {:?}: {error}", arguments.log)))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    crate::files::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("cannot start the service's threads: {error}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    // From here on a signal is ours: one that comes during the start stops it cleanly too.
    let mut signals = Signals::new()?;
    let mut config = ServerConfig::new(arguments.data);
    config.listen = arguments.listen;
    config.public_url = arguments.public_url;
    config.cert = arguments.cert;
    config.key = arguments.key;
    config.metrics_listen = arguments.metrics_listen;
    config.limits.connections = arguments.connections as usize;
    config.limits.chat_rates = arguments.chat_rates;
    config.limits.chat_policy = arguments.chat_policy;
    config.limits.webhooks.allowed_hosts = arguments.webhook_allow_host;
    config.limits.webhooks.ca = arguments.webhook_ca;

    let progress = progress();
    let started = tokio::select! {
        started = Server::start(config) => started,
        () = signals.next() => return Ok(()),
    };
    progress.finish_and_clear();
    let server = started.map_err(failure)?;
    output::line(&ready_line(&server));

    signals.next().await;
    eprintln!("stopping; once more to stop at once");
    tokio::select! {
        () = server.shutdown() => Ok(()),
        () = tokio::time::sleep(SHUTDOWN) => {
            Err(Failure::Other(format!("some connections did not close within {} s", SHUTDOWN.as_secs())))
        }
        () = signals.next() => Err(Failure::Other("stopped before every connection was closed".to_owned())),
    }
}

fn ready_line(server: &RunningServer) -> String {
    let mut line = format!("liaison is ready at {}", server.endpoint());
    if let Some(ca) = server.ca_pem_path() {
        line.push_str(&format!(", CA {}", ca.display()));
    }
    line.push_str(&format!(", connection string in {}", server.connection_string_path().display()));
    line
}

/// The first start makes keys, which takes a moment on a slow machine. Shown on a terminal only.
fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
        bar.set_style(style);
    }
    bar.set_message("starting");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn failure(error: ServerError) -> Failure {
    let text = error.to_string();
    match error {
        ServerError::AddressInUse { .. } => Failure::AddressInUse(text),
        ServerError::Configuration(_) => Failure::Usage(text),
        ServerError::Listen { .. } => Failure::Other(text),
        _ => Failure::Unusable(text),
    }
}

/// SIGINT and SIGTERM; Ctrl-C alone where there is no such thing.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| {
                signal(kind).map_err(|error| Failure::Other(format!("cannot listen for signals: {error}")))
            };
            Ok(Self {
                interrupt: listen(SignalKind::interrupt())?,
                terminate: listen(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
