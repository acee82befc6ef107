//! The class of each topic, by pattern.

use serde::Deserialize;
use serde::Deserializer;
use steadfast_core::TopicClass;

use super::error::ConfigError;
use super::limits::Totals;
use super::retention::{EphemeralRetention, LogRetention, StateRetention};
use crate::permissions::Pattern;

/// What a topic is and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicPolicy {
    /// Contiguous offsets, replayable within the retention.
    Log(LogRetention, Acknowledgements),
    /// The last value of each key.
    State(StateRetention),
    /// No promise.
    Ephemeral(EphemeralRetention),
}

/// Who settles an event that requires an acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Acknowledgements {
    /// The first person settles it for all.
    #[default]
    Any,
    /// Each person settles it for themself.
    Each,
}

/// One rule: which topics it is for, and what they are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub struct TopicRule {
    /// The topics that the rule is for.
    pub pattern: Pattern,
    /// What they are.
    pub policy: TopicPolicy,
}

/// The rules in order: the first whose pattern matches a topic counts.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicRules {
    written: Vec<TopicRule>,
    built_in: Vec<TopicRule>,
    user: TopicPolicy,
    derived: TopicPolicy,
}

impl TopicPolicy {
    /// The class of topics with this policy.
    pub fn class(&self) -> TopicClass {
        match self {
            Self::Log(..) => TopicClass::Log,
            Self::State(_) => TopicClass::State,
            Self::Ephemeral(_) => TopicClass::Ephemeral,
        }
    }
}

impl TopicRules {
    /// Rules that come before the built-in ones: `kpis` is a state topic, `*.progress` is
    /// ephemeral, every other topic is a log.
    pub fn new(written: Vec<TopicRule>) -> Self {
        Self {
            written,
            built_in: built_in(),
            user: TopicPolicy::Log(LogRetention::default(), Acknowledgements::default()),
            derived: TopicPolicy::State(StateRetention::default()),
        }
    }

    /// What this topic is.
    ///
    /// The server's own topics follow no rule: `user` and what begins with `user:` is a log with the
    /// default retention, `open:` and `presence:` topics are state topics.
    pub fn policy(&self, topic: &str) -> &TopicPolicy {
        if topic == "user" || topic.starts_with("user:") {
            return &self.user;
        }
        if topic.starts_with("open:") || topic.starts_with("presence:") {
            return &self.derived;
        }
        self.written
            .iter()
            .chain(&self.built_in)
            .find(|rule| rule.pattern.matches(topic))
            .map(|rule| &rule.policy)
            .expect("the last built-in rule matches every topic")
    }

    pub(super) fn validate(&self, totals: &Totals) -> Result<(), ConfigError> {
        let bytes = totals.bytes_per_tenant;
        for (index, rule) in self.written.iter().enumerate() {
            let place = format!("topics[{index}]");
            match &rule.policy {
                TopicPolicy::Log(retention, _) => retention.validate(&place, bytes)?,
                TopicPolicy::State(retention) => retention.validate(&place)?,
                TopicPolicy::Ephemeral(retention) => retention.validate(&place)?,
            }
        }
        if bytes < LogRetention::default().history_bytes {
            return Err(ConfigError::invalid(
                "totals.bytes_per_tenant",
                "is less than one log topic may hold by default (8 MiB); raise it",
            ));
        }
        Ok(())
    }
}

impl Default for TopicRules {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<'de> Deserialize<'de> for TopicRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

fn built_in() -> Vec<TopicRule> {
    let log = TopicPolicy::Log(LogRetention::default(), Acknowledgements::default());
    let rules = [
        ("kpis", TopicPolicy::State(StateRetention::default())),
        ("*.progress", TopicPolicy::Ephemeral(EphemeralRetention::default())),
        ("*", log),
    ];
    rules
        .into_iter()
        .map(|(pattern, policy)| TopicRule {
            pattern: Pattern::parse(pattern).expect("the built-in patterns are valid"),
            policy,
        })
        .collect()
}

/// A rule as it is written in the file: one table for all classes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    pattern: Pattern,
    class: WrittenClass,
    history_ms: Option<u64>,
    history_events: Option<u32>,
    history_bytes: Option<u64>,
    acknowledgements: Option<Acknowledgements>,
    max_keys: Option<u32>,
    deletions_ms: Option<u64>,
    events: Option<u32>,
    age_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenClass {
    Log,
    State,
    Ephemeral,
}

impl TryFrom<WrittenRule> for TopicRule {
    type Error = String;

    fn try_from(rule: WrittenRule) -> Result<Self, String> {
        let log_keys = [
            ("history_ms", rule.history_ms.is_some()),
            ("history_events", rule.history_events.is_some()),
            ("history_bytes", rule.history_bytes.is_some()),
            ("acknowledgements", rule.acknowledgements.is_some()),
        ];
        let state_keys =
            [("max_keys", rule.max_keys.is_some()), ("deletions_ms", rule.deletions_ms.is_some())];
        let ephemeral_keys = [("events", rule.events.is_some()), ("age_ms", rule.age_ms.is_some())];
        let policy = match rule.class {
            WrittenClass::Log => {
                refuse_foreign("log", &[&state_keys, &ephemeral_keys])?;
                let default = LogRetention::default();
                let retention = LogRetention {
                    history_ms: rule.history_ms.unwrap_or(default.history_ms),
                    history_events: rule.history_events.unwrap_or(default.history_events),
                    history_bytes: rule.history_bytes.unwrap_or(default.history_bytes),
                };
                TopicPolicy::Log(retention, rule.acknowledgements.unwrap_or_default())
            }
            WrittenClass::State => {
                refuse_foreign("state", &[&log_keys, &ephemeral_keys])?;
                let default = StateRetention::default();
                TopicPolicy::State(StateRetention {
                    max_keys: rule.max_keys.unwrap_or(default.max_keys),
                    deletions_ms: rule.deletions_ms.unwrap_or(default.deletions_ms),
                })
            }
            WrittenClass::Ephemeral => {
                refuse_foreign("ephemeral", &[&log_keys, &state_keys])?;
                let default = EphemeralRetention::default();
                TopicPolicy::Ephemeral(EphemeralRetention {
                    events: rule.events.unwrap_or(default.events),
                    age_ms: rule.age_ms.unwrap_or(default.age_ms),
                })
            }
        };
        Ok(Self { pattern: rule.pattern, policy })
    }
}

fn refuse_foreign(class: &str, groups: &[&[(&str, bool)]]) -> Result<(), String> {
    let foreign = groups.iter().flat_map(|group| group.iter());
    match foreign.copied().find(|(_, given)| *given) {
        Some((key, _)) => {
            Err(format!("`{key}` means nothing for the class `{class}`; remove it or change the class"))
        }
        None => Ok(()),
    }
}
