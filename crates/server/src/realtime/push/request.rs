//! A notification as the HTTP request within a frame, and the client's answer to it. Pure.

use super::frame;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Request<'a> {
    id: u64,
    method: &'static str,
    url: &'a str,
    headers: Headers<'a>,
    body: &'a str,
}

#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "MS-CV")]
    correlation: &'a str,
    #[serde(rename = "trouter-request")]
    request: &'static str,
}

/// The frame that asks a client to take `body` at `url`, which is a path on this service.
pub(super) fn told(id: u64, url: &str, correlation: &str, body: &str) -> String {
    let headers = Headers { correlation, request: "{}" };
    let request = Request { id, method: "POST", url, headers, body };
    // Texts and a number; they always have a JSON form.
    frame::message(&serde_json::to_string(&request).unwrap_or_default())
}

/// What a client answered.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Answer {
    /// Of the request.
    pub(super) id: u64,
    /// 200; 404 when no handler was there; 504 when it took too long.
    pub(super) status: u16,
}

/// Reads an answer; `None` when it is none.
pub(super) fn answer(data: &str) -> Option<Answer> {
    serde_json::from_str(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_notification_has_the_form_of_the_wire() {
        let frame = told(7, "/v4/f/c/messaging", "cv", r#"{"a":"\" 100 % 😀"}"#);
        let request: Value = serde_json::from_str(frame.strip_prefix("3:::").unwrap()).unwrap();
        let headers = json!({ "MS-CV": "cv", "trouter-request": "{}" });
        let body = r#"{"a":"\" 100 % 😀"}"#;
        let url = "/v4/f/c/messaging";
        assert_eq!(
            request,
            json!({ "id": 7, "method": "POST", "url": url, "headers": headers, "body": body })
        );
    }

    #[test]
    fn answers_are_read() {
        let text = r#"{"id":7,"status":200,"headers":{"trouter-client":"{\"cd\":3}"},"body":""}"#;
        assert_eq!(answer(text), Some(Answer { id: 7, status: 200 }));
        for bad in ["", "{}", "[]", r#"{"id":-1,"status":200}"#, r#"{"id":7,"status":70000}"#, r#"{"id":7}"#]
        {
            assert_eq!(answer(bad), None, "{bad}");
        }
    }
}
