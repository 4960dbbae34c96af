//! Whose other side has the floor, of all streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use liaison_media::DominantSpeaker;

use super::stream::{Stream, StreamId};

/// No stream: their numbers begin at 1.
const NOBODY: u64 = 0;

/// The answer, as the control task may look at it at any time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dominant(Arc<AtomicU64>);

impl Dominant {
    pub(crate) fn get(&self) -> Option<StreamId> {
        Some(self.0.load(Relaxed)).filter(|id| *id != NOBODY).map(StreamId)
    }
}

pub(super) struct Floor {
    speakers: DominantSpeaker,
    dominant: Dominant,
}

impl Floor {
    pub(super) fn new(dominant: Dominant) -> Self {
        Self { speakers: DominantSpeaker::new(), dominant }
    }

    pub(super) fn add(&mut self, stream: StreamId) {
        self.speakers.add(stream.0);
    }

    pub(super) fn remove(&mut self, stream: StreamId) {
        self.speakers.remove(stream.0);
        self.publish();
    }

    /// 10 ms of every stream have been pulled.
    pub(super) fn hear(&mut self, streams: &[Box<Stream>]) {
        for stream in streams {
            self.speakers.hear(stream.id().0, stream.voice_dbov());
        }
        self.speakers.tick();
        self.publish();
    }

    fn publish(&self) {
        self.dominant.0.store(self.speakers.dominant().unwrap_or(NOBODY), Relaxed);
    }
}
