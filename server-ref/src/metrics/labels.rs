//! The labels of the metrics. Each has few values: whatever clients choose is bounded here.

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use steadfast_core::{AckState, ErrorCode, GapReason, TopicClass};

use crate::names::TenantId;

/// Tenants with a series of their own; those that come later share the series `other`.
pub(super) const MAX_TENANTS: usize = 200;

/// Close codes with a series of their own; what else a peer may send is `other`.
const CLOSE_CODES: [u16; 21] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 4400, 4401, 4403, 4404, 4406, 4408, 4409,
    4429, 4500, 4503, 4508,
];

/// How events leave the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// On WebSockets.
    WebSocket,
    /// In answers of exchanges.
    Exchange,
}

/// Why a handshake was refused before the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeRefusal {
    /// The cap of connections was reached.
    Full,
    /// The rate of handshakes was exceeded.
    TooFast,
    /// The web origin is not allowed.
    Origin,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Tenant {
    pub(super) tenant: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Code {
    pub(super) code: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) reason: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Class {
    pub(super) class: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Kind {
    pub(super) state: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) outcome: Word,
}

/// A label's value out of a fixed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word(pub(super) &'static str);

/// A close code or HTTP status; zero stands for `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number(u16);

/// The tenants that have a series of their own: the first ones since the start.
#[derive(Debug, Default)]
pub(super) struct Tenants(Mutex<HashSet<String>>);

impl Tenants {
    pub(super) fn label(&self, tenant: &TenantId) -> Tenant {
        // The set only grows by whole entries, so a panic elsewhere leaves it sound.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = known.contains(tenant.as_str())
            || (known.len() < MAX_TENANTS && known.insert(tenant.as_str().to_owned()));
        Tenant { tenant: if own { tenant.as_str().to_owned() } else { "other".to_owned() } }
    }
}

impl Number {
    pub(super) fn close_code(code: u16) -> Self {
        Self(if CLOSE_CODES.contains(&code) { code } else { 0 })
    }

    pub(super) fn status(status: http::StatusCode) -> Self {
        Self(status.as_u16())
    }
}

impl HandshakeRefusal {
    pub(super) fn word(self) -> Word {
        Word(match self {
            Self::Full => "full",
            Self::TooFast => "too_fast",
            Self::Origin => "origin",
        })
    }
}

pub(super) fn gap(reason: GapReason) -> Word {
    Word(match reason {
        GapReason::HistoryEvicted => "history_evicted",
        GapReason::EpochChanged => "epoch_changed",
        GapReason::SlowConsumer => "slow_consumer",
        GapReason::SourceLost => "source_lost",
    })
}

pub(super) fn class(class: TopicClass) -> Word {
    Word(match class {
        TopicClass::Log => "log",
        TopicClass::State => "state",
        TopicClass::Ephemeral => "ephemeral",
    })
}

pub(super) fn acknowledgement(state: AckState) -> Word {
    Word(match state {
        AckState::Received => "received",
        AckState::Acknowledged => "acknowledged",
    })
}

pub(super) fn error(code: &ErrorCode) -> Word {
    Word(match code {
        ErrorCode::BadFrame => "bad_frame",
        ErrorCode::TooLarge => "too_large",
        ErrorCode::TooDeep => "too_deep",
        ErrorCode::BadTopic => "bad_topic",
        ErrorCode::Forbidden => "forbidden",
        ErrorCode::Unauthorized => "unauthorized",
        ErrorCode::TokenExpired => "token_expired",
        ErrorCode::TooManyTopics => "too_many_topics",
        ErrorCode::TooManyKeys => "too_many_keys",
        ErrorCode::RateLimited => "rate_limited",
        ErrorCode::Unavailable => "unavailable",
        ErrorCode::IdemConflict => "idem_conflict",
        ErrorCode::Unsupported => "unsupported",
        ErrorCode::Internal => "internal",
        _ => "other",
    })
}

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0)
    }
}

impl EncodeLabelValue for Number {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self.0 {
            0 => encoder.write_str("other"),
            number => write!(encoder, "{number}"),
        }
    }
}
