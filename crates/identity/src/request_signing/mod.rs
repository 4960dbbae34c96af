//! HMAC-SHA256 request signing, as the ACS SDKs sign the calls of an app's backend.
//!
//! ```text
//! string to sign = VERB \n path?query \n value;value;value      (values of the signed headers, in order)
//! x-ms-date             = RFC 1123 date, GMT
//! x-ms-content-sha256   = base64(sha256(body))
//! Authorization         = HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=base64(…)
//! ```
//! The path and query are signed as they stand on the request line, percent-encoding included.

mod authorization;
#[cfg(test)]
mod tests;

use crate::AccessKey;
use authorization::Authorization;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, UNIX_EPOCH};

/// How old or how far ahead a request's date may be, in seconds, unless the operator says otherwise.
/// The real service's window is not published; Azure's other HMAC services use 15 minutes.
pub const DEFAULT_SKEW_S: u64 = 15 * 60;

/// The longest path and query that is verified, in bytes.
pub const MAX_PATH_BYTES: usize = 8 * 1024;

const DATE: &str = "x-ms-date";
const HOST: &str = "host";
const CONTENT: &str = "x-ms-content-sha256";

/// A request that is not believed. Holds nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No `Authorization` header.
    #[error("the request is not signed: send `Authorization: HMAC-SHA256 SignedHeaders=…&Signature=…`")]
    Missing,
    /// An `Authorization` header of another shape.
    #[error("the Authorization header is not `HMAC-SHA256 SignedHeaders=…&Signature=…`")]
    Malformed,
    /// One of the headers that must be signed is not.
    #[error("the header `{0}` has to be among the SignedHeaders")]
    NotSigned(&'static str),
    /// A header that is said to be signed is not there, or there twice.
    #[error("one of the SignedHeaders is missing from the request, or there twice")]
    Header,
    /// The date is not a date.
    #[error("x-ms-date is not an HTTP date such as `Tue, 15 Nov 1994 08:12:31 GMT`")]
    Date,
    /// The date is too far from now.
    #[error("x-ms-date is {off_s} s away from this server's time: set the clock right")]
    Skew {
        /// How far, in seconds.
        off_s: u64,
    },
    /// The body is not the one that was signed.
    #[error("x-ms-content-sha256 is not the hash of the body")]
    Content,
    /// The path is too long to look at.
    #[error("the path is longer than {MAX_PATH_BYTES} bytes")]
    PathTooLong,
    /// The signature is wrong.
    #[error("the signature does not match: check the access key, and that the path is signed as it is sent")]
    Mismatch,
}

/// The value of `x-ms-content-sha256` for a body.
#[must_use]
pub fn content_sha256(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// The value of `x-ms-date` for a time, in seconds since 1970-01-01T00:00:00Z.
#[must_use]
pub fn http_date(unix_s: u64) -> String {
    // The year 9999 is the last an HTTP date can hold.
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_s.min(253_402_300_799)))
}

/// The value of `Authorization` for a request.
///
/// `host` is the header as sent, with the port when there is one; `path_and_query` as on the request
/// line; `date` and `body_sha256_b64` the values of the two headers sent along.
#[must_use]
pub fn sign(
    method: &str,
    path_and_query: &str,
    host: &str,
    date: &str,
    body_sha256_b64: &str,
    key: &AccessKey,
) -> String {
    let text = format!("{method}\n{path_and_query}\n{date};{host};{body_sha256_b64}");
    let signature = STANDARD.encode(mac(key, &text).finalize().into_bytes());
    format!("HMAC-SHA256 SignedHeaders={DATE};{HOST};{CONTENT}&Signature={signature}")
}

/// A request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct IncomingRequest<'a> {
    /// The verb, in capitals.
    pub method: &'a str,
    /// As on the request line, not decoded.
    pub path_and_query: &'a str,
    /// Every header, names in any case. Over HTTP/2 add `host` with the `:authority`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, whole.
    pub body: &'a [u8],
}

impl<'a> IncomingRequest<'a> {
    /// The one header of that name.
    fn header(&self, name: &str) -> Result<Option<&'a str>, SignatureError> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(SignatureError::Header),
            (first, _) => Ok(first.map(|(_, value)| value.trim())),
        }
    }
}

/// Verifies a request against the keys of the resource at the time `now_unix_s` (seconds since
/// 1970-01-01T00:00:00Z). Gives back which of the keys it was signed with.
///
/// Two habits of the SDKs are allowed for: JavaScript may sign the query form-encoded, and Python signs
/// the host with a slash when its endpoint was written with one.
///
/// # Errors
/// When the request is not signed, not signed wholly, not signed now, or not with one of the keys.
pub fn verify(
    request: &IncomingRequest<'_>,
    keys: &[AccessKey],
    now_unix_s: u64,
    skew_s: u64,
) -> Result<usize, SignatureError> {
    if request.path_and_query.len() > MAX_PATH_BYTES {
        return Err(SignatureError::PathTooLong);
    }
    let authorization = request.header("authorization")?.ok_or(SignatureError::Missing)?;
    let authorization = Authorization::parse(authorization)?;

    // The plain `Date` may stand in for `x-ms-date`.
    let date = if authorization.signs(DATE) { DATE } else { "date" };
    for (name, said) in [(date, DATE), (HOST, HOST), (CONTENT, CONTENT)] {
        if !authorization.signs(name) {
            return Err(SignatureError::NotSigned(said));
        }
    }
    let mut values = Vec::with_capacity(authorization.signed_headers.len());
    for name in &authorization.signed_headers {
        values.push((*name, request.header(name)?.ok_or(SignatureError::Header)?));
    }
    for (name, value) in &values {
        if name.eq_ignore_ascii_case(date) {
            check_date(value, now_unix_s, skew_s)?;
        } else if name.eq_ignore_ascii_case(CONTENT) && *value != content_sha256(request.body) {
            return Err(SignatureError::Content);
        }
    }
    for text in candidates(request, &values) {
        for (index, key) in keys.iter().enumerate() {
            if mac(key, &text).verify_slice(&authorization.signature).is_ok() {
                return Ok(index);
            }
        }
    }
    Err(SignatureError::Mismatch)
}

fn check_date(value: &str, now_unix_s: u64, skew_s: u64) -> Result<(), SignatureError> {
    let date = httpdate::parse_http_date(value).map_err(|_| SignatureError::Date)?;
    let date = date.duration_since(UNIX_EPOCH).map_err(|_| SignatureError::Date)?.as_secs();
    let off_s = date.abs_diff(now_unix_s);
    if off_s > skew_s { Err(SignatureError::Skew { off_s }) } else { Ok(()) }
}

/// Every text the client may have signed, the plain one first.
fn candidates(request: &IncomingRequest<'_>, values: &[(&str, &str)]) -> Vec<String> {
    let mut paths = vec![request.path_and_query.to_owned()];
    if let Some((path, query)) = request.path_and_query.split_once('?') {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form_urlencoded::parse(query.as_bytes()))
            .finish();
        let form = format!("{path}?{form}");
        if form != request.path_and_query {
            paths.push(form);
        }
    }
    let joined = |slash: &str| {
        let values: Vec<String> = values
            .iter()
            .map(|(name, value)| {
                format!("{value}{}", if name.eq_ignore_ascii_case(HOST) { slash } else { "" })
            })
            .collect();
        values.join(";")
    };
    let headers = [joined(""), joined("/")];
    let method = request.method;
    paths
        .iter()
        .flat_map(|path| headers.iter().map(move |headers| format!("{method}\n{path}\n{headers}")))
        .collect()
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104 section 3)")]
fn mac(key: &AccessKey, text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac
}
