//! The payload of a message: JSON text that this crate carries and does not read.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A body that could not be written or read. Says where, never what: bodies hold what people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The value has no JSON form.
    #[error("the body cannot be written as JSON; give its maps text keys")]
    Write,
    /// The text is not what the reader expects.
    #[error("the body is not understood at column {column}; answer it as unsupported")]
    Read {
        /// Where reading stopped, in bytes.
        column: usize,
    },
}

/// One JSON value, kept as the text it came as, so that it is parsed once, by its owner. A clone shares the text: what is
/// told to many is kept once.
#[derive(Clone)]
pub struct Body(Arc<RawValue>);

impl Body {
    /// Writes `value` as JSON.
    ///
    /// # Errors
    /// [`BodyError::Write`] when the value has no JSON form (a map whose keys are no texts).
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, BodyError> {
        serde_json::value::to_raw_value(value).map(|raw| Self(raw.into())).map_err(|_| BodyError::Write)
    }

    /// Takes JSON text as it is.
    ///
    /// # Errors
    /// [`BodyError::Read`] when the text is not one JSON value.
    pub fn from_json(text: String) -> Result<Self, BodyError> {
        RawValue::from_string(text).map(|raw| Self(raw.into())).map_err(|error| read(&error))
    }

    /// Reads the body as a `T`.
    ///
    /// # Errors
    /// [`BodyError::Read`] when it is something else; answer it with `Unsupported`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        serde_json::from_str(self.0.get()).map_err(|error| read(&error))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn from_raw(raw: &RawValue) -> Self {
        Self(raw.to_owned().into())
    }
}

fn read(error: &serde_json::Error) -> BodyError {
    BodyError::Read { column: error.column() }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Body {}

/// Says the length only.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.as_str().len())
    }
}
