//! `liaison admin`, with the service running and not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{Service, fails, succeeds};

/// Everything an administrator does on the first day.
fn first_day(service: &Service) -> (String, String, String) {
    let resource = service.admin_json(&["resource", "list"])[0]["id"].as_str().unwrap().to_owned();
    let tenant = service.admin(&["tenant", "create", "--name", "Contoso"]).trim().to_owned();
    let user = service.admin(&[
        "user",
        "add",
        "--tenant",
        "Contoso",
        "--upn",
        "ada@contoso.example",
        "--display-name",
        "Ada Front Desk",
    ]);
    (resource, tenant, user.trim().to_owned())
}

#[test]
fn tenants_users_and_the_federation_term_by_term() {
    let service = Service::start();
    let (resource, tenant, raw_id) = first_day(&service);
    assert!(raw_id.starts_with("8:orgid:"), "{raw_id}");
    assert!(service.admin(&["tenant", "list"]).contains(&tenant));
    let users = service.admin(&["user", "list", "--tenant", &tenant]);
    for text in [raw_id.as_str(), "ada@contoso.example", "TeamsOnly", "Ada Front Desk", "USER PRINCIPAL NAME"]
    {
        assert!(users.contains(text), "{text}: {users}");
    }

    // Off, until the administrator of the tenant lets the resource in.
    let explain =
        |user: &str| service.admin(&["federation", "explain", "--resource", &resource, "--user", user]);
    let text = explain("ada@contoso.example");
    assert!(text.contains("call: refused") && text.contains("NO"), "{text}");
    let shown = service.admin(&[
        "federation",
        "set",
        "--tenant",
        "Contoso",
        "--enable-acs-users",
        "--allowed-acs-resources",
        &resource,
    ]);
    assert!(shown.contains(&resource) && shown.contains("EnableAcsUsers"), "{shown}");
    for name in ["ada@contoso.example", &raw_id, raw_id.trim_start_matches("8:orgid:")] {
        let text = explain(name);
        assert!(text.contains("call: allowed") && !text.contains("NO "), "{name}: {text}");
    }

    // Each further term.
    let set = |arguments: &[&str]| {
        service.admin(&[&["user", "set", "--user", "ada@contoso.example"], arguments].concat())
    };
    set(&["--enable-acs-federation-access", "false"]);
    let text = explain(&raw_id);
    assert!(text.contains("call: refused") && text.contains("chat: refused"), "{text}");
    set(&["--enable-acs-federation-access", "--mode", "Islands"]);
    let text = explain(&raw_id);
    assert!(text.contains("call: refused"), "{text}");
    set(&["--mode", "TeamsOnly"]);
    service.admin(&["federation", "set", "--tenant", "Contoso", "--enable-acs-users", "false"]);
    let json = service.admin_json(&["federation", "explain", "--resource", &resource, "--user", &raw_id]);
    assert_eq!(json["call_allowed"], false, "{json}");
    assert!(json["terms"].as_array().unwrap().len() >= 4, "{json}");

    assert!(service.admin(&["user", "remove", "--user", &raw_id]).contains(&raw_id));
    assert!(!service.admin(&["user", "list", "--tenant", &tenant]).contains(&raw_id));
    assert!(service.admin(&["audit"]).contains("REASON"));
}

#[test]
fn tokens_go_to_standard_output_alone() {
    let service = Service::start();
    let (_, tenant, raw_id) = first_day(&service);
    let bearer = |token: &str| liaison_identity::peek_raw_id(token).unwrap().to_string();

    let new = service.admin(&["token", "--new", "--scopes", "voip,chat"]);
    assert_eq!(new.lines().count(), 1, "{new:?}");
    let identity = bearer(new.trim());
    assert!(identity.starts_with("8:acs:"), "{identity}");
    let again = service.admin(&["token", "--identity", &identity, "--scopes", "voip", "--minutes", "60"]);
    assert_eq!(bearer(again.trim()), identity);
    for name in ["ada@contoso.example", raw_id.as_str()] {
        assert_eq!(bearer(service.admin(&["token", "--upn", name, "--scopes", "voip"]).trim()), raw_id);
    }
    let reader = service.admin(&["token", "--directory-reader", "--tenant", &tenant]);
    assert!(bearer(reader.trim()).starts_with("28:orgid:"));
    let json = service.admin_json(&["token", "--new", "--scopes", "chat"]);
    assert!(json["token"].as_str().unwrap().split('.').count() == 3 && json["raw_id"].is_string(), "{json}");
    assert!(service.admin(&["revoke", "--identity", &identity]).contains(&identity));
}

