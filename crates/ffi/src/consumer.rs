//! The one event that C is looking at.

use crate::backend::{ChatScratch, Event, view};
use crate::event::liaison_event;

/// Keeps the event that was handed out last, so that its texts live until the next one is asked for.
#[derive(Default)]
pub(crate) struct Consumer {
    /// The struct C sees, allocated once; its texts and lists point into `event`, `text` and `chat`.
    view: Option<Box<liaison_event>>,
    event: Option<Event>,
    /// A text of the event that the engine has not stored itself.
    text: String,
    /// What the event's lists point to.
    chat: ChatScratch,
}

// SAFETY: the pointers inside `view` point into `event`, `text` and `chat`, which move with it and whose texts and lists
// are on the heap, or are static.
unsafe impl Send for Consumer {}

impl Consumer {
    /// Shows an event instead of the last one; NULL when C has no words for it.
    pub(crate) fn show(&mut self, event: Event) -> *const liaison_event {
        self.text.clear();
        let event = self.event.insert(event);
        let Some(shown) = view(event, &mut self.text, &mut self.chat) else { return std::ptr::null() };
        let slot = self.view.get_or_insert_with(|| Box::new(shown));
        **slot = shown;
        std::ptr::from_ref(&**slot)
    }

    /// Forgets the last event.
    pub(crate) fn clear(&mut self) {
        self.event = None;
        self.text.clear();
        self.chat = ChatScratch::default();
    }
}
