//! `liaison admin webhook`.

use super::{Printer, failure};
use crate::exit::Failure;
use liaison_server::NewWebhook;
use liaison_server::admin::Admin;

/// The `webhook` commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Send chat events to a URL from now on; prints the webhook's id and the secret that signs its requests
    Add(Add),
    /// All webhooks, and how many threads have events that could not be sent yet
    List,
    /// Remove a webhook; what it was not told yet it is never told
    Remove {
        /// The webhook's id
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// What is added.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Where events go: https, on a host with a public address unless `serve --webhook-allow-host` names it
    #[arg(long)]
    url: String,
    /// Whose threads: a resource or tenant, by id or name; the default resource when left out
    #[arg(long)]
    owner: Option<String>,
    /// Which events, by their names in Event Grid; all sixteen when left out
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    events: Vec<String>,
}

fn added(new: &NewWebhook) -> String {
    format!("webhook  {}\nsecret   {}", new.webhook.id, new.secret.as_str())
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(Add { url, owner, events }) => {
            let new = admin.add_webhook(owner.as_deref(), &url, &events).await.map_err(failure)?;
            printer.value(&new, added)
        }
        Command::List => {
            let hooks = admin.list_webhooks().await.map_err(failure)?;
            printer.list(&hooks, &["ID", "OWNER", "WAITING", "EVENTS", "URL"], |hook| {
                let events = if hook.events.is_empty() { "all".to_owned() } else { hook.events.join(",") };
                let waiting = hook.waiting_threads.to_string();
                vec![hook.id.clone(), hook.owner_id.clone(), waiting, events, hook.url.as_str().to_owned()]
            })
        }
        Command::Remove { id } => {
            admin.remove_webhook(&id).await.map_err(failure)?;
            printer.value(&id, |id| format!("{id} is removed"))
        }
    }
}
