//! `liaison doctor load`: what the chat service can do on this machine, measured from outside.

mod fanout;
mod idle;
mod latency;
mod link;
mod people;
mod prosody;
mod report;
mod sends;
mod service;
mod store;
mod wire;

use crate::exit::Failure;
use crate::output;
use report::{Figures, Report};
use service::Service;
use std::path::PathBuf;
use std::time::Duration;
use wire::Target;

/// Measures what the chat service can do on this machine
///
/// Starts a service of its own in a folder that it removes at the end, as a process of its own, and uses it as
/// clients would: over TLS, from this process, on the same processors. The load's own cost is part of every figure;
/// "CPU each" is the service's alone.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// What to measure, joined by commas: sends, store, fanout, latency, idle
    #[arg(
        long,
        value_name = "WHAT,…",
        value_delimiter = ',',
        default_value = "sends,store,fanout,latency,idle"
    )]
    what: Vec<What>,
    /// A moment of each, for a test that it works; the figures mean nothing
    #[arg(long)]
    brief: bool,
    /// How long to measure each, in seconds
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// How many send at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    senders: u32,
    /// How many hear each event
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u32).range(2..=250))]
    listeners: u32,
    /// How many realtime connections are open and idle
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=14_000))]
    connections: u32,
    /// Another server that does the same work in the same run
    #[arg(long, value_name = "SERVER")]
    beside: Option<Peer>,
    /// Where the folder of the measured service is made: on the disk that is to be measured
    #[arg(long, value_name = "DIR")]
    on: Option<PathBuf>,
    /// The figures, in JSON
    #[arg(long, value_name = "R.json")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Sends,
    Store,
    Fanout,
    Latency,
    Idle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Peer {
    /// XMPP with rooms and their archive in SQLite, as Debian has it
    Prosody,
}

/// How much of each.
struct Size {
    length: Duration,
    senders: usize,
    listeners: usize,
    messages: usize,
    connections: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.report {
        // Better to fail now than after the measures.
        std::fs::File::create(path).map_err(|error| Failure::writing("report", path, error))?;
    }
    let size = match arguments.brief {
        true => Size {
            length: Duration::from_millis(300),
            senders: 8,
            listeners: 20,
            messages: 20,
            connections: 100,
        },
        false => Size {
            length: Duration::from_secs(arguments.seconds.into()),
            senders: arguments.senders as usize,
            listeners: arguments.listeners as usize,
            messages: 1000,
            connections: arguments.connections as usize,
        },
    };
    crate::files::raise_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("cannot start: {error}")))?;
    let figures = runtime.block_on(measure(arguments, &size))?;
    let beside = match arguments.beside {
        Some(Peer::Prosody) => {
            Some(runtime.block_on(prosody::measure(&arguments.what, folder(arguments)?.path(), &size))?)
        }
        None => None,
    };
    let mut notes = vec![
        "The load and the service share this machine's processors.".to_owned(),
        "A send is acknowledged when its transaction is on the disk (SQLite, WAL, synchronous=FULL)."
            .to_owned(),
    ];
    if arguments.brief {
        notes.push("--brief: too short to mean anything.".to_owned());
    }
    if let Some(beside) = &beside {
        notes.push(format!("Beside: {}.", beside.version));
        notes.extend(prosody::NOTES.map(str::to_owned));
    }
    let report = Report::new(figures, beside, notes);
    output::line(&report.table());
    if report.beside.is_some() {
        output::line("");
        report.notes.iter().for_each(|note| output::line(note));
    }
    arguments.report.as_deref().map_or(Ok(()), |path| report.write(path))
}

/// A new folder, removed when dropped.
fn folder(arguments: &Arguments) -> Result<tempfile::TempDir, Failure> {
    let folder = match &arguments.on {
        Some(place) => tempfile::tempdir_in(place),
        None => tempfile::tempdir(),
    };
    folder.map_err(|error| Failure::Other(format!("cannot make a folder: {error}")))
}

async fn measure(arguments: &Arguments, size: &Size) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    for what in &arguments.what {
        let folder = folder(arguments)?;
        if *what == What::Store {
            figures.store = Some(store::measure(folder.path(), size.senders, size.length).await?);
            continue;
        }
        // Each has a service that did nothing before.
        let service = Service::start(&folder.path().join("data"), 0)?;
        let target = Target::new(service.port, &service.data.join("ca.pem"))?;
        match what {
            What::Sends => {
                figures.sends = Some(sends::measure(&service, &target, size.senders, size.length).await?);
            }
            What::Fanout => {
                figures.fanout = Some(fanout::measure(&service, &target, size.listeners, size.length).await?);
            }
            What::Latency => figures.latency_ms = latency::measure(&service, &target, size.messages).await?,
            What::Idle => figures.idle = Some(idle::measure(&service, &target, size.connections).await?),
            What::Store => {}
        }
    }
    Ok(figures)
}
