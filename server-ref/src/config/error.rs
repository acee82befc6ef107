//! What can be wrong with a configuration.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

/// Why a configuration cannot be used. Its text is one sentence that names the key and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A file cannot be read: the environment's fault.
    Unreadable {
        /// The file's path.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The text is no TOML, or holds an unknown key or a value of a wrong type.
    Syntax {
        /// The line, from 1; none where the whole file is concerned.
        line: Option<usize>,
        /// What is wrong there.
        problem: String,
    },
    /// A number lies outside of its range.
    OutOfRange {
        /// The key's path, such as `heartbeat.interval_ms`.
        key: String,
        /// The value found.
        value: u64,
        /// The least value allowed.
        least: u64,
        /// The greatest value allowed.
        most: u64,
    },
    /// A value is missing, or does not fit another.
    Invalid {
        /// The key's path, such as `auth.keys[0].secret`.
        key: String,
        /// What is wrong with it, as the rest of a sentence that begins with the key.
        problem: String,
    },
}

impl ConfigError {
    pub(super) fn invalid(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { key: key.into(), problem: problem.into() }
    }

    /// Takes the place and the cause from the parser's error, but not the line that it quotes:
    /// that line may hold a secret.
    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        Self::Syntax { line, problem: error.message().trim().replace('\n', ", ") }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, reason } => {
                write!(formatter, "cannot read {path}: {reason}; check the path and its permissions")
            }
            Self::Syntax { line: Some(line), problem } => write!(formatter, "line {line}: {problem}"),
            Self::Syntax { line: None, problem } => formatter.write_str(problem),
            Self::OutOfRange { key, value, least, most } => write!(
                formatter,
                "{key} is {value}, outside of its range; set it to a value from {least} to {most}"
            ),
            Self::Invalid { key, problem } => write!(formatter, "{key} {problem}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Checks one number of a section.
pub(super) fn in_range(
    key: impl Into<String>,
    value: impl Into<u64>,
    range: RangeInclusive<u64>,
) -> Result<(), ConfigError> {
    let value = value.into();
    if range.contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { key: key.into(), value, least: *range.start(), most: *range.end() })
}

pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}
