use super::cause::TABLE;
use super::*;
use crate::directory::{UserMode, UserRecord};
use crate::store::{MemberFacts, PartyFacts};
use liaison_signaling::EndReason;

fn member(tenant: &str, enabled: bool, allowed: bool, policy: bool, mode: UserMode) -> MemberFacts {
    MemberFacts {
        user: UserRecord {
            tenant_id: tenant.to_owned(),
            object_id: "o".to_owned(),
            raw_id: "8:orgid:o".to_owned(),
            user_principal_name: "o@x".to_owned(),
            display_name: "O".to_owned(),
            mode,
            enable_acs_federation_access: policy,
        },
        configuration: FederationConfiguration {
            enable_acs_users: enabled,
            allowed_acs_resources: if allowed { vec!["other".to_owned(), "r".to_owned()] } else { vec![] },
            ..FederationConfiguration::default()
        },
    }
}

fn app(resource: &str, living: bool) -> PartyFacts {
    PartyFacts::AppUser { resource_id: resource.to_owned(), living }
}

/// All sixteen combinations of the four terms, both ways, for calls and chats.
#[test]
fn the_decision_is_the_conjunction_of_its_terms() {
    for bits in 0..16u8 {
        let bit = |n: u8| bits & (1 << n) != 0;
        let mode = if bit(3) { UserMode::TeamsOnly } else { UserMode::Islands };
        let facts = member("t", bit(0), bit(1), bit(2), mode);
        let staff = PartyFacts::Staff(facts.clone());
        let federated = bit(0) && bit(1) && bit(2);
        let (to_staff, to_app) = ((app("r", true), staff.clone()), (staff, app("r", true)));
        assert_eq!(
            decide(Activity::Call, &to_staff.0, &to_staff.1).is_ok(),
            federated && bit(3),
            "{bits:04b}"
        );
        assert_eq!(decide(Activity::Chat, &to_staff.0, &to_staff.1).is_ok(), federated, "{bits:04b}");
        assert_eq!(decide(Activity::Call, &to_app.0, &to_app.1).is_ok(), federated, "{bits:04b}");
        assert_eq!(decide(Activity::Chat, &to_app.0, &to_app.1).is_ok(), federated, "{bits:04b}");

        let explained = explain("r", Some(&facts));
        assert_eq!(explained.call_allowed, federated && bit(3));
        assert_eq!(explained.chat_allowed, federated);
        let holds: Vec<bool> = explained.terms.iter().map(|term| term.holds).collect();
        assert_eq!(holds, [true, bit(0), bit(1), bit(2), bit(3)]);
        assert_eq!(explained.cause.is_none(), explained.call_allowed);
    }
}

#[test]
fn the_first_term_that_fails_is_the_cause() {
    let cause = |facts: MemberFacts| decide(Activity::Call, &app("r", true), &PartyFacts::Staff(facts)).err();
    let m = UserMode::TeamsOnly;
    assert_eq!(cause(member("t", false, false, false, UserMode::SfBOnly)), Some(Cause::AcsUsersDisabled));
    assert_eq!(cause(member("t", true, false, false, m)), Some(Cause::ResourceNotAllowed));
    assert_eq!(cause(member("t", true, true, false, m)), Some(Cause::UserPolicy));
    assert_eq!(cause(member("t", true, true, true, UserMode::SfBOnly)), Some(Cause::UserMode));
    assert_eq!(cause(member("t", true, true, true, m)), None);
    let explained = explain("r", None);
    assert_eq!((explained.cause.as_deref(), explained.terms.len()), (Some("unknown-user"), 1));
    assert_eq!(explained.call_end, Some((403, 5223)));
    assert_eq!(explained.chat_error, Some((403, "Forbidden: Permissions check failed".to_owned())));
}

#[test]
fn within_a_resource_and_within_a_tenant() {
    let staff = |tenant: &str, mode| PartyFacts::Staff(member(tenant, false, false, false, mode));
    let call = |from: &PartyFacts, to: &PartyFacts| decide(Activity::Call, from, to).err();
    assert_eq!(call(&app("r", true), &app("r", true)), None);
    assert_eq!(call(&app("r", true), &app("r", false)), Some(Cause::UnknownUser));
    assert_eq!(call(&app("r", true), &app("s", true)), Some(Cause::OtherResource));
    assert_eq!(call(&app("r", true), &PartyFacts::Unknown), Some(Cause::UnknownUser));
    assert_eq!(call(&app("r", false), &app("r", true)), Some(Cause::CallerGone));
    assert_eq!(call(&PartyFacts::Unknown, &app("r", true)), Some(Cause::CallerGone));
    assert_eq!(call(&staff("t", UserMode::Islands), &staff("t", UserMode::TeamsOnly)), None);
    assert_eq!(call(&staff("t", UserMode::TeamsOnly), &staff("t", UserMode::Islands)), Some(Cause::UserMode));
    assert_eq!(
        call(&staff("t", UserMode::TeamsOnly), &staff("u", UserMode::TeamsOnly)),
        Some(Cause::OtherTenant)
    );
}

/// A caller must not be able to tell, from how it is refused, whether somebody exists.
#[test]
fn unknown_and_refused_look_alike() {
    for row in &TABLE {
        assert_eq!(row.cause.row().audit, row.audit, "the table is in the order of the causes");
        let own = row.audit.starts_with("own-");
        match row.cause {
            Cause::CallerGone => assert_eq!(row.call, EndReason::CALL_TOKEN_REFUSED),
            _ if own => assert_eq!(row.call, EndReason::FEDERATION_RESOURCE_REFUSED),
            _ => assert_eq!(row.call, EndReason::FEDERATION_REFUSED),
        }
        if row.cause != Cause::CallerGone && row.cause != Cause::UserMode {
            assert_eq!(row.chat, Cause::UnknownUser.row().chat);
        }
    }
    let words: std::collections::BTreeSet<_> = TABLE.iter().map(|row| row.audit).collect();
    assert_eq!(words.len(), TABLE.len());
    // A tenant's user whose tenant lets nobody in hears the same of an app user that is and one that is not.
    let staff = PartyFacts::Staff(member("t", true, false, true, UserMode::TeamsOnly));
    assert_eq!(
        decide(Activity::Call, &staff, &app("r", true)),
        decide(Activity::Call, &staff, &app("r", false))
    );
}

#[test]
fn the_words_are_the_cmdlets() {
    assert_eq!("external".parse(), Ok(AcsUserLabel::External));
    assert_eq!(AcsUserLabel::default().as_str(), "Unverified");
    assert!("friend".parse::<AcsUserLabel>().unwrap_err().to_string().contains("Unverified, External"));
}
