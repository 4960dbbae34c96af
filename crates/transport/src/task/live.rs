//! A connection with what the task remembers of it.

use std::sync::Arc;
use std::time::Instant;

use crate::DescriptionKind;
use crate::connection::Connection;

pub(crate) struct Live {
    pub(crate) id: u64,
    pub(crate) connection: Arc<dyn Connection>,
    pub(crate) revision: u32,
    pub(crate) kind: DescriptionKind,
    /// Our description was given to the owner.
    pub(crate) published: bool,
    /// It is given at this time at the latest, with the candidates found until then.
    pub(crate) publish_by: Instant,
    progress: u64,
    heard: u64,
}

impl Live {
    pub(crate) fn new(id: u64, connection: Arc<dyn Connection>, publish_by: Instant) -> Self {
        Self {
            id,
            connection,
            revision: 0,
            kind: DescriptionKind::Offer,
            published: false,
            publish_by,
            progress: 0,
            heard: 0,
        }
    }

    pub(crate) fn gathers(&self) -> bool {
        !self.published
    }

    /// The setup got on since the last question.
    pub(crate) fn got_on(&mut self) -> bool {
        let progress = self.connection.progress();
        std::mem::replace(&mut self.progress, progress) != progress
    }

    /// Packets heard since the last question.
    pub(crate) fn newly_heard(&mut self) -> u64 {
        let heard = self.connection.heard();
        heard - std::mem::replace(&mut self.heard, heard)
    }
}
