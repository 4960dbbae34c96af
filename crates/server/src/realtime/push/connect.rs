//! From a token to a socket: where to ask, a channel, a socket's name, the socket.

use super::channels::{Full, Given, Mail, Order};
use super::id::{Key, SocketId};
use super::session::{Session, TTL_S};
use super::token::Holder;
use crate::clock;
use crate::http::bearer::Chatter;
use crate::http::{ApiError, Service};
use crate::realtime::socket::{Socket, bounded};
use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Path, RawQuery, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long a channel's task may take to hear of its client.
const HANDOVER: Duration = Duration::from_secs(5);
/// How long a client believes in a connection on which nothing comes, and how long it tries, in seconds. It
/// pings every 40.
const HEARTBEAT_S: u32 = 180;

/// `GET /chat/config/realTimeNotifications`: where channels and registrations are.
pub(super) async fn config(State(service): State<Arc<Service>>, _: Chatter) -> Json<Value> {
    let endpoint = &service.operations.endpoint;
    Json(json!({
        "trouterServiceUrl": endpoint,
        "registrarServiceUrl": format!("{endpoint}/registrar"),
        "cloudType": "Public",
    }))
}

/// `POST /v4/a`: a channel, or the one that the client had.
pub(super) async fn allocate(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
    holder: Holder,
) -> Result<Json<Value>, ApiError> {
    let raw_id = &holder.bearer.principal.raw_id;
    let key = ("push channel", raw_id.to_string());
    service.rates.take(key, service.limits.push.asked, Instant::now()).map_err(ApiError::too_many)?;
    let former = given(query.as_deref().unwrap_or_default())
        .and_then(|given| Some((given, service.hub.push.back(raw_id, given)?)));
    if let Some((given, mail)) = former
        && hand(&mail, Order::Renew { expires: holder.expires() }).await.is_ok()
    {
        return Ok(answer(&service, given));
    }
    let channel = service.hub.push.open(raw_id)?;
    let given = channel.given;
    let viewer = service.operations.store.viewer(&holder.bearer.principal);
    let session = Session::new(&service, channel, viewer, holder.expires());
    tokio::spawn(session.run());
    if let Err(refused) = holder.again(&service).await {
        service.hub.push.close(&holder.bearer.account);
        return Err(refused);
    }
    Ok(answer(&service, given))
}

fn answer(service: &Service, Given { channel, secret }: Given) -> Json<Value> {
    let endpoint = &service.operations.endpoint;
    let url = format!("{endpoint}/v4/f/{channel}/");
    let now = clock::now_ms();
    let end = now.saturating_add(i64::try_from(TTL_S * 1000).unwrap_or(i64::MAX));
    Json(json!({
        "socketio": format!("{endpoint}/"),
        "surl": url,
        "url": url,
        "curlb": endpoint,
        "id": channel.to_string(),
        "ccid": "",
        "ttl": TTL_S.to_string(),
        // The client sends these back as a query.
        "connectparams": {
            "sr": channel.to_string(),
            "issuer": "liaison",
            "sp": "connect",
            "st": now.to_string(),
            "se": end.to_string(),
            "sig": secret.to_string(),
        },
    }))
}

/// The channel's name and secret in a query of `connectparams`.
fn given(query: &str) -> Option<Given> {
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).and_then(Key::parse)
    };
    Some(Given { channel: value("sr")?, secret: value("sig")? })
}

/// `GET /socket.io/1/`: names a socket.
pub(super) async fn handshake(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let given = given(query.as_deref().unwrap_or_default());
    let id = given.and_then(|given| service.hub.push.name_socket(given, Instant::now()));
    let id = id.ok_or_else(unknown)?;
    let text = format!("{id}:{HEARTBEAT_S}:{HEARTBEAT_S}:websocket");
    Ok(([(header::CACHE_CONTROL, "no-store")], text).into_response())
}

/// `GET /socket.io/1/websocket/<name>`: the socket.
pub(super) async fn upgrade(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &service)
        .await
        .map_err(|_| ApiError::bad_request("this path is a WebSocket: connect with wss://"))?;
    let permit = Arc::clone(&service.hub.sockets)
        .try_acquire_owned()
        .map_err(|_| ApiError::unavailable("the service is full: try again later"))?;
    let id = SocketId::parse(&name);
    let mail = id.and_then(|id| service.hub.push.take_socket(id, Instant::now())).ok_or_else(unknown)?;
    let bytes = service.limits.push.frame_bytes;
    let rate = service.limits.frames;
    Ok(bounded(upgrade, bytes).on_upgrade(async move |socket| {
        if hand(&mail, Order::Attach(Box::new(Socket::new(socket, rate, permit)))).await.is_err() {
            tracing::debug!("a push channel ended before its client came");
        }
    }))
}

/// Gives an order to a channel's task, and returns when it is done.
pub(super) async fn hand(mail: &mpsc::Sender<Mail>, order: Order) -> Result<(), ApiError> {
    let (done, is_done) = oneshot::channel();
    let handed = async {
        mail.send((order, done)).await.map_err(|_| unknown())?;
        is_done.await.map_err(|_| unknown())
    };
    let slow = |_| ApiError::unavailable("the channel does not answer: try again");
    tokio::time::timeout(HANDOVER, handed).await.map_err(slow)?
}

pub(super) fn unknown() -> ApiError {
    ApiError::not_found("there is no such channel: ask for one at /v4/a")
}

impl From<Full> for ApiError {
    fn from(full: Full) -> Self {
        match full {
            Full::User => Self::too_many(Duration::from_secs(30)),
            Full::Service => Self::unavailable("the service is full: try again later"),
            Full::Stopping => Self::unavailable("the service is stopping: try again later"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_gives_what_it_was_given() {
        let (channel, secret) = (Key::new(), Key::new());
        let found = given(&format!("cor_id=1&sr={channel}&issuer=x&sig={secret}&v=v4")).unwrap();
        assert!(found.channel == channel && found.secret == secret);
        for bad in [
            String::new(),
            format!("sr={channel}"),
            format!("sr={channel}&sig=x"),
            format!("xsr={channel}&sig={secret}"),
        ] {
            assert!(given(&bad).is_none(), "{bad}");
        }
    }
}
