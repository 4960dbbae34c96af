//! Chat on the realtime connection: its frames go to the task, and what the task says goes out.

use std::time::Instant;

use liaison_chat::link::{ChatFrame, ChatRequest};
use liaison_link::{Body, CommandId};

use super::run::Control;
use crate::chat::LinkNews;

impl Control {
    pub(super) fn chat_news(&self, news: LinkNews) {
        // The task ends with the engine only.
        let _ = self.chat.send(news);
    }

    /// Acknowledged at once: what is lost after that is found when the threads' heads are compared.
    pub(super) fn chat_frame(&mut self, now: Instant, sequence: u64, body: &str) {
        match serde_json::from_str::<ChatFrame>(body) {
            Ok(frame) => {
                self.chat_news(LinkNews::Frame(Box::new(frame)));
                self.wire.acknowledge(now, sequence);
            }
            Err(_) => self.wire.unsupported(now, sequence),
        }
    }

    pub(super) fn say_chat(&mut self, now: Instant, request: ChatRequest) {
        let mut bits = [0; 16];
        let said = getrandom::fill(&mut bits).map_err(|error| error.to_string()).and_then(|()| {
            let body = Body::new(&request).map_err(|error| error.to_string())?;
            let id = CommandId(u128::from_le_bytes(bits));
            self.wire.submit_chat(now, id, body).map_err(|error| error.to_string())
        });
        if let Err(error) = said {
            tracing::warn!(%error, "chat was not asked for");
        }
    }
}
