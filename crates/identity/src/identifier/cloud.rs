//! The clouds a directory account can live in.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where an organisation's account lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
    /// The United States Department of Defense cloud.
    Dod,
    /// The United States Government Community Cloud High.
    Gcch,
}

impl Cloud {
    /// The name on the wire: `public`, `dod` or `gcch`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Dod => "dod",
            Self::Gcch => "gcch",
        }
    }

    /// The cloud of that name, in any case: the Python SDK sends `PUBLIC`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Public, Self::Dod, Self::Gcch]
            .into_iter()
            .find(|cloud| cloud.as_str().eq_ignore_ascii_case(name))
    }
}

impl Serialize for Cloud {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Cloud {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom("the cloud must be `public`, `dod` or `gcch`"))
    }
}
