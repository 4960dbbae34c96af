use super::*;
use proptest::prelude::*;

/// The key and the requests are what the unmodified SDKs sent to a listening socket
/// (`@azure/communication-identity` 1.3.1, `azure-communication-identity` 1.5.0).
const KEY: &str = "AAECAwQFBgcICQoLDA0ODw==";
const DATE_TEXT: &str = "Mon, 23 Nov 2026 09:57:22 GMT";
const DATE_S: u64 = 1_795_427_842;
const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn key() -> AccessKey {
    AccessKey::from_base64(KEY).unwrap()
}

fn authorization(signature: &str) -> String {
    format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}")
}

struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Request {
    fn new(path: &str, host: &str, authorization: String) -> Self {
        let headers = vec![
            ("Host", host.to_owned()),
            ("x-ms-date", DATE_TEXT.to_owned()),
            ("X-MS-Content-SHA256", EMPTY.to_owned()),
            ("Authorization", authorization),
        ];
        Self { method: "POST", path: path.to_owned(), headers, body: Vec::new() }
    }

    fn signed(path: &str) -> Self {
        Self::new(path, "h:1", sign("POST", path, "h:1", DATE_TEXT, EMPTY, &key()))
    }

    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    fn verify_with(&self, keys: &[AccessKey], now: u64) -> Result<usize, SignatureError> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = IncomingRequest {
            method: self.method,
            path_and_query: &self.path,
            headers: &headers,
            body: &self.body,
        };
        verify(&request, keys, now, DEFAULT_SKEW_S)
    }

    fn verify(&self) -> Result<usize, SignatureError> {
        self.verify_with(&[key()], DATE_S)
    }
}

#[test]
fn what_the_sdks_sent_is_believed() {
    let create = "/identities?api-version=2023-10-01";
    let revoke = "/identities/8%3Aacs%3Aa%20b_c~d/:revokeAccessTokens?api-version=2023-10-01";
    for (path, host, signature) in [
        // JavaScript.
        (create, "localhost:8099", "8LXOgZDU4m3RXJztNFiVLun50YIk3U5lgnv4S7gsGwQ="),
        (revoke, "localhost:8099", "OzOiQtk8xDSel/Ukv5mmo+tVa2tyYhzh+VxqJuvAL2U="),
        // Python.
        (create, "localhost:8098", "QHpIWOYgtzyxjnKbcfzpN1myQHrpi1zEBHXyrVxY2/Y="),
        (revoke, "localhost:8098", "E0wWK+0/fRGDv/l0CDVMSIkjnvIHIsbcCjfaC5AEZmA="),
        // Python with an endpoint that ends in a slash: signs the host `localhost:8098/`.
        (create, "localhost:8098", "UxjUHsT8Ia8TFkl3XM62+RJ7I5R8/w9xpVKJotpuGG4="),
        (revoke, "localhost:8098", "V91fozb3LN3P/tGK82SMVfBR24jHZd53lRIf78xMukA="),
    ] {
        let request = Request::new(path, host, authorization(signature));
        assert_eq!(request.verify(), Ok(0), "{host} {path} {signature}");
        // The decoded path is another path.
        let decoded = Request::new(&path.replace("%3A", ":"), host, authorization(signature));
        let expected = if path == create { Ok(0) } else { Err(SignatureError::Mismatch) };
        assert_eq!(decoded.verify(), expected);
    }
    // Our own signing makes the same text.
    let ours = sign("POST", create, "localhost:8099", DATE_TEXT, EMPTY, &key());
    assert_eq!(ours, authorization("8LXOgZDU4m3RXJztNFiVLun50YIk3U5lgnv4S7gsGwQ="));
    assert_eq!(http_date(DATE_S), DATE_TEXT);
    assert_eq!(content_sha256(b""), EMPTY);
}

#[test]
fn a_query_signed_form_encoded_is_believed() {
    // On the wire `a=x:y z~` percent-encoded; JavaScript's URLSearchParams writes it otherwise.
    let wire = "/p?a=x:y%20z~&b=";
    let form = "/p?a=x%3Ay+z%7E&b=";
    let request = Request::new(wire, "h", sign("POST", form, "h", DATE_TEXT, EMPTY, &key()));
    assert_eq!(request.verify(), Ok(0));
    // But no other query is.
    let request = Request::new("/p?a=x:y&b=1", "h", sign("POST", form, "h", DATE_TEXT, EMPTY, &key()));
    assert_eq!(request.verify(), Err(SignatureError::Mismatch));
}

#[test]
fn both_keys_serve_and_an_unknown_one_does_not() {
    let other = AccessKey::from_bytes(&[9; 64]).unwrap();
    let request = Request::signed("/x");
    assert_eq!(request.verify_with(&[key(), other.clone()], DATE_S), Ok(0));
    assert_eq!(request.verify_with(&[other.clone(), key()], DATE_S), Ok(1));
    assert_eq!(request.verify_with(&[other], DATE_S), Err(SignatureError::Mismatch));
    assert_eq!(request.verify_with(&[], DATE_S), Err(SignatureError::Mismatch));
}

#[test]
fn a_change_of_any_part_is_noticed() {
    let request = || Request::signed("/x?y=1");
    assert_eq!(request().verify(), Ok(0));
    let mut changed = request();
    changed.method = "DELETE";
    assert_eq!(changed.verify(), Err(SignatureError::Mismatch));
    let mut changed = request();
    changed.path = "/x?y=2".to_owned();
    assert_eq!(changed.verify(), Err(SignatureError::Mismatch));
    let mut changed = request();
    changed.body = b"{}".to_vec();
    assert_eq!(changed.verify(), Err(SignatureError::Content));
    // Body and its hash changed together.
    let changed = Request { body: b"{}".to_vec(), ..request() }.set(CONTENT, &content_sha256(b"{}"));
    assert_eq!(changed.verify(), Err(SignatureError::Mismatch));
    assert_eq!(request().set("host", "other").verify(), Err(SignatureError::Mismatch));
    let later = request().set(DATE, "Mon, 23 Nov 2026 09:57:23 GMT");
    assert_eq!(later.verify(), Err(SignatureError::Mismatch));
}

