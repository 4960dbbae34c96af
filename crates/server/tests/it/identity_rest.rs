//! The Identity REST interface.

use crate::harness::{VERSION, World, answer, now_s};
use liaison_identity::{TokenVerifier, peek_expiry};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn encoded(identity: &str) -> String {
    identity.replace(':', "%3A")
}

fn assert_error(answer: &(StatusCode, Value), status: u16, code: &str) {
    assert_eq!(answer.0.as_u16(), status, "{}", answer.1);
    assert_eq!(answer.1["error"]["code"], code, "{}", answer.1);
    assert!(answer.1["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{}", answer.1);
}

#[tokio::test]
async fn an_identity_lives_from_create_to_delete() {
    let world = World::start().await;
    let scopes = json!({ "createTokenWithScopes": ["voip", "chat"], "expiresInMinutes": 60 });
    let (status, made) = world.post(&format!("/identities?{VERSION}"), scopes).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = made["identity"]["id"].as_str().unwrap();
    assert!(id.starts_with("8:acs:") && id.split('_').count() == 2, "{id}");
    let token = made["accessToken"]["token"].as_str().unwrap();
    let left = peek_expiry(token).unwrap() - now_s();
    assert!((3590..=3600).contains(&left), "{left}");
    assert!(made["accessToken"]["expiresOn"].as_str().unwrap().ends_with('Z'));

    let path = format!("/identities/{}/:issueAccessToken?{VERSION}", encoded(id));
    let (status, issued) = world.post(&path, json!({ "scopes": ["voip"] })).await;
    assert_eq!(status, StatusCode::OK);
    assert!(peek_expiry(issued["token"].as_str().unwrap()).unwrap() > now_s() + 86_000);

    let path = format!("/identities/{}/:revokeAccessTokens?{VERSION}", encoded(id));
    assert_eq!(world.request(Method::POST, &path).send().await, (StatusCode::NO_CONTENT, Value::Null));

    let path = format!("/identities/{}?{VERSION}", encoded(id));
    for _ in 0..2 {
        // A repeated request whose first answer was lost.
        assert_eq!(world.request(Method::DELETE, &path).send().await, (StatusCode::NO_CONTENT, Value::Null));
    }
    let path = format!("/identities/{}/:issueAccessToken?{VERSION}", encoded(id));
    assert_error(&world.post(&path, json!({ "scopes": ["voip"] })).await, 404, "NotFound");
    let path = format!("/identities/{}/:revokeAccessTokens?{VERSION}", encoded(id));
    assert_error(&world.request(Method::POST, &path).send().await, 404, "NotFound");
}

#[tokio::test]
async fn create_takes_no_body_and_later_versions() {
    let world = World::start().await;
    for path in ["/identities?api-version=2023-10-01", "/identities?api-version=2026-09-23"] {
        let (status, made) = world.request(Method::POST, path).send().await;
        assert_eq!(status, StatusCode::CREATED);
        assert!(made.get("accessToken").is_none(), "no scopes, no token: {made}");
    }
    let identity = world.identity().await;
    // The id may stand in the path unencoded as well.
    let path = format!("/identities/{identity}?{VERSION}");
    assert_eq!(world.request(Method::DELETE, &path).send().await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_token_is_what_it_says() {
    let world = World::start().await;
    let identity = world.identity().await;
    let token = world.token(&identity, &["voip", "chat"]).await;
    let claims: Value = {
        use base64::Engine as _;
        let payload = token.split('.').nth(1).unwrap();
        assert!(!payload.contains(['-', '_']), "what Python decodes as standard base64");
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
            .unwrap()
    };
    assert_eq!(format!("8:{}", claims["skypeid"].as_str().unwrap()), identity);
    assert_eq!(claims["acsScope"], "chat,voip");
    assert_eq!(claims["resourceId"], identity["8:acs:".len()..].split('_').next().unwrap());
    assert!(claims.get("tid").is_none());
    assert!(TokenVerifier::new().verify(&token, now_s()).is_err(), "believed by nobody without the key");
}

#[tokio::test]
async fn requests_that_are_not_truly_signed_are_refused() {
    let world = World::start().await;
    let path = format!("/identities?{VERSION}");
    let request = || world.request(Method::POST, &path).body(json!({}));

    let unsigned = world.http.post(format!("{}{path}", world.endpoint())).send().await.unwrap();
    assert_eq!(unsigned.headers()["www-authenticate"], "HMAC-SHA256");
    assert_error(&answer(unsigned).await, 401, "Unauthorized");
    let wrong = request().key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert_error(&wrong.send().await, 401, "Unauthorized");
    for date in [now_s() - 3600, now_s() + 3600, 0] {
        assert_error(&request().date(date).send().await, 401, "Unauthorized");
    }
    // A captured request, sent once more with another body or to another path.
    let changed = request().build().body(r#"{"createTokenWithScopes":["voip"]}"#);
    assert_error(&answer(changed.send().await.unwrap()).await, 401, "Unauthorized");
    let built = request().build().build().unwrap();
    let mut moved = built.try_clone().unwrap();
    *moved.url_mut() = format!("{}/identities?{VERSION}&x=y", world.endpoint()).parse().unwrap();
    assert_error(&answer(world.http.execute(moved).await.unwrap()).await, 401, "Unauthorized");
    assert_eq!(answer(world.http.execute(built).await.unwrap()).await.0, StatusCode::CREATED);
    // A bearer token is no signature.
    let token = world.token(&world.identity().await, &["voip"]).await;
    let bearer = world.http.post(format!("{}{path}", world.endpoint())).bearer_auth(token);
    assert_error(&answer(bearer.send().await.unwrap()).await, 401, "Unauthorized");
}

#[tokio::test]
async fn both_keys_work_until_they_are_regenerated() {
    use liaison_server::directory::KeyKind;
    let world = World::start().await;
    let admin = world.admin().await;
    let path = format!("/identities?{VERSION}");
    let status = async |key: &str| world.request(Method::POST, &path).key(key).send().await.0.as_u16();
    let keys = admin.resource_keys("default").await.unwrap();
    assert_eq!(keys.primary_connection_string.parse(), Ok(world.connection()));
    assert_eq!((status(&keys.primary_key).await, status(&keys.secondary_key).await), (201, 201));
    let newer = admin.regenerate_key("default", KeyKind::Primary).await.unwrap();
    assert_eq!((status(&keys.primary_key).await, status(&keys.secondary_key).await), (401, 201));
    assert_eq!(status(&newer.primary_key).await, 201);
    assert_eq!(newer.primary_connection_string.parse(), Ok(world.connection()), "the file follows");
}

#[tokio::test]
async fn bad_input_is_answered_with_what_is_wrong() {
    let world = World::start().await;
    let identity = encoded(&world.identity().await);
    let create = format!("/identities?{VERSION}");
    let issue = format!("/identities/{identity}/:issueAccessToken?{VERSION}");
    for minutes in
        [json!(59), json!(1441), json!(0), json!(-60), json!(4_294_967_356_u64), json!("60"), json!(60.5)]
    {
        let body = json!({ "scopes": ["voip"], "expiresInMinutes": minutes });
        assert_error(&world.post(&issue, body).await, 400, "BadRequest");
        let body = json!({ "createTokenWithScopes": ["voip"], "expiresInMinutes": minutes });
        assert_error(&world.post(&create, body).await, 400, "BadRequest");
    }
    for (minutes, status) in [(60, 200), (1440, 200)] {
        let body = json!({ "scopes": ["voip"], "expiresInMinutes": minutes });
        assert_eq!(world.post(&issue, body).await.0.as_u16(), status);
    }
    for body in [
        json!({}),
        json!({ "scopes": [] }),
        json!({ "scopes": ["everything"] }),
        json!({ "scopes": ["directory.read"] }),
        json!({ "scopes": vec!["voip"; 100] }),
        json!({ "scopes": "voip" }),
        json!([]),
        json!(null),
    ] {
        assert_error(&world.post(&issue, body).await, 400, "BadRequest");
    }
    for text in ["{", "voip", "\u{0}", &"[".repeat(5000)] {
        assert_error(&world.request(Method::POST, &issue).text(text).send().await, 400, "BadRequest");
    }
    for path in ["/identities", "/identities?api-version=2021-03-07", "/identities?api-version=soon"] {
        assert_error(&world.post(path, json!({})).await, 400, "BadRequest");
    }
    assert_error(&world.request(Method::GET, &create).send().await, 405, "MethodNotAllowed");
    assert_error(&world.request(Method::GET, "/nothing").send().await, 404, "NotFound");
    assert_error(
        &world.request(Method::POST, &create).text(" ".repeat(65 * 1024)).send().await,
        413,
        "PayloadTooLarge",
    );
    for broken in ["%FF", "8%3Aacs%3A%C3%28"] {
        let path = format!("/identities/{broken}/:issueAccessToken?{VERSION}");
        assert_error(&world.post(&path, json!({ "scopes": ["voip"] })).await, 400, "BadRequest");
    }
    let never = format!("/identities/8%3Aacs%3Anobody/:issueAccessToken?{VERSION}");
    assert_error(&world.post(&never, json!({ "scopes": ["voip"] })).await, 404, "NotFound");
}

#[tokio::test]
async fn a_resource_has_power_over_its_own_identities_only() {
    let world = World::start().await;
    let admin = world.admin().await;
    let other = admin.create_resource("other").await.unwrap();
    let key = admin.resource_keys(&other.id).await.unwrap().primary_key;
    let tenant = admin.create_tenant("contoso", None).await.unwrap();
    let mona = admin
        .add_user(liaison_server::directory::NewUser {
            tenant: tenant.id,
            object_id: None,
            user_principal_name: "mona@contoso.example".to_owned(),
            display_name: "Mona".to_owned(),
            mode: Default::default(),
            enable_acs_federation_access: true,
        })
        .await
        .unwrap();
    let identity = world.identity().await;
    for id in [&identity, &mona.raw_id] {
        for (method, path, body) in [
            (
                Method::POST,
                format!("/identities/{}/:issueAccessToken?{VERSION}", encoded(id)),
                r#"{"scopes":["voip"]}"#,
            ),
            (Method::POST, format!("/identities/{}/:revokeAccessTokens?{VERSION}", encoded(id)), ""),
            (Method::DELETE, format!("/identities/{}?{VERSION}", encoded(id)), ""),
        ] {
            let request = world.request(method, &path).text(body).key(&key);
            assert_error(&request.send().await, 403, "Forbidden");
        }
    }
    // A tenant's user is out of reach of every resource's key, its own tenant's allowance or not.
    let path = format!("/identities/{}/:issueAccessToken?{VERSION}", encoded(&mona.raw_id));
    assert_error(&world.post(&path, json!({ "scopes": ["voip"] })).await, 403, "Forbidden");
    let created = world.request(Method::POST, &format!("/identities?{VERSION}")).key(&key).send().await.1;
    assert!(created["identity"]["id"].as_str().unwrap().contains(&other.id));
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    use liaison_server::Rate;
    let world = World::start_with(|limits| limits.create_identity = Rate::new(3, 30)).await;
    let path = format!("/identities?{VERSION}");
    for _ in 0..3 {
        assert_eq!(world.post(&path, json!({})).await.0, StatusCode::CREATED);
    }
    let refused = world.request(Method::POST, &path).build().send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_error(&answer(refused).await, 429, "TooManyRequests");
    let identity = world.identity_of_admin().await;
    assert!(!world.token(&identity, &["voip"]).await.is_empty(), "other operations have their own rate");
}

impl World {
    async fn identity_of_admin(&self) -> String {
        let subject = liaison_server::admin::TokenSubject::NewIdentity { resource: None };
        self.admin().await.issue_token(subject, &["voip".to_owned()], None).await.unwrap().raw_id
    }
}
