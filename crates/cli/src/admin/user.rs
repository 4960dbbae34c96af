//! `liaison admin user`.

use super::{Printer, failure, yes_no};
use crate::exit::Failure;
use clap::builder::BoolishValueParser;
use liaison_server::admin::Admin;
use liaison_server::directory::{NewUser, UserChange, UserMode, UserRecord};

/// The `user` commands. A user is named by object id, raw id or user principal name.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a person to a tenant's directory; prints the raw id that others call
    Add {
        /// The tenant's id or name
        #[arg(long)]
        tenant: String,
        /// The user principal name, such as ada@contoso.example
        #[arg(long)]
        upn: String,
        /// The name people see
        #[arg(long)]
        display_name: String,
        /// A GUID of your own instead of a new one
        #[arg(long, value_name = "GUID")]
        object_id: Option<String>,
        /// TeamsOnly, Islands, SfBOnly, SfBWithTeamsCollab or SfBWithTeamsCollabAndMeetings; calls reach
        /// only those who are TeamsOnly
        #[arg(long, default_value = "TeamsOnly")]
        mode: UserMode,
        /// Whether app users may reach this person, once the tenant lets them in
        #[arg(long, value_name = "BOOL", default_value = "true", value_parser = BoolishValueParser::new())]
        #[arg(num_args = 0..=1, default_missing_value = "true")]
        enable_acs_federation_access: bool,
    },
    /// The people of a tenant
    List {
        /// The tenant's id or name
        #[arg(long)]
        tenant: String,
    },
    /// Change a person; what is not given stays as it is
    Set {
        /// Object id, raw id or user principal name
        #[arg(long)]
        user: String,
        /// The tenant's id or name; needed only when two tenants have the same user principal name
        #[arg(long)]
        tenant: Option<String>,
        /// A new user principal name
        #[arg(long)]
        upn: Option<String>,
        /// A new name for people to see
        #[arg(long)]
        display_name: Option<String>,
        /// A new mode, as for `user add`
        #[arg(long)]
        mode: Option<UserMode>,
        /// Whether app users may reach this person
        #[arg(long, value_name = "BOOL", value_parser = BoolishValueParser::new())]
        #[arg(num_args = 0..=1, default_missing_value = "true")]
        enable_acs_federation_access: Option<bool>,
    },
    /// Take a person out of the directory; their tokens stop working and their connections close
    Remove {
        /// Object id, raw id or user principal name
        #[arg(long)]
        user: String,
        /// The tenant's id or name; needed only when two tenants have the same user principal name
        #[arg(long)]
        tenant: Option<String>,
    },
}

const HEADER: [&str; 5] = ["RAW ID", "USER PRINCIPAL NAME", "MODE", "ACS", "NAME"];

fn row(user: &UserRecord) -> Vec<String> {
    vec![
        user.raw_id.clone(),
        user.user_principal_name.clone(),
        user.mode.to_string(),
        yes_no(user.enable_acs_federation_access),
        user.display_name.clone(),
    ]
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { tenant, upn, display_name, object_id, mode, enable_acs_federation_access } => {
            let user = NewUser {
                tenant,
                object_id,
                user_principal_name: upn,
                display_name,
                mode,
                enable_acs_federation_access,
            };
            let user = admin.add_user(user).await.map_err(failure)?;
            printer.value(&user, |user| user.raw_id.clone())
        }
        Command::List { tenant } => {
            let users = all_users(admin, &tenant).await?;
            printer.list(&users, &HEADER, row)
        }
        Command::Set { user, tenant, upn, display_name, mode, enable_acs_federation_access } => {
            let change =
                UserChange { user_principal_name: upn, display_name, mode, enable_acs_federation_access };
            if change == UserChange::default() {
                return Err(Failure::Usage(
                    "nothing to change: give --upn, --display-name, --mode or --enable-acs-federation-access"
                        .to_owned(),
                ));
            }
            let user = admin.set_user(tenant.as_deref(), &user, change).await.map_err(failure)?;
            printer.value(&user, |user| crate::output::table(&HEADER, &[row(user)]))
        }
        Command::Remove { user, tenant } => {
            let user = admin.remove_user(tenant.as_deref(), &user).await.map_err(failure)?;
            printer.value(&user, |user| format!("removed {}", user.raw_id))
        }
    }
}

/// Page after page, so that a large directory is shown whole.
async fn all_users(admin: &Admin, tenant: &str) -> Result<Vec<UserRecord>, Failure> {
    let mut users: Vec<UserRecord> = Vec::new();
    loop {
        let after = users.last().map(|user| user.object_id.clone());
        let page = admin.list_users(tenant, after.as_deref()).await.map_err(failure)?;
        if page.is_empty() {
            return Ok(users);
        }
        users.extend(page);
    }
}
