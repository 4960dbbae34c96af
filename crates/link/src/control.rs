//! What both ends say besides messages: acknowledgements, pings and answers to what is not known.

use std::collections::{BTreeMap, VecDeque};

use crate::frame::{Frame, Out};
use crate::inbox::{Arrival, Inbox};
use crate::outbox::Outbox;
use crate::{Body, CommandId, Limits, LinkError, SubmitError};

/// What a frame of the common part leads to.
#[derive(Debug)]
pub(crate) enum Happened {
    Received { sequence: u64, kind: String, id: CommandId, body: Body },
    Unsupported { id: CommandId, kind: String },
}

/// Both directions of one session, as one end sees them, and the small frames it owes.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: Limits,
    kinds: Vec<String>,
    pub outbox: Outbox,
    pub inbox: Inbox,
    nonce: u64,
    ping_due: bool,
    pong_due: Option<u64>,
    unsupported: VecDeque<String>,
    /// What the consumer was given and is not done with.
    pending: BTreeMap<u64, (CommandId, String)>,
}

impl Streams {
    pub fn new(limits: Limits, kinds: Vec<String>, received: u64) -> Self {
        Self {
            limits,
            kinds,
            outbox: Outbox::new(limits),
            inbox: Inbox::new(limits, received),
            nonce: 0,
            ping_due: false,
            pong_due: None,
            unsupported: VecDeque::new(),
            pending: BTreeMap::new(),
        }
    }

    /// A new connection of the same session.
    pub fn reconnect(&mut self) {
        self.ping_due = false;
        self.pong_due = None;
        self.unsupported.clear();
        self.inbox.reconnect();
    }

    /// A new session: nothing arrived yet, and what waits is sent again.
    pub fn restart(&mut self) {
        let remembered: Vec<_> = self.inbox.remembered().collect();
        self.inbox = Inbox::new(self.limits, 0);
        self.inbox.remember(remembered);
        self.pending.clear();
        self.outbox.restart();
        self.reconnect();
    }

    pub fn ask_ping(&mut self) {
        self.ping_due = true;
    }

    /// Acts on a frame that both ends know; any other changes nothing.
    pub fn take(
        &mut self,
        frame: Frame<'_>,
        acknowledged: &mut Vec<CommandId>,
    ) -> Result<Option<Happened>, LinkError> {
        match frame {
            Frame::Message { sequence, id, kind, body } => match self.inbox.accept(sequence, id)? {
                Arrival::New if self.kinds.iter().any(|known| *known == kind) => {
                    let kind = kind.into_owned();
                    self.pending.insert(sequence, (id, kind.clone()));
                    Ok(Some(Happened::Received { sequence, kind, id, body: Body::from_raw(body) }))
                }
                Arrival::New => {
                    self.owe_unsupported(&Out::UnsupportedMessage { id, kind: &kind });
                    self.inbox.settle(sequence);
                    Ok(None)
                }
                Arrival::Repeated | Arrival::KnownId => Ok(None),
            },
            Frame::Ack { received } => {
                self.outbox.acknowledge(received, |id| acknowledged.push(id))?;
                Ok(None)
            }
            Frame::Ping { nonce, sent, received } => {
                self.outbox.acknowledge(received, |id| acknowledged.push(id))?;
                self.inbox.expect(sent)?;
                self.pong_due = Some(nonce);
                Ok(None)
            }
            Frame::Pong { sent, received } => {
                self.outbox.acknowledge(received, |id| acknowledged.push(id))?;
                self.inbox.expect(sent)?;
                Ok(None)
            }
            Frame::UnsupportedMessage { id, kind } => Ok(Some(Happened::Unsupported { id, kind })),
            Frame::UnsupportedName => Ok(None),
            Frame::Unknown(name) => {
                self.owe_unsupported(&Out::UnsupportedFrame { frame: &name });
                Ok(None)
            }
            // Frames that make no sense at this end or at this time change nothing.
            Frame::Hello(_)
            | Frame::Welcome(_)
            | Frame::Token(_)
            | Frame::TokenAccepted
            | Frame::Refused { .. }
            | Frame::Bye => Ok(None),
        }
    }

    /// The consumer is done with all up to `sequence`.
    pub fn acknowledge(&mut self, sequence: u64) -> Result<(), SubmitError> {
        self.inbox.acknowledge(sequence)?;
        self.pending = self.pending.split_off(&(sequence + 1));
        if self.pending.is_empty() {
            // A map keeps its first node, in every connection that falls silent.
            self.pending = BTreeMap::new();
        }
        Ok(())
    }

    /// The consumer does not know what this message says.
    pub fn unsupported(&mut self, sequence: u64) -> Result<(), SubmitError> {
        if sequence > self.inbox.received() {
            return Err(SubmitError::NotReceived(sequence));
        }
        if let Some((id, kind)) = self.pending.remove(&sequence) {
            self.owe_unsupported(&Out::UnsupportedMessage { id, kind: &kind });
            self.inbox.settle(sequence);
        }
        Ok(())
    }

    fn owe_unsupported(&mut self, frame: &Out<'_>) {
        // Beyond the limit the peer is flooding; it hears of the first ones.
        if self.unsupported.len() < self.limits.unacknowledged {
            self.unsupported.push_back(frame.text());
        }
    }

    /// The next frame to transmit: the small ones first, so that a long queue delays no answer.
    pub fn next(&mut self) -> Option<String> {
        if let Some(frame) = self.unsupported.pop_front() {
            return Some(frame);
        }
        let (sent, received) = (self.outbox.transmitted(), self.inbox.acknowledged());
        if let Some(nonce) = self.pong_due.take() {
            self.inbox.take_ack();
            return Some(Out::Pong { nonce, sent, received }.text());
        }
        if std::mem::take(&mut self.ping_due) {
            self.nonce += 1;
            self.inbox.take_ack();
            return Some(Out::Ping { nonce: self.nonce, sent, received }.text());
        }
        if let Some(received) = self.inbox.take_ack() {
            return Some(Out::Ack { received }.text());
        }
        self.outbox.next()
    }
}
