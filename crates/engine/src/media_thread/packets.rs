//! What transport hands packets to.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use liaison_media::{DtmfReceiver, DtmfTone, RtpPacket};

/// Of no payload type.
const NONE: u8 = u8::MAX;

/// A bounded queue to the media thread. Keys are found on the way, on transport's thread.
pub(crate) struct PacketQueue {
    packets: Sender<(Instant, RtpPacket)>,
    /// Packets that came while the media thread was too far behind to take them.
    dropped: AtomicU64,
    keys: Option<Keys>,
}

struct Keys {
    payload_type: KeyType,
    receiver: Mutex<DtmfReceiver>,
    pressed: Box<dyn Fn(DtmfTone) + Send + Sync>,
}

/// The payload type of telephone events, once it is known.
#[derive(Debug, Clone)]
pub(crate) struct KeyType(Arc<AtomicU8>);

impl KeyType {
    pub(crate) fn set(&self, payload_type: Option<u8>) {
        self.0.store(payload_type.unwrap_or(NONE), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|payload_type| *payload_type != NONE)
    }
}

impl PacketQueue {
    /// 512 packets are ten seconds of one sender's audio.
    pub(crate) fn new() -> (Self, Receiver<(Instant, RtpPacket)>) {
        let (packets, receiver) = bounded(512);
        (Self { packets, dropped: AtomicU64::new(0), keys: None }, receiver)
    }

    /// Calls `pressed`, which must not wait, for each key of the other side, once the type is set.
    pub(crate) fn tell_keys(&mut self, pressed: impl Fn(DtmfTone) + Send + Sync + 'static) -> KeyType {
        let payload_type = KeyType(Arc::new(AtomicU8::new(NONE)));
        let receiver = Mutex::new(DtmfReceiver::new());
        self.keys = Some(Keys { payload_type: payload_type.clone(), receiver, pressed: Box::new(pressed) });
        payload_type
    }
}

impl liaison_transport::RtpSink for PacketQueue {
    fn on_rtp(&self, arrival: Instant, packet: RtpPacket) {
        if let Some(keys) = &self.keys
            && keys.payload_type.get() == Some(packet.payload_type)
        {
            // One thread delivers packets: the lock is never waited for.
            let mut receiver = keys.receiver.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(tone) = receiver.receive(arrival, &packet) {
                (keys.pressed)(tone);
            }
        }
        if self.packets.try_send((arrival, packet)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
