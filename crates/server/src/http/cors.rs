//! Browsers: a page of any origin may use the interfaces that take a user's token.
//!
//! That gives away nothing: no cookie and no certificate ever speaks for a user here, only the token that
//! the page itself puts into a header. The interfaces for keys are no browser's business and stay closed.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where a user's token opens.
const OPEN: [&str; 5] = ["/chat/", "/liaison/v1/chat/", "/v4/", "/registrar/", "/socket.io/"];
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE, PUT, OPTIONS");
/// Besides what the SDKs send today, whatever is asked for as long as it looks like header names.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, x-skypetoken, repeatability-request-id, repeatability-first-sent, \
     x-ms-client-request-id, x-ms-useragent, x-ms-return-client-request-id, if-match, if-none-match, \
     image-filename, file-filename",
);
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-ms-request-id, x-ms-error-code, retry-after, location, content-disposition");
/// How long a browser may remember the answer, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const ASKED: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;

/// Answers a browser's question beforehand, and lets its page read the answers.
pub(crate) async fn open(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let shared = OPEN.iter().any(|open| path.starts_with(open));
    if !shared || !request.headers().contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match preflight {
        true => {
            let asked = request.headers().get(ASKED).filter(|names| are_names(names)).cloned();
            let mut response = StatusCode::NO_CONTENT.into_response();
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or(HEADERS));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            response
        }
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

fn are_names(value: &HeaderValue) -> bool {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b',' | b' ');
    value.len() <= 2048 && value.as_bytes().iter().all(name)
}
