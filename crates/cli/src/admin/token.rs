//! `liaison admin token` and `liaison admin revoke`.

use super::{Printer, failure};
use crate::exit::Failure;
use clap::ArgGroup;
use liaison_identity::Scopes;
use liaison_server::admin::{Admin, TokenSubject};

/// Issue a token; prints the token alone on standard output, whose it is on standard error.
///
/// For trying things out and for programs of the operator. An app gets its users' tokens from its own backend.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("subject").required(true).args(["new", "identity", "upn", "directory_reader"]))]
pub struct IssueArguments {
    /// For a new identity of a resource
    #[arg(long)]
    new: bool,
    /// The resource of --new, by id or name; the first one otherwise
    #[arg(long, requires = "new")]
    resource: Option<String>,
    /// For an app user that exists already
    #[arg(long, value_name = "RAWID")]
    identity: Option<String>,
    /// For a person of a tenant: user principal name, object id or raw id
    #[arg(long)]
    upn: Option<String>,
    /// For a program that may look people up in a tenant's directory, and nothing else
    #[arg(long, requires = "tenant")]
    directory_reader: bool,
    /// The tenant of --directory-reader, or of --upn when two tenants have the same one
    #[arg(long)]
    tenant: Option<String>,
    /// What the token allows, joined by commas: voip, voip.join, chat, chat.join, chat.join.limited
    #[arg(long, value_name = "SCOPE,…", required_unless_present = "directory_reader", value_parser = scopes)]
    scopes: Option<Scopes>,
    /// How long the token lasts, 60 to 1440 minutes
    #[arg(long, value_name = "N", default_value_t = 1440, value_parser = clap::value_parser!(u32).range(60..=1440))]
    minutes: u32,
}

/// Make every token of an identity issued so far void, and close its connections.
#[derive(Debug, clap::Args)]
pub struct RevokeArguments {
    /// Whose: a raw id
    #[arg(long, value_name = "RAWID")]
    identity: String,
}

fn scopes(text: &str) -> Result<Scopes, String> {
    match text.parse::<Scopes>() {
        Ok(scopes) if scopes.is_empty() => Err("it names no scope: give for example voip,chat".to_owned()),
        other => other.map_err(|error| error.to_string()),
    }
}

impl IssueArguments {
    fn subject(&self) -> Result<TokenSubject, Failure> {
        if self.new {
            return Ok(TokenSubject::NewIdentity { resource: self.resource.clone() });
        }
        if let Some(raw_id) = &self.identity {
            return Ok(TokenSubject::Identity { raw_id: raw_id.clone() });
        }
        if let Some(user) = &self.upn {
            return Ok(TokenSubject::User { tenant: self.tenant.clone(), user: user.clone() });
        }
        let tenant = self.tenant.clone();
        tenant
            .map(|tenant| TokenSubject::DirectoryReader { tenant })
            .ok_or_else(|| Failure::Usage("--directory-reader needs --tenant".to_owned()))
    }
}

/// Runs `admin token`.
pub async fn issue(admin: &Admin, printer: Printer, arguments: IssueArguments) -> Result<(), Failure> {
    let scopes: Vec<String> =
        arguments.scopes.iter().flat_map(|scopes| scopes.iter().map(|scope| scope.to_string())).collect();
    let subject = arguments.subject()?;
    let issued = admin.issue_token(subject, &scopes, Some(arguments.minutes)).await.map_err(failure)?;
    if !printer.json {
        eprintln!("{} until {}, for {}", issued.raw_id, issued.expires_on, issued.scopes.join(","));
    }
    printer.value(&issued, |issued| issued.token.clone())
}

/// Runs `admin revoke`.
pub async fn revoke(admin: &Admin, printer: Printer, arguments: &RevokeArguments) -> Result<(), Failure> {
    admin.revoke_tokens(&arguments.identity).await.map_err(failure)?;
    let done = serde_json::json!({ "revoked": arguments.identity });
    printer.value(&done, |_| format!("every token of {} is void", arguments.identity))
}
