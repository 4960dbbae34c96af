//! `liaison admin subject`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::admin::Admin;
use std::path::PathBuf;

/// The `subject` commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write all that the service keeps of a person into a new file, one JSON object a line
    Export {
        /// Whose: a raw id
        #[arg(value_name = "RAWID")]
        raw_id: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Delete a person's account and all that they wrote and were called. It cannot be undone
    ///
    /// Their raw id stays in the history of others and in the audit log. Backups are not touched.
    Erase {
        /// Whose: a raw id
        #[arg(value_name = "RAWID")]
        raw_id: String,
    },
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Export { raw_id, to } => {
            let lines = admin.export_subject(&raw_id, &to).await.map_err(failure)?;
            printer.value(&lines, |lines| format!("{lines} lines"))
        }
        Command::Erase { raw_id } => {
            admin.erase_subject(&raw_id).await.map_err(failure)?;
            printer.value(&raw_id, |raw_id| format!("{raw_id} is erased"))
        }
    }
}
