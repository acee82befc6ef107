//! Tokens, and what is true of each whatever a server makes of it.

use std::collections::HashMap;

use steadfast_server::{DevToken, Pattern, TenantId, UserId};

/// What a token grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    /// The topics that may be subscribed and published to.
    pub(crate) topics: Vec<Pattern>,
    /// Its end in seconds since the Unix epoch.
    pub(crate) expires_at: u64,
    /// Whether its signature is good.
    pub(crate) genuine: bool,
}

/// All tokens that were ever handed out.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Grant>);

impl Tokens {
    pub(crate) fn sign(&mut self, grant: Grant) -> String {
        let token = DevToken {
            tenant: grant.tenant.clone(),
            user: grant.user.clone(),
            subscribe: grant.topics.clone(),
            publish: grant.topics.clone(),
            expires_at: grant.expires_at,
        };
        let mut text = token.sign();
        if !grant.genuine {
            // One character of the signature, which is never the last: the last one has bits that do not count.
            let flipped = if text.as_bytes()[text.len() - 5] == b'A' { "B" } else { "A" };
            let place = text.len() - 5;
            text.replace_range(place..=place, flipped);
        }
        self.0.insert(text.clone(), grant);
        text
    }

    /// What is true of a token that a hello carried.
    pub(crate) fn grant(&self, token: &str) -> Option<&Grant> {
        self.0.get(token)
    }
}

impl Grant {
    /// Whether a reader with this token may be given events of the topic that it knows by this name.
    pub(crate) fn may_read(&self, name: &str) -> bool {
        let source = name.strip_prefix("open:").unwrap_or(name);
        source == "user" || self.topics.iter().any(|pattern| pattern.matches(source))
    }
}
