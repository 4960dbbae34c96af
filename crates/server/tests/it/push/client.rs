//! A client of the push as a browser's SDK is one, on a bare WebSocket.

use crate::chat::User;
use crate::harness::{World, answer, connect};
use crate::phone::Ws;
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
pub const REGISTRATIONS: &str = "/registrar/v3/registrations";

/// A channel that a user was given.
#[derive(Clone)]
pub struct Channel {
    pub surl: String,
    /// As the client sends it back.
    pub query: String,
}

impl Channel {
    /// The path that notifications go to.
    pub fn path(&self) -> &str {
        &self.surl[self.surl.find("/v4/f/").unwrap()..]
    }
}

/// A request as the SDK makes it.
pub fn ask(world: &World, method: Method, path: &str, token: &str) -> reqwest::RequestBuilder {
    world.http.request(method, format!("{}{path}", world.endpoint())).header("x-skypetoken", token)
}

pub async fn allocate(world: &World, token: &str, query: &str) -> (StatusCode, Value) {
    let path = format!("/v4/a?cor_id=c&con_num=1_1&epid=e&{query}");
    let request = ask(world, Method::POST, &path, token).header("content-type", "text/plain");
    answer(request.send().await.unwrap()).await
}

/// A channel for the user, or the one of `query`.
pub async fn channel(world: &World, token: &str, query: &str) -> Channel {
    let (status, given) = allocate(world, token, query).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    let endpoint = world.endpoint();
    assert_eq!(given["socketio"], format!("{endpoint}/"));
    assert_eq!(given["surl"], given["url"]);
    let params = given["connectparams"].as_object().unwrap();
    let pairs: Vec<String> =
        params.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    Channel { surl: given["surl"].as_str().unwrap().to_owned(), query: pairs.join("&") }
}

pub async fn handshake(world: &World, query: &str) -> (StatusCode, String) {
    let url = format!("{}/socket.io/1/?{query}&v=v4&timeout=40&auth=true", world.endpoint());
    let response = world.http.get(url).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// Opens the socket of that name; the status when it is refused.
pub async fn open(world: &World, sid: &str, query: &str) -> Result<Ws, u16> {
    let url = format!("wss://localhost:{}/socket.io/1/websocket/{sid}?{query}", world.listen.port());
    let stream = connect(world.listen, &world.ca()).await;
    match tokio_tungstenite::client_async(url, stream).await {
        Ok((ws, _)) => Ok(ws),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

pub async fn register(world: &World, token: &str, id: &str, surl: &str, app: &str) -> StatusCode {
    let wish = json!({
        "clientDescription": { "appId": app, "aesKey": "", "languageId": "en-US", "platform": "SPOOL",
            "templateKey": "AcsWeb_Chat_2.1", "platformUIVersion": "0.0.0" },
        "registrationId": id, "nodeId": "",
        "transports": { "TROUTER": [{ "context": "", "path": surl, "ttl": 7200 }] },
    });
    ask(world, Method::POST, REGISTRATIONS, token).json(&wish).send().await.unwrap().status()
}

/// A notification as it came.
#[derive(Debug)]
pub struct Told {
    pub id: u64,
    pub url: String,
    pub body: Value,
}

/// A connected client.
pub struct Client {
    pub ws: Ws,
    pub channel: Channel,
}

impl Client {
    /// Connected and registered.
    pub async fn start(world: &World, user: &User) -> Self {
        let channel = channel(world, &user.token, "").await;
        let mut client = Self::connect(world, channel).await;
        client.greeted().await;
        let surl = client.channel.surl.clone();
        assert_eq!(register(world, &user.token, "epid", &surl, "AcsWeb").await, StatusCode::ACCEPTED);
        client
    }

    /// A socket on the channel.
    pub async fn connect(world: &World, channel: Channel) -> Self {
        let (status, text) = handshake(world, &channel.query).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        let sid = text.split(':').next().unwrap().to_owned();
        let ws = open(world, &sid, &channel.query).await.unwrap();
        Self { ws, channel }
    }

    /// Reads what comes first.
    pub async fn greeted(&mut self) {
        assert_eq!(self.frame().await, "1::");
        let connected = self.event().await;
        assert_eq!(connected["name"], "trouter.connected");
        assert_eq!(connected["args"][0]["ttl"], "86400");
    }

    pub async fn send(&mut self, frame: impl Into<String>) {
        self.ws.send(Message::Text(frame.into().into())).await.unwrap();
    }

    /// The next frame; `None` when the socket is closed.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await.expect("something comes");
            match next {
                Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn frame(&mut self) -> String {
        self.next().await.expect("the socket is open")
    }

    /// The next frame, which is an event.
    pub async fn event(&mut self) -> Value {
        let frame = self.frame().await;
        serde_json::from_str(frame.strip_prefix("5:::").expect(&frame)).unwrap()
    }

    /// The next frame, which is a notification; it is not answered.
    pub async fn unanswered(&mut self) -> Told {
        let frame = self.frame().await;
        let request: Value = serde_json::from_str(frame.strip_prefix("3:::").expect(&frame)).unwrap();
        assert_eq!(request["method"], "POST");
        assert!(request["headers"]["MS-CV"].is_string());
        Told {
            id: request["id"].as_u64().unwrap(),
            url: request["url"].as_str().unwrap().to_owned(),
            body: serde_json::from_str(request["body"].as_str().unwrap()).unwrap(),
        }
    }

    pub async fn answer(&mut self, id: u64, status: u16) {
        let headers = json!({ "MS-CV": "x", "trouter-request": "{}", "trouter-client": "{\"cd\":3}" });
        let answer = json!({ "id": id, "status": status, "headers": headers, "body": "" });
        self.send(format!("3:::{answer}")).await;
    }

    /// The next frame, which is a notification, answered with 200.
    pub async fn told(&mut self) -> Told {
        let told = self.unanswered().await;
        self.answer(told.id, 200).await;
        told
    }
}
