//! Over a pipe, the other end of which is a script.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::net::Endpoint;

/// A client whose one connection is this pipe; it cannot open another.
async fn client() -> (Http, DuplexStream) {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let route = Route {
        // Nobody listens on port 9 of this machine.
        endpoint: Endpoint::parse("https://127.0.0.1:9").unwrap(),
        proxy: None,
        tls: std::sync::Arc::new(tls),
        max_frame_bytes: 0,
    };
    let http = Http::new(route);
    let (near, far) = duplex(1 << 16);
    let connection = handshake(near).await.unwrap();
    http.idle().push(connection);
    (http, far)
}

fn request<'a>(method: Method, target: &'a str, body: &'static str) -> HttpRequest<'a> {
    let header = Some(("repeatability-request-id", "7"));
    HttpRequest {
        method,
        target,
        token: "a.b.c",
        content_type: "application/json",
        body: body.into(),
        header,
        effort: Effort::USUAL,
    }
}

/// Reads a request up to its body's end, and answers.
async fn serve(far: &mut DuplexStream, body: &str, answer: &str) -> String {
    let mut asked = String::new();
    while !asked.ends_with(&format!("\r\n\r\n{body}")) {
        asked.push(char::from(far.read_u8().await.unwrap()));
    }
    far.write_all(answer.as_bytes()).await.unwrap();
    asked
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let (http, mut far) = client().await;
    for _ in 0..2 {
        let answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n{}";
        let (asked, answer) = tokio::join!(
            serve(&mut far, "{\"a\":1}", answer),
            http.send(request(Method::POST, "/chat/threads?x=1", "{\"a\":1}"))
        );
        let (answer, asked) = (answer.unwrap(), asked.to_ascii_lowercase());
        assert_eq!((answer.status, &answer.body[..]), (429, &b"{}"[..]));
        assert_eq!(answer.headers["retry-after"], "3");
        assert!(asked.starts_with("post /chat/threads?x=1 http/1.1\r\n"), "{asked}");
        for line in [
            "host: 127.0.0.1:9",
            "authorization: bearer a.b.c",
            "content-type: application/json",
            "repeatability-request-id: 7",
        ] {
            assert!(asked.contains(&format!("\r\n{line}\r\n")), "{line} is not in {asked}");
        }
    }
}

#[tokio::test]
async fn what_was_not_sent_goes_on_another_connection_and_what_was_does_not() {
    let (http, far) = client().await;
    drop(far);
    // Another connection would have to be opened, which fails.
    let error = http.send(request(Method::GET, "/", "")).await.err().unwrap();
    assert!(matches!(error, HttpError::NotConnected(ConnectError { untrusted: false, .. })), "{error:?}");

    let (http, mut far) = client().await;
    let (_, error) = tokio::join!(
        async move {
            serve(&mut far, "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
            drop(far);
        },
        http.send(request(Method::GET, "/", ""))
    );
    let error = error.err().unwrap();
    assert!(matches!(error, HttpError::Broken(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let (http, mut far) = client().await;
    let (_, error) = tokio::join!(
        async move {
            serve(&mut far, "", "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n").await;
            let block = vec![b' '; 1 << 16];
            while far.write_all(&block).await.is_ok() {}
        },
        http.send(request(Method::GET, "/", ""))
    );
    assert!(matches!(error.err().unwrap(), HttpError::TooLong));
}

#[tokio::test]
async fn what_would_break_the_request_is_not_sent() {
    let (http, _far) = client().await;
    let broken = HttpRequest { token: "a\r\nx: y", ..request(Method::GET, "/", "") };
    assert!(matches!(http.send(broken).await.err().unwrap(), HttpError::Unsendable(_)));
}
