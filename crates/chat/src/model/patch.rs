//! A change in the manner of JSON merge patch (RFC 7396): absent leaves, `null` clears, a value sets.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Metadata;

/// A change of one field. As a field of a serde type it needs `default` and `skip_serializing_if = "Patch::is_keep"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It goes back to nothing.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// What becomes of each name: `None` takes it out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MetadataChanges(pub BTreeMap<String, Option<String>>);

/// Says how many only.
impl fmt::Debug for MetadataChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetadataChanges({} names)", self.0.len())
    }
}

impl From<Metadata> for MetadataChanges {
    fn from(metadata: Metadata) -> Self {
        Self(metadata.0.into_iter().map(|(name, value)| (name, Some(value))).collect())
    }
}

/// A change of metadata: names that are not mentioned stay.
pub type MetadataPatch = Patch<MetadataChanges>;

impl MetadataPatch {
    /// The metadata after the change.
    #[must_use]
    pub fn apply(&self, to: &Metadata) -> Metadata {
        let mut result = to.clone();
        match self {
            Self::Keep => {}
            Self::Clear => result.0.clear(),
            Self::Set(changes) => {
                for (name, value) in &changes.0 {
                    match value {
                        Some(value) => result.0.insert(name.clone(), value.clone()),
                        None => result.0.remove(name),
                    };
                }
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_in_our_terms() {
        let before = Metadata::from([("a", "b"), ("c", "d")]);
        let read = |text: &str| serde_json::from_str::<MetadataPatch>(text).unwrap();
        assert_eq!(read(r#"{"a":"z","c":null}"#).apply(&before), Metadata::from([("a", "z")]));
        assert_eq!(read("null").apply(&before), Metadata::default());
        assert_eq!(read("{}").apply(&before), before);
        assert_eq!(MetadataPatch::Keep.apply(&before), before);
    }
}
