//! `liaison admin`: resources, tenants, users, federation, tokens.

mod audit;
mod backup;
mod federation;
mod resource;
mod subject;
mod tenant;
mod token;
mod user;
mod webhook;

use crate::exit::Failure;
use crate::output;
use liaison_server::admin::{Admin, AdminError};
use serde::Serialize;
use std::path::PathBuf;

/// Administers a service, running or not.
///
/// Speaks to the running service through the socket in its data folder; when nothing runs it takes the
/// folder's lock and works on the database itself.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// The service's data folder
    #[arg(long, value_name = "DIR", env = "LIAISON_DATA", global = true)]
    data: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What owns the app's users, and its two access keys
    #[command(subcommand)]
    Resource(resource::Command),
    /// An organisation
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// The people of an organisation
    #[command(subcommand)]
    User(user::Command),
    /// Which resources' users may reach an organisation's people
    #[command(subcommand)]
    Federation(federation::Command),
    Token(token::IssueArguments),
    Revoke(token::RevokeArguments),
    Audit(audit::Arguments),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
    Check(backup::CheckArguments),
    /// What is kept of one person
    #[command(subcommand)]
    Subject(subject::Command),
    /// Other systems that are told what happens in chats
    #[command(subcommand)]
    Webhook(webhook::Command),
}

/// Where and how the answers go.
#[derive(Debug, Clone, Copy)]
struct Printer {
    json: bool,
}

impl Printer {
    /// One value: JSON, or the text made of it.
    fn value<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        if self.json {
            return output::json(value);
        }
        output::line(&text(value));
        Ok(())
    }

    /// A list: a JSON array, or a table.
    fn list<T: Serialize>(
        self,
        values: &[T],
        header: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<(), Failure> {
        self.value(&values, |values| output::table(header, &values.iter().map(row).collect::<Vec<_>>()))
    }
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Some(data) = arguments.data else {
        return Err(Failure::Usage("give the service's data folder with --data DIR".to_owned()));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("cannot start: {error}")))?;
    let printer = Printer { json: arguments.json };
    if let Command::Restore(restore) = &arguments.command {
        // There is no service yet.
        return backup::restore(&data, printer, restore);
    }
    runtime.block_on(async {
        let admin = Admin::open(&data).await.map_err(failure)?;
        match arguments.command {
            Command::Resource(command) => resource::run(&admin, printer, command).await,
            Command::Tenant(command) => tenant::run(&admin, printer, command).await,
            Command::User(command) => user::run(&admin, printer, command).await,
            Command::Federation(command) => federation::run(&admin, printer, command).await,
            Command::Token(arguments) => token::issue(&admin, printer, arguments).await,
            Command::Revoke(arguments) => token::revoke(&admin, printer, &arguments).await,
            Command::Audit(arguments) => audit::run(&admin, printer, &arguments).await,
            Command::Backup(arguments) => backup::back_up(&admin, printer, &arguments).await,
            Command::Check(_) => backup::check(&admin, printer).await,
            Command::Restore(_) => Ok(()),
            Command::Subject(command) => subject::run(&admin, printer, command).await,
            Command::Webhook(command) => webhook::run(&admin, printer, command).await,
        }
    })
}

fn failure(error: AdminError) -> Failure {
    let text = error.to_string();
    match error {
        AdminError::NoData { .. } | AdminError::Store(_) => Failure::Unusable(text),
        AdminError::Unreachable { .. } => Failure::Unreachable(text),
        AdminError::NotFound(_) => Failure::NotFound(text),
        _ => Failure::Other(text),
    }
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
