//! `liaison admin backup`, `restore` and `check`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::admin::Admin;
use liaison_server::backup::{self, BackupSummary};
use std::path::{Path, PathBuf};

/// Copy the whole data folder, as of one moment; the service may run meanwhile.
///
/// The copy holds the secrets of the service: keep it as you keep the data folder.
#[derive(Debug, clap::Args)]
pub struct BackupArguments {
    /// A folder that is not there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Make a data folder, which must not be there yet, of a backup. Start the service on it afterwards.
#[derive(Debug, clap::Args)]
pub struct RestoreArguments {
    /// The backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// Read the whole database and say what is wrong in it; the service may run meanwhile.
#[derive(Debug, clap::Args)]
pub struct CheckArguments {}

/// Runs the command.
pub async fn back_up(admin: &Admin, printer: Printer, arguments: &BackupArguments) -> Result<(), Failure> {
    let made = admin.back_up(&arguments.to).await.map_err(failure)?;
    printer.value(&made, text)
}

/// Runs the command.
pub fn restore(data: &Path, printer: Printer, arguments: &RestoreArguments) -> Result<(), Failure> {
    let made =
        backup::restore(&arguments.from, data).map_err(|error| Failure::Unusable(error.to_string()))?;
    printer.value(&made, text)
}

/// Runs the command.
pub async fn check(admin: &Admin, printer: Printer) -> Result<(), Failure> {
    let found = admin.check().await.map_err(failure)?;
    printer.value(&found, |found| {
        let counted =
            format!("{} chat threads, {} messages, {} files", found.threads, found.messages, found.files);
        match found.problems.as_slice() {
            [] => format!("nothing is wrong: {counted}"),
            problems => format!("{counted}\n{}", problems.join("\n")),
        }
    })?;
    match found.problems.len() {
        0 => Ok(()),
        count => Err(Failure::Unusable(format!("{count} problems: restore a backup"))),
    }
}

fn text(summary: &BackupSummary) -> String {
    format!("{} files, {} bytes, as of {}", summary.files.len(), summary.bytes(), summary.taken_on)
}
