//! The one event that C is looking at.

use crate::backend::{Event, view};
use crate::event::liaison_event;

/// Keeps the event that was handed out last, so that its texts live until the next one is asked for.
#[derive(Default)]
pub(crate) struct Consumer {
    /// The struct C sees, allocated once; its texts point into `event` and `text`.
    view: Option<Box<liaison_event>>,
    event: Option<Event>,
    /// A text of the event that the engine has not stored itself.
    text: String,
}

// SAFETY: the pointers inside `view` point into `event` and `text`, which move with it and whose texts are on the heap,
// or are static.
unsafe impl Send for Consumer {}

impl Consumer {
    /// Shows an event instead of the last one; NULL when C has no words for it.
    pub(crate) fn show(&mut self, event: Event) -> *const liaison_event {
        self.text.clear();
        let event = self.event.insert(event);
        let Some(shown) = view(event, &mut self.text) else { return std::ptr::null() };
        let slot = self.view.get_or_insert_with(|| Box::new(shown));
        **slot = shown;
        std::ptr::from_ref(&**slot)
    }

    /// Forgets the last event.
    pub(crate) fn clear(&mut self) {
        self.event = None;
        self.text.clear();
    }
}
