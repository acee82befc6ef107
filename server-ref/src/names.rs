//! Names that become parts of storage keys: topics, tenants and users.
//!
//! None of them can hold `{`, `}`, a glob character, a control character or a blank, and neither a
//! tenant nor a user can hold `:`, which separates the parts of a storage key. So no name that a
//! client chooses can reach beyond its own tenant.

use std::fmt;
use std::sync::Arc;

/// The longest topic, tenant or user name, in bytes.
pub const MAX_NAME_LENGTH: usize = 128;

/// Beginnings of topic names that belong to the server, as the name `user` does.
///
/// Nobody publishes to such a topic by its name: the server itself writes to it.
pub const RESERVED_BEGINNINGS: [&str; 4] = ["user:", "open:", "presence:", "rt:"];

/// Why a text is not a topic, tenant or user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// The text is longer than [`MAX_NAME_LENGTH`] bytes; carries its length.
    TooLong(usize),
    /// The text holds a character outside of the allowed set; carries its position in bytes.
    BadCharacter(usize),
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "the name is empty; give 1 to {MAX_NAME_LENGTH} characters"),
            Self::TooLong(length) => {
                write!(formatter, "the name has {length} bytes; shorten it to at most {MAX_NAME_LENGTH}")
            }
            Self::BadCharacter(position) => write!(
                formatter,
                "the character at byte {position} is not allowed in this name; use letters, digits \
                 and the punctuation listed in the documentation"
            ),
        }
    }
}

impl std::error::Error for NameError {}

macro_rules! name {
    ($(#[$documentation:meta])* $name:ident, $punctuation:literal) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and takes it as a name.
            ///
            /// # Errors
            /// - [`NameError::Empty`]: `text` is empty.
            /// - [`NameError::TooLong`]: `text` is longer than [`MAX_NAME_LENGTH`] bytes.
            /// - [`NameError::BadCharacter`]: `text` holds a character outside of the set.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, $punctuation)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as shared text, without a copy.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A topic's name: letters, digits, `_`, `.`, `:` and `-`; 1 to 128 characters.
    TopicName,
    b"_.:-"
);
name!(
    /// A tenant's name, from a verified token or an API key's request: letters, digits, `_`, `.`
    /// and `-`; 1 to 128 characters.
    TenantId,
    b"_.-"
);
name!(
    /// A user's name inside a tenant, the `sub` of a verified token: letters, digits, `_`, `.`,
    /// `-`, `@`, `+` and `|`; 1 to 128 characters.
    UserId,
    b"_.-@+|"
);

impl TopicName {
    /// Whether the topic belongs to the server, so that nobody may publish there.
    pub fn is_reserved(&self) -> bool {
        &*self.0 == "user" || RESERVED_BEGINNINGS.iter().any(|beginning| self.0.starts_with(beginning))
    }
}

fn check(text: &str, punctuation: &[u8]) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_LENGTH {
        return Err(NameError::TooLong(text.len()));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || punctuation.contains(&byte);
    match text.bytes().position(|byte| !allowed(byte)) {
        Some(position) => Err(NameError::BadCharacter(position)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn topics_take_their_whole_set_and_nothing_else() {
        assert!(TopicName::parse("incidents.site-7:north_EAST").is_ok());
        assert_eq!(TopicName::parse(""), Err(NameError::Empty));
        assert_eq!(TopicName::parse(&"a".repeat(129)), Err(NameError::TooLong(129)));
        assert!(TopicName::parse(&"a".repeat(128)).is_ok());
        for bad in ["a b", "a*", "a/b", "{a}", "ä", "a\n", "a|b", "a@b"] {
            assert!(matches!(TopicName::parse(bad), Err(NameError::BadCharacter(_))), "{bad:?} was taken");
        }
    }

    #[test]
    fn tenants_and_users_cannot_hold_the_key_separator() {
        assert_eq!(TenantId::parse("a:b"), Err(NameError::BadCharacter(1)));
        assert_eq!(UserId::parse("a:b"), Err(NameError::BadCharacter(1)));
        assert!(UserId::parse("auth0|ana+test@example.org").is_ok());
        assert!(TenantId::parse("acme@x").is_err());
    }

    #[test]
    fn the_servers_own_beginnings_are_reserved() {
        for name in ["user", "user:bob", "open:x", "presence:x", "rt:drain"] {
            assert!(TopicName::parse(name).unwrap().is_reserved(), "{name}");
        }
        for name in ["users", "user.bob", "open", "presence", "rt", "opening:x", "kpis"] {
            assert!(!TopicName::parse(name).unwrap().is_reserved(), "{name}");
        }
    }
}
