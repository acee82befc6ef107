//! Audit lines: who was let in, who was not, who published, who acknowledged.
//!
//! They go to `tracing` with the target `audit`, so that a filter such as `RUST_LOG=audit=info` selects them.
//! Tokens and API keys are never in them; text that others chose is cut and cleaned of control characters.

use std::fmt;
use std::net::SocketAddr;

use tracing::{info, warn};

use crate::auth::{AuthError, Principal};
use crate::names::TenantId;

/// The most characters of foreign text in one field.
const MAX_CHARACTERS: usize = 128;

/// A way into the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// A WebSocket.
    WebSocket,
    /// An HTTP exchange.
    Exchange,
    /// A new token on a live WebSocket.
    Renewal,
}

/// What a client was not permitted to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To subscribe to a topic.
    Subscribe,
    /// To publish to a topic.
    Publish,
    /// To connect from its web origin.
    Connect,
}

/// Writes the audit lines.
#[derive(Clone, Copy, Debug)]
pub struct Audit;

impl Audit {
    /// A client brought a good token.
    pub fn authentication_accepted(principal: &Principal, entrance: Entrance, peer: Option<SocketAddr>) {
        info!(
            target: "audit",
            tenant = %principal.tenant,
            user = %principal.user,
            entrance = entrance.name(),
            peer = %Peer(peer),
            "authentication accepted"
        );
    }

    /// A client brought no good token.
    pub fn authentication_refused(error: AuthError, entrance: Entrance, peer: Option<SocketAddr>) {
        warn!(
            target: "audit",
            reason = %error,
            entrance = entrance.name(),
            peer = %Peer(peer),
            "authentication refused"
        );
    }

    /// A request brought no known API key.
    pub fn api_key_refused(peer: Option<SocketAddr>) {
        warn!(target: "audit", peer = %Peer(peer), "API key refused");
    }

    /// A backend published: how many events were accepted, how many refused.
    pub fn published(api_key: &str, accepted: usize, refused: usize) {
        info!(target: "audit", api_key = %Clean(api_key), accepted, refused, "published");
    }

    /// A person acknowledged an event, perhaps with a remark.
    pub fn acknowledged(principal: &Principal, event_id: &str, note: Option<&str>) {
        info!(
            target: "audit",
            tenant = %principal.tenant,
            user = %principal.user,
            event = %Clean(event_id),
            note = note.map(Clean).map(tracing::field::display),
            "acknowledged"
        );
    }

    /// A client was not permitted to do something; `what` is the topic or the origin, as the client named it.
    pub fn denied(principal: Option<&Principal>, action: Action, what: &str) {
        warn!(
            target: "audit",
            tenant = principal.map(|principal| principal.tenant.as_str()),
            user = principal.map(|principal| principal.user.as_str()),
            action = action.name(),
            what = %Clean(what),
            "permission denied"
        );
    }

    /// An API key was not permitted to publish to this tenant.
    pub fn api_key_denied(api_key: &str, tenant: &TenantId) {
        let api_key = Clean(api_key);
        warn!(target: "audit", %api_key, %tenant, action = "publish", "permission denied");
    }
}

impl Entrance {
    fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Exchange => "exchange",
            Self::Renewal => "renewal",
        }
    }
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Publish => "publish",
            Self::Connect => "connect",
        }
    }
}

/// Foreign text as a log may hold it: one line, no control characters, not too long.
struct Clean<'a>(&'a str);

impl fmt::Display for Clean<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_CHARACTERS) {
            // Escapes line ends and terminal sequences, but also what turns text around on a screen.
            write!(formatter, "{}", character.escape_debug())?;
        }
        match characters.next() {
            Some(_) => formatter.write_str("…"),
            None => Ok(()),
        }
    }
}

struct Peer(Option<SocketAddr>);

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(formatter, "{address}"),
            None => formatter.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_one_clean_line() {
        assert_eq!(Clean("incidents").to_string(), "incidents");
        assert_eq!(Clean("a\nERROR forged\r\u{1b}[2J").to_string(), "a\\nERROR forged\\r\\u{1b}[2J");
        assert_eq!(Clean("\u{202e}txt").to_string(), "\\u{202e}txt");
        let long = Clean(&"ä".repeat(500)).to_string();
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 1);
        assert!(long.ends_with('…'));
    }
}
