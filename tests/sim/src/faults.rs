//! What each deliberate fault must run into, and how many seeds it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use steadfast_core::Fault;

use crate::cores::on_all_cores;
use crate::verdict::Check;

/// A fault found: by which check, and at which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caught {
    /// The check that did not hold.
    pub check: Check,
    /// It is one of those that are meant to find this fault.
    pub is_meant: bool,
    /// The first seed at which that was seen, of those from 1 on.
    pub seed: u64,
}

/// The checks that are meant to find a fault.
fn expected(fault: Fault) -> &'static [Check] {
    match fault {
        Fault::DedupeOff => &[Check::Once, Check::LogOrder],
        Fault::CursorAhead | Fault::OlderEpochAdopted => &[Check::LogOrder, Check::State],
        Fault::GapSwallowed
        | Fault::RewindFromWrongPlace
        | Fault::EpochIgnored
        | Fault::HistoryMisnamed
        | Fault::EvictsTooEarly => &[Check::LogOrder],
        Fault::ResetMistold => &[Check::State, Check::Once],
        Fault::CounterResetOnOpen | Fault::LeavesPollingEarly => &[Check::Proxies],
        Fault::StaleFeedAccepted => &[Check::LogOrder, Check::Once, Check::State],
        Fault::StaleExchangeAccepted => &[Check::Stale],
        Fault::ReceiptForgotten | Fault::ReceiptRepeated | Fault::AcknowledgementLost => {
            &[Check::Acknowledgements]
        }
        Fault::MessageForgotten | Fault::CompletesTwice | Fault::OutboxUnbounded | Fault::BufferUnbounded => {
            &[Check::Outbox]
        }
        Fault::JitterBeforeClamp | Fault::AdviceIgnored => &[Check::Spacing],
        Fault::SecondTokenRequest | Fault::RenewsForEver => &[Check::Tokens],
        Fault::TerminalIgnored => &[Check::Terminal],
        Fault::OpensWhileFrozen => &[Check::Connections, Check::Spacing],
        Fault::LivenessOff => &[Check::Liveness],
        Fault::HelloTimeoutOff => &[Check::Proxies, Check::Recovery, Check::Liveness],
        Fault::TableForgotten | Fault::IdempotencyIgnored | Fault::ResultsEpochIgnored => &[Check::Effect],
        Fault::ExchangesOverlap | Fault::OldLinkClosedEarly => &[Check::Connections],
        Fault::NeverPolls => &[Check::Proxies, Check::Recovery],
        Fault::FlapsForgotten => &[Check::Flapping],
        Fault::EveryTickProbes => &[Check::Clocks],
        Fault::Unseeded => &[Check::Determinism],
        Fault::PingBeforeHello => &[Check::Greeting],
        Fault::LiveTooEarly => &[Check::LogOrder, Check::State, Check::SlowReaders],
        Fault::TenantSkipped | Fault::PermissionsSkipped | Fault::PermissionsKept => &[Check::Isolation],
        Fault::WelcomeLast => &[Check::Greeting, Check::Recovery],
        Fault::DeletionUnsaid | Fault::FloorIgnored => &[Check::State],
    }
}

/// Plays seeds from 1 on with this fault, on all cores, until a check finds it. `None`: `most` seeds find nothing.
///
/// The fault is active in the whole process, so nothing else may be played meanwhile.
pub fn hunt(fault: Fault, most: u64) -> Option<Caught> {
    Fault::activate(Some(fault));
    let next = AtomicU64::new(1);
    let caught: Mutex<Option<Caught>> = Mutex::new(None);
    let play = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            let found = *caught.lock().unwrap_or_else(PoisonError::into_inner);
            if seed > most || found.is_some_and(|found| found.seed < seed) {
                return;
            }
            // A fault may also break what the world takes for granted; that is no check's work, and does not count.
            let Ok(Err(failure)) = catch_unwind(AssertUnwindSafe(|| crate::run(seed))) else { continue };
            let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
            if caught.is_none_or(|found| seed < found.seed) {
                let check = failure.violation.check;
                *caught = Some(Caught { check, is_meant: expected(fault).contains(&check), seed });
            }
        }
    };
    on_all_cores(play);
    Fault::activate(None);
    caught.into_inner().unwrap_or_else(PoisonError::into_inner)
}