#[test]
fn what_does_not_exist_has_its_own_exit_code() {
    let service = Service::start();
    let (resource, _, _) = first_day(&service);
    for arguments in [
        &["token", "--upn", "nobody@contoso.example", "--scopes", "voip"][..],
        &["token", "--identity", "8:acs:a_b", "--scopes", "voip"],
        &["user", "list", "--tenant", "Fabrikam"],
        &["user", "remove", "--user", "nobody@contoso.example"],
        &["federation", "show", "--tenant", "Fabrikam"],
        &["resource", "keys", "--resource", "nothing"],
        &["revoke", "--identity", "8:acs:a_b"],
    ] {
        let (code, error) = service.admin_fails(arguments);
        assert_eq!(code, 9, "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.trim().lines().count() == 1, "{error}");
    }
    let (code, error) = service.admin_fails(&["tenant", "create", "--name", "Contoso"]);
    assert_eq!(code, 1, "{error}");
    for arguments in
        [&["user", "set", "--user", "ada@contoso.example"][..], &["federation", "set", "--tenant", "Contoso"]]
    {
        let (code, error) = service.admin_fails(arguments);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("nothing to change"), "{error}");
    }
    let _ = resource;
}

#[test]
fn the_same_works_when_the_service_does_not_run() {
    let mut service = Service::start();
    let (_, tenant, raw_id) = first_day(&service);
    assert!(service.running.stop().success());
    assert!(service.admin(&["tenant", "list"]).contains(&tenant));
    let token = service.admin(&["token", "--upn", "ada@contoso.example", "--scopes", "voip"]);
    assert_eq!(liaison_identity::peek_raw_id(token.trim()).unwrap().as_str(), raw_id);
    let keys = service.admin_json(&["resource", "list"]);
    let resource = keys[0]["id"].as_str().unwrap();
    let before = service.admin_json(&["resource", "keys", "--resource", resource]);
    let after =
        service.admin_json(&["resource", "regenerate-key", "--resource", resource, "--key", "secondary"]);
    assert_eq!(before["primary_key"], after["primary_key"]);
    assert_ne!(before["secondary_key"], after["secondary_key"]);
}

#[test]
fn a_backup_becomes_a_data_folder() {
    let service = Service::start();
    service.admin(&["tenant", "create", "--name", "contoso"]);
    let (backup, data) = (service.path("backup"), service.path("again"));
    let (backup, data) = (backup.to_str().unwrap(), data.to_str().unwrap());
    assert!(service.admin(&["backup", "--to", backup]).contains("files"));
    assert_eq!(service.admin_fails(&["backup", "--to", backup]).0, 1, "it is there already");
    assert!(service.admin(&["check"]).starts_with("nothing is wrong"));
    succeeds(&["admin", "restore", "--from", backup, "--data", data]);
    assert!(succeeds(&["admin", "tenant", "list", "--data", data]).contains("contoso"));
    assert_eq!(fails(&["admin", "restore", "--from", backup, "--data", data]).0, 3, "it is there already");
}

#[test]
fn a_person_is_written_out_and_erased() {
    let service = Service::start();
    service.admin(&["tenant", "create", "--name", "contoso"]);
    let user =
        ["user", "add", "--tenant", "contoso", "--upn", "ada@contoso.example", "--display-name", "Ada"];
    let raw_id = service.admin(&user).trim().to_owned();
    let file = service.path("ada.jsonl");
    let file = file.to_str().unwrap();
    service.admin(&["subject", "export", &raw_id, "--to", file]);
    assert!(std::fs::read_to_string(file).unwrap().contains("ada@contoso.example"));
    assert_eq!(
        service.admin_fails(&["subject", "export", &raw_id, "--to", file]).0,
        1,
        "it is there already"
    );
    service.admin(&["subject", "erase", &raw_id]);
    let again = service.path("again.jsonl");
    service.admin(&["subject", "export", &raw_id, "--to", again.to_str().unwrap()]);
    assert!(!std::fs::read_to_string(again).unwrap().contains("ada@contoso.example"));
    assert_eq!(service.admin_fails(&["subject", "erase", "4:+15551234567"]).0, 1);
}
