//! The decision itself: pure, on facts read at one moment.

use super::{Cause, Explanation, FederationConfiguration, Term};
use crate::directory::{UserMode, UserRecord};
use crate::store::{MemberFacts, PartyFacts};

/// What is attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// A call.
    Call,
    /// A chat.
    Chat,
}

/// Whether `from` may reach `to`.
pub(crate) fn decide(activity: Activity, from: &PartyFacts, to: &PartyFacts) -> Result<(), Cause> {
    use PartyFacts::{AppUser, Staff, Unknown};
    match (from, to) {
        (Unknown | AppUser { living: false, .. }, _) => Err(Cause::CallerGone),
        (_, Unknown) => Err(Cause::UnknownUser),
        (AppUser { resource_id: from, .. }, AppUser { resource_id: to, living }) => {
            require(from == to, Cause::OtherResource)?;
            require(*living, Cause::UnknownUser)
        }
        (AppUser { resource_id, .. }, Staff(member)) => {
            let terms = if activity == Activity::Call { &Asked::ALL[..] } else { &Asked::FEDERATION };
            asked(terms, resource_id, member).map_err(Asked::of_callee)
        }
        // The caller's own mode says which client rings, not whom it may call. The callee's resource is
        // in its raw id: whether the callee exists is asked last and so not given away.
        (Staff(member), AppUser { resource_id, living }) => {
            asked(&Asked::FEDERATION, resource_id, member).map_err(Asked::of_caller)?;
            require(*living, Cause::UnknownUser)
        }
        (Staff(from), Staff(to)) => {
            require(from.user.tenant_id == to.user.tenant_id, Cause::OtherTenant)?;
            require(activity == Activity::Chat || to.user.mode == UserMode::TeamsOnly, Cause::UserMode)
        }
    }
}

/// The terms of the federation decision, in the order they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    EnableAcsUsers,
    AllowedAcsResources,
    EnableAcsFederationAccess,
    Mode,
}

impl Asked {
    const FEDERATION: [Self; 3] =
        [Self::EnableAcsUsers, Self::AllowedAcsResources, Self::EnableAcsFederationAccess];
    const ALL: [Self; 4] =
        [Self::EnableAcsUsers, Self::AllowedAcsResources, Self::EnableAcsFederationAccess, Self::Mode];

    fn of_callee(self) -> Cause {
        match self {
            Self::EnableAcsUsers => Cause::AcsUsersDisabled,
            Self::AllowedAcsResources => Cause::ResourceNotAllowed,
            Self::EnableAcsFederationAccess => Cause::UserPolicy,
            Self::Mode => Cause::UserMode,
        }
    }

    fn of_caller(self) -> Cause {
        match self {
            Self::EnableAcsUsers => Cause::OwnAcsUsersDisabled,
            Self::AllowedAcsResources => Cause::OwnResourceNotAllowed,
            Self::EnableAcsFederationAccess | Self::Mode => Cause::OwnPolicy,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::EnableAcsUsers => "tenant.EnableAcsUsers",
            Self::AllowedAcsResources => "resource in tenant.AllowedAcsResources",
            Self::EnableAcsFederationAccess => "user.EnableAcsFederationAccess",
            Self::Mode => "user.Mode is TeamsOnly (calls)",
        }
    }

    fn holds(self, resource_id: &str, configuration: &FederationConfiguration, user: &UserRecord) -> bool {
        match self {
            Self::EnableAcsUsers => configuration.enable_acs_users,
            Self::AllowedAcsResources => {
                configuration.allowed_acs_resources.iter().any(|allowed| allowed == resource_id)
            }
            Self::EnableAcsFederationAccess => user.enable_acs_federation_access,
            Self::Mode => user.mode == UserMode::TeamsOnly,
        }
    }

    fn detail(self, resource_id: &str, configuration: &FederationConfiguration, user: &UserRecord) -> String {
        match self {
            Self::EnableAcsUsers => {
                format!("tenant {} has {}", user.tenant_id, configuration.enable_acs_users)
            }
            Self::AllowedAcsResources => format!(
                "resource {resource_id}, the tenant allows {}",
                match configuration.allowed_acs_resources.as_slice() {
                    [] => "none".to_owned(),
                    allowed => allowed.join(", "),
                }
            ),
            Self::EnableAcsFederationAccess => {
                format!("user {} has {}", user.object_id, user.enable_acs_federation_access)
            }
            Self::Mode => format!("user {} has {}", user.object_id, user.mode),
        }
    }
}

/// The first of the terms that does not hold.
fn asked(terms: &[Asked], resource_id: &str, member: &MemberFacts) -> Result<(), Asked> {
    let holds = |term: &&Asked| term.holds(resource_id, &member.configuration, &member.user);
    terms.iter().find(|term| !holds(term)).map_or(Ok(()), |term| Err(*term))
}

fn require(holds: bool, cause: Cause) -> Result<(), Cause> {
    if holds { Ok(()) } else { Err(cause) }
}

/// Each term for an app user of `resource_id` who wants to reach a tenant's user; `None`: there is no
/// such user, and nothing more can be asked.
pub(crate) fn explain(resource_id: &str, member: Option<&MemberFacts>) -> Explanation {
    let from = PartyFacts::AppUser { resource_id: resource_id.to_owned(), living: true };
    let to = member.map_or(PartyFacts::Unknown, |member| PartyFacts::Staff(member.clone()));
    let call = decide(Activity::Call, &from, &to);
    let chat = decide(Activity::Chat, &from, &to);
    let refusal = chat.err().and_then(|cause| cause.row().chat);
    let known = Term {
        name: "user is in a directory".to_owned(),
        holds: member.is_some(),
        detail: member.map_or("no tenant of this service has this user".to_owned(), |member| {
            format!("{} of tenant {}", member.user.user_principal_name, member.user.tenant_id)
        }),
    };
    let asked = Asked::ALL.into_iter().flat_map(|term| {
        member.map(|member| Term {
            name: term.name().to_owned(),
            holds: term.holds(resource_id, &member.configuration, &member.user),
            detail: term.detail(resource_id, &member.configuration, &member.user),
        })
    });
    let row = call.err().map(Cause::row);
    Explanation {
        terms: std::iter::once(known).chain(asked).collect(),
        chat_allowed: chat.is_ok(),
        call_allowed: call.is_ok(),
        cause: row.map(|row| row.audit.to_owned()),
        call_end: row.map(|row| (row.call.code, row.call.sub_code)),
        chat_error: refusal.map(|chat| (chat.status, format!("{}: {}", chat.code, chat.message))),
    }
}
