//! `liaison admin tenant`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::admin::Admin;

/// The `tenant` commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a tenant; prints its id
    Create {
        /// A name for people
        #[arg(long)]
        name: String,
        /// A GUID of your own instead of a new one
        #[arg(long, value_name = "GUID")]
        id: Option<String>,
    },
    /// All tenants
    List,
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { name, id } => {
            let tenant = admin.create_tenant(&name, id.as_deref()).await.map_err(failure)?;
            printer.value(&tenant, |tenant| tenant.id.clone())
        }
        Command::List => {
            let tenants = admin.list_tenants().await.map_err(failure)?;
            printer.list(&tenants, &["ID", "CREATED", "NAME"], |tenant| {
                vec![tenant.id.clone(), tenant.created_on.clone(), tenant.name.clone()]
            })
        }
    }
}
