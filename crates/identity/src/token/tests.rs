use super::*;
use crate::{RawId, Scope, Scopes};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::Mac as _;
use proptest::prelude::*;
use serde_json::{Value, json};

const A_PRIVATE: &str = include_str!("../../testdata/a.private.pem");
const A_PUBLIC: &str = include_str!("../../testdata/a.public.pem");
const B_PRIVATE: &str = include_str!("../../testdata/b.private.pem");
const B_PUBLIC: &str = include_str!("../../testdata/b.public.pem");
const NOW: u64 = 1_700_000_000;
const DAY: u64 = 86_400;

fn signer() -> TokenSigner {
    TokenSigner::new("a", A_PRIVATE).unwrap()
}

fn verifier() -> TokenVerifier {
    let mut verifier = TokenVerifier::new();
    verifier.add_key("a", A_PUBLIC).unwrap();
    verifier
}

fn app_claims() -> TokenClaims {
    let scopes = Scopes::parse(["voip", "chat"]).unwrap();
    TokenClaims::app_user(&RawId::new("8:acs:res_user").unwrap(), "res", &scopes, NOW, NOW + DAY)
}

/// A token with any header and payload, signed truly with key `a`.
fn forged(header: &Value, payload: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(A_PRIVATE.as_bytes()).unwrap();
    let signature =
        jsonwebtoken::crypto::sign(text.as_bytes(), &key, jsonwebtoken::Algorithm::RS256).unwrap();
    format!("{text}.{signature}")
}

fn payload_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn carries_every_claim_a_client_reads() {
    let token = signer().sign(&app_claims().with_token_version(3)).unwrap();
    assert_eq!(
        payload_of(&token),
        json!({
            "skypeid": "acs:res_user", "scp": 1792, "csi": "1700000000", "exp": NOW + DAY, "iat": NOW,
            "acsScope": "chat,voip", "resourceId": "res", "resourceLocation": "local", "rgn": "local",
            "tver": 3
        })
    );
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "a"}));
}

#[test]
fn a_true_token_names_its_bearer() {
    let token = signer().sign(&app_claims().with_token_version(3)).unwrap();
    let principal = verifier().verify(&token, NOW + 5).unwrap();
    assert_eq!(principal.raw_id.as_str(), "8:acs:res_user");
    assert_eq!(principal.scopes.to_acs_scope(), "chat,voip");
    assert_eq!(principal.resource_id.as_deref(), Some("res"));
    assert_eq!(principal.tenant_id, None);
    assert_eq!((principal.issued_at_unix_s, principal.expires_at_unix_s), (NOW, NOW + DAY));
    assert_eq!((principal.token_version, principal.csi.as_str()), (3, "1700000000"));
}

#[test]
fn a_tenants_bearers() {
    let scopes = Scopes::parse(["voip"]).unwrap();
    let token = signer().sign(&TokenClaims::tenant_user("oid", "ten", &scopes, NOW, NOW + 60)).unwrap();
    assert_eq!(payload_of(&token)["skypeid"], "orgid:oid");
    assert_eq!(payload_of(&token)["tid"], "ten");
    let staff = verifier().verify(&token, NOW).unwrap();
    assert_eq!((staff.raw_id.as_str(), staff.tenant_id.as_deref()), ("8:orgid:oid", Some("ten")));
    assert_eq!(staff.resource_id, None);

    let token = signer().sign(&TokenClaims::directory_reader("app", "ten", NOW, NOW + 60)).unwrap();
    let reader = verifier().verify(&token, NOW).unwrap();
    assert_eq!((reader.raw_id.as_str(), reader.tenant_id.as_deref()), ("28:orgid:app", Some("ten")));
    assert!(reader.scopes.contains(Scope::DirectoryRead) && !reader.scopes.allows_calling());
}

