//! The media of calls: transport sessions, and their streams on the media thread.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, Channels, DtmfSender,
    DtmfSenderConfig, RtpPacket,
};
use liaison_signaling::{CallId, Description, DescriptionKind, EndpointInput, MediaEvent, MediaSessionId};
use liaison_transport::{AudioParameters, IceServer, NegotiatedAudio, RtpOut, SessionConfig, SessionEvent};

use super::adaptation::{self, Adaptation, Seen};
use super::run::{Control, random};
use super::session::{Notice, SessionHandle, SessionId};
use crate::event::Event;
use crate::media_thread::{
    Change, Command, KeyType, PacketQueue, Stream, StreamFigures, StreamId, StreamLevels,
};

/// How long a stream may take to leave the media thread.
const STREAM_GOODBYE: Duration = Duration::from_millis(500);
/// Silence on the wire after which the transport speaks up, at the latest and at the earliest.
const TRANSPORT_SILENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

pub(super) struct MediaEntry {
    pub(super) call: CallId,
    session: MediaSessionId,
    pub(super) handle: SessionHandle,
    ssrc: u32,
    packets: Option<Receiver<(Instant, RtpPacket)>>,
    out: Option<RtpOut>,
    /// Set once the stream runs on the media thread.
    pub(super) figures: Option<Receiver<StreamFigures>>,
    pub(super) last: Option<StreamFigures>,
    pub(super) connected_at: Option<Instant>,
    /// What the peer's keys come as.
    key_type: KeyType,
    /// Set once the stream runs on the media thread.
    pub(super) levels: Option<Arc<StreamLevels>>,
    /// The other side spoke when last looked.
    pub(super) speaking: bool,
    /// Set once both sides have agreed on the audio.
    pub(super) adaptation: Option<Adaptation>,
    closing: bool,
}

impl Control {
    pub(super) fn media_of(&mut self, call: CallId, session: MediaSessionId) -> Option<&mut MediaEntry> {
        self.sessions
            .values_mut()
            .find(|entry| entry.call == call && entry.session == session && !entry.closing)
    }

    pub(super) fn open_media(&mut self, now: Instant, call: CallId, session: MediaSessionId, offerer: bool) {
        // SSRC 0 is not a source.
        let ssrc = random().map_or(1, |bits| bits as u32 | 1);
        let (mut queue, packets) = PacketQueue::new();
        self.next_session += 1;
        let id = SessionId(self.next_session);
        let notices = self.notices.clone();
        // Full: the control task is hundreds of notices behind, and a key is the least of them.
        let key_type = queue.tell_keys(move |tone| drop(notices.try_send((id, Notice::Key(tone)))));
        let channels = self.config.channels;
        let stereo = channels == Channels::Stereo;
        let audio = AudioParameters {
            stereo,
            audio_level: self.config.audio_level_in_packets,
            ..AudioParameters::new(ssrc)
        };
        let mut config = SessionConfig::new(offerer, audio, Arc::new(queue));
        config.rate = adaptation::bounds(&self.config.audio_sending, channels.count() as u8);
        if audio.audio_level {
            // 4 bytes of 50 packets a second.
            config.rate.max_bps += 4 * 8 * 50;
        }
        config.interrupted_after = self.transport_silence();
        config.bind.clone_from(&self.config.media_bind);
        config.advertise = self.config.media_advertise;
        config.ice_servers = self
            .config
            .ice_servers
            .iter()
            .map(|server| IceServer {
                urls: vec![server.url.clone()],
                username: server.username.clone(),
                credential: server.credential.clone(),
            })
            .collect();
        let handle = SessionHandle::open(id, config, self.notices.clone());
        let entry = MediaEntry {
            call,
            session,
            handle,
            ssrc,
            packets: Some(packets),
            out: None,
            figures: None,
            last: None,
            connected_at: None,
            key_type,
            levels: None,
            speaking: false,
            adaptation: None,
            closing: false,
        };
        tracing::info!(offerer, "media session opened");
        self.sessions.insert(id, entry);
        self.devices.want();
        let _ = now;
    }

    pub(super) fn remote_description(&mut self, call: CallId, description: Description) {
        let Some(entry) = self.media_of(call, description.session) else { return };
        entry.handle.set_remote(liaison_transport::Description {
            revision: description.revision,
            kind: match description.kind {
                DescriptionKind::Offer => liaison_transport::DescriptionKind::Offer,
                DescriptionKind::Answer => liaison_transport::DescriptionKind::Answer,
            },
            sdp: description.sdp,
        });
    }

