//! HTTP/1.1 to the service, over connections that are kept for the next request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Route;
use super::connect::{ConnectError, connect};

/// From the first SYN to the end of the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections kept while nothing is asked.
const MAX_IDLE: usize = 4;

/// How much is done for an answer.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// From the request to the last byte of its answer.
    pub(crate) time: Duration,
    /// The longest answer that is taken.
    pub(crate) bytes: usize,
}

impl Effort {
    /// The service gives up sooner, and a page of 200 messages of 28 KB each is shorter.
    pub(crate) const USUAL: Self = Self { time: Duration::from_secs(40), bytes: 8 << 20 };
}

/// A request to the service. Its authority is the route's; a token never goes elsewhere.
pub(crate) struct HttpRequest<'a> {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: &'a str,
    pub(crate) token: &'a str,
    pub(crate) content_type: &'static str,
    /// Empty for none.
    pub(crate) body: Bytes,
    /// A header more.
    pub(crate) header: Option<(&'static str, &'a str)>,
    pub(crate) effort: Effort,
}

pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// It was never sent.
    NotConnected(ConnectError),
    /// It cannot be sent: a header or the target has characters that may not be there.
    Unsendable(String),
    /// It may have been carried out.
    Broken(String),
    /// It may have been carried out.
    TimedOut,
    /// The answer is longer than any that is expected.
    TooLong,
}

type Connection = SendRequest<Full<Bytes>>;

pub(crate) struct Http {
    route: Route,
    idle: Mutex<Vec<Connection>>,
}

impl Http {
    pub(crate) fn new(route: Route) -> Self {
        Self { route, idle: Mutex::default() }
    }

    /// A panic elsewhere leaves the list whole: every change is one push or pop.
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpError> {
        let effort = request.effort;
        let mut request = self.build(request)?;
        // A kept connection may have been closed by the other side: what was not sent on it goes on another.
        loop {
            let Some(connection) = self.take_idle() else { break };
            match self.exchange(connection, request, effort).await {
                Ok(answer) => return Ok(answer),
                Err(Failed { request: Some(back), .. }) => request = *back,
                Err(Failed { error, .. }) => return Err(error),
            }
        }
        let connection = tokio::time::timeout(CONNECT_TIMEOUT, self.open()).await;
        let connection = connection.unwrap_or_else(|_| {
            let text = format!("{}: no answer within 10 s", self.route.endpoint.authority());
            Err(ConnectError { text, untrusted: false })
        });
        let connection = connection.map_err(HttpError::NotConnected)?;
        self.exchange(connection, request, effort).await.map_err(|failed| failed.error)
    }

    fn build(&self, request: HttpRequest<'_>) -> Result<Request<Full<Bytes>>, HttpError> {
        let unsendable = |error: &dyn std::fmt::Display| HttpError::Unsendable(error.to_string());
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {}", request.token)).map_err(|error| unsendable(&error))?;
        bearer.set_sensitive(true);
        let mut builder = Request::builder()
            .method(request.method)
            .uri(request.target)
            .header(HOST, self.route.endpoint.authority())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer);
        if !request.body.is_empty() {
            builder = builder.header(CONTENT_TYPE, request.content_type);
        }
        if let Some((name, value)) = request.header {
            builder = builder.header(name, value);
        }
        builder.body(Full::new(request.body)).map_err(|error| unsendable(&error))
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        // The one used last is the least likely to have been closed.
        std::iter::from_fn(|| idle.pop()).find(|connection| !connection.is_closed())
    }

    async fn open(&self) -> Result<Connection, ConnectError> {
        let stream = connect(&self.route).await?;
        handshake(stream)
            .await
            .map_err(|error| ConnectError::new("no HTTP at", &self.route.endpoint.authority(), &error))
    }

    async fn exchange(
        &self,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
        effort: Effort,
    ) -> Result<HttpAnswer, Failed> {
        let answered = tokio::time::timeout(effort.time, ask(&mut connection, request, effort.bytes)).await;
        let answer = answered.unwrap_or_else(|_| Err(HttpError::TimedOut.into()))?;
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE && !connection.is_closed() {
            idle.push(connection);
        }
        Ok(answer)
    }
}

async fn handshake<S>(stream: S) -> hyper::Result<Connection>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends when the connection is closed by either side, or dropped here.
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "an HTTP connection ended");
        }
    });
    Ok(connection)
}

struct Failed {
    error: HttpError,
    /// It was not sent, and can be on another connection.
    request: Option<Box<Request<Full<Bytes>>>>,
}

impl From<HttpError> for Failed {
    fn from(error: HttpError) -> Self {
        Self { error, request: None }
    }
}

async fn ask(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<HttpAnswer, Failed> {
    if let Err(error) = connection.ready().await {
        return Err(Failed { error: HttpError::Broken(error.to_string()), request: Some(Box::new(request)) });
    }
    let response = connection.try_send_request(request).await.map_err(|mut failed| {
        let request = failed.take_message().map(Box::new);
        Failed { error: HttpError::Broken(failed.into_error().to_string()), request }
    })?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, most).collect().await.map_err(|error| {
        match error.downcast_ref::<LengthLimitError>() {
            Some(_) => HttpError::TooLong,
            None => HttpError::Broken(error.to_string()),
        }
    })?;
    Ok(HttpAnswer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
}

#[cfg(test)]
mod tests;
