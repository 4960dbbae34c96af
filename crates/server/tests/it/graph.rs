//! Graph-shaped lookups.

use crate::admin::mona;
use crate::harness::{World, answer};
use liaison_server::admin::TokenSubject;
use reqwest::StatusCode;
use serde_json::{Value, json};

impl World {
    async fn lookup(&self, token: Option<&str>, name: &str) -> (StatusCode, Value) {
        let request = self.http.get(format!("{}/v1.0/users/{name}", self.endpoint()));
        let request = token.iter().fold(request, |request, token| request.bearer_auth(token));
        answer(request.send().await.unwrap()).await
    }

    async fn token_of(&self, subject: TokenSubject, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.admin().await.issue_token(subject, &scopes, None).await.unwrap().token
    }
}

fn reader(tenant: &str) -> TokenSubject {
    TokenSubject::DirectoryReader { tenant: tenant.to_owned() }
}

#[tokio::test]
async fn a_directory_reader_finds_the_people_of_its_tenant() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_tenant("contoso", None).await.unwrap();
    admin.create_tenant("fabrikam", None).await.unwrap();
    let user = admin.add_user(mona("contoso")).await.unwrap();
    let token = world.token_of(reader("contoso"), &[]).await;
    let expected = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users/$entity", world.endpoint()),
        "businessPhones": [], "displayName": "Mona Kane", "givenName": null, "jobTitle": null, "mail": null,
        "mobilePhone": null, "officeLocation": null, "preferredLanguage": null, "surname": null,
        "userPrincipalName": "mona#ext@contoso.example", "id": user.object_id,
    });
    for name in [&user.object_id, "mona%23ext@contoso.example", "MONA%23EXT%40contoso.example"] {
        assert_eq!(world.lookup(Some(&token), name).await, (StatusCode::OK, expected.clone()), "{name}");
    }
    for name in ["nobody@contoso.example", "6d9d6d6f-0000-4000-8000-000000000001", "%00", "mona"] {
        let (status, body) = world.lookup(Some(&token), name).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["code"]),
            (404, &json!("Request_ResourceNotFound")),
            "{name}"
        );
        assert!(body["error"]["innerError"]["request-id"].is_string());
    }
    let (status, body) = world.lookup(Some(&token), "%FF").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("Request_BadRequest")));
    let stranger = world.token_of(reader("fabrikam"), &[]).await;
    assert_eq!(world.lookup(Some(&stranger), &user.object_id).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_else_does() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_tenant("contoso", None).await.unwrap();
    let user = admin.add_user(mona("contoso")).await.unwrap();
    let staff = TokenSubject::User { tenant: None, user: user.object_id.clone() };
    for (subject, scopes) in
        [(TokenSubject::NewIdentity { resource: None }, &["voip", "chat"][..]), (staff, &["voip", "chat"])]
    {
        let token = world.token_of(subject, scopes).await;
        let (status, body) = world.lookup(Some(&token), &user.object_id).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (403, &json!("Authorization_RequestDenied")));
    }
    for token in [None, Some(""), Some("nonsense"), Some("a.b.c")] {
        let (status, body) = world.lookup(token, &user.object_id).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
    }
    let issued = admin.issue_token(reader("contoso"), &[], None).await.unwrap();
    assert_eq!(world.lookup(Some(&issued.token), &user.object_id).await.0, StatusCode::OK);
    admin.revoke_tokens(&issued.raw_id).await.unwrap();
    assert_eq!(world.lookup(Some(&issued.token), &user.object_id).await.0, StatusCode::UNAUTHORIZED);
}