    pub(super) fn notice(&mut self, now: Instant, id: SessionId, notice: Notice) {
        let Some(entry) = self.sessions.get_mut(&id) else { return };
        let (call, session) = (entry.call, entry.session);
        match notice {
            Notice::Opened(transport, out) => {
                entry.handle.opened(transport);
                entry.out = Some(out);
            }
            Notice::Event(event) => self.session_event(now, id, call, session, event),
            Notice::Key(tone) => self.tell_app(call, |call| Event::Dtmf { call, tone: tone.as_char() }),
            Notice::Refused(error) => tracing::warn!(%error, "the peer's description was refused"),
            Notice::NotOpened(error) => {
                tracing::error!(%error, "no media session");
                self.shared.queue.push(Event::MediaProblem {
                    call: self.calls.get(&call).map_or(crate::event::CallHandle(0), |entry| entry.handle),
                    text: error.to_string(),
                });
                self.media_event(now, MediaEvent::Failed { call, session });
            }
            Notice::Closed(figures) => {
                entry.last = figures.map(|figures| *figures).or(entry.last);
                self.statistics_of(id);
                self.sessions.remove(&id);
                self.report_end(call);
            }
        }
    }

    fn media_event(&mut self, now: Instant, event: MediaEvent) {
        self.tell(now, EndpointInput::Media(event));
    }

    fn session_event(
        &mut self,
        now: Instant,
        id: SessionId,
        call: CallId,
        session: MediaSessionId,
        event: SessionEvent,
    ) {
        let event = match event {
            SessionEvent::LocalDescription(local) => {
                let kind = match local.kind {
                    liaison_transport::DescriptionKind::Offer => DescriptionKind::Offer,
                    liaison_transport::DescriptionKind::Answer => DescriptionKind::Answer,
                };
                let description = Description { session, revision: local.revision, kind, sdp: local.sdp };
                MediaEvent::LocalDescription { call, description }
            }
            SessionEvent::LocalCandidate { revision, candidate } => {
                MediaEvent::LocalCandidate { call, session, revision, candidate }
            }
            SessionEvent::Connected { audio, .. } => {
                self.start_stream(now, id, audio);
                self.take_keys(id, audio.telephone_event_payload_type);
                MediaEvent::Connected { call, session }
            }
            SessionEvent::Interrupted => {
                MediaEvent::Interrupted { call, session, silent_for: self.transport_silence() }
            }
            SessionEvent::Restored => MediaEvent::Restored { call, session },
            SessionEvent::Failed(reason) => {
                tracing::warn!(%reason, "media failed");
                MediaEvent::Failed { call, session }
            }
            _ => return,
        };
        self.media_event(now, event);
    }

    /// Puts the call's audio on the media thread. A rebuilt connection goes on with the same stream.
    fn start_stream(&mut self, now: Instant, id: SessionId, agreed: NegotiatedAudio) {
        let Some(entry) = self.sessions.get_mut(&id) else { return };
        entry.connected_at.get_or_insert(now);
        let (Some(packets), Some(out)) = (entry.packets.take(), entry.out.clone()) else { return };
        let bits = random().unwrap_or(0);
        let adaptation = Adaptation::new(&self.config.audio_sending, &agreed);
        let more = !self.config.audio_sending.in_band_redundancy_only;
        let sender = AudioSender::new(AudioSenderConfig {
            ssrc: entry.ssrc,
            payload_type: agreed.payload_type,
            packet_time_us: adaptation.packet_time_us(),
            fec: agreed.fec,
            red_payload_type: agreed.red_payload_type.filter(|_| more),
            dred: agreed.dred && more,
            channels: if agreed.channels == 2 { Channels::Stereo } else { Channels::Mono },
            music: self.config.music,
            overhead_bytes_per_packet: agreed.overhead_bytes_per_packet,
            // RFC 3550 §5.1: both begin at random, so that known plaintext does not help.
            first_sequence: (bits >> 32) as u16,
            first_timestamp: bits as u32,
            ..AudioSenderConfig::default()
        });
        let receiver = AudioReceiver::new(AudioReceiverConfig {
            payload_type: agreed.payload_type,
            red_payload_type: agreed.red_payload_type,
            channels: if agreed.receive_channels == 2 { Channels::Stereo } else { Channels::Mono },
            ..AudioReceiverConfig::default()
        });
        let (sender, receiver) = match (sender, receiver) {
            (Ok(sender), Ok(receiver)) => (sender, receiver),
            (sender, receiver) => {
                tracing::error!(sender = ?sender.err(), receiver = ?receiver.err(), "no audio stream");
                return;
            }
        };
        let (to_control, figures) = bounded(8);
        entry.figures = Some(figures);
        let budget = adaptation.wire_budget_bps();
        entry.adaptation = Some(adaptation);
        let call = entry.call;
        let mut stream = Stream::new(StreamId(id.0), sender, receiver, out, packets, to_control, now);
        entry.levels = Some(stream.levels());
        stream.change(Change::WireBudget(budget));
        if let Some(call) = self.calls.get(&call) {
            stream.change(Change::Muted(call.muted));
            stream.change(Change::Held(call.held));
        }
        self.media.send(Command::Add(Box::new(stream)));
        self.start_recorder(call);
        self.devices.start();
    }

