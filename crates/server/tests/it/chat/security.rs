//! Who may not, for every operation; and what is no request.

use super::support::{User, assert_error, png};
use crate::harness::{World, answer, now_s};
use crate::link::signed_by_the_service;
use liaison_server::ChatRates;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// An operation on a thread: its method, the rest of the path, a body, and what it answers a participant.
struct Operation {
    name: &'static str,
    method: Method,
    path: String,
    body: Option<Vec<u8>>,
    good: u16,
    /// What a removed participant is answered.
    removed: u16,
    /// What a participant who is not the sender is answered.
    other: u16,
    /// The least scope.
    scope: &'static str,
}

fn operations(
    thread: &str,
    message: &str,
    someone: &str,
    [image, file, unsent]: [&str; 3],
) -> Vec<Operation> {
    let row = |name, method, path: &str, body: Option<Value>, good, removed, other, scope| Operation {
        name,
        method,
        path: path.to_owned(),
        body: body.map(|body| body.to_string().into_bytes()),
        good,
        removed,
        other,
        scope,
    };
    let at = |rest: &str| format!("{thread}{rest}");
    let of_message = at(&format!("/messages/{message}"));
    let add = json!({ "participants": [{ "communicationIdentifier": { "rawId": someone } }] });
    let (limited, join, full) = ("chat.join.limited", "chat.join", "chat");
    let (get, post, patch) = (|| Method::GET, || Method::POST, || Method::PATCH);
    vec![
        row("get", get(), thread, None, 200, 403, 200, limited),
        row("list messages", get(), &at("/messages"), None, 200, 200, 200, limited),
        row("get message", get(), &of_message, None, 200, 200, 200, limited),
        row("participants", get(), &at("/participants"), None, 200, 403, 200, limited),
        row("receipts", get(), &at("/readReceipts"), None, 200, 403, 200, limited),
        row(
            "events",
            get(),
            &at("/events").replace("/chat/", "/liaison/v1/chat/"),
            None,
            200,
            200,
            200,
            limited,
        ),
        row("send", post(), &at("/messages"), Some(json!({ "content": "x" })), 201, 403, 201, limited),
        row("typing", post(), &at("/typing"), Some(json!({})), 200, 403, 200, limited),
        row(
            "receipt",
            post(),
            &at("/readReceipts"),
            Some(json!({ "chatMessageId": message })),
            200,
            403,
            200,
            limited,
        ),
        row("edit", patch(), &of_message, Some(json!({ "content": "y" })), 204, 403, 403, limited),
        row("add", post(), &at("/participants/:add"), Some(add), 201, 403, 201, join),
        row(
            "remove",
            post(),
            &at("/participants/:remove"),
            Some(json!({ "rawId": someone })),
            204,
            403,
            204,
            join,
        ),
        row("update", patch(), thread, Some(json!({ "topic": "z" })), 204, 403, 204, full),
        row("upload file", post(), &at("/files"), Some(json!("a text")), 201, 403, 201, limited),
        Operation {
            body: Some(png(3, 2)),
            ..row("upload image", post(), &at("/images"), None, 201, 403, 201, limited)
        },
        row("image", get(), &at(&format!("/images/{image}/views/original")), None, 200, 200, 200, limited),
        row("small view", get(), &at(&format!("/images/{image}/views/small")), None, 200, 200, 200, limited),
        row("file", get(), &at(&format!("/files/{file}")), None, 200, 200, 200, limited),
        row("delete file", Method::DELETE, &at(&format!("/files/{unsent}")), None, 204, 403, 404, limited),
        row("delete message", Method::DELETE, &of_message, None, 204, 403, 403, limited),
        row("delete", Method::DELETE, thread, None, 204, 403, 204, full),
    ]
}

