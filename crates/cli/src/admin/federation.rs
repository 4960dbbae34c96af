//! `liaison admin federation`.

use super::{Printer, failure, yes_no};
use crate::exit::Failure;
use clap::builder::BoolishValueParser;
use liaison_server::admin::Admin;
use liaison_server::federation::{AcsUserLabel, Explanation, FederationChange, FederationConfiguration};

/// The `federation` commands, with the parameters of `Set-CsTeamsAcsFederationConfiguration`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Change a tenant's federation configuration; what is not given stays as it is
    Set {
        /// The tenant's id or name
        #[arg(long)]
        tenant: String,
        /// The switch; while it is off everything else is ignored
        #[arg(long, value_name = "BOOL", value_parser = BoolishValueParser::new())]
        #[arg(num_args = 0..=1, default_missing_value = "true")]
        enable_acs_users: Option<bool>,
        /// The resources whose users are let in, ids or names joined by commas; replaces the whole list
        #[arg(long, value_name = "RESOURCE,…", value_delimiter = ',')]
        allowed_acs_resources: Option<Vec<String>>,
        /// Whether meetings ask for the same
        #[arg(long, value_name = "BOOL", value_parser = BoolishValueParser::new())]
        #[arg(num_args = 0..=1, default_missing_value = "true")]
        require_acs_federation_for_meeting: Option<bool>,
        /// How app users are labelled: Unverified or External
        #[arg(long, value_name = "LABEL")]
        label_for_allowed_acs_users: Option<AcsUserLabel>,
        /// Whether the banner about app users is hidden
        #[arg(long, value_name = "BOOL", value_parser = BoolishValueParser::new())]
        #[arg(num_args = 0..=1, default_missing_value = "true")]
        hide_banner_for_allowed_acs_users: Option<bool>,
    },
    /// Show a tenant's federation configuration
    Show {
        /// The tenant's id or name
        #[arg(long)]
        tenant: String,
    },
    /// Say, term by term, whether a resource's users may reach a person
    Explain {
        /// The resource's id or name
        #[arg(long)]
        resource: String,
        /// The person's object id, raw id or user principal name
        #[arg(long)]
        user: String,
        /// The tenant's id or name; needed only when two tenants have the same user principal name
        #[arg(long)]
        tenant: Option<String>,
    },
}

fn configuration_text(configuration: &FederationConfiguration) -> String {
    let allowed = if configuration.allowed_acs_resources.is_empty() {
        "none".to_owned()
    } else {
        configuration.allowed_acs_resources.join(",")
    };
    let rows = [
        ("EnableAcsUsers", yes_no(configuration.enable_acs_users)),
        ("AllowedAcsResources", allowed),
        ("RequireAcsFederationForMeeting", yes_no(configuration.require_acs_federation_for_meeting)),
        ("LabelForAllowedAcsUsers", configuration.label_for_allowed_acs_users.as_str().to_owned()),
        ("HideBannerForAllowedAcsUsers", yes_no(configuration.hide_banner_for_allowed_acs_users)),
    ];
    rows.map(|(name, value)| format!("{name:<32}{value}")).join("\n")
}

fn explanation_text(explanation: &Explanation) -> String {
    let mut lines: Vec<String> = explanation
        .terms
        .iter()
        .map(|term| format!("{:<4}{:<40}{}", if term.holds { "yes" } else { "NO" }, term.name, term.detail))
        .collect();
    let verdict = |allowed: bool| if allowed { "allowed" } else { "refused" };
    lines.push(format!("chat: {}", verdict(explanation.chat_allowed)));
    let mut call = format!("call: {}", verdict(explanation.call_allowed));
    if let Some(cause) = &explanation.cause {
        call.push_str(&format!(" ({cause})"));
    }
    if let Some((code, sub_code)) = explanation.call_end {
        call.push_str(&format!("; the caller is told {code}/{sub_code}"));
    }
    lines.push(call);
    lines.join("\n")
}

/// Runs the command.
pub async fn run(admin: &Admin, printer: Printer, command: Command) -> Result<(), Failure> {
    match command {
        Command::Set {
            tenant,
            enable_acs_users,
            allowed_acs_resources,
            require_acs_federation_for_meeting,
            label_for_allowed_acs_users,
            hide_banner_for_allowed_acs_users,
        } => {
            // `--allowed-acs-resources ''` empties the list.
            let allowed_acs_resources = allowed_acs_resources
                .map(|names| names.into_iter().filter(|name| !name.trim().is_empty()).collect());
            let change = FederationChange {
                enable_acs_users,
                allowed_acs_resources,
                require_acs_federation_for_meeting,
                label_for_allowed_acs_users,
                hide_banner_for_allowed_acs_users,
            };
            if change == FederationChange::default() {
                return Err(Failure::Usage(
                    "nothing to change: give --enable-acs-users, --allowed-acs-resources or another setting"
                        .to_owned(),
                ));
            }
            let configuration = admin.set_federation(&tenant, change).await.map_err(failure)?;
            printer.value(&configuration, configuration_text)
        }
        Command::Show { tenant } => {
            let configuration = admin.federation(&tenant).await.map_err(failure)?;
            printer.value(&configuration, configuration_text)
        }
        Command::Explain { resource, user, tenant } => {
            let explanation = admin.explain(&resource, tenant.as_deref(), &user).await.map_err(failure)?;
            printer.value(&explanation, explanation_text)
        }
    }
}
