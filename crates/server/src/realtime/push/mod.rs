//! The realtime push that unmodified `@azure/communication-chat` clients expect.
//!
//! ```text
//! GET  /chat/config/realTimeNotifications    where to ask
//! POST /v4/a                  X-Skypetoken   a channel: its URL, and what opens it
//! GET  /socket.io/1/          what opens it  a socket's name, good once
//! WS   /socket.io/1/websocket/<name>         socket.io 0.9: trouter.connected, pings, notifications
//! POST /registrar/v3/registrations           from now on notifications are told
//! ```
//! A channel is a task with a user, at most one socket, and the user's events. It outlives its socket for a
//! while: a client that comes back is told what it missed. A notification that is not answered is told once more;
//! when it is not answered then, or when too many waited, the client hears `trouter.message_loss` and reads anew.

mod channels;
mod connect;
mod frame;
mod id;
mod limits;
mod registrar;
mod request;
mod session;
mod token;
mod window;

pub(crate) use channels::Channels;
pub use limits::PushLimits;

use crate::http::Service;
use axum::Router;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// The paths of the push.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/chat/config/realTimeNotifications", get(connect::config))
        .route("/v4/a", post(connect::allocate))
        .route("/socket.io/1/", get(connect::handshake))
        .route("/socket.io/1/websocket/{name}", get(connect::upgrade))
        .route("/registrar/v3/registrations", post(registrar::register))
        .route("/registrar/v3/registrations/{name}", delete(registrar::unregister))
}