async fn status(user: &User, operation: &Operation) -> (u16, Value) {
    let mut request = user.request(operation.method.clone(), &operation.path);
    if let Some(body) = &operation.body {
        request = request.header("content-type", "application/json").body(body.clone());
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    // Files are no JSON.
    let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
    let (status, body): (StatusCode, Value) = (status, body);
    if status.is_client_error() {
        assert!(body["error"]["code"].is_string(), "{}: {body}", operation.name);
        assert!(body["error"]["message"].is_string(), "{}: {body}", operation.name);
    }
    (status.as_u16(), body)
}

#[tokio::test]
async fn every_operation_is_closed_to_whoever_may_not() {
    let world = World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await;
    let (ada, bob, someone) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let outsider = User::new(&world).await;
    let revoked = User::new(&world).await;
    let voice = User::with(&world, &["voip"]).await;
    let admin = world.admin().await;
    admin.create_resource("other").await.unwrap();
    let subject = liaison_server::admin::TokenSubject::NewIdentity { resource: Some("other".to_owned()) };
    let foreign = admin.issue_token(subject, &["chat".to_owned()], None).await.unwrap();
    let foreign = User::of(&world, &foreign.raw_id, &foreign.token);
    let removed = User::new(&world).await;
    let with_scope = |scope: &'static str| {
        let (world, raw_id) = (&world, ada.raw_id.clone());
        async move { User::of(world, &raw_id, &world.token(&raw_id, &[scope]).await) }
    };
    let (limited, join) = (with_scope("chat.join.limited").await, with_scope("chat.join").await);

    let thread = ada.thread("t", &[&bob, &removed, &revoked, &voice]).await;
    let image = ada.upload(&thread, "images", png(400, 3)).await;
    let file = ada.upload(&thread, "files", b"<script>x()</script>".to_vec()).await;
    let files = json!([{ "id": image, "attachmentType": "image" }, { "id": file, "attachmentType": "file" }]);
    let (made, sent) =
        ada.post(&format!("{thread}/messages"), json!({ "content": "hello", "attachments": files })).await;
    assert_eq!(made, StatusCode::CREATED, "{sent}");
    let message = sent["id"].as_str().unwrap().to_owned();
    let unsent = ada.upload(&thread, "files", b"x".to_vec()).await;
    let out = json!({ "rawId": removed.raw_id });
    assert_eq!(ada.post(&format!("{thread}/participants/:remove"), out).await.0, StatusCode::NO_CONTENT);
    assert_eq!(revoked.get(&thread).await.0, StatusCode::OK, "believed, and then not any more");
    admin.revoke_tokens(&revoked.raw_id).await.unwrap();
    let nobody = User::of(&world, "8:acs:x_y", "");
    let past = now_s() - 3600;
    let expired = signed_by_the_service(&world, &ada.raw_id, past - 3600, past).await;
    let expired = User::of(&world, &ada.raw_id, &expired);
    let garbage = User::of(&world, "8:acs:x_y", "a.b.c");

    let operations = operations(&thread, &message, &someone.raw_id, [&image, &file, &unsent]);
    for operation in &operations {
        let name = operation.name;
        for (who, user, expected) in [
            ("no token", &nobody, 401),
            ("no token of ours", &garbage, 401),
            ("expired", &expired, 401),
            ("revoked", &revoked, 401),
            ("the scope voip", &voice, 403),
            ("an outsider", &outsider, 403),
            ("another resource's user", &foreign, 403),
            ("removed", &removed, operation.removed),
        ] {
            let (status, body) = status(user, operation).await;
            assert_eq!(status, expected, "{name} by {who}: {body}");
        }
        let rank = |scope: &str| ["chat.join.limited", "chat.join", "chat"].iter().position(|s| *s == scope);
        for (scope, user) in [("chat.join.limited", &limited), ("chat.join", &join)] {
            if rank(scope) < rank(operation.scope) {
                let (status, body) = status(user, operation).await;
                assert_eq!(status, 403, "{name} with {scope}: {body}");
            }
        }
    }
    let config = "/chat/config/realTimeNotifications";
    for path in ["/chat/threads", "/liaison/v1/chat/heads", config] {
        for (user, expected) in [
            (&nobody, 401),
            (&garbage, 401),
            (&expired, 401),
            (&revoked, 401),
            (&voice, 403),
            (&outsider, 200),
        ] {
            assert_eq!(user.get(path).await.0.as_u16(), expected, "{path}");
        }
    }
    for (user, status, code) in [
        (&nobody, 401, "Unauthorized"),
        (&garbage, 401, "Unauthorized"),
        (&expired, 401, "Unauthorized"),
        (&revoked, 401, "Unauthorized"),
        (&voice, 403, "Forbidden"),
        (&limited, 403, "Forbidden"),
        (&join, 403, "Forbidden"),
    ] {
        assert_error(&user.post("/chat/threads", json!({ "topic": "t" })).await, status, code);
    }
    for user in [&outsider, &foreign, &removed] {
        assert_eq!(user.get("/chat/threads").await.1["value"], json!([]));
    }
    // Nothing of all this did anything.
    assert_eq!(ada.texts(&thread).await, ["hello"]);
    assert_eq!(ada.get(&thread).await.1["topic"], "t");
    for operation in operations.iter().filter(|operation| operation.other == 403) {
        assert_eq!(status(&bob, operation).await.0, 403, "{} of another's", operation.name);
    }
    for operation in &operations {
        let user = match operation.scope {
            "chat.join.limited" => &limited,
            "chat.join" => &join,
            _ => &ada,
        };
        let (status, body) = status(user, operation).await;
        assert_eq!(status, operation.good, "{} by its sender: {body}", operation.name);
    }
}

