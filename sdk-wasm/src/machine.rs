use steadfast_core::{
    Client, ExchangeId, Input, Instant, LinkId, MessageId, Misuse, Now, Secret, ServerFrame, Slot,
    SubscriptionId, TokenRequest,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::host::Host;
use crate::names::{call, output};
use crate::{read, write};

/// One client's state machine.
///
/// Every call takes both clocks: milliseconds since an origin of JavaScript's choice, and since 1970. What the machine
/// wants is in the host when the call has returned.
#[wasm_bindgen]
pub struct Machine {
    core: Client<u32>,
    host: Host,
}

#[wasm_bindgen]
impl Machine {
    /// A machine that does nothing until it is called. The host holds its seed, as two 32-bit halves, and its
    /// configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, monotonic: f64, wall: f64) -> Self {
        let seed = read::integer(&host) << 32 | read::integer(&host);
        let core = Client::new(read::config(&host), seed, now(monotonic, wall));
        Self { core, host }
    }

    /// An event on a link: the way that is hot. The event itself is the host's value 0. The answer is when the machine wants to be called again.
    #[allow(clippy::too_many_arguments, reason = "numbers cross the border for nothing, objects do not")]
    pub fn event(
        &mut self,
        monotonic: f64,
        wall: f64,
        link: u32,
        slot: u32,
        offset: f64,
        flags: u32,
        size: u32,
    ) -> f64 {
        let event = read::event(&self.host, slot, offset, flags, size, 0);
        let input = Input::Frame { link: LinkId(link), frame: ServerFrame::Event(event) };
        self.core.handle_input(now(monotonic, wall), input);
        write::drain(&mut self.core, &self.host)
    }

    /// A command or an input, by its number in `names.rs`, with its arguments in the host. The answer is
    /// the message's number, or the mistake's below zero.
    pub fn call(&mut self, what: u32, monotonic: f64, wall: f64) -> f64 {
        let now = now(monotonic, wall);
        let answer = match what {
            call::CONNECT => {
                self.core.connect(now);
                Ok(0)
            }
            call::DISCONNECT => {
                self.core.disconnect(now);
                Ok(0)
            }
            call::SUBSCRIBE => self.subscribe(now),
            call::UNSUBSCRIBE => {
                self.core.unsubscribe(now, SubscriptionId(read::small(&self.host))).map(|()| 0)
            }
            call::SUBMIT => self.core.submit(now, &read::message(&self.host)).map(|id| id.0),
            call::SEND => self.core.send(now, &read::message(&self.host)).map(|()| 0),
            call::ACKNOWLEDGE => {
                let ids = read::texts(&self.host);
                self.core.acknowledge(now, &ids, self.host.text().as_deref()).map(|id| id.0)
            }
            call::CANCEL => {
                self.core.cancel(now, MessageId(read::integer(&self.host)));
                Ok(0)
            }
            _ => {
                let input = self.input(what);
                self.core.handle_input(now, input);
                Ok(0)
            }
        };
        answer.map_or_else(mistake, |id| id as f64)
    }

    /// Puts what the machine wants into the host; the answer is when it wants to be called again.
    pub fn drain(&mut self) -> f64 {
        write::drain(&mut self.core, &self.host)
    }

    /// Tells the host where a topic stands.
    pub fn cursor(&mut self, slot: u32) {
        write::cursor(&self.core, &self.host, Slot(slot));
    }

    /// Whether a topic has caught up.
    pub fn live(&mut self, slot: u32) -> bool {
        self.core.is_live(Slot(slot))
    }

    /// One of the counters, in the order of the protocol's list.
    pub fn statistic(&mut self, index: usize) -> f64 {
        let counted = self.core.statistics();
        let all = [
            counted.opens,
            counted.welcomes,
            counted.exchanges,
            counted.exchanges_failed,
            counted.delivered,
            counted.repeats,
            counted.stale,
            counted.stale_frames,
            counted.gaps,
            counted.resets,
            counted.rewinds,
            counted.refused,
            counted.ephemeral_dropped,
            counted.bad_frames,
            counted.unknown_frames,
            counted.receipts_dropped,
            counted.resends,
            counted.fallbacks,
            counted.probes,
            counted.drains,
        ];
        all.get(index).map_or(0.0, |count| *count as f64)
    }
}

impl Machine {
    fn subscribe(&mut self, now: Now) -> Result<u64, Misuse> {
        let topic = read::text(&self.host);
        let options = read::subscribe_options(&self.host);
        let (id, slot) = self.core.subscribe(now, &topic, options)?;
        write::plain(&self.host, output::SUBSCRIPTION, f64::from(id.0), f64::from(slot.0));
        Ok(0)
    }

    fn input(&self, what: u32) -> Input<u32> {
        let host = &self.host;
        let id = read::small(host);
        let link = LinkId(id);
        match what {
            call::TOKEN_READY => Input::TokenReady {
                request: TokenRequest(id),
                token: Secret(read::text(host)),
                expires_in_ms: read::optional(host),
            },
            call::TOKEN_FAILED => {
                Input::TokenFailed { request: TokenRequest(id), retryable: read::boolean(host) }
            }
            call::OPENED => Input::Opened { link },
            call::FRAME => Input::Frame { link, frame: read::frame(host) },
            call::BAD_FRAME => Input::BadFrame { link },
            call::CLOSED => Input::Closed { link, code: read::small(host) as u16 },
            call::BUFFERED => Input::Buffered { link, bytes: read::integer(host) },
            call::ANSWERED => Input::ExchangeAnswered {
                exchange: ExchangeId(id),
                status: read::small(host) as u16,
                retry_after_ms: read::optional(host),
                bad_frames: read::small(host),
                frames: read::frames(host),
            },
            call::EXCHANGE_FAILED => Input::ExchangeFailed { exchange: ExchangeId(id) },
            call::TAKEN => {
                Input::Taken { slot: Slot(id), events: read::small(host), bytes: read::integer(host) }
            }
            call::VISIBLE => Input::Visible,
            call::HIDDEN => Input::Hidden,
            call::ONLINE => Input::Online,
            call::OFFLINE => Input::Offline,
            call::FREEZE => Input::Freeze,
            call::THAW => Input::Thaw,
            // Early ticks are harmless, so for a release build a number that is none is one too.
            _ => {
                debug_assert_eq!(what, call::TICK, "JavaScript calls what this version has");
                Input::Tick
            }
        }
    }
}

fn now(monotonic: f64, wall: f64) -> Now {
    Now::new(Instant::from_millis(monotonic as u64), wall as u64)
}

fn mistake(misuse: Misuse) -> f64 {
    match misuse {
        Misuse::BadTopicName => -1.0,
        Misuse::BadType => -2.0,
        Misuse::TooLarge => -3.0,
        Misuse::OutboxFull => -4.0,
        Misuse::NotConnected => -5.0,
        Misuse::NothingToAcknowledge => -6.0,
        _ => -7.0,
    }
}
