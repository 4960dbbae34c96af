//! The same work done by Prosody, an XMPP server as Debian has it: messages to rooms, each archived in SQLite before
//! it is told, over TLS with the same certificate, to the same load.

mod client;
mod fanout;
mod idle;
mod latency;
mod sends;
mod server;
mod stanza;

use super::report::{Beside, Figures};
use super::service::Service;
use super::wire::Target;
use super::{Size, What};
use crate::exit::Failure;
use server::{Prosody, version};
use std::path::Path;

/// What differs, for who compares.
pub const NOTES: [&str; 3] = [
    "Prosody: a send is a message to a room that the sender is alone in, acknowledged by the room's echo, which comes \
     when the message is in the archive (SQLite as Debian's Prosody opens it: rollback journal, synchronous=FULL).",
    "Prosody: fan-out is one room with all listeners, in which as many send as with Liaison, each again when it has \
     heard itself; a delivery is the message's stanza.",
    "Prosody runs on one processor. Passwords are not checked, and there is no roster, to its advantage.",
];

/// Measures what is asked for, each with a server that did nothing before.
pub async fn measure(what: &[What], folder: &Path, size: &Size) -> Result<Beside, Failure> {
    let version = version()?;
    // A service of ours makes a certificate.
    let tls = folder.join("tls");
    drop(Service::start(&tls, 0)?);
    let mut figures = Figures::default();
    for (index, what) in what.iter().enumerate() {
        if *what == What::Store {
            continue;
        }
        let server = Prosody::start(&folder.join(format!("prosody-{index}")), &tls).await?;
        let target = Target::new(server.port, &tls.join("ca.pem"))?;
        match what {
            What::Sends => {
                figures.sends = Some(sends::measure(&server, &target, size.senders, size.length).await?);
            }
            What::Fanout => {
                figures.fanout = Some(fanout::measure(&server, &target, size.listeners, size.length).await?);
            }
            What::Latency => figures.latency_ms = latency::measure(&target, size.messages).await?,
            What::Idle => figures.idle = Some(idle::measure(&server, &target, size.connections).await?),
            What::Store => {}
        }
    }
    Ok(Beside { name: "PROSODY".to_owned(), version, figures })
}
