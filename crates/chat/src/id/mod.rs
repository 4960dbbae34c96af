//! Names of threads, messages, files and events.

mod attachment;
mod client;
mod message;
mod sequence;
mod thread;

pub use attachment::AttachmentId;
pub use client::ClientMessageId;
pub use message::MessageId;
pub use sequence::EventSequence;
pub use thread::ThreadId;

/// A text that is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a thread.
    #[error("a thread is named `19:<letters, digits, _ and ->@thread.v2`")]
    Thread,
    /// Not a message.
    #[error("a message is named by a decimal number of milliseconds, such as 1600000000000")]
    Message,
    /// Not a file.
    #[error("a file is named by 32 hexadecimal digits in lower case")]
    Attachment,
    /// Not a client's name of a message.
    #[error("a client's name of a message is 1 to 64 letters, digits, `-`, `_`, `.` or `:`")]
    Client,
}

/// Writes a name as text and reads it by `FromStr`.
macro_rules! as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use as_text;
