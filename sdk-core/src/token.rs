use crate::frame::Secret;
use crate::io::TokenRequest;
use crate::time::{Instant, Now};

/// Which token a hello carried, so that a late refusal does not condemn its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct TokenGeneration(u32);

/// What is to be done about a refused token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A newer one is here or on its way.
    TryAgain,
    /// Ask for a new one, once in a failure streak.
    Renew,
    /// The streak's renewal is used up.
    GiveUp,
}

/// The client's token and the one request for it that may be under way.
#[derive(Debug, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Tokens {
    held: Option<Held>,
    generation: u32,
    request: Option<TokenRequest>,
    requests: u32,
    renewed: bool,
}

#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Held {
    token: Secret,
    since: Now,
    life_ms: Option<u64>,
    refused: bool,
}

impl Tokens {
    /// Whether there is a token that was not refused and has not lived 80 % of its life by either clock.
    pub(crate) fn is_fresh(&self, now: Now) -> bool {
        self.held.as_ref().is_some_and(|held| !held.refused && !held.is_old(now))
    }

    /// The token whatever its age: for a hello on a socket that was opened while it was fresh. An empty one would be refused, not
    /// lost.
    pub(crate) fn held(&self) -> (&str, TokenGeneration) {
        (self.held.as_ref().map_or("", |held| &held.token.0), self.generation())
    }

    pub(crate) fn generation(&self) -> TokenGeneration {
        TokenGeneration(self.generation)
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.request.is_some()
    }

    /// Begins a request; `None` while one is under way. The flag says that the last token was refused.
    pub(crate) fn begin_request(&mut self) -> Option<(TokenRequest, bool)> {
        if self.is_pending() && !fault!(SecondTokenRequest) {
            return None;
        }
        self.requests += 1;
        let request = TokenRequest(self.requests);
        self.request = Some(request);
        Some((request, self.held.as_ref().is_some_and(|held| held.refused)))
    }

    /// Ends the request if it is the one under way.
    pub(crate) fn end_request(&mut self, request: TokenRequest) -> bool {
        let current = self.request == Some(request);
        if current {
            self.request = None;
        }
        current
    }

    pub(crate) fn abandon_request(&mut self) {
        self.request = None;
    }

    pub(crate) fn store(&mut self, token: Secret, life_ms: Option<u64>, now: Now) {
        self.held = Some(Held { token, since: now, life_ms, refused: false });
        self.generation = self.generation.wrapping_add(1);
    }

    /// The server's word on the remaining life; it wins over the application's.
    pub(crate) fn learn_life(&mut self, generation: TokenGeneration, life_ms: Option<u64>, now: Now) {
        let (Some(held), Some(life_ms)) = (&mut self.held, life_ms) else { return };
        if generation.0 == self.generation {
            held.since = now;
            held.life_ms = Some(life_ms);
        }
    }

    pub(crate) fn refuse(&mut self, generation: TokenGeneration) -> Refusal {
        if generation.0 != self.generation {
            return Refusal::TryAgain;
        }
        self.demand_new();
        if self.is_pending() {
            return Refusal::TryAgain;
        }
        if self.renewed && !fault!(RenewsForEver) {
            return Refusal::GiveUp;
        }
        self.renewed = true;
        Refusal::Renew
    }

    /// The server asks for a newer token than the one it has.
    pub(crate) fn demand_new(&mut self) {
        if let Some(held) = &mut self.held {
            held.refused = true;
        }
    }

    pub(crate) fn end_streak(&mut self) {
        self.renewed = false;
    }

    /// When to refresh on a live link: at 80 % of a known life, else never.
    pub(crate) fn refresh_at(&self) -> Instant {
        self.held.as_ref().map_or(Instant::NEVER, |held| held.since.monotonic + held.usable_ms())
    }
}

impl Held {
    fn is_old(&self, now: Now) -> bool {
        let age = now.monotonic.since(self.since.monotonic);
        let wall_age = now.wall_millis.saturating_sub(self.since.wall_millis);
        age.max(wall_age) >= self.usable_ms()
    }

    fn usable_ms(&self) -> u64 {
        self.life_ms.map_or(u64::MAX, |life| life / 5 * 4)
    }
}
