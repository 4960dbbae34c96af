//! The raw-id table, as `@azure/communication-common` 2.4.2 and `azure-communication-identity` 1.5.0
//! answered when they were run on these very texts.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn user(id: &str) -> CommunicationIdentifier {
    CommunicationIdentifier::CommunicationUser { id: id.to_owned() }
}

fn phone(number: &str, is_anonymous: bool, asserted_id: Option<&str>) -> CommunicationIdentifier {
    CommunicationIdentifier::PhoneNumber {
        phone_number: number.to_owned(),
        is_anonymous,
        asserted_id: asserted_id.map(str::to_owned),
    }
}

fn teams_user(id: &str, is_anonymous: bool, cloud: Cloud) -> CommunicationIdentifier {
    CommunicationIdentifier::MicrosoftTeamsUser { user_id: id.to_owned(), is_anonymous, cloud }
}

fn teams_app(id: &str, cloud: Cloud) -> CommunicationIdentifier {
    CommunicationIdentifier::MicrosoftTeamsApp { app_id: id.to_owned(), cloud }
}

fn extension([resource, tenant, user]: [&str; 3], cloud: Cloud) -> CommunicationIdentifier {
    CommunicationIdentifier::TeamsExtensionUser {
        user_id: user.to_owned(),
        tenant_id: tenant.to_owned(),
        resource_id: resource.to_owned(),
        cloud,
    }
}

fn unknown(id: &str) -> CommunicationIdentifier {
    CommunicationIdentifier::Unknown { id: id.to_owned() }
}

fn table() -> Vec<(&'static str, CommunicationIdentifier)> {
    const GUIDS: &str = "8:acs:37691ec4-57fb-4c0f-ae31-32791610cb14_37691ec4-57fb-4c0f-ae31-32791610cb14";
    vec![
        // Telephone numbers: everything after `4:`, further colons included.
        ("4:+12345678901", phone("+12345678901", false, None)),
        ("4:12345678901", phone("12345678901", false, None)),
        ("4:anonymous", phone("anonymous", true, None)),
        ("4:anonymous_123", phone("anonymous_123", false, Some("123"))),
        ("4:+1_asserted", phone("+1_asserted", false, Some("asserted"))),
        ("4:+1_a_b", phone("+1_a_b", false, Some("b"))),
        ("4:+1_", phone("+1_", false, None)),
        ("4:_x", phone("_x", false, Some("x"))),
        ("4:+1:2", phone("+1:2", false, None)),
        ("4:", phone("", false, None)),
        // An app's users.
        (GUIDS, user(GUIDS)),
        ("8:acs:a", user("8:acs:a")),
        ("8:acs:", user("8:acs:")),
        ("8:acs:a_b_c_d", user("8:acs:a_b_c_d")),
        ("8:dod-acs:x", user("8:dod-acs:x")),
        ("8:gcch-acs:x", user("8:gcch-acs:x")),
        ("8:spool:x", user("8:spool:x")),
        ("8:spool:a_b_c", user("8:spool:a_b_c")),
        // Exactly three `_` segments (Python 1.5.0 still says communicationUser).
        ("8:acs:a_b_c", extension(["a", "b", "c"], Cloud::Public)),
        ("8:dod-acs:a_b_c", extension(["a", "b", "c"], Cloud::Dod)),
        ("8:gcch-acs:a_b_c", extension(["a", "b", "c"], Cloud::Gcch)),
        ("8:acs:__", extension(["", "", ""], Cloud::Public)),
        ("8:acs:a__c", extension(["a", "", "c"], Cloud::Public)),
        // People of an organisation.
        ("8:orgid:x", teams_user("x", false, Cloud::Public)),
        ("8:dod:x", teams_user("x", false, Cloud::Dod)),
        ("8:gcch:x", teams_user("x", false, Cloud::Gcch)),
        ("8:orgid:", teams_user("", false, Cloud::Public)),
        ("8:orgid:a_b_c", teams_user("a_b_c", false, Cloud::Public)),
        ("8:teamsvisitor:x", teams_user("x", true, Cloud::Public)),
        ("8:teamsvisitor:", teams_user("", true, Cloud::Public)),
        // Bots of an organisation.
        ("28:orgid:x", teams_app("x", Cloud::Public)),
        ("28:dod:x", teams_app("x", Cloud::Dod)),
        ("28:gcch:x", teams_app("x", Cloud::Gcch)),
        ("28:orgid:", teams_app("", Cloud::Public)),
        // A third colon: JavaScript says unknown, Python takes it into the id. JavaScript is followed.
        ("8:acs:a:b", unknown("8:acs:a:b")),
        ("8:orgid:a:b", unknown("8:orgid:a:b")),
        ("28:orgid:a:b", unknown("28:orgid:a:b")),
        // Anything else. Prefixes are told apart by case.
        ("", unknown("")),
        ("4", unknown("4")),
        ("8", unknown("8")),
        ("48:x", unknown("48:x")),
        ("8:x:y", unknown("8:x:y")),
        ("8:echo123", unknown("8:echo123")),
        ("28:other", unknown("28:other")),
        ("28:acs-echo:x", unknown("28:acs-echo:x")),
        ("8:ORGID:x", unknown("8:ORGID:x")),
        ("8:ACS:a", unknown("8:ACS:a")),
    ]
}