#[test]
fn time_is_what_it_is_told() {
    let token = signer().sign(&app_claims()).unwrap();
    let at = |now| verifier().verify(&token, now).map(|_| ());
    assert_eq!(at(NOW - FORWARD_SKEW_S), Ok(()));
    assert_eq!(at(NOW - FORWARD_SKEW_S - 1), Err(TokenError::NotYetValid { ahead_s: FORWARD_SKEW_S + 1 }));
    assert_eq!(at(NOW + DAY - 1), Ok(()));
    assert_eq!(at(NOW + DAY), Err(TokenError::Expired { ago_s: 0 }));
    assert_eq!(at(u64::MAX), Err(TokenError::Expired { ago_s: u64::MAX - NOW - DAY }));
    assert_eq!(at(0), Err(TokenError::NotYetValid { ahead_s: NOW }));
    assert!(at(NOW + DAY).unwrap_err().to_string().contains("get a new one"));
}

#[test]
fn two_keys_serve_while_one_replaces_the_other() {
    let mut verifier = verifier();
    let token = TokenSigner::new("b", B_PRIVATE).unwrap().sign(&app_claims()).unwrap();
    assert_eq!(verifier.verify(&token, NOW), Err(TokenError::UnknownKey { kid: "b".to_owned() }));
    verifier.add_key("b", B_PUBLIC).unwrap();
    assert!(verifier.verify(&token, NOW).is_ok());
    assert!(verifier.verify(&signer().sign(&app_claims()).unwrap(), NOW).is_ok());
    // Signed with `b`, said to be by `a`.
    let liar = TokenSigner::new("a", B_PRIVATE).unwrap().sign(&app_claims()).unwrap();
    assert_eq!(verifier.verify(&liar, NOW), Err(TokenError::Signature));
}

#[test]
fn forgeries_are_told_apart() {
    let token = signer().sign(&app_claims()).unwrap();
    let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let verify = |token: &str| verifier().verify(token, NOW).unwrap_err();

    // Another payload under the same signature.
    let mut claims = app_claims();
    claims.skypeid = "acs:res_other".to_owned();
    let other = URL_SAFE_NO_PAD.encode(serde_json::to_string(&claims).unwrap());
    assert_eq!(verify(&format!("{header}.{other}.{signature}")), TokenError::Signature);
    assert_eq!(verify(&format!("{header}.{payload}.")), TokenError::Signature);
    assert_eq!(verify(&format!("{header}.{payload}.AAAA")), TokenError::Signature);

    // No signature, said so in any case.
    for none in ["none", "None", "NONE"] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": none, "kid": "a"}).to_string());
        let found = none.to_owned();
        assert_eq!(verify(&format!("{header}.{payload}.")), TokenError::Algorithm { found });
    }
    // The public key taken for a shared secret.
    let text = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT","kid":"a"}"#));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(A_PUBLIC.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let hs256 = format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    assert_eq!(verify(&hs256), TokenError::Algorithm { found: "HS256".to_owned() });

    // Headers.
    let payload = serde_json::to_string(&app_claims()).unwrap();
    assert!(verifier().verify(&forged(&json!({"alg": "RS256", "kid": "a"}), &payload), NOW).is_ok());
    for (header, error) in [
        (json!({"alg": "RS384", "kid": "a"}), TokenError::Algorithm { found: "RS384".to_owned() }),
        (json!({"alg": "RS256"}), TokenError::UnknownKey { kid: String::new() }),
        (json!({"alg": "RS256", "kid": "../a"}), TokenError::UnknownKey { kid: "../a".to_owned() }),
        (
            json!({"alg": "RS256", "kid": "a", "crit": ["exp"]}),
            TokenError::Malformed("its header demands an unknown extension"),
        ),
        (json!({"kid": "a"}), TokenError::Malformed("its header is not that of a token")),
    ] {
        assert_eq!(verify(&forged(&header, &payload)), error, "{header}");
    }
}

