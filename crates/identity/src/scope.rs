//! What a token allows its bearer to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One right in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Everything in chat.
    Chat,
    /// Chat without creating, deleting or renaming threads.
    ChatJoin,
    /// As [`ChatJoin`](Self::ChatJoin), and without adding or removing participants.
    ChatJoinLimited,
    /// Calls: place, take and join.
    Voip,
    /// Calls: join only.
    VoipJoin,
    /// Look people up in a tenant's directory (Liaison's own; never an app user's).
    DirectoryRead,
}

/// A scope of no known name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown scope {name:?}: use one of chat, chat.join, chat.join.limited, voip, voip.join, directory.read"
)]
pub struct ScopeError {
    /// What was given, cut to 64 characters.
    pub name: String,
}

impl Scope {
    /// Every scope, in the order they are written.
    pub const ALL: [Self; 6] =
        [Self::Chat, Self::ChatJoin, Self::ChatJoinLimited, Self::Voip, Self::VoipJoin, Self::DirectoryRead];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::ChatJoin => "chat.join",
            Self::ChatJoinLimited => "chat.join.limited",
            Self::Voip => "voip",
            Self::VoipJoin => "voip.join",
            Self::DirectoryRead => "directory.read",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(name: &str) -> Result<Self, ScopeError> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| ScopeError { name: name.chars().take(64).collect() })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The rights in a token. Written as `acsScope`: names joined by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads a list of names, as the identity REST API carries it.
    ///
    /// # Errors
    /// At the first name that is not a scope. An empty list is an empty set: the caller decides whether
    /// that is allowed.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        names.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Reads `acsScope`. Names unknown here give no right and are passed over, so that an older service
    /// reads a newer token.
    #[must_use]
    pub fn from_acs_scope(text: &str) -> Self {
        text.split(',').filter_map(|name| name.parse().ok()).collect()
    }

    /// `acsScope`: the names in a fixed order, joined by commas.
    #[must_use]
    pub fn to_acs_scope(&self) -> String {
        self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Whether the set holds that very scope.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether the bearer may place and take calls.
    #[must_use]
    pub fn allows_calling(&self) -> bool {
        self.contains(Scope::Voip)
    }

    /// Whether the bearer may take part in calls others have set up.
    #[must_use]
    pub fn allows_joining_calls(&self) -> bool {
        self.contains(Scope::Voip) || self.contains(Scope::VoipJoin)
    }

    /// Whether there is no right at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each scope, in the fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    /// Reads names joined by commas, every one of which has to be known: what a person types.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text.split(',').filter(|name| !name.trim().is_empty()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_acs_scope())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_survives_its_name() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(scope.as_str().to_uppercase().parse(), Ok(scope));
        }
    }

    #[test]
    fn the_text_is_in_a_fixed_order_and_free_of_repeats() {
        let scopes = Scopes::parse(["voip", "chat", "voip"]).unwrap();
        assert_eq!(scopes.to_acs_scope(), "chat,voip");
        assert_eq!(Scopes::from_acs_scope("chat,voip"), scopes);
        assert_eq!(" voip , chat ,".parse::<Scopes>().unwrap(), scopes);
        assert!(scopes.allows_calling() && scopes.contains(Scope::Chat));
    }

    #[test]
    fn a_right_is_never_guessed() {
        assert_eq!(Scopes::parse(["chats"]), Err(ScopeError { name: "chats".to_owned() }));
        assert!("voip,".parse::<Scopes>().is_ok());
        assert!("voip;chat".parse::<Scopes>().is_err());
        assert!(Scopes::from_acs_scope("voip2,super").is_empty());
        let join = Scopes::parse(["voip.join"]).unwrap();
        assert!(!join.allows_calling() && join.allows_joining_calls());
        assert!(!Scopes::parse(["chat.join.limited"]).unwrap().contains(Scope::Chat));
    }
}