#[test]
fn the_raw_id_table_both_directions() {
    for (raw_id, identifier) in table() {
        assert_eq!(CommunicationIdentifier::from_raw_id(raw_id), identifier, "{raw_id:?}");
        assert_eq!(identifier.raw_id(), raw_id);
    }
}

#[test]
fn what_only_one_direction_has() {
    // A visitor's cloud has no raw id of its own; an asserted id is written only inside the number.
    assert_eq!(teams_user("u", true, Cloud::Dod).raw_id(), "8:teamsvisitor:u");
    assert_eq!(phone("+1", false, Some("x")).raw_id(), "4:+1");
}

#[test]
fn json_out_is_complete_for_the_strictest_sdk() {
    let cases = [
        (
            "8:acs:r_u",
            json!({"kind": "communicationUser", "rawId": "8:acs:r_u", "communicationUser": {"id": "8:acs:r_u"}}),
        ),
        (
            "8:orgid:o",
            json!({"kind": "microsoftTeamsUser", "rawId": "8:orgid:o",
                   "microsoftTeamsUser": {"userId": "o", "isAnonymous": false, "cloud": "public"}}),
        ),
        (
            "8:teamsvisitor:v",
            json!({"kind": "microsoftTeamsUser", "rawId": "8:teamsvisitor:v",
                   "microsoftTeamsUser": {"userId": "v", "isAnonymous": true, "cloud": "public"}}),
        ),
        (
            "4:+1_a",
            json!({"kind": "phoneNumber", "rawId": "4:+1_a",
                   "phoneNumber": {"value": "+1_a", "isAnonymous": false, "assertedId": "a"}}),
        ),
        (
            "4:anonymous",
            json!({"kind": "phoneNumber", "rawId": "4:anonymous",
                   "phoneNumber": {"value": "anonymous", "isAnonymous": true}}),
        ),
        (
            "28:gcch:b",
            json!({"kind": "microsoftTeamsApp", "rawId": "28:gcch:b",
                   "microsoftTeamsApp": {"appId": "b", "cloud": "gcch"}}),
        ),
        (
            "8:dod-acs:r_t_u",
            json!({"kind": "teamsExtensionUser", "rawId": "8:dod-acs:r_t_u", "teamsExtensionUser":
                   {"userId": "u", "tenantId": "t", "resourceId": "r", "cloud": "dod"}}),
        ),
        ("8:echo123", json!({"kind": "unknown", "rawId": "8:echo123"})),
    ];
    for (raw_id, expected) in cases {
        let identifier = CommunicationIdentifier::from_raw_id(raw_id);
        let written = serde_json::to_value(&identifier).unwrap();
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<CommunicationIdentifier>(written).unwrap(), identifier);
    }
}

fn read(value: Value) -> Result<String, String> {
    serde_json::from_value::<CommunicationIdentifier>(value)
        .map(|identifier| identifier.raw_id())
        .map_err(|error| error.to_string())
}

