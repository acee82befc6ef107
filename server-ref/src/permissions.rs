//! What a verified principal may subscribe and publish to, and the language of topic patterns.

use std::fmt;

use serde::Deserialize;

use crate::names::{MAX_NAME_LENGTH, TopicName};

/// The most patterns that one list of permissions can hold.
pub const MAX_PATTERNS: usize = 256;

/// A pattern over topic names.
///
/// | pattern | matches |
/// |---|---|
/// | `incidents` | that topic alone |
/// | `site.*` | each topic that begins with `site.` |
/// | `*.progress` | each topic that ends with `.progress` |
/// | `ward.*.vitals` | both of these |
/// | `*` | each topic |
///
/// One `*` at most; it stands for any run of characters, the empty one and those with `.` or `:`
/// included. Everything else stands for itself, in the characters of topic names.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    star: Option<usize>,
}

/// Why a text is not a [`Pattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// The pattern is empty.
    Empty,
    /// The pattern is longer than a topic name can be; carries its length in bytes.
    TooLong(usize),
    /// The pattern holds more than one `*`.
    TwoStars,
    /// The pattern holds a character that no topic name has; carries its position in bytes.
    BadCharacter(usize),
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "the pattern is empty; write `*` to match each topic"),
            Self::TooLong(length) => {
                write!(formatter, "the pattern has {length} bytes; shorten it to at most {MAX_NAME_LENGTH}")
            }
            Self::TwoStars => {
                write!(formatter, "the pattern has more than one `*`; split it into several patterns")
            }
            Self::BadCharacter(position) => write!(
                formatter,
                "the character at byte {position} of the pattern is in no topic name; use letters, \
                 digits, `_`, `.`, `:`, `-` and one `*`"
            ),
        }
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Checks `text` and takes it as a pattern.
    ///
    /// # Errors
    /// - [`PatternError::Empty`]: `text` is empty.
    /// - [`PatternError::TooLong`]: `text` is longer than [`MAX_NAME_LENGTH`] bytes.
    /// - [`PatternError::TwoStars`]: `text` holds two or more `*`.
    /// - [`PatternError::BadCharacter`]: `text` holds a character that no topic name has.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_NAME_LENGTH {
            return Err(PatternError::TooLong(text.len()));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-*".contains(&byte);
        if let Some(position) = text.bytes().position(|byte| !allowed(byte)) {
            return Err(PatternError::BadCharacter(position));
        }
        let star = text.find('*');
        if star != text.rfind('*') {
            return Err(PatternError::TwoStars);
        }
        Ok(Self { text: text.to_owned(), star })
    }

    /// Whether the pattern matches this topic.
    pub fn matches(&self, topic: &str) -> bool {
        let Some(star) = self.star else {
            return self.text == topic;
        };
        let (beginning, ending) = (&self.text[..star], &self.text[star + 1..]);
        topic.len() >= beginning.len() + ending.len()
            && topic.starts_with(beginning)
            && topic.ends_with(ending)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pattern({})", self.text)
    }
}

/// What a principal may do, as lists of patterns. Empty lists allow nothing but the principal's own
/// `user` topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    subscribe: Vec<Pattern>,
    publish: Vec<Pattern>,
}

impl Permissions {
    /// Permissions out of two lists of patterns.
    pub fn new(subscribe: Vec<Pattern>, publish: Vec<Pattern>) -> Self {
        Self { subscribe, publish }
    }

    /// Whether the principal may subscribe to this topic.
    ///
    /// `user` is always allowed: the server maps it to the principal's own topic. `open:X` and
    /// `presence:X` are allowed to whom X is. Every other reserved name is refused, whatever the
    /// patterns say, so no pattern reaches another user's topic.
    pub fn may_subscribe(&self, topic: &TopicName) -> bool {
        let name = topic.as_str();
        if name == "user" || name == "open:user" {
            return true;
        }
        let source = name.strip_prefix("open:").or_else(|| name.strip_prefix("presence:")).unwrap_or(name);
        match TopicName::parse(source) {
            Ok(source) => !source.is_reserved() && any(&self.subscribe, source.as_str()),
            Err(_) => false,
        }
    }

    /// Whether the principal may publish to this topic. Reserved names are always refused.
    pub fn may_publish(&self, topic: &TopicName) -> bool {
        !topic.is_reserved() && any(&self.publish, topic.as_str())
    }
}

fn any(patterns: &[Pattern], topic: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(topic))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn topic(name: &str) -> TopicName {
        TopicName::parse(name).unwrap()
    }

    fn permissions(subscribe: &[&str], publish: &[&str]) -> Permissions {
        let parse = |list: &[&str]| list.iter().map(|p| Pattern::parse(p).unwrap()).collect();
        Permissions::new(parse(subscribe), parse(publish))
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        let cases = [
            ("incidents", "incidents", true),
            ("incidents", "incidents.north", false),
            ("site.*", "site.", true),
            ("site.*", "site.7.north", true),
            ("site.*", "sites", false),
            ("*.progress", "a.b.progress", true),
            ("*.progress", "progress", false),
            ("ward.*.vitals", "ward.3.vitals", true),
            ("ward.*.vitals", "ward.vitals", false),
            ("aba*aba", "ababa", false),
            ("aba*aba", "abaaba", true),
            ("*", "anything:at.all", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(name), expected, "{pattern} against {name}");
        }
    }

    #[test]
    fn bad_patterns_are_refused_with_their_reason() {
        assert_eq!(Pattern::parse(""), Err(PatternError::Empty));
        assert_eq!(Pattern::parse("a*b*"), Err(PatternError::TwoStars));
        assert_eq!(Pattern::parse("**"), Err(PatternError::TwoStars));
        assert_eq!(Pattern::parse("a?"), Err(PatternError::BadCharacter(1)));
        assert_eq!(Pattern::parse(&"a".repeat(129)), Err(PatternError::TooLong(129)));
    }

    #[test]
    fn nobody_publishes_to_a_reserved_topic() {
        let all = permissions(&["*"], &["*", "open:*", "user*", "rt:*", "presence:*"]);
        for name in ["user", "user:bob", "open:incidents", "presence:incidents", "rt:x"] {
            assert!(!all.may_publish(&topic(name)), "{name}");
        }
        assert!(all.may_publish(&topic("incidents")));
    }

    #[test]
    fn derived_topics_follow_the_permission_of_their_source() {
        let one = permissions(&["incidents"], &[]);
        assert!(one.may_subscribe(&topic("open:incidents")));
        assert!(one.may_subscribe(&topic("presence:incidents")));
        assert!(!one.may_subscribe(&topic("open:threats")));
        let named = permissions(&["open:threats"], &[]);
        assert!(!named.may_subscribe(&topic("open:threats")));
    }

    #[test]
    fn no_pattern_reaches_another_users_topic() {
        let all = permissions(&["*", "user*", "user:bob", "rt:*"], &["*"]);
        for name in
            ["user:bob", "open:user:bob", "presence:user:bob", "open:open:incidents", "open:", "rt:anything"]
        {
            assert!(!all.may_subscribe(&topic(name)), "{name}");
        }
        assert!(Permissions::default().may_subscribe(&topic("user")));
        assert!(Permissions::default().may_subscribe(&topic("open:user")));
        assert!(!Permissions::default().may_subscribe(&topic("incidents")));
    }
}