    /// Sends keys as packets of this type from now on, and finds the peer's in them.
    fn take_keys(&mut self, id: SessionId, payload_type: Option<u8>) {
        let Some(entry) = self.sessions.get_mut(&id) else { return };
        let known = entry.key_type.get();
        // The types of a session's first connection stay those of the ones after it.
        if let (None, Some(payload_type)) = (known, payload_type) {
            entry.key_type.set(Some(payload_type));
            let keys = Box::new(DtmfSender::new(DtmfSenderConfig::default()));
            let change = Change::TakesDtmf(keys, payload_type);
            self.media.send(Command::Change { stream: StreamId(id.0), change });
        }
    }

    /// Whether the call's other side takes keys.
    pub(super) fn takes_keys(&self, call: CallId) -> bool {
        let running = |entry: &&MediaEntry| entry.call == call && entry.figures.is_some() && !entry.closing;
        self.sessions.values().filter(running).any(|entry| entry.key_type.get().is_some())
    }

    /// Fits what is sent to what the network was seen to carry.
    pub(super) fn adapt(&mut self, now: Instant) {
        for (id, entry) in self.sessions.iter_mut().filter(|(_, entry)| !entry.closing) {
            let Some(adaptation) = &mut entry.adaptation else { continue };
            let seen = Seen {
                estimate: entry.handle.rate(),
                remote_fraction_lost: entry.handle.stats().remote_fraction_lost,
                wake_lateness_p99: entry
                    .last
                    .map(|figures| figures.thread.wake_lateness.p99)
                    .unwrap_or_default(),
            };
            let decision = adaptation.decide(now, &seen);
            let changes = [
                decision.packet_time_us.map(Change::PacketTime),
                decision.wire_budget_bps.map(Change::WireBudget),
                decision.network.map(Change::Network),
            ];
            for change in changes.into_iter().flatten() {
                self.media.send(Command::Change { stream: StreamId(id.0), change });
            }
        }
    }

    fn transport_silence(&self) -> Duration {
        let (least, most) = TRANSPORT_SILENCE;
        self.config.reconnect_after.clamp(least, most)
    }

    pub(super) fn change_streams(&self, call: CallId, change: impl Fn() -> Change) {
        for (id, _) in self.sessions.iter().filter(|(_, entry)| entry.call == call) {
            self.media.send(Command::Change { stream: StreamId(id.0), change: change() });
        }
    }

    /// Starts the recorder on the call's stream; without one yet it starts with the stream.
    pub(super) fn start_recorder(&mut self, call: CallId) {
        // One stream a call in this version: the other person.
        let running = |entry: &&MediaEntry| entry.call == call && entry.figures.is_some() && !entry.closing;
        let Some(id) = self.sessions.iter().find(|(_, entry)| running(entry)).map(|(id, _)| *id) else {
            return;
        };
        if let Some(recorder) = self.take_recorder(call) {
            let change = Change::Record(Some(recorder), None);
            self.media.send(Command::Change { stream: StreamId(id.0), change });
        }
    }

    pub(super) fn stop_recorder(&self, call: CallId) {
        let (done, recorders) = bounded(8);
        self.change_streams(call, || Change::Record(None, Some(done.clone())));
        drop(done);
        tokio::task::spawn_blocking(move || {
            while let Ok(recorder) = recorders.recv_timeout(STREAM_GOODBYE) {
                recorder.finish();
            }
        });
    }

    /// Closes one session of a call, or all of them.
    pub(super) fn close_media(&mut self, call: CallId, session: Option<MediaSessionId>) {
        let ids: BTreeSet<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, entry)| entry.call == call && session.is_none_or(|session| entry.session == session))
            .filter(|(_, entry)| !entry.closing)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.close_session(id);
        }
    }

    fn close_session(&mut self, id: SessionId) {
        let Some(entry) = self.sessions.get_mut(&id) else { return };
        entry.closing = true;
        entry.handle.close();
        let (done, removed) = bounded(1);
        let media = self.media.clone();
        let notices = self.notices.clone();
        let running = entry.figures.is_some();
        // Waits for the media thread and for the disk, neither of which may hold up the calls.
        tokio::task::spawn_blocking(move || {
            let mut figures = None;
            if running
                && media.send(Command::Remove { stream: StreamId(id.0), done })
                && let Ok(mut stream) = removed.recv_timeout(STREAM_GOODBYE)
            {
                figures = Some(stream.figures());
                if let Some(recorder) = stream.take_recorder() {
                    recorder.finish();
                }
            }
            let _ = notices.blocking_send((id, Notice::Closed(figures.map(Box::new))));
        });
    }
}