#[test]
fn json_in_is_tolerant_of_every_sdk() {
    let cases = [
        // JavaScript sends no kind; Python an upper-case cloud.
        (
            json!({"rawId": "8:orgid:o", "microsoftTeamsUser": {"userId": "o", "isAnonymous": false, "cloud": "PUBLIC"}}),
            "8:orgid:o",
        ),
        (json!({"microsoftTeamsUser": {"userId": "o", "cloud": "Gcch"}}), "8:gcch:o"),
        (json!({"microsoftTeamsUser": {"userId": "o", "isAnonymous": null, "cloud": null}}), "8:orgid:o"),
        (json!({"microsoftTeamsUser": {"userId": "v", "isAnonymous": true}}), "8:teamsvisitor:v"),
        (json!({"microsoftTeamsApp": {"appId": "b"}, "phoneNumber": null}), "28:orgid:b"),
        (json!({"communicationUser": {"id": "8:acs:r_u"}, "novelty": 1}), "8:acs:r_u"),
        (json!({"rawId": "8:acs:r_u"}), "8:acs:r_u"),
        (json!({"kind": "unknown", "rawId": "8:echo123"}), "8:echo123"),
        (json!({"rawId": "", "phoneNumber": {"value": "+1"}}), "4:+1"),
        // Older SDKs leave the `+` out of the raw id.
        (json!({"rawId": "4:112345", "phoneNumber": {"value": "+112345"}}), "4:112345"),
        // An object id in another case.
        (json!({"rawId": "8:orgid:ab", "microsoftTeamsUser": {"userId": "AB"}}), "8:orgid:ab"),
        // Python sees a plain user and a third colon where JavaScript does not.
        (json!({"rawId": "8:acs:a_b_c", "communicationUser": {"id": "8:acs:a_b_c"}}), "8:acs:a_b_c"),
        (json!({"rawId": "8:orgid:a:b", "microsoftTeamsUser": {"userId": "a:b"}}), "8:orgid:a:b"),
        (
            json!({"teamsExtensionUser": {"userId": "u", "tenantId": "t", "resourceId": "r", "cloud": "DOD"}}),
            "8:dod-acs:r_t_u",
        ),
    ];
    for (model, raw_id) in cases {
        assert_eq!(read(model.clone()).as_deref(), Ok(raw_id), "{model}");
    }
    let extension = read(json!({"rawId": "8:acs:a_b_c", "communicationUser": {"id": "8:acs:a_b_c"}}));
    assert_eq!(
        CommunicationIdentifier::from_raw_id(&extension.unwrap()).kind(),
        "teamsExtensionUser",
        "the raw id decides, whichever SDK sent it"
    );
}

#[test]
fn json_in_that_does_not_say_who_is_refused() {
    let cases = [
        (json!({}), "the identifier is empty"),
        (json!({"kind": "communicationUser"}), "the identifier is empty"),
        (json!({"communicationUser": {"id": ""}, "rawId": null}), ""),
        (
            json!({"communicationUser": {"id": "8:acs:a_b"}, "phoneNumber": {"value": "+1"}}),
            "more than one kind",
        ),
        (json!({"rawId": "8:acs:a_b", "communicationUser": {"id": "8:acs:a_c"}}), "different participants"),
        (json!({"rawId": "8:orgid:a", "communicationUser": {"id": "8:acs:a_c"}}), "different participants"),
        (json!({"rawId": "8:dod:a", "microsoftTeamsUser": {"userId": "a"}}), "different participants"),
        (json!({"kind": "phoneNumber", "microsoftTeamsUser": {"userId": "a"}}), "`kind` does not match"),
        (json!({"microsoftTeamsUser": {"userId": "a", "cloud": "moon"}}), "the cloud must be"),
        (json!({"microsoftTeamsUser": {}}), "missing field `userId`"),
        (json!("8:acs:a_b"), "invalid type"),
    ];
    for (model, text) in cases {
        match read(model.clone()) {
            Err(error) => assert!(error.contains(text), "{model}: {error}"),
            // An empty id is a text like any other here; `RawId` refuses it where one is needed.
            Ok(raw_id) => assert_eq!((raw_id.as_str(), text), ("", ""), "{model}"),
        }
    }
}

proptest! {
    #[test]
    fn every_text_survives_its_reading(text in ".{0,80}") {
        prop_assert_eq!(CommunicationIdentifier::from_raw_id(&text).raw_id(), text);
    }

    #[test]
    fn every_raw_id_like_text_survives_reading_and_json(
        text in "(4|8|28|9):(acs|dod-acs|gcch-acs|spool|orgid|dod|gcch|teamsvisitor)?:?[a-z_:+]{0,12}"
    ) {
        let identifier = CommunicationIdentifier::from_raw_id(&text);
        prop_assert_eq!(identifier.raw_id(), text);
        let json = serde_json::to_string(&identifier).unwrap();
        prop_assert_eq!(serde_json::from_str::<CommunicationIdentifier>(&json).unwrap(), identifier);
    }

    #[test]
    fn no_json_makes_it_panic(text in "\\{(\"(rawId|kind|communicationUser|phoneNumber|id|value|cloud)\":[\"{}a8:0-9,]{0,8},?){0,5}\\}") {
        let _ = serde_json::from_str::<CommunicationIdentifier>(&text);
    }
}