#[test]
fn what_is_no_token_is_told_so() {
    let verify = |token: &str| verifier().verify(token, NOW).unwrap_err();
    for token in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "é.é.é", "eyJ.eyJ.x"] {
        assert!(matches!(verify(token), TokenError::Malformed(_)), "{token:?}");
    }
    let header = json!({"alg": "RS256", "kid": "a"});
    for payload in ["", "{}", "[]", "7", r#"{"exp":"1900000000"}"#, "\u{0}"] {
        assert!(matches!(verify(&forged(&header, payload)), TokenError::Malformed(_)), "{payload:?}");
    }
    // A claim twice: which would count?
    let twice = serde_json::to_string(&app_claims()).unwrap().replace('}', r#","skypeid":"acs:res_admin"}"#);
    assert!(matches!(verify(&forged(&header, &twice)), TokenError::Malformed(_)));
    let long = "x".repeat(MAX_TOKEN_BYTES + 1);
    assert_eq!(verify(&long), TokenError::TooLong { bytes: MAX_TOKEN_BYTES + 1 });
}

/// Claims that must neither be signed nor believed, even under a true signature.
#[test]
fn claims_that_cannot_be_are_refused_on_both_sides() {
    let scopes = Scopes::parse(["voip"]).unwrap();
    let staff = || TokenClaims::tenant_user("oid", "ten", &scopes, NOW, NOW + 60);
    let changed = |mut claims: TokenClaims, change: &dyn Fn(&mut TokenClaims)| {
        change(&mut claims);
        claims
    };
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        (changed(app_claims(), &|c| c.resource_id = None), ClaimsError::ResourceBinding),
        (changed(app_claims(), &|c| c.resource_id = some("other")), ClaimsError::ResourceBinding),
        (changed(app_claims(), &|c| c.tenant_id = some("ten")), ClaimsError::ResourceBinding),
        (changed(app_claims(), &|c| c.skypeid = "acs:res".to_owned()), ClaimsError::ResourceBinding),
        (changed(app_claims(), &|c| c.skypeid = "acs:res_".to_owned()), ClaimsError::ResourceBinding),
        // A resource's key minting a token of the organisation.
        (changed(app_claims(), &|c| c.skypeid = "orgid:oid".to_owned()), ClaimsError::TenantBinding),
        (changed(staff(), &|c| c.tenant_id = None), ClaimsError::TenantBinding),
        (changed(staff(), &|c| c.tenant_id = some("")), ClaimsError::TenantBinding),
        (changed(staff(), &|c| c.resource_id = some("res")), ClaimsError::TenantBinding),
        (changed(staff(), &|c| c.skypeid = "orgid:".to_owned()), ClaimsError::Bearer),
        (changed(staff(), &|c| c.skypeid = "teamsvisitor:x".to_owned()), ClaimsError::Bearer),
        (changed(app_claims(), &|c| c.skypeid = "8:acs:res_user".to_owned()), ClaimsError::Bearer),
        (changed(app_claims(), &|c| c.skypeid = String::new()), ClaimsError::Bearer),
        (changed(app_claims(), &|c| c.acs_scope = String::new()), ClaimsError::NoScope),
        (changed(app_claims(), &|c| c.acs_scope = "admin".to_owned()), ClaimsError::NoScope),
        (
            changed(app_claims(), &|c| c.acs_scope = "voip,directory.read".to_owned()),
            ClaimsError::DirectoryScope,
        ),
        (changed(app_claims(), &|c| c.exp = c.iat), ClaimsError::Lifetime),
        (changed(app_claims(), &|c| c.rgn = "x".repeat(513)), ClaimsError::TooLong { claim: "rgn" }),
    ];
    for (claims, error) in cases {
        assert_eq!(signer().sign(&claims), Err(SignError::Claims(error)), "{claims:?}");
        let token = forged(&json!({"alg": "RS256", "kid": "a"}), &serde_json::to_string(&claims).unwrap());
        assert_eq!(verifier().verify(&token, NOW), Err(TokenError::Claims(error)), "{claims:?}");
    }
}