#[tokio::test]
async fn who_was_removed_keeps_what_was_there_and_gets_nothing_new() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let old = ada.send(&thread, "old").await;
    let changed = ada.send(&thread, "changed later").await;
    let out = json!({ "rawId": bob.raw_id });
    assert_eq!(ada.post(&format!("{thread}/participants/:remove"), out).await.0, StatusCode::NO_CONTENT);
    let new = ada.send(&thread, "brandnew").await;
    let edit = json!({ "content": "secret" });
    assert_eq!(ada.patch(&format!("{thread}/messages/{changed}"), edit).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bob.texts(&thread).await, ["old"]);
    assert_eq!(bob.get(&format!("{thread}/messages/{old}")).await.1["content"]["message"], "old");
    for id in [&changed, &new] {
        assert_error(&bob.get(&format!("{thread}/messages/{id}")).await, 404, "NotFound");
    }
    let events = thread.replace("/chat/", "/liaison/v1/chat/") + "/events";
    let told = bob.get(&events).await.1.to_string();
    assert!(told.contains("participantsRemoved") && told.contains("old"), "{told}");
    assert!(!told.contains("brandnew") && !told.contains("secret"), "{told}");
}

#[tokio::test]
async fn what_is_no_request_is_answered_with_what_is_wrong() {
    let world = World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    let send = format!("{thread}/messages");
    let text = |content: String| json!({ "content": content }).to_string();
    for (body, expected) in [
        ("{".to_owned(), 400),
        ("\u{0}".to_owned(), 400),
        ("[".repeat(100_000), 400),
        (format!("{{\"content\":\"x\",\"metadata\":{}1", "{\"a\":".repeat(50_000)), 400),
        ("null".to_owned(), 400),
        ("[]".to_owned(), 400),
        ("{}".to_owned(), 400),
        (text(String::new()), 400),
        (text("   ".to_owned()), 400),
        (json!({ "content": 5 }).to_string(), 400),
        (json!({ "content": "x", "type": "topicUpdated" }).to_string(), 400),
        (json!({ "content": "x", "type": "video" }).to_string(), 400),
        (json!({ "content": "<script>x</script>", "type": "html" }).to_string(), 400),
        (json!({ "content": "x", "metadata": { "k": "v".repeat(1025) } }).to_string(), 400),
        (json!({ "content": "x", "metadata": { "k": 5 } }).to_string(), 400),
        (text("x".repeat(28 * 1024 + 1)), 413),
        (" ".repeat(600 * 1024), 413),
        (text("x".repeat(28 * 1024)), 201),
    ] {
        let request = ada.request(Method::POST, &send).header("content-type", "application/json");
        let (status, answer) = answer(request.body(body.clone()).send().await.unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{:.60}: {answer}", body);
        assert!(status.is_success() || answer["error"]["message"].is_string());
    }
    let squeezed = ada.request(Method::POST, &send).header("content-encoding", "gzip").body("x");
    assert_error(&answer(squeezed.send().await.unwrap()).await, 415, "UnsupportedMediaType");
    let broken = b"{\"content\":\"\xc3\x28\"}".to_vec();
    let request = ada.request(Method::POST, &send).body(broken).send().await.unwrap();
    assert_error(&answer(request).await, 400, "BadRequest");
    for path in [
        "/chat/threads/nothing",
        "/chat/threads/19%3Aa%2F..%2Fb%40thread.v2",
        "/chat/threads/%FF",
        "/chat/threads/19%3Aa%40thread.v2/messages/abc",
        "/chat/threads/19%3Aa%40thread.v2/messages/-1",
        "/chat/threads/19%3Aa%40thread.v2/files/abc",
        "/chat/threads/19%3Aa%40thread.v2/files/..%2F..%2Fliaison.db",
        "/chat/threads/19%3Aa%40thread.v2/files/%2Fetc%2Fpasswd",
        "/chat/threads/19%3Aa%40thread.v2/images/..%2f..%2fca.pem/views/original",
        "/chat/threads?maxPageSize=-1",
        "/chat/threads?startTime=yesterday",
        "/chat/threads?continuation=%00",
        "/chat/threads?continuation=bnVsbA",
    ] {
        assert_error(&ada.get(path).await, 400, "BadRequest");
    }
    // A thread that is not there looks like one of others.
    let of_others = User::new(&world).await.thread("t", &[]).await;
    let elsewhere = ada.get(&of_others).await;
    assert_error(&elsewhere, 403, "Forbidden");
    assert_eq!(ada.get("/chat/threads/19%3Anone%40thread.v2").await, elsewhere);
    assert_eq!(ada.get("/chat/threads/19%3Anone%40thread.v2/messages/5").await, elsewhere);
    assert_error(&ada.get(&format!("{thread}/messages/5")).await, 404, "NotFound");
    let file = "/files/0123456789abcdef0123456789abcdef";
    assert_eq!(ada.get(&format!("/chat/threads/19%3Anone%40thread.v2{file}")).await, elsewhere);
    assert_error(&ada.get(&format!("{thread}{file}")).await, 404, "NotFound");
    for version in ["", "?api-version=2019-01-01", "?api-version=soon"] {
        let url = format!("{}/chat/threads{version}", world.endpoint());
        assert_error(&ada.get(&url).await, 400, "BadRequest");
    }
    let many = vec![ada.participant("x"); 201];
    let body = json!({ "topic": "t", "participants": many });
    assert_error(&ada.post("/chat/threads", body).await, 400, "BadRequest");
    for retention in [29, 91] {
        let policy = json!({ "kind": "threadCreationDate", "deleteThreadAfterDays": retention });
        let body = json!({ "topic": "t", "retentionPolicy": policy });
        assert_error(&ada.post("/chat/threads", body).await, 400, "BadRequest");
    }
}

#[tokio::test]
async fn html_is_shown_as_it_was_stored() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let body = json!({ "content": "<b onclick=x()>hi</b><script>x</script>", "type": "html" });
    let id = ada.post(&format!("{thread}/messages"), body).await.1["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.texts(&thread).await, ["<b>hi</b>"]);
    let message = format!("{thread}/messages/{id}");
    let edit = json!({ "content": "<i>2</i><img src=javascript:x>" });
    assert_eq!(ada.patch(&message, edit).await.0, StatusCode::NO_CONTENT);
    let now = bob.get(&message).await.1;
    assert_eq!(now["content"]["message"], "<i>2</i><img>");
    assert!(now["editedOn"].is_string());
    // A text is a text, whatever stands in it.
    let id = ada.send(&thread, "<script>x</script>").await;
    let edit = json!({ "content": "<b>&</b>" });
    assert_eq!(ada.patch(&format!("{thread}/messages/{id}"), edit).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bob.texts(&thread).await[0], "<b>&</b>");
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let mut refused = None;
    for n in 0..60 {
        let user = if n % 2 == 0 { &ada } else { &bob };
        let request = user.request(Method::POST, &format!("{thread}/messages"));
        let sent = request.json(&json!({ "content": "x" })).send().await.unwrap();
        match sent.status().as_u16() {
            201 => {}
            429 => {
                refused = Some((n, sent));
                break;
            }
            other => panic!("{other}"),
        }
    }
    let (sent, refusal) = refused.unwrap();
    assert!(sent >= 10, "{sent}");
    let wait: u64 = refusal.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_error(&answer(refusal).await, 429, "TooManyRequests");
    // Others and other operations go on.
    let elsewhere = ada.thread("u", &[]).await;
    ada.send(&elsewhere, "x").await;
    assert_eq!(bob.get(&thread).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_does_not_use_up_what_those_in_a_thread_share() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let (eve, gone) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob, &gone]).await;
    let out = json!({ "rawId": gone.raw_id });
    assert_eq!(ada.post(&format!("{thread}/participants/:remove"), out).await.0, StatusCode::NO_CONTENT);
    for stranger in [&eve, &gone] {
        let mut answers = Vec::new();
        while answers.last() != Some(&429) {
            let answer = stranger.post(&format!("{thread}/messages"), json!({ "content": "x" })).await;
            answers.push(answer.0.as_u16());
            assert!(answers.len() < 1000, "never told to wait");
        }
        assert_eq!(answers.iter().filter(|status| **status == 403).count(), answers.len() - 1);
        assert!(answers.len() > 10);
    }
    // All ten of this moment are there for those who are in it.
    for n in 0..10 {
        let user = if n % 2 == 0 { &ada } else { &bob };
        user.send(&thread, "x").await;
    }
    // And what somebody may who was there once, they may still: this is counted by itself.
    assert_eq!(gone.get(&format!("{thread}/messages")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_origin_may_use_chat_and_no_key() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let preflight = |path: &str| {
        let url = format!("{}{path}", world.endpoint());
        let request = world.http.request(Method::OPTIONS, url).header("origin", "https://app.example");
        request
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,x-ms-useragent,content-type")
            .send()
    };
    let allowed = preflight("/chat/threads/19%3Aa%40thread.v2").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header(&allowed, "access-control-allow-origin").as_deref(), Some("*"));
    assert!(header(&allowed, "access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(header(&allowed, "access-control-allow-headers").unwrap().contains("x-ms-useragent"));
    let listed = ada.request(Method::GET, "/chat/threads").header("origin", "https://app.example");
    let listed = listed.send().await.unwrap();
    assert_eq!(header(&listed, "access-control-allow-origin").as_deref(), Some("*"));
    assert!(header(&listed, "access-control-expose-headers").unwrap().contains("retry-after"));
    let refused = preflight("/identities").await.unwrap();
    assert_eq!(header(&refused, "access-control-allow-origin"), None);
}
