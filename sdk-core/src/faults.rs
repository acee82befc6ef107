//! Deliberate faults, by which the simulation shows that its checks bite. They are there with the feature `faults` alone.

/// Whether a deliberate fault is to be made at this place, or what is then to be done here. Without the feature: never, and
/// nothing of it is compiled.
#[cfg(feature = "faults")]
macro_rules! fault {
    ($fault:ident) => {
        $crate::faults::Fault::$fault.is_active()
    };
    ($fault:ident => $then:expr) => {
        if $crate::faults::Fault::$fault.is_active() {
            $then
        }
    };
}

#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($fault:ident) => {
        false
    };
    ($fault:ident => $then:expr) => {};
}

#[cfg(feature = "faults")]
pub use list::Fault;

#[cfg(feature = "faults")]
mod list {
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// The active fault's number; zero: none.
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);

    macro_rules! faults {
        ($($(#[$doc:meta])* $name:ident,)*) => {
            /// A deliberate fault of the client or the server; one is active in the whole process, or none.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Fault {
                $($(#[$doc])* $name,)*
            }

            impl Fault {
                /// All faults.
                pub const ALL: &[Self] = &[$(Self::$name),*];
            }
        };
    }

    faults! {
        /// Client: an event that the application has is delivered again.
        DedupeOff,
        /// Client: topics are asked for from one event too far.
        CursorAhead,
        /// Client: a gap is not told.
        GapSwallowed,
        /// Client: a reset is told as having caught up.
        ResetMistold,
        /// Client: what failed before is forgotten when a socket opens.
        CounterResetOnOpen,
        /// Client: events count although the question for their topic is not answered.
        StaleFeedAccepted,
        /// Client: the answer to an exchange that was given up counts.
        StaleExchangeAccepted,
        /// Client: what was received, and not confirmed, is forgotten with its link.
        ReceiptForgotten,
        /// Client: what was confirmed is said to be received again.
        ReceiptRepeated,
        /// Client: messages under way are forgotten with their link.
        MessageForgotten,
        /// Client: the delay is drawn first and clamped after.
        JitterBeforeClamp,
        /// Client: a second token is asked for while one is awaited.
        SecondTokenRequest,
        /// Client: every refused token is renewed.
        RenewsForEver,
        /// Client: a code that ends all is taken for one that ends the link.
        TerminalIgnored,
        /// Client: a link is opened on the way into the freezer.
        OpensWhileFrozen,
        /// Client: silence is no sign of death.
        LivenessOff,
        /// Client: a server that says nothing is waited for for ever.
        HelloTimeoutOff,
        /// Client: a message completes twice.
        CompletesTwice,
        /// Client: the outbox takes any number of messages.
        OutboxUnbounded,
        /// Client: what was sent under another table of results is sent again.
        TableForgotten,
        /// Client: an exchange begins while one is under way.
        ExchangesOverlap,
        /// Client: a topic's buffer takes any number of events.
        BufferUnbounded,
        /// Client: what the server says of when to come back is not heard.
        AdviceIgnored,
        /// Client: polling stops before the link has answered for every topic.
        LeavesPollingEarly,
        /// Client: an answer to a request older than the one that set the epoch sets it back.
        OlderEpochAdopted,
        /// Client: a draining link is closed as its successor is opened.
        OldLinkClosedEarly,
        /// Client: there is no fallback.
        NeverPolls,
        /// Client: a socket that flaps is tried as often as one that does not.
        FlapsForgotten,
        /// Client: each tick probes.
        EveryTickProbes,
        /// Client: its chance is not its seed's alone.
        Unseeded,
        /// Client: what a full buffer refused is not asked for again.
        RewindFromWrongPlace,
        /// Client: something is sent before the hello.
        PingBeforeHello,
        /// Client: a topic is live before all up to the top is seen.
        LiveTooEarly,
        /// Server: a subscription that resumes reads another tenant's topic.
        TenantSkipped,
        /// Server: a subscription that resumes is not asked for its permission.
        PermissionsSkipped,
        /// Server: a new token that permits less takes nothing away.
        PermissionsKept,
        /// Server: the table of results is not looked into.
        IdempotencyIgnored,
        /// Server: an exchange's messages are carried out although they were meant for another table of results.
        ResultsEpochIgnored,
        /// Server: the welcome comes last.
        WelcomeLast,
        /// Server: the deletion of a key is not said.
        DeletionUnsaid,
        /// Server: a reader that has missed deletions is not begun anew.
        FloorIgnored,
        /// Server: an acknowledgement settles nothing.
        AcknowledgementLost,
        /// Server: a cursor of another epoch is resumed.
        EpochIgnored,
        /// Server: a log evicts before its bytes are used up.
        EvictsTooEarly,
        /// Server: a reader that the log has moved past is told nothing and goes on.
        HistoryMisnamed,
    }

    impl Fault {
        /// Makes this fault from here on, and no other; `None`: none.
        pub fn activate(fault: Option<Self>) {
            ACTIVE.store(fault.map_or(0, |fault| fault as usize + 1), Relaxed);
        }

        /// Whether it is to be made now.
        pub fn is_active(self) -> bool {
            ACTIVE.load(Relaxed) == self as usize + 1
        }
    }

    /// A number that no seed knows.
    pub(crate) fn noise() -> u64 {
        static DRAWN: AtomicUsize = AtomicUsize::new(0);
        DRAWN.fetch_add(1, Relaxed) as u64
    }
}

#[cfg(feature = "faults")]
pub(crate) use list::noise;
