//! A new socket: its hello is read and its token verified before it belongs to a session.

use super::hub::{Mail, Place};
use super::queue;
use super::session::Session;
use super::socket::{Incoming, Socket, bounded};
use crate::http::{ApiError, Service};
use crate::tokens::{AuthenticateError, Bearer};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use liaison_identity::{Scope, TokenError};
use liaison_link::{CommandId, Hello, RefusalCode, parse_hello, refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a former session may take to end.
const HANDOVER: Duration = Duration::from_secs(5);
/// A refused client waits at least so long, in milliseconds.
const RETRY_MS: u64 = 2000;

/// Who is turned away, and with which words.
type Refusal = (RefusalCode, String);

/// `GET /liaison/v1/link`
pub(crate) async fn upgrade(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &service).await else {
        return ApiError::bad_request("this path is a WebSocket: connect with wss://").into_response();
    };
    let Ok(permit) = Arc::clone(&service.hub.sockets).try_acquire_owned() else {
        return ApiError::unavailable("the service is full: try again later").into_response();
    };
    let bytes = service.limits.frame_bytes;
    bounded(upgrade, bytes).on_upgrade(async move |socket| {
        connected(service.clone(), Socket::new(socket, service.limits.frames, permit)).await;
    })
}

async fn connected(service: Arc<Service>, mut socket: Socket) {
    let deadline = service.limits.hello_timeout;
    let Ok(Incoming::Text(frame)) = tokio::time::timeout(deadline, socket.next()).await else {
        return tracing::debug!("a client said no hello");
    };
    let (hello, bearer) = match greeted(&service, &frame).await {
        Ok(greeted) => greeted,
        Err(refused) => return turn_away(&service, &mut socket, refused).await,
    };
    match service.hub.place(&bearer.principal.raw_id, &hello) {
        Place::Full(text) => turn_away(&service, &mut socket, (RefusalCode::Busy, text.to_owned())).await,
        Place::Resumed(mail) => hand_over(&service, &mail, socket, hello, bearer).await,
        Place::New { registration, mail, former } => {
            let seen = match former {
                Some(former) => superseded(&former).await,
                None => service.hub.retired(&bearer.principal.raw_id, hello.device),
            };
            let session = Session::new(&service, registration, &bearer, &hello, seen);
            tokio::spawn(Box::new(session).run());
            hand_over(&service, &mail, socket, hello, bearer).await;
        }
    }
}

async fn greeted(service: &Service, frame: &str) -> Result<(Hello, Bearer), Refusal> {
    let hello = parse_hello(frame).map_err(|error| (error.refusal_code(), error.to_string()))?;
    let bearer = judged(service, &hello.token).await?;
    Ok((hello, bearer))
}

/// Whether a token opens, or keeps open, a realtime connection.
pub(super) async fn judged(service: &Service, token: &str) -> Result<Bearer, Refusal> {
    let bearer = service.operations.tokens.authenticate(token).await.map_err(|error| {
        let code = match &error {
            AuthenticateError::Token(TokenError::Expired { .. }) => RefusalCode::ExpiredToken,
            AuthenticateError::Token(_) => RefusalCode::InvalidToken,
            AuthenticateError::Revoked => RefusalCode::RevokedToken,
            AuthenticateError::Store(_) => RefusalCode::Busy,
        };
        (code, error.to_string())
    })?;
    let scopes = &bearer.principal.scopes;
    let realtime = [Scope::Chat, Scope::ChatJoin, Scope::ChatJoinLimited, Scope::Voip, Scope::VoipJoin];
    match realtime.into_iter().any(|scope| scopes.contains(scope)) {
        true => Ok(bearer),
        false => Err((RefusalCode::MissingScope, "the token has neither the scope voip nor chat".to_owned())),
    }
}

/// Gives the socket to the session's task. Afterwards the token is judged once more: a revocation
/// either finds the session that is registered now, or is seen here.
async fn hand_over(
    service: &Service,
    mail: &queue::Sender<Mail>,
    socket: Socket,
    hello: Hello,
    bearer: Bearer,
) {
    let (account, token) = (bearer.account.clone(), hello.token.clone());
    let attach = Mail::Attach { socket: Box::new(socket), hello: Box::new(hello), bearer: Box::new(bearer) };
    if mail.try_send(attach).is_err() {
        tracing::warn!("a session does not take its client");
    }
    if let Err(AuthenticateError::Revoked) = service.operations.tokens.authenticate(&token).await {
        service.hub.close(&account);
    }
}

/// Ends the device's former session, and learns which commands it has seen.
async fn superseded(former: &queue::Sender<Mail>) -> Vec<CommandId> {
    let (answer, seen) = oneshot::channel();
    if former.try_send(Mail::Supersede(answer)).is_err() {
        return Vec::new();
    }
    let seen = tokio::time::timeout(HANDOVER, seen).await;
    seen.ok().and_then(Result::ok).unwrap_or_default()
}

async fn turn_away(service: &Service, socket: &mut Socket, (code, text): Refusal) {
    tracing::debug!(?code, "a client was turned away");
    service.metrics.turned_away(code);
    let retry = (code == RefusalCode::Busy).then_some(RETRY_MS);
    if let Some(room) = socket.room().await {
        room.send(refusal(code, &text, retry));
    }
}
