//! The unmodified `@azure/communication-chat` in a browser. It is installed from npm by name; a machine that cannot
//! install it, or has no Chromium and `certutil`, fails this test.

mod chromium;
mod page;

use crate::admin::{allow, mona};
use crate::chat::{User, path};
use crate::harness::World;
use chromium::Chromium;
use page::Page;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

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
    let mut page = Page::serve("page.js", order).await;
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

/// A page of another origin does everything, each result read by a second user's client and again after a restart.
#[tokio::test]
async fn the_unmodified_sdk_does_every_operation_in_a_browser() {
    let mut world = World::start().await;
    let admin = world.admin().await;
    let tenant = admin.create_tenant("contoso", None).await.unwrap();
    let mona = admin.add_user(mona(&tenant.id)).await.unwrap();
    admin.set_federation(&tenant.id, allow("default")).await.unwrap();
    let mut people = Vec::new();
    for _ in 0..4 {
        let user = User::new(&world).await;
        people.push(json!({ "user": { "communicationUserId": user.raw_id }, "token": user.token }));
    }
    let order = json!({ "phase": "act", "endpoint": world.endpoint(), "people": people,
        "teamsUser": mona.object_id });
    let kept = operations(&world, order, 14).await;
    world.restart().await.unwrap();
    operations(&world, json!({ "phase": "check", "endpoint": world.endpoint(), "kept": kept }), 1).await;
}

/// Does what `order` says; the page tells of each case, and at the end what it has to check later.
async fn operations(world: &World, order: Value, cases: usize) -> Value {
    let mut page = Page::serve("operations_page.js", order).await;
    let _browser = Chromium::open(&page.url, &world.ca());
    for _ in 0..cases {
        page.hears("ok").await;
    }
    page.hears("done").await
}

/// The first block of that language after a heading of the README, from the `nth` on.
fn snippet(heading: &str, language: &str, nth: usize) -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let section = readme.split_once(heading).unwrap().1;
    let block = section.split(&format!("```{language}\n")).nth(nth + 1).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[tokio::test]
async fn what_the_readme_shows_of_notifications_works() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let (imports, shown) = {
        let snippet = snippet("## Chat with Microsoft's SDKs", "js", 1);
        let (imports, shown): (Vec<&str>, Vec<&str>) =
            snippet.lines().partition(|line| line.starts_with("import "));
        (imports.join("\n"), shown.join("\n"))
    };
    let script = format!(
        "{imports}
        const tell = (name, event) => fetch(\"/heard\", {{ method: \"POST\", body: JSON.stringify({{ name, event }}) }});
        const {{ endpoint, token }} = await (await fetch(\"/order\")).json();
        {{
            const console = {{ log: (text) => tell(\"logged\", text) }};
            {shown}
            tell(\"shown\", null);
        }}"
    );
    let mut page = Page::of(script, json!({ "endpoint": world.endpoint(), "token": bob.token })).await;
    let _browser = Chromium::open(&page.url, &world.ca());
    page.hears("shown").await;
    // The SDK says that it has begun before it is connected, and what is sent until then does not come.
    let sending = async {
        loop {
            ada.send(&thread, AWKWARD).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    };
    tokio::select! {
        heard = page.hears("logged") => assert_eq!(heard, AWKWARD),
        () = sending => {}
    }
}