#[test]
fn characters_python_cannot_decode_are_refused() {
    for bad in ['>', '?', '~', '\u{7f}', 'é', '\n', '\u{0}'] {
        let mut claims = app_claims();
        claims.rgn = format!("eu{bad}");
        let error = SignError::Claims(ClaimsError::Character { claim: "rgn" });
        assert_eq!(signer().sign(&claims), Err(error), "{bad:?}");
        let mut claims = app_claims();
        claims.skypeid.push(bad);
        let error = SignError::Claims(ClaimsError::Character { claim: "skypeid" });
        assert_eq!(signer().sign(&claims), Err(error), "{bad:?}");
    }
}

#[test]
fn keys_that_cannot_serve_are_refused() {
    let error = |kid, pem| TokenSigner::new(kid, pem).unwrap_err();
    assert_eq!(error("a", "no key"), KeyError::Pem("private"));
    assert_eq!(error("a", A_PUBLIC), KeyError::Pem("private"));
    assert_eq!(error("a", include_str!("../../testdata/short.private.pem")), KeyError::TooShort);
    for kid in ["", "a b", "é", "a/b", &"k".repeat(65)] {
        assert_eq!(error(kid, A_PRIVATE), KeyError::KeyId);
        assert_eq!(TokenVerifier::new().add_key(kid, A_PUBLIC), Err(KeyError::KeyId));
    }
    let add = |pem| TokenVerifier::new().add_key("a", pem);
    assert_eq!(add("no key"), Err(KeyError::Pem("public")));
    assert_eq!(add(A_PRIVATE), Err(KeyError::Pem("public")));
    assert_eq!(add(B_PRIVATE), Err(KeyError::Pem("public")));
    assert_eq!(add(include_str!("../../testdata/short.public.pem")), Err(KeyError::TooShort));
}

#[test]
fn secrets_stay_out_of_debug_text() {
    assert_eq!(format!("{:?}", signer()), "TokenSigner(kid \"a\", key hidden)");
    assert_eq!(format!("{:?}", verifier()), "TokenVerifier([\"a\"])");
}

#[test]
fn a_client_reads_its_own_token() {
    let token = signer().sign(&app_claims()).unwrap();
    assert_eq!(peek_expiry(&token), Some(NOW + DAY));
    assert_eq!(peek_raw_id(&token), Some(RawId::new("8:acs:res_user").unwrap()));
    for opaque in ["", "opaque", "a.b.c", "x.eyJhIjoxfQ.y"] {
        assert_eq!((peek_expiry(opaque), peek_raw_id(opaque)), (None, None), "{opaque:?}");
    }
    assert_eq!(peek_expiry(&format!("x.{}.y", STANDARD.encode(r#"{"exp":7}"#))), Some(7));
    assert_eq!(peek_expiry(&"x".repeat(MAX_TOKEN_BYTES + 1)), None);
}

proptest! {
    /// What Python does with a token: standard base64, then ASCII.
    #[test]
    fn python_can_decode_every_payload(user in "[ -=@-}]{1,60}", region in "[ -=@-}]{0,9}") {
        let mut claims = app_claims();
        claims.skypeid = format!("acs:res_{user}");
        claims.rgn = region;
        prop_assume!(claims.check().is_ok());
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_string(&claims).unwrap());
        prop_assert!(!payload.contains(['-', '_']));
        let padded = format!("{payload}{}", "=".repeat((4 - payload.len() % 4) % 4));
        prop_assert!(STANDARD.decode(padded).unwrap().is_ascii());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[A-Za-z0-9_.=-]{0,200}", now in any::<u64>()) {
        prop_assert!(verifier().verify(&text, now).is_err());
        let _ = peek_expiry(&text);
    }

    #[test]
    fn no_change_of_one_byte_is_believed(at in any::<prop::sample::Index>(), byte in b'0'..=b'z') {
        let token = signer().sign(&app_claims()).unwrap();
        let mut changed = token.clone().into_bytes();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        // The last character's unused bits may differ without a difference in meaning; the decoder
        // refuses those as well.
        prop_assert!(verifier().verify(&String::from_utf8(changed).unwrap(), NOW).is_err());
    }
}
