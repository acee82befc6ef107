//! The one table of close codes (PROTOCOL.md, Close codes).

/// A close code that Steadfast itself sends or invents for a local cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode;

impl CloseCode {
    /// Asked for.
    pub const NORMAL: u16 = 1000;
    /// Cut off without a close frame.
    pub const ABNORMAL: u16 = 1006;
    /// A message was too large.
    pub const TOO_BIG: u16 = 1009;
    /// Too many bad frames.
    pub const BAD_FRAMES: u16 = 4400;
    /// No valid token.
    pub const UNAUTHORIZED: u16 = 4401;
    /// Not permitted.
    pub const FORBIDDEN: u16 = 4403;
    /// No such endpoint or tenant.
    pub const NOT_FOUND: u16 = 4404;
    /// No common protocol version.
    pub const VERSION: u16 = 4406;
    /// Silence.
    pub const TIMEOUT: u16 = 4408;
    /// A newer link of the same instance took over.
    pub const REPLACED: u16 = 4409;
    /// Disabled by the operator.
    pub const DISABLED: u16 = 4410;
    /// Too many in too short a time.
    pub const RATE_LIMITED: u16 = 4429;
    /// A fault of the server.
    pub const INTERNAL: u16 = 4500;
    /// The pod is draining.
    pub const DRAINING: u16 = 4503;
    /// The reader took nothing for too long.
    pub const SLOW_CONSUMER: u16 = 4508;
}

/// What a client does about a close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseRule {
    /// By the backoff.
    Retry,
    /// After U(5 s, 30 s), unless advised otherwise.
    RetrySpread,
    /// After 5 s and the backoff; by advice, at least 5 s.
    RetryLimited,
    /// After 30 s and the backoff; by advice, at least 30 s.
    RetryReplaced,
    /// Renew the token once in a failure streak, then stop.
    Renew,
    /// By the backoff; three in a row are answered by polling, three more (4400 only) by stopping.
    BadFrames,
    /// Fail the largest unanswered message, then by the backoff.
    TooBig,
    /// Never again until `connect`.
    Stop,
}

/// The rule for a code.
pub(crate) fn rule(code: u16) -> CloseRule {
    match code {
        1012 | 1013 | CloseCode::DRAINING => CloseRule::RetrySpread,
        1002 | 1003 | 1007 | 1010 | CloseCode::BAD_FRAMES => CloseRule::BadFrames,
        CloseCode::TOO_BIG => CloseRule::TooBig,
        1008 | CloseCode::UNAUTHORIZED => CloseRule::Renew,
        CloseCode::TIMEOUT => CloseRule::Retry,
        CloseCode::RATE_LIMITED => CloseRule::RetryLimited,
        CloseCode::REPLACED => CloseRule::RetryReplaced,
        4400..=4499 => CloseRule::Stop,
        _ => CloseRule::Retry,
    }
}

/// The close code that stands for an HTTP status.
pub(crate) fn from_http(status: u16) -> u16 {
    match status {
        // Steadfast's own codes are HTTP's above 4000.
        401 | 403 | 404 | 429 | 503 => 4000 + status,
        _ => CloseCode::ABNORMAL,
    }
}
