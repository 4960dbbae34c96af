//! What happens in a call or a chat, as a line for people and as JSON for programs.

use liaison_engine::CallStatistics;
use serde::Serialize;
use std::fmt;

/// One thing that happened. The JSON form is `{"event":"ringing","call":1,…}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Moment {
    /// The connection to the service changed: `connecting`, `connected` or `disconnected`.
    Connection { state: &'static str, text: String },
    /// The service took the token. The raw id is the token's; empty for an opaque one.
    SignedIn { raw_id: String },
    /// `answer` is ready for a call.
    Waiting,
    /// Somebody calls.
    Incoming { call: u64, caller: String, display_name: String },
    /// Declined, since a call is on.
    Declined { call: u64, caller: String },
    /// Answered.
    Accepted { call: u64 },
    /// Somebody is called.
    Calling { call: u64, to: String },
    /// The call's state, by its ACS name in small letters: `connecting`, `ringing`, `connected`, …
    State { call: u64, state: &'static str },
    /// The sound connection: `connected`, `interrupted` or `restored`.
    Media { call: u64, state: &'static str },
    /// The first sound of the other side was played, so long after the call began.
    FirstAudio { call: u64, after_ms: f64 },
    /// The other side muted or unmuted itself.
    RemoteMuted { call: u64, muted: bool },
    /// The other side will record. Shown, then acknowledged.
    RecordingNotice { call: u64, by: String },
    /// The recording's state: `announced`, `active`, `refused` or `ended`.
    Recording { call: u64, state: &'static str, by: String },
    /// The recording did not come about.
    NotRecorded { call: u64, text: String },
    /// A microphone or speaker (`capture`, `playout`) failed or came back.
    Device { side: &'static str, text: String },
    /// The token expires soon.
    TokenExpiring { remaining_s: u64 },
    /// A new token was found in the token file and taken.
    TokenRenewed,
    /// A command was not carried out.
    Problem { text: String },
    /// Figures, once a second; in JSON only.
    Statistics { call: u64, packets_sent: u64, packets_received: u64, packets_lost: i64, concealed_pct: f64 },
    /// `chat` joins the first chat in which something happens.
    ChatWaiting,
    /// A chat, created or joined; what is not known is empty.
    ChatThread { thread: String, topic: String, by: String },
    /// A message was `said`, `edited` or `deleted`, or `was` there before.
    Message {
        what: &'static str,
        message: u64,
        kind: &'static str,
        by: String,
        name: String,
        content: String,
    },
    /// The service has an own message, under this name.
    Sent { message: u64 },
    /// Somebody writes.
    Typing { by: String, name: String },
    /// Somebody has read up to this message.
    Read { by: String, message: u64 },
    /// What the chat is about was changed.
    Topic { topic: String, by: String },
    /// Somebody was added.
    Added { who: Vec<String>, by: String },
    /// Somebody was removed, or left.
    Removed { who: Vec<String>, by: String },
    /// Who is in the chat.
    People { who: Vec<String> },
    /// The chat is gone with its history; `by` is empty when its time was over.
    ChatDeleted { by: String },
    /// The call is over.
    Ended { call: u64, code: u16, sub_code: u32, text: String },
}

impl Moment {
    /// Figures in short.
    pub fn statistics(call: u64, figures: &CallStatistics) -> Self {
        Self::Statistics {
            call,
            packets_sent: figures.packets_sent,
            packets_received: figures.packets_received,
            packets_lost: figures.packets_lost,
            concealed_pct: figures.concealed_pct(),
        }
    }

    /// Whether people want to see it.
    pub fn is_for_people(&self) -> bool {
        !matches!(self, Self::Statistics { .. })
    }
}

/// `: text`, or nothing.
fn because(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn named(raw_id: &str, name: &str) -> String {
    if name.is_empty() { raw_id.to_owned() } else { format!("{} ({raw_id})", printable(name)) }
}

/// What the other side named itself must not move the terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { state, text } => write!(f, "service {state}{}", because(&printable(text))),
            Self::SignedIn { raw_id } if raw_id.is_empty() => f.write_str("signed in"),
            Self::SignedIn { raw_id } => write!(f, "signed in as {raw_id}"),
            Self::Waiting => f.write_str("waiting for calls"),
            Self::Incoming { caller, display_name, .. } => {
                write!(f, "incoming call from {}", named(caller, display_name))
            }
            Self::Declined { caller, .. } => write!(f, "declined {caller}: a call is on"),
            Self::Accepted { .. } => f.write_str("answered"),
            Self::Calling { to, .. } => write!(f, "calling {to}"),
            Self::State { state, .. } => f.write_str(state),
            Self::Media { state, .. } => write!(f, "sound {state}"),
            Self::FirstAudio { after_ms, .. } => {
                write!(f, "first sound heard ({after_ms:.0} ms into the call)")
            }
            Self::RemoteMuted { muted: true, .. } => f.write_str("the other side muted itself"),
            Self::RemoteMuted { muted: false, .. } => f.write_str("the other side can be heard again"),
            Self::RecordingNotice { by, .. } => write!(f, "NOTICE: {by} will record this call"),
            Self::Recording { state, by, .. } => write!(f, "recording {state} (by {by})"),
            Self::NotRecorded { text, .. } => write!(f, "nothing is recorded: {text}"),
            Self::Device { side, text } => write!(f, "{side} device: {text}"),
            Self::TokenExpiring { remaining_s: 0 } => {
                f.write_str("the token has expired: write a new one to the token file")
            }
            Self::TokenExpiring { remaining_s } => {
                write!(f, "the token expires in {remaining_s} s: write a new one to the token file")
            }
            Self::TokenRenewed => f.write_str("a new token was taken from the token file"),
            Self::Problem { text } => write!(f, "not done: {text}"),
            Self::Statistics { packets_received, packets_lost, concealed_pct, .. } => {
                write!(f, "{packets_received} packets, {packets_lost} lost, {concealed_pct:.2} % concealed")
            }
            Self::ChatWaiting => f.write_str("waiting for a chat"),
            Self::ChatThread { thread, topic, .. } => {
                write!(f, "in the chat {thread}{}", because(&printable(topic)))
            }
            Self::Message { what, message, by, name, content, .. } => {
                write!(f, "{message} {} {what}{}", named(by, name), because(&printable(content)))
            }
            Self::Sent { message } => write!(f, "{message} sent"),
            Self::Typing { by, name } => write!(f, "{} is writing", named(by, name)),
            Self::Read { by, message } => write!(f, "{by} has read up to {message}"),
            Self::Topic { topic, by } => write!(f, "{by} set the topic: {}", printable(topic)),
            Self::Added { who, by } => write!(f, "{by} added {}", who.join(", ")),
            Self::Removed { who, by } => write!(f, "{by} removed {}", who.join(", ")),
            Self::People { who } => write!(f, "in the chat are {}", who.join(", ")),
            Self::ChatDeleted { by } if by.is_empty() => {
                f.write_str("the chat was deleted: its time was over")
            }
            Self::ChatDeleted { by } => write!(f, "{by} deleted the chat"),
            Self::Ended { code, sub_code, text, .. } => write!(f, "ended {code}/{sub_code}: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let moment = Moment::RecordingNotice { call: 1, by: "8:orgid:a".to_owned() };
        assert_eq!(moment.to_string(), "NOTICE: 8:orgid:a will record this call");
        let json = serde_json::to_value(&moment).unwrap();
        assert_eq!(json, serde_json::json!({"event": "recording_notice", "call": 1, "by": "8:orgid:a"}));
        let moment = Moment::Ended { call: 1, code: 403, sub_code: 5223, text: "no".to_owned() };
        assert_eq!(serde_json::to_value(&moment).unwrap()["sub_code"], 5223);
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let moment = Moment::Incoming {
            call: 1,
            caller: "8:acs:a_b".to_owned(),
            display_name: "\u{1b}[2JBob\n".to_owned(),
        };
        assert_eq!(moment.to_string(), "incoming call from \u{fffd}[2JBob\u{fffd} (8:acs:a_b)");
    }
}
