//! Signing in, renewing the token, signing out.

use std::time::{Duration, Instant};

use liaison_chat::link;
use liaison_link::{ClientOutput, RefusalCode};
use liaison_signaling::{EndpointInput, ToEndpoint};

use super::run::Control;
use crate::chat::LinkNews;
use crate::engine::Standing;
use crate::event::{ConnectionState, Event, OperationError, OperationId};
use crate::token;

/// Where the engine stands with its token.
#[derive(Default)]
pub(super) struct SignIn {
    token: Option<String>,
    /// Sign-in or renewal waiting for the service's word.
    pending: Option<OperationId>,
    /// When the app is next to be told that the token expires.
    remind_at: Option<Instant>,
    reminded: bool,
}

impl SignIn {
    fn take(&mut self, now: Instant, token: String, refresh_before: Duration) {
        let remaining = token::remaining(&token);
        // A token that lives shorter than the warning time is warned of half-way.
        let warn_in = remaining.checked_sub(refresh_before).unwrap_or(remaining / 2);
        self.remind_at = Some(now + warn_in);
        self.reminded = false;
        self.token = Some(token);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.remind_at
    }

    /// What is left of the token, when it is time to say so: once ahead, once when it has expired.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Duration> {
        if self.remind_at? > now {
            return None;
        }
        let remaining = token::remaining(self.token.as_deref()?);
        self.remind_at = (!self.reminded && !remaining.is_zero()).then(|| now + remaining);
        self.reminded = true;
        Some(remaining)
    }
}

impl Control {
    pub(super) fn begin_sign_in(&mut self, now: Instant, operation: OperationId, token: String) {
        if let Some(before) = self.sign_in.pending.replace(operation) {
            self.done(before, Err(OperationError::Cancelled));
        }
        self.connection(ConnectionState::Connecting, String::new());
        self.give_token(now, token);
    }

    pub(super) fn renew_token(&mut self, now: Instant, operation: OperationId, token: String) {
        if let Some(before) = self.sign_in.pending.replace(operation) {
            self.done(before, Err(OperationError::Cancelled));
        }
        self.give_token(now, token);
    }

    fn give_token(&mut self, now: Instant, token: String) {
        self.shared.set_standing(Standing::SignedIn);
        self.sign_in.take(now, token.clone(), self.config.token_refresh_before);
        if let Err(error) = self.wire.token(now, token) {
            self.refused(error.to_string());
        }
    }

    pub(super) fn begin_sign_out(&mut self, now: Instant, operation: OperationId) {
        if let Some(before) = self.sign_in.pending.take() {
            self.done(before, Err(OperationError::Cancelled));
        }
        self.hang_up_all(now);
        // What the calls want said goes out before the goodbye.
        while let Some(output) = self.endpoint.poll() {
            self.endpoint_output(now, output);
        }
        self.wire.close(now);
        while let Some(output) = self.wire.poll(now) {
            tracing::debug!(?output, "after signing out");
        }
        self.end_all_calls();
        self.tell(now, EndpointInput::LinkDown);
        self.wire.reset();
        self.sign_in = SignIn::default();
        // Before the app is told: it may sign in again at once.
        self.shared.token.send_replace(None);
        self.shared.set_standing(Standing::SignedOut);
        self.connection(ConnectionState::Disconnected, String::new());
        self.done(operation, Ok(()));
    }

    pub(super) fn connection(&mut self, state: ConnectionState, text: String) {
        self.shared.queue.push(Event::ConnectionState { state, text });
    }

    /// The service will not have this token: nothing is tried until another comes.
    fn refused(&mut self, text: String) {
        // Before the app is told: it may sign in again at once.
        self.shared.set_standing(Standing::Refused);
        if let Some(operation) = self.sign_in.pending.take() {
            self.done(operation, Err(OperationError::TokenRefused(text.clone())));
        }
        self.connection(ConnectionState::Disconnected, text);
    }

    /// The service has taken the token, and knows that this endpoint can be called.
    pub(super) fn signed_in(&mut self) {
        if let Some(operation) = self.sign_in.pending.take() {
            self.done(operation, Ok(()));
        }
    }

    pub(super) fn link_output(&mut self, now: Instant, output: ClientOutput) {
        match output {
            ClientOutput::Established { resumed, capabilities, .. } => {
                if capabilities.iter().any(|capability| capability == link::CAPABILITY) {
                    self.chat_news(LinkNews::Up { resumed });
                }
                tracing::info!(resumed, "connected to the service");
                self.connection(ConnectionState::Connected, String::new());
                if resumed {
                    self.signed_in();
                }
                self.tell(now, EndpointInput::LinkUp { resumed });
            }
            ClientOutput::TokenAccepted => self.signed_in(),
            ClientOutput::Lost { reason } => self.link_lost(now, reason),
            ClientOutput::Received { sequence, kind, body, .. } => {
                if kind == link::KIND {
                    return self.chat_frame(now, sequence, body.as_str());
                }
                match (kind == super::wire::CALL).then(|| ToEndpoint::parse(body.as_str())) {
                    Some(Ok(message)) => {
                        self.tell(now, EndpointInput::Wire(message));
                        self.wire.acknowledge(now, sequence);
                    }
                    _ => self.wire.unsupported(now, sequence),
                }
            }
            ClientOutput::Refused { code, text } => {
                tracing::warn!(?code, %text, "the service refused the connection");
                if code.needs_token() || code == RefusalCode::Version {
                    if matches!(code, RefusalCode::ExpiredToken | RefusalCode::RevokedToken) {
                        self.shared.queue.push(Event::TokenExpiring { remaining: Duration::ZERO });
                    }
                    self.refused(text);
                }
            }
            ClientOutput::Unsupported { kind, .. } if kind == link::KIND => {
                tracing::debug!("no events of chats: the token has no scope for them");
            }
            ClientOutput::Unsupported { kind, .. } => tracing::warn!(%kind, "the service does not know this"),
            // The endpoint synchronises on every link that was not resumed; nothing waits for acknowledgements.
            _ => {}
        }
    }

    fn link_lost(&mut self, now: Instant, reason: liaison_link::LostReason) {
        self.tell(now, EndpointInput::LinkDown);
        self.chat_news(LinkNews::Down);
        if reason != liaison_link::LostReason::Refused {
            let text = match self.wire.last_error.as_str() {
                "" => format!("{reason:?}"),
                text => text.to_owned(),
            };
            self.connection(ConnectionState::Connecting, text);
        }
    }

    /// A socket ended, or could not be opened; the link tries again by itself.
    pub(super) fn socket_failed(&mut self, text: String, untrusted: bool) {
        if !untrusted || !self.calls.is_empty() {
            self.connection(ConnectionState::Connecting, text);
            return;
        }
        // Trying again cannot help: a certificate does not become trusted by itself.
        self.wire.reset();
        let pending = self.sign_in.pending;
        self.sign_in = SignIn::default();
        self.shared.token.send_replace(None);
        self.shared.set_standing(Standing::SignedOut);
        if let Some(operation) = pending {
            self.done(operation, Err(OperationError::UntrustedCertificate(text.clone())));
        }
        self.connection(ConnectionState::Disconnected, text);
    }
}
