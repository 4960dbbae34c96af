//! `liaison admin resource`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::admin::Admin;
use liaison_server::directory::{KeyKind, ResourceKeys};

/// The `resource` commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a resource; prints its id
    Create {
        /// A name for people
        #[arg(long)]
        name: String,
    },
    /// All resources
    List,
    /// Show both access keys and connection strings: secrets, for the backend only
    Keys {
        /// The resource's id or name
        #[arg(long)]
        resource: String,
    },
    /// Make one key anew; the old one is refused from now on, the other goes on working
    RegenerateKey {
        /// The resource's id or name
        #[arg(long)]
        resource: String,
        /// primary or secondary
        #[arg(long)]
        key: KeyKind,
    },
}

fn keys_text(keys: &ResourceKeys) -> String {
    format!(
        "resource   {}\nprimary    {}\nsecondary  {}",
        keys.id, keys.primary_connection_string, keys.secondary_connection_string
    )
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { name } => {
            let resource = admin.create_resource(&name).await.map_err(failure)?;
            printer.value(&resource, |resource| resource.id.clone())
        }
        Command::List => {
            let resources = admin.list_resources().await.map_err(failure)?;
            printer.list(&resources, &["ID", "CREATED", "NAME"], |resource| {
                vec![resource.id.clone(), resource.created_on.clone(), resource.name.clone()]
            })
        }
        Command::Keys { resource } => {
            let keys = admin.resource_keys(&resource).await.map_err(failure)?;
            printer.value(&keys, keys_text)
        }
        Command::RegenerateKey { resource, key } => {
            let keys = admin.regenerate_key(&resource, key).await.map_err(failure)?;
            printer.value(&keys, keys_text)
        }
    }
}
