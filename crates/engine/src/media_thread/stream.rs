//! One call's audio on the media thread: what it sends, what it hears, and its figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use liaison_media::{
    AudioLevel, AudioReceiver, AudioSender, Channels, DtmfSender, DtmfTones, NetworkReport, PullKind,
    ReceiverStats, RtpPacket, SenderStats, VoiceActivity,
};
use liaison_transport::RtpOut;

use super::health::ThreadFigures;
use super::levels::{SILENCE_DBOV, StreamLevels};
use crate::recording::Recorder;

/// How often figures are published.
const PUBLISH_EVERY: Duration = Duration::from_millis(500);

/// Names a stream between the control task and the media thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamId(pub(crate) u64);

pub(crate) enum Change {
    Muted(bool),
    /// What the network loses of what is sent.
    Network(NetworkReport),
    /// What may be sent, in bits of IP packets a second.
    WireBudget(u32),
    /// Sound in one packet, in µs.
    PacketTime(u32),
    /// Nothing is sent and nothing is played.
    Held(bool),
    /// The peer takes keys, as packets of this type.
    TakesDtmf(Box<DtmfSender>, u8),
    /// Keys to be sent after those that wait.
    Dtmf(DtmfTones),
    Record(Option<Box<Recorder>>, Option<Sender<Box<Recorder>>>),
}

/// What the media thread knows of a stream. Copied out through a queue, never locked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamFigures {
    pub(crate) sender: SenderStats,
    pub(crate) receiver: ReceiverStats,
    pub(crate) sent_level_dbov: u8,
    pub(crate) received_level_dbov: u8,
    pub(crate) thread: ThreadFigures,
    pub(crate) first_decoded: Option<Instant>,
    pub(crate) first_captured: Option<Instant>,
    /// When the first sample was, or will be, heard.
    pub(crate) first_played: Option<Instant>,
    /// The same of the recording's first sample.
    pub(crate) first_recorded: Option<Instant>,
    /// RTP timestamp of a sample, and when it was, or will be, heard.
    pub(crate) playout_mark: Option<(u32, Instant)>,
}

pub(crate) struct Stream {
    id: StreamId,
    sender: AudioSender,
    receiver: AudioReceiver,
    out: RtpOut,
    /// Sends keys, and the payload type they have; `None` when the peer takes none.
    voice: VoiceActivity,
    /// What the peer's newest packet said of its sound; `None`: the peer does not say, and it is found out here.
    told: Option<AudioLevel>,
    speaking: bool,
    levels: Arc<StreamLevels>,
    dtmf: Option<(Box<DtmfSender>, u8)>,
    incoming: Receiver<(Instant, RtpPacket)>,
    figures: Sender<StreamFigures>,
    next_publish: Instant,
    held: bool,
    recorder: Option<Box<Recorder>>,
    thread: ThreadFigures,
    first_decoded: Option<Instant>,
    first_captured: Option<Instant>,
    first_played: Option<Instant>,
    first_recorded: Option<Instant>,
    playout_mark: Option<(u32, Instant)>,
}

impl Stream {
    pub(crate) fn new(
        id: StreamId,
        sender: AudioSender,
        receiver: AudioReceiver,
        out: RtpOut,
        incoming: Receiver<(Instant, RtpPacket)>,
        figures: Sender<StreamFigures>,
        now: Instant,
    ) -> Self {
        Self {
            id,
            sender,
            receiver,
            out,
            dtmf: None,
            voice: VoiceActivity::new(),
            told: None,
            speaking: false,
            levels: Arc::new(StreamLevels::new()),
            incoming,
            figures,
            next_publish: now + PUBLISH_EVERY,
            held: false,
            recorder: None,
            thread: ThreadFigures::default(),
            first_decoded: None,
            first_captured: None,
            first_played: None,
            first_recorded: None,
            playout_mark: None,
        }
    }

    /// How loud the other side's voice is, in −dBov; 127 where none is heard.
    pub(crate) fn voice_dbov(&self) -> u8 {
        if !self.held && self.speaking { self.receiver.level_dbov() } else { SILENCE_DBOV }
    }

    pub(crate) fn levels(&self) -> Arc<StreamLevels> {
        Arc::clone(&self.levels)
    }

    pub(crate) fn id(&self) -> StreamId {
        self.id
    }