#[test]
fn old_and_future_requests_are_refused() {
    let request = Request::signed("/x");
    for now in [DATE_S - DEFAULT_SKEW_S, DATE_S + DEFAULT_SKEW_S] {
        assert_eq!(request.verify_with(&[key()], now), Ok(0));
    }
    for now in [DATE_S - DEFAULT_SKEW_S - 1, DATE_S + DEFAULT_SKEW_S + 1] {
        let off_s = DEFAULT_SKEW_S + 1;
        assert_eq!(request.verify_with(&[key()], now), Err(SignatureError::Skew { off_s }));
    }
    for date in ["", "yesterday", "2026-11-23T09:57:22Z", "Mon, 23 Nov 1869 09:57:22 GMT"] {
        assert_eq!(Request::signed("/x").set(DATE, date).verify(), Err(SignatureError::Date), "{date}");
    }
}

#[test]
fn what_has_to_be_signed_is_signed() {
    use SignatureError as E;
    let with = |value: &str| Request::signed("/x").set("authorization", value).verify();
    assert_eq!(Request::signed("/x").without("authorization").verify(), Err(E::Missing));
    for text in [
        "",
        "Bearer x",
        "HMAC-SHA256",
        "HMAC-SHA256 ",
        "HMAC-SHA256 x",
        "HMAC-SHA256 Signature=AA==",
        "HMAC-SHA256 SignedHeaders=host",
        "HMAC-SHA256 SignedHeaders=host&Signature=*",
        "HMAC-SHA256 SignedHeaders=host;&Signature=AA==",
        "HMAC-SHA256 SignedHeaders=&Signature=AA==",
        "HMAC-SHA256 SignedHeaders=host&SignedHeaders=host&Signature=AA==",
        "HMAC-SHA1 SignedHeaders=host&Signature=AA==",
    ] {
        assert_eq!(with(text), Err(E::Malformed), "{text}");
    }
    let many = format!("HMAC-SHA256 SignedHeaders={}&Signature=AA==", "a;".repeat(16) + "a");
    assert_eq!(with(&many), Err(E::Malformed));
    let sign_of = |names: &str| with(&format!("HMAC-SHA256 SignedHeaders={names}&Signature=AA=="));
    assert_eq!(sign_of("host;x-ms-content-sha256"), Err(E::NotSigned("x-ms-date")));
    assert_eq!(sign_of("x-ms-date;x-ms-content-sha256"), Err(E::NotSigned("host")));
    assert_eq!(sign_of("x-ms-date;host"), Err(E::NotSigned("x-ms-content-sha256")));
    assert_eq!(sign_of("x-ms-date;host;x-ms-content-sha256;gone"), Err(E::Header));
    assert_eq!(sign_of("x-ms-date;host;x-ms-content-sha256"), Err(E::Mismatch));
    let mut twice = Request::signed("/x");
    twice.headers.push(("host", "h:1".to_owned()));
    assert_eq!(twice.verify(), Err(E::Header));
    assert_eq!(Request::signed(&format!("/{}", "x".repeat(9000))).verify(), Err(E::PathTooLong));
}

#[test]
fn the_signed_headers_are_read_generically() {
    // Another order, another case, one more header, and the plain Date.
    let text = format!("POST\n/x\n{EMPTY};h;more;{DATE_TEXT}");
    let signature = STANDARD.encode(mac(&key(), &text).finalize().into_bytes());
    let value = format!(
        "hmac-sha256 Credential=c&SignedHeaders=X-Ms-Content-Sha256;HOST;extra;Date&Signature={signature}"
    );
    let request = Request::new("/x", "h", value).without(DATE).set("Date", DATE_TEXT).set("extra", " more ");
    assert_eq!(request.verify(), Ok(0));
}

proptest! {
    #[test]
    fn what_is_signed_is_believed_and_nothing_else(
        path in "/[a-zA-Z0-9%:~._/-]{0,40}(\\?[a-zA-Z0-9%:~+&=_.-]{0,40})?",
        host in "[a-z0-9.:-]{1,30}",
        body in proptest::collection::vec(any::<u8>(), 0..64),
        secret in proptest::collection::vec(any::<u8>(), 16..80),
    ) {
        let key = AccessKey::from_bytes(&secret).unwrap();
        let hash = content_sha256(&body);
        let value = sign("PUT", &path, &host, DATE_TEXT, &hash, &key);
        let request = Request { method: "PUT", path, body, ..Request::new("", &host, value) }.set(CONTENT, &hash);
        prop_assert_eq!(request.verify_with(std::slice::from_ref(&key), DATE_S), Ok(0));
        let other = AccessKey::from_bytes(&[&secret[..], b"x"].concat()).unwrap();
        prop_assert_eq!(request.verify_with(&[other], DATE_S), Err(SignatureError::Mismatch));
    }

    #[test]
    fn no_header_makes_it_panic(
        value in "(HMAC-SHA256 )?(SignedHeaders=)?[a-z;&=A-Z0-9-]{0,40}(&Signature=[A-Za-z0-9=+/]{0,50})?",
        date in "[A-Za-z0-9:, ]{0,32}",
        path in ".{0,60}",
    ) {
        let request = Request::new(&path, "h", value).set(DATE, &date);
        prop_assert!(request.verify().is_err());
    }
}
