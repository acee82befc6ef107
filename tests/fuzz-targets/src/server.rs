//! The server's configuration, and a server of it without sockets.

use std::sync::Arc;

use steadfast_core::{Instant, Now};
use steadfast_server::{ApiKeys, Authenticator, Config, Context, Hub, MemoryBroker};

/// Milliseconds since the Unix epoch at the world's beginning.
pub(crate) const BEGINNING: u64 = 1_750_000_000_000;

/// A configuration file: an error names a place; what is valid starts a server.
pub fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match Config::from_toml(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(config) => match config.validate() {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(()) => drop((Heart::new(&config), ApiKeys::new(&config.api_keys))),
        },
    }
}

/// A server's state without sockets.
pub(crate) struct Heart {
    pub(crate) broker: MemoryBroker,
    pub(crate) context: Arc<Context>,
}

impl Heart {
    /// `None` where a key is none of its algorithm.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let hub = Hub::new(config.topics.clone(), config.totals.clone(), "boot1");
        let authenticator = Authenticator::new(&config.auth).ok()?;
        let context = Context::new(config, authenticator, Arc::clone(hub.epoch()));
        Some(Self { broker: MemoryBroker::new(hub), context: Arc::new(context) })
    }
}

/// A moment of the world.
pub(crate) fn moment(monotonic_ms: u64) -> Now {
    Now::new(Instant::from_millis(monotonic_ms), BEGINNING.saturating_add(monotonic_ms))
}
