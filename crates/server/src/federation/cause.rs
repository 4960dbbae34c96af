//! The one table of refusals: what the caller of a call is told, what a chat answers, what the audit says.

use liaison_signaling::EndReason;

/// Why an attempt is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The callee is no account of this service, or was deleted.
    UnknownUser,
    /// The callee belongs to another resource than the calling app user.
    OtherResource,
    /// The callee belongs to another tenant than the calling user.
    OtherTenant,
    /// `EnableAcsUsers` of the callee's tenant is off.
    AcsUsersDisabled,
    /// The resource is not among the `AllowedAcsResources` of the callee's tenant.
    ResourceNotAllowed,
    /// `EnableAcsFederationAccess` of the callee is off.
    UserPolicy,
    /// The callee's mode is not TeamsOnly.
    UserMode,
    /// `EnableAcsUsers` of the caller's own tenant is off.
    OwnAcsUsersDisabled,
    /// The callee's resource is not among the `AllowedAcsResources` of the caller's own tenant.
    OwnResourceNotAllowed,
    /// `EnableAcsFederationAccess` of the caller is off.
    OwnPolicy,
    /// The caller's account is gone.
    CallerGone,
}

/// What a chat request is answered: HTTP status, error code, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChatRefusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) cause: Cause,
    /// The audit log's word.
    pub(crate) audit: &'static str,
    /// What the caller of a call is told.
    pub(crate) call: EndReason,
    /// What a chat is answered; `None` when the cause does not concern chats.
    pub(crate) chat: Option<ChatRefusal>,
}

const NOT_REACHABLE: Option<ChatRefusal> =
    Some(ChatRefusal { status: 403, code: "Forbidden", message: "Permissions check failed" });
const SIGNED_OUT: Option<ChatRefusal> =
    Some(ChatRefusal { status: 401, code: "Unauthorized", message: "The token's user no longer exists" });

/// Every cause once. All that depend on the callee read alike, so that nobody learns from a refusal who
/// exists: the true cause is in the audit log only. Those that start with `Own` depend on the caller's
/// own organisation, and say so.
pub(crate) const TABLE: [Row; 11] = [
    row(Cause::UnknownUser, "unknown-user", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::OtherResource, "other-resource", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::OtherTenant, "other-tenant", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::AcsUsersDisabled, "acs-users-disabled", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::ResourceNotAllowed, "resource-not-allowed", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::UserPolicy, "user-policy", EndReason::FEDERATION_REFUSED, NOT_REACHABLE),
    row(Cause::UserMode, "user-mode", EndReason::FEDERATION_REFUSED, None),
    row(
        Cause::OwnAcsUsersDisabled,
        "own-acs-users-disabled",
        EndReason::FEDERATION_RESOURCE_REFUSED,
        NOT_REACHABLE,
    ),
    row(
        Cause::OwnResourceNotAllowed,
        "own-resource-not-allowed",
        EndReason::FEDERATION_RESOURCE_REFUSED,
        NOT_REACHABLE,
    ),
    row(Cause::OwnPolicy, "own-policy", EndReason::FEDERATION_RESOURCE_REFUSED, NOT_REACHABLE),
    row(Cause::CallerGone, "caller-gone", EndReason::CALL_TOKEN_REFUSED, SIGNED_OUT),
];

const fn row(cause: Cause, audit: &'static str, call: EndReason, chat: Option<ChatRefusal>) -> Row {
    Row { cause, audit, call, chat }
}

impl Cause {
    /// The table's row.
    pub(crate) fn row(self) -> &'static Row {
        let row = &TABLE[self as usize];
        debug_assert!(row.cause == self, "the table is in the order of the variants");
        row
    }
}