    pub(crate) fn take_packets(&mut self) {
        // Bounded by the queue's length: what comes meanwhile is taken at the next tick.
        for _ in 0..self.incoming.len() {
            let Ok((arrival, packet)) = self.incoming.try_recv() else { return };
            match &self.dtmf {
                // The keys were found where the packet came in; here it only has a number.
                Some((_, payload_type)) if packet.payload_type == *payload_type => {
                    self.receiver.skip(&packet)
                }
                _ => {
                    self.told = packet.audio_level;
                    self.receiver.insert(arrival, packet);
                }
            }
        }
    }

    pub(crate) fn send(&mut self, now: Instant, frame: &[f32], capture: Instant) {
        if self.held {
            return;
        }
        self.first_captured.get_or_insert(capture);
        let timestamp = self.sender.next_timestamp();
        // A frame that cannot be encoded is counted by the sender; the next one is tried anew.
        let mut packet = self.sender.push(now, frame, capture);
        while let Ok(Some(ready)) = packet {
            // Not connected or queue full: counted by the transport.
            let _ = self.out.send(ready);
            packet = self.sender.next_packet();
        }
        self.levels.sent(self.sender.level_dbov());
        if let Some((keys, payload_type)) = &mut self.dtmf
            && let Some(event) = keys.tick(timestamp)
        {
            let _ = self.out.send(RtpPacket {
                audio_level: None,
                payload_type: *payload_type,
                marker: event.marker,
                sequence: self.sender.take_sequence(),
                timestamp: event.timestamp,
                // The transport knows the negotiated one.
                ssrc: 0,
                payload: event.payload,
            });
        }
    }

    /// Channels of what is pulled.
    pub(crate) fn heard_channels(&self) -> Channels {
        self.receiver.channels()
    }

    /// Whether `out` holds something to be heard.
    pub(crate) fn pull(&mut self, now: Instant, heard_at: Instant, out: &mut [f32]) -> bool {
        let next = self.receiver.playout_timestamp();
        let kind = self.receiver.pull(now, out);
        if kind == PullKind::Decoded {
            self.first_decoded.get_or_insert(now);
            self.playout_mark = next.map(|timestamp| (timestamp, heard_at));
        }
        self.first_played.get_or_insert(heard_at);
        if self.held {
            self.levels.received(SILENCE_DBOV, false);
            return false;
        }
        let level_dbov = self.receiver.level_dbov();
        self.speaking = match self.told {
            // Not beyond what can be heard: nothing may come any more.
            Some(told) => told.voice && level_dbov < SILENCE_DBOV,
            None => self.voice.hear(out),
        };
        self.levels.received(level_dbov, self.speaking);
        if let Some(recorder) = &mut self.recorder {
            self.first_recorded.get_or_insert(heard_at);
            recorder.write(out);
        }
        true
    }

    pub(crate) fn change(&mut self, change: Change) {
        match change {
            Change::Muted(muted) => self.sender.set_muted(muted),
            Change::Network(report) => self.sender.set_network(report),
            Change::WireBudget(bps) => self.sender.set_wire_budget_bps(bps),
            Change::PacketTime(us) => self.sender.set_packet_time_us(us),
            Change::Held(held) => self.held = held,
            Change::TakesDtmf(keys, payload_type) => self.dtmf = Some((keys, payload_type)),
            Change::Dtmf(tones) => {
                if let Some((keys, _)) = &mut self.dtmf {
                    // More than can wait are dropped: over 20 s of keys are pending then.
                    keys.queue(&tones);
                }
            }
            Change::Record(recorder, done) => {
                let before = std::mem::replace(&mut self.recorder, recorder);
                if let (Some(recorder), Some(done)) = (before, done) {
                    let _ = done.try_send(recorder);
                }
            }
        }
    }

    pub(crate) fn take_recorder(&mut self) -> Option<Box<Recorder>> {
        self.recorder.take()
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        now >= self.next_publish
    }

    /// A full queue means that nobody reads: the next ones will do.
    pub(crate) fn publish(&mut self, now: Instant, thread: ThreadFigures) {
        self.thread = thread;
        self.next_publish = now + PUBLISH_EVERY;
        let _ = self.figures.try_send(self.figures());
    }

    pub(crate) fn figures(&self) -> StreamFigures {
        StreamFigures {
            sender: self.sender.stats(),
            receiver: self.receiver.stats(),
            sent_level_dbov: self.sender.level_dbov(),
            received_level_dbov: self.receiver.level_dbov(),
            thread: self.thread,
            first_decoded: self.first_decoded,
            first_captured: self.first_captured,
            first_played: self.first_played,
            first_recorded: self.first_recorded,
            playout_mark: self.playout_mark,
        }
    }
}
