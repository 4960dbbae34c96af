//! Threads and who is in them.

use super::support::{User, assert_error, participant, path};
use crate::harness::World;
use liaison_server::directory::{NewUser, UserMode};
use liaison_server::federation::FederationChange;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn ids(user: &User, list: &str, pointer: &str) -> Vec<String> {
    let (status, page) = user.get(list).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let items = page["value"].as_array().unwrap().iter();
    items.map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_thread_lives_from_create_to_delete() {
    let mut world = World::start().await;
    let (ada, bob, cyd) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let body = json!({
        "topic": "first", "participants": [bob.participant("Bob")], "metadata": { "k": "v" },
        "retentionPolicy": { "kind": "threadCreationDate", "deleteThreadAfterDays": 60 },
    });
    let request = ada.request(Method::POST, "/chat/threads").json(&body);
    let answer = request.header("repeatability-request-id", "r-1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let made: Value = answer.json().await.unwrap();
    let id = made["chatThread"]["id"].as_str().unwrap().to_owned();
    let thread = path(&id);
    assert_eq!(location, format!("{}{thread}", world.endpoint()));
    let again = ada.request(Method::POST, "/chat/threads").json(&body);
    let again = again.header("repeatability-request-id", "r-1").send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap(), made, "repeated, not made again");

    let change = json!({ "topic": "second", "metadata": { "k": null, "n": "w" } });
    assert_eq!(ada.patch(&thread, change).await, (StatusCode::NO_CONTENT, Value::Null));
    world.restart().await.unwrap();
    for user in [&ada, &bob] {
        let properties = user.get(&thread).await.1;
        assert_eq!(properties["topic"], "second");
        assert_eq!(properties["metadata"], json!({ "n": "w" }));
        assert_eq!(properties["createdByCommunicationIdentifier"]["rawId"], ada.raw_id);
        assert_eq!(properties["retentionPolicy"]["deleteThreadAfterDays"], 60);
        assert_eq!(ids(user, "/chat/threads", "/id").await, std::slice::from_ref(&id));
    }
    let add = json!({ "participants": [cyd.participant("Cyd")] });
    let added = bob.post(&format!("{thread}/participants/:add"), add.clone()).await;
    assert_eq!(added, (StatusCode::CREATED, json!({})));
    bob.post(&format!("{thread}/participants/:add"), add).await;
    let who = "/communicationIdentifier/rawId";
    let listed = ids(&cyd, &format!("{thread}/participants?maxPageSize=2"), who).await;
    assert_eq!(listed.len(), 2);
    let listed = ids(&cyd, &format!("{thread}/participants?skip=2"), who).await;
    assert_eq!(listed, std::slice::from_ref(&cyd.raw_id));
    let remove = json!({ "rawId": cyd.raw_id });
    for _ in 0..2 {
        let removed = ada.post(&format!("{thread}/participants/:remove"), remove.clone()).await;
        assert_eq!(removed, (StatusCode::NO_CONTENT, Value::Null));
    }
    assert_eq!(ids(&ada, &format!("{thread}/participants"), who).await.len(), 2);

    let message = ada.send(&thread, "read me").await;
    let older = ids(&bob, &format!("{thread}/messages"), "/id").await.pop().unwrap();
    for id in [&message, &older, &message] {
        let receipt = json!({ "chatMessageId": id });
        assert_eq!(bob.post(&format!("{thread}/readReceipts"), receipt).await.0, StatusCode::OK);
    }
    let receipts = ada.get(&format!("{thread}/readReceipts")).await.1;
    assert_eq!(receipts["value"].as_array().unwrap().len(), 1, "one a reader: {receipts}");
    assert_eq!(receipts["value"][0]["chatMessageId"], message.as_str());
    assert_eq!(bob.post(&format!("{thread}/typing"), json!({})).await.0, StatusCode::OK);

    for _ in 0..2 {
        assert_eq!(ada.delete(&thread).await, (StatusCode::NO_CONTENT, Value::Null));
    }
    assert_error(&bob.get(&thread).await, 404, "NotFound");
    assert_error(&bob.get(&format!("{thread}/messages")).await, 404, "NotFound");
    assert!(ids(&bob, "/chat/threads", "/id").await.is_empty());
}

#[tokio::test]
async fn a_page_of_threads_names_the_next_one() {
    let world = World::start_with(|limits| limits.chat_rates = liaison_server::ChatRates::unlimited()).await;
    let ada = User::new(&world).await;
    for n in 0..7 {
        ada.thread(&n.to_string(), &[]).await;
    }
    let (mut next, mut topics) = (Some("/chat/threads?maxPageSize=3".to_owned()), Vec::new());
    while let Some(link) = next {
        let page = ada.get(&link).await.1;
        topics.extend(page["value"].as_array().unwrap().iter().map(|item| item["topic"].clone()));
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    // Those of the same millisecond are in no order that can be foretold.
    topics.sort_by_key(|topic| topic.to_string());
    assert_eq!(topics, ["0", "1", "2", "3", "4", "5", "6"]);
    let later = ada.get("/chat/threads?startTime=2999-01-01T00:00:00Z").await.1;
    assert_eq!(later["value"], json!([]));
}

#[tokio::test]
async fn a_teams_user_comes_in_when_the_federation_says_so_and_nobody_learns_who_exists() {
    let world = World::start().await;
    let admin = world.admin().await;
    let tenant = admin.create_tenant("contoso", None).await.unwrap();
    let user = NewUser {
        tenant: tenant.id.clone(),
        object_id: None,
        user_principal_name: "mona@contoso.example".to_owned(),
        display_name: "Mona".to_owned(),
        // The mode gates calls only.
        mode: UserMode::Islands,
        enable_acs_federation_access: true,
    };
    let mona = admin.add_user(user).await.unwrap();
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let nobody = "8:orgid:00000000-0000-4000-8000-000000000000";
    let stranger = "8:acs:00000000-0000-4000-8000-000000000000_x";
    // As Python writes it.
    let teams = json!({ "communicationIdentifier": { "microsoftTeamsUser":
        { "userId": mona.object_id.to_uppercase(), "cloud": "PUBLIC" } }, "displayName": "Mona" });
    let others = [teams.clone(), participant(nobody, "N"), participant(stranger, "S"), bob.participant("B")];
    let body = json!({ "topic": "help", "participants": others });
    let (status, made) = ada.post("/chat/threads", body.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let invalid = made["invalidParticipants"].as_array().unwrap();
    let targets: Vec<&str> = invalid.iter().map(|error| error["target"].as_str().unwrap()).collect();
    assert_eq!(targets, [mona.raw_id.as_str(), nobody, stranger]);
    for error in invalid {
        assert_eq!((&error["code"], &error["message"]), (&invalid[0]["code"], &invalid[0]["message"]));
        assert_eq!(error["code"], "403");
    }
    let change = FederationChange {
        enable_acs_users: Some(true),
        allowed_acs_resources: Some(vec!["default".to_owned()]),
        ..FederationChange::default()
    };
    admin.set_federation(&tenant.id, change).await.unwrap();
    let thread = path(made["chatThread"]["id"].as_str().unwrap());
    let add = json!({ "participants": [teams] });
    let (status, added) = ada.post(&format!("{thread}/participants/:add"), add).await;
    assert_eq!((status, added), (StatusCode::CREATED, json!({})));

    let subject = liaison_server::admin::TokenSubject::User { tenant: None, user: mona.raw_id.clone() };
    let token = admin.issue_token(subject, &["chat".to_owned()], None).await.unwrap().token;
    let mona = User::of(&world, &mona.raw_id, &token);
    mona.send(&thread, "how can I help?").await;
    assert_eq!(bob.texts(&thread).await, ["how can I help?"]);
    let message = &bob.get(&format!("{thread}/messages")).await.1["value"][0];
    let sender = &message["senderCommunicationIdentifier"];
    assert_eq!((&sender["kind"], &sender["rawId"]), (&json!("microsoftTeamsUser"), &json!(mona.raw_id)));
    assert_eq!(sender["microsoftTeamsUser"]["isAnonymous"], false);
    assert_eq!(sender["microsoftTeamsUser"]["cloud"], "public");
    let audit = admin.audit(None, 100).await.unwrap();
    let lines = audit.iter().filter(|line| line.action == "chat").map(|line| line.reason.as_str());
    assert_eq!(lines.collect::<Vec<_>>(), ["", "other-resource", "unknown-user", "acs-users-disabled"]);
}

#[tokio::test]
async fn a_deleted_identity_leaves_its_threads() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    ada.send(&thread, "I was here").await;
    let gone = format!("/identities/{}?{}", ada.raw_id.replace(':', "%3A"), crate::harness::VERSION);
    assert_eq!(world.request(Method::DELETE, &gone).send().await.0, StatusCode::NO_CONTENT);
    assert_error(&ada.get(&thread).await, 401, "Unauthorized");
    let who = "/communicationIdentifier/rawId";
    assert_eq!(ids(&bob, &format!("{thread}/participants"), who).await, std::slice::from_ref(&bob.raw_id));
    let page = bob.get(&format!("{thread}/messages")).await.1;
    assert_eq!(page["value"][0]["type"], "participantRemoved");
    assert_eq!(page["value"][1]["senderCommunicationIdentifier"]["rawId"], ada.raw_id);
    assert_eq!(bob.texts(&thread).await, ["I was here"]);
}
