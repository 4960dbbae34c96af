//! The unmodified `@azure/communication-chat` in a browser. It is installed from npm by name; a machine that cannot
//! install it, or has no Chromium and `certutil`, fails this test.

mod chromium;
mod page;

use crate::chat::{User, path};
use crate::harness::World;
use chromium::Chromium;
use page::Page;
use reqwest::StatusCode;
use serde_json::{Value, json};

const AWKWARD: &str = "100 % sure? %41 %u0041 %25 \"quoted\" 'single' \\ 😀 é \u{2028} <b>&amp;</b>\n\t%";

fn ok(answer: (StatusCode, Value)) -> Value {
    assert!(answer.0.is_success(), "{} {}", answer.0, answer.1);
    answer.1
}

#[tokio::test]
async fn the_unmodified_sdk_connects_and_hears_all_ten_events() {
    let mut world = World::start().await;
    let (ada, bob, carol) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let order = json!({ "endpoint": world.endpoint(), "token": bob.token });
    let mut page = Page::serve(order).await;
    let _browser = Chromium::open(&page.url, &world.ca());
    page.hears("realTimeNotificationConnected").await;

    let metadata = json!({ "k": AWKWARD });
    let retention = json!({ "kind": "threadCreationDate", "deleteThreadAfterDays": 60 });
    let participants = [bob.participant(AWKWARD), ada.participant("Ada")];
    let thread = json!({ "topic": AWKWARD, "participants": participants, "metadata": metadata,
        "retentionPolicy": retention });
    let made = ok(ada.post("/chat/threads", thread).await);
    let id = made["chatThread"]["id"].as_str().unwrap();
    let thread = path(id);
    let created = page.hears("chatThreadCreated").await;
    assert_eq!((&created["threadId"], &created["properties"]["topic"]), (&json!(id), &json!(AWKWARD)));
    assert_eq!(created["properties"]["metadata"], metadata);
    assert_eq!(created["retentionPolicy"], retention);
    assert_eq!(created["createdBy"]["id"]["communicationUserId"], ada.raw_id);
    let members = created["participants"].as_array().unwrap();
    let of_bob = members.iter().find(|one| one["id"]["communicationUserId"] == bob.raw_id).unwrap();
    assert_eq!(of_bob["displayName"], AWKWARD);

    let message = json!({ "content": AWKWARD, "senderDisplayName": AWKWARD, "metadata": metadata });
    let sent = ok(ada.post(&format!("{thread}/messages"), message).await);
    let message = sent["id"].as_str().unwrap();
    let received = page.hears("chatMessageReceived").await;
    assert_eq!((&received["id"], &received["threadId"]), (&json!(message), &json!(id)));
    assert_eq!((&received["message"], &received["senderDisplayName"]), (&json!(AWKWARD), &json!(AWKWARD)));
    assert_eq!(received["sender"]["communicationUserId"], ada.raw_id);
    assert_eq!(received["recipient"]["communicationUserId"], bob.raw_id);
    assert_eq!(received["metadata"], metadata);

    let change = json!({ "content": format!("{AWKWARD}!") });
    ok(ada.patch(&format!("{thread}/messages/{message}"), change).await);
    let edited = page.hears("chatMessageEdited").await;
    assert_eq!((&edited["id"], &edited["message"]), (&json!(message), &json!(format!("{AWKWARD}!"))));
    assert!(edited["editedOn"].is_string());

    ok(ada.post(&format!("{thread}/typing"), json!({ "senderDisplayName": AWKWARD })).await);
    let typing = page.hears("typingIndicatorReceived").await;
    assert_eq!((&typing["threadId"], &typing["senderDisplayName"]), (&json!(id), &json!(AWKWARD)));

    ok(ada.post(&format!("{thread}/readReceipts"), json!({ "chatMessageId": message })).await);
    let receipt = page.hears("readReceiptReceived").await;
    assert_eq!((&receipt["chatMessageId"], &receipt["threadId"]), (&json!(message), &json!(id)));
    assert!(receipt["readOn"].is_string());

    ok(ada.delete(&format!("{thread}/messages/{message}")).await);
    let deleted = page.hears("chatMessageDeleted").await;
    assert_eq!(deleted["id"], message);
    assert!(deleted["deletedOn"].is_string());

    ok(ada.patch(&thread, json!({ "topic": format!("{AWKWARD}?") })).await);
    let updated = page.hears("chatThreadPropertiesUpdated").await;
    assert_eq!(updated["properties"]["topic"], format!("{AWKWARD}?"));

    let more = json!({ "participants": [carol.participant(AWKWARD)] });
    ok(ada.post(&format!("{thread}/participants/:add"), more).await);
    let added = page.hears("participantsAdded").await;
    assert_eq!(added["participantsAdded"][0]["id"]["communicationUserId"], carol.raw_id);
    assert_eq!(added["participantsAdded"][0]["displayName"], AWKWARD);

    ok(ada.post(&format!("{thread}/participants/:remove"), json!({ "rawId": carol.raw_id })).await);
    let removed = page.hears("participantsRemoved").await;
    assert_eq!(removed["participantsRemoved"][0]["id"]["communicationUserId"], carol.raw_id);

    ok(ada.delete(&thread).await);
    let gone = page.hears("chatThreadDeleted").await;
    assert_eq!(
        (&gone["threadId"], &gone["deletedBy"]["id"]["communicationUserId"]),
        (&json!(id), &json!(ada.raw_id))
    );

    // The service goes and comes back: so does the page, and it hears what is told then.
    world.restart().await.unwrap();
    while page.next().await.0 != "realTimeNotificationConnected" {}
    ada.thread("anew", &[&bob]).await;
    assert_eq!(page.hears("chatThreadCreated").await["properties"]["topic"], "anew");

    world.admin().await.revoke_tokens(&bob.raw_id).await.unwrap();
    page.hears("realTimeNotificationDisconnected").await;
}
