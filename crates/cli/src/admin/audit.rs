//! `liaison admin audit`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::admin::Admin;

/// Show what was allowed and refused, and why, newest first.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only of this tenant or resource, by id or name
    #[arg(long, value_name = "TENANT|RESOURCE")]
    owner: Option<String>,
    /// How many, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, arguments: &Arguments) -> Result<(), Failure> {
    let entries = admin.audit(arguments.owner.as_deref(), arguments.limit).await.map_err(failure)?;
    let header = ["AT", "ACTION", "OUTCOME", "REASON", "ACTOR", "TARGET"];
    printer.list(&entries, &header, |entry| {
        vec![
            entry.at.clone(),
            entry.action.clone(),
            entry.outcome.clone(),
            entry.reason.clone(),
            entry.actor.clone(),
            entry.target.clone(),
        ]
    })
}
