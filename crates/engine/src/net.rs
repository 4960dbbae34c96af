//! The way to the service: TCP (or an HTTP proxy's tunnel), TLS, WebSocket or HTTP/1.1.

mod connect;
mod endpoint;
mod http;
mod proxy;
mod socket;
mod tls;

pub(crate) use endpoint::Endpoint;
pub(crate) use http::{Effort, Http, HttpAnswer, HttpError, HttpRequest};
pub(crate) use proxy::Proxy;
pub(crate) use socket::{Route, SocketEvent, SocketEventKind, SocketHandle, open};
pub(crate) use tls::client_config;
