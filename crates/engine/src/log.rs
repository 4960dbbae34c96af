//! The engine's own log lines on their way to the app's hook.

use std::fmt::Write;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};

/// How severe a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something failed that the app should know of.
    Error,
    /// Something odd that was dealt with.
    Warn,
    /// The milestones of a connection and of a call.
    Info,
    /// What an engineer of this project would want to see.
    Debug,
    /// Everything.
    Trace,
}

/// Gets one line: its level and its text, without a line end, free of tokens, message text and SDP.
pub type LogHook = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

/// What the engine's threads log to. Other crates' lines are kept out below warnings.
pub(crate) fn dispatch(level: LogLevel, hook: Option<LogHook>) -> Dispatch {
    let Some(hook) = hook else { return Dispatch::none() };
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let targets = ["engine", "link", "media", "signaling", "device", "transport", "identity"]
        .iter()
        .fold(Targets::new(), |targets, room| targets.with_target(format!("liaison_{room}"), ours));
    Dispatch::new(tracing_subscriber::registry().with(HookLayer { hook }.with_filter(targets)))
}

struct HookLayer {
    hook: LogHook,
}

impl<S: Subscriber> Layer<S> for HookLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            Level::TRACE => LogLevel::Trace,
        };
        let mut line = Line::default();
        event.record(&mut line);
        (self.hook)(level, &line.0);
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = if field.name() == "message" {
            write!(self.0, "{value:?}")
        } else {
            write!(self.0, "{}{}={value:?}", if self.0.is_empty() { "" } else { " " }, field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_hook_gets_our_lines_at_its_level_only() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        let hook: LogHook = Arc::new(move |level, text| seen.lock().unwrap().push((level, text.to_owned())));
        tracing::dispatcher::with_default(&dispatch(LogLevel::Info, Some(hook)), || {
            tracing::info!(target: "liaison_engine::x", rtt_us = 5, "connected");
            tracing::debug!(target: "liaison_engine::x", "too fine");
            tracing::error!(target: "somebody_else", "not ours");
        });
        assert_eq!(*lines.lock().unwrap(), vec![(LogLevel::Info, "connected rtt_us=5".to_owned())]);
    }
}
