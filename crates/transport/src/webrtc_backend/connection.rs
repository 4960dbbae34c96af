//! One connection of the library behind our own trait.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rtc::peer_connection::transport::RTCIceCandidateInit;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionEventHandler, RTCIceConnectionState, RTCIceGatheringState,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription, StatsSelector,
};

use super::tap::Tapped;
use crate::audio::overhead;
use crate::config::AudioParameters;
use crate::connection::{Connection, ConnectionEvent, Details, Events};
use crate::wire::Wire;
use crate::{TransportError, sdp};

/// No call into the library may hold the session up for longer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn library(error: impl std::fmt::Display) -> TransportError {
    TransportError::Library(error.to_string())
}

/// Carries the library's callbacks to the session's task. It runs on the driver and never waits.
pub(super) struct Handler(Events);

impl Handler {
    pub(super) fn new(events: Events) -> Self {
        Self(events)
    }
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            self.0.send(ConnectionEvent::Candidate(candidate.candidate));
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.send(ConnectionEvent::Gathered);
        }
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        if state == RTCIceConnectionState::Connected {
            self.0.send(ConnectionEvent::Progress);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => self.0.send(ConnectionEvent::Up),
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                self.0.send(ConnectionEvent::Died);
            }
            _ => {}
        }
    }
}

pub(super) struct WebrtcConnection {
    peer: Arc<dyn PeerConnection>,
    wire: Arc<Wire>,
    tapped: Arc<Tapped>,
    advertise: Option<SocketAddr>,
    audio: AudioParameters,
}

impl WebrtcConnection {
    pub(super) fn new(
        peer: Arc<dyn PeerConnection>,
        wire: Arc<Wire>,
        tapped: Arc<Tapped>,
        advertise: Option<SocketAddr>,
        audio: AudioParameters,
    ) -> Self {
        Self { peer, wire, tapped, advertise, audio }
    }

    /// Before the library has taken it, so that the first packet finds it known.
    fn agree(&self, remote: &str) {
        let agreed = sdp::negotiated(remote, &self.audio);
        self.tapped.types.store(agreed.types().pack(), Ordering::Relaxed);
        *self.tapped.agreed.lock().unwrap_or_else(PoisonError::into_inner) = agreed;
    }

    pub(super) fn peer(&self) -> &dyn PeerConnection {
        &*self.peer
    }
}

/// Runs library code that handles a peer's bytes: neither a panic in it nor its hanging may end the session.
async fn guarded<T: Send + 'static>(
    work: impl Future<Output = Result<T, TransportError>> + Send + 'static,
) -> Result<T, TransportError> {
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(PATIENCE, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(library("it gave up on what it was given")),
        Err(_) => {
            task.abort();
            Err(library("it does not answer"))
        }
    }
}

/// An error about something of the peer's.
fn refused(error: impl std::fmt::Display) -> TransportError {
    TransportError::BadDescription(error.to_string())
}

#[async_trait]
impl Connection for WebrtcConnection {
    async fn offer(&self) -> Result<(), TransportError> {
        let peer = Arc::clone(&self.peer);
        guarded(async move {
            let offer = peer.create_offer(None).await.map_err(library)?;
            peer.set_local_description(offer).await.map_err(library)
        })
        .await
    }

    async fn answer(&self, offer: &str) -> Result<(), TransportError> {
        let peer = Arc::clone(&self.peer);
        self.agree(offer);
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(refused)?;
        guarded(async move {
            peer.set_remote_description(offer).await.map_err(refused)?;
            let answer = peer.create_answer(None).await.map_err(refused)?;
            peer.set_local_description(answer).await.map_err(refused)
        })
        .await
    }

    async fn accept(&self, answer: &str) -> Result<(), TransportError> {
        let peer = Arc::clone(&self.peer);
        self.agree(answer);
        let answer = RTCSessionDescription::answer(answer.to_owned()).map_err(refused)?;
        guarded(async move { peer.set_remote_description(answer).await.map_err(refused) }).await
    }

    async fn add_candidate(&self, candidate: &str) -> Result<(), TransportError> {
        let peer = Arc::clone(&self.peer);
        let candidate =
            RTCIceCandidateInit { candidate: candidate.to_owned(), ..RTCIceCandidateInit::default() };
        guarded(async move {
            let added = peer.add_ice_candidate(candidate).await;
            added.map_err(|error| TransportError::BadCandidate(error.to_string()))
        })
        .await
    }

    async fn local_description(&self) -> Option<String> {
        let description = self.peer.local_description().await?;
        Some(sdp::describe(&sdp::finish_local(&description.sdp, self.advertise), &self.audio))
    }

    fn candidate(&self, found: &str) -> Option<String> {
        sdp::local_candidate(found, self.advertise)
    }

    fn set_active(&self, active: bool) {
        self.wire.set_active(active);
    }

    fn heard(&self) -> u64 {
        self.wire.heard()
    }

    fn confirmed(&self) -> bool {
        self.tapped.confirmed.load(Ordering::Relaxed)
    }

    fn progress(&self) -> u64 {
        self.wire.progress()
    }

    fn round_trip(&self) -> Option<Duration> {
        self.wire.round_trip()
    }

    async fn details(&self) -> Details {
        let report = self.peer.get_stats(Instant::now(), StatsSelector::None).await;
        let transport = report.transport();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let srtp_profile = transport.and_then(|transport| text(&transport.srtp_cipher));
        let mut audio = *self.tapped.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        let extensions = self.tapped.extension_bytes.load(Ordering::Relaxed);
        audio.overhead_bytes_per_packet =
            overhead(self.wire.local_address(), extensions, srtp_profile.as_deref());
        self.tapped.overhead_bytes.store(audio.overhead_bytes_per_packet, Ordering::Relaxed);
        Details {
            ssrc: self.tapped.ssrc.load(Ordering::Relaxed),
            audio,
            candidate_pair: self.wire.path(),
            dtls_cipher: transport.and_then(|transport| text(&transport.dtls_cipher)),
            srtp_profile,
        }
    }

    async fn close(&self) {
        self.wire.settle();
        self.wire.set_active(false);
        let peer = Arc::clone(&self.peer);
        let closed = guarded(async move { peer.close().await.map_err(library) }).await;
        if let Err(error) = closed {
            tracing::warn!(%error, "a connection did not close properly");
        }
        if self.wire.discarded() > 0 {
            tracing::info!(datagrams = self.wire.discarded(), "datagrams of strangers were discarded");
        }
    }
}
