//! The invariants of PROTOCOL.md, section 12, each in a file of its own.

pub(crate) mod acknowledgements;
pub(crate) mod clocks;
pub(crate) mod connections;
pub(crate) mod effect;
pub(crate) mod flapping;
pub(crate) mod greeting;
pub(crate) mod isolation;
pub(crate) mod leaving;
pub(crate) mod liveness;
pub(crate) mod log_order;
pub(crate) mod once;
pub(crate) mod outbox;
pub(crate) mod proxies;
pub(crate) mod recovery;
pub(crate) mod slow_readers;
pub(crate) mod spacing;
pub(crate) mod stale;
pub(crate) mod state;
pub(crate) mod terminal;
pub(crate) mod tokens;

/// What the checks remember of one device.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) acknowledgements: acknowledgements::Watch,
    pub(crate) connections: connections::Watch,
    pub(crate) flapping: flapping::Watch,
    pub(crate) leaving: leaving::Watch,
    pub(crate) proxies: proxies::Watch,
    pub(crate) recovery: recovery::Watch,
    pub(crate) spacing: spacing::Watch,
    pub(crate) terminal: terminal::Watch,
    pub(crate) tokens: tokens::Watch,
}
