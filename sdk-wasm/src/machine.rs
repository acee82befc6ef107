use atomic_refcell::{AtomicRefCell, AtomicRefMut};
use steadfast_core::{
    Client, ExchangeId, Input, Instant, LinkId, MessageId, Misuse, Now, Secret, ServerFrame, Slot,
    SubscriptionId, TokenRequest,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::host;
use crate::names::{call, output};
use crate::{read, write};

/// The state machine: one in each instance of the module, so that a client that fails takes no other with it.
///
/// Every call takes both clocks: milliseconds since an origin of JavaScript's choice, and since 1970. What the machine
/// wants is in the host when the call has returned.
static MACHINE: AtomicRefCell<Option<Client<u32>>> = AtomicRefCell::new(None);

/// Makes the machine, which does nothing until it is called. The host holds its seed and its configuration.
#[wasm_bindgen]
pub fn create(monotonic: f64, wall: f64) {
    // Not assigned: nothing of a machine is ever dropped, and so the code for that is not here.
    MACHINE.borrow_mut().get_or_insert_with(|| {
        let seed = read::integer();
        Client::new(read::config(), seed, now(monotonic, wall))
    });
}

/// An event on a link: the way that is hot. The event itself is the host's value 0. The answer is when the machine wants to
/// be called again.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "numbers cross the border for nothing, objects do not")]
pub fn event(monotonic: f64, wall: f64, link: u32, slot: u32, offset: f64, flags: u32, size: u32) -> f64 {
    let event = read::event(slot, offset, flags, size, 0);
    let input = Input::Frame { link: LinkId(link), frame: ServerFrame::Event(event) };
    let mut machine = machine();
    machine.handle_input(now(monotonic, wall), input);
    write::drain(&mut machine)
}

/// A question, a command or an input, by its number in `names.rs`, with its arguments in the host. The answer is
/// the question's, the message's number, or the mistake's place in [`steadfast_core::Misuse`], counted down from -1.
#[wasm_bindgen]
pub fn call(what: u32, monotonic: f64, wall: f64) -> f64 {
    let now = now(monotonic, wall);
    let core = &mut *machine();
    let answer = match what {
        call::LIVE => Ok(u64::from(core.is_live(Slot(read::small())))),
        call::STATISTIC => Ok(core.statistic(read::small() as usize)),
        call::CURSOR => {
            write::cursor(core, Slot(read::small()));
            Ok(0)
        }
        call::CONNECT => {
            core.connect(now);
            Ok(0)
        }
        call::DISCONNECT => {
            core.disconnect(now);
            Ok(0)
        }
        call::SUBSCRIBE => subscribe(core, now),
        call::UNSUBSCRIBE => core.unsubscribe(now, SubscriptionId(read::small())).map(|()| 0),
        call::SUBMIT => core.submit(now, &read::message()).map(|id| id.0),
        call::SEND => core.send(now, &read::message()).map(|()| 0),
        call::ACKNOWLEDGE => {
            let ids = read::texts();
            core.acknowledge(now, &ids, host::text().as_deref()).map(|id| id.0)
        }
        call::CANCEL => {
            core.cancel(now, MessageId(read::integer()));
            Ok(0)
        }
        _ => {
            core.handle_input(now, input(what));
            Ok(0)
        }
    };
    answer.map_or_else(|misuse| -1.0 - f64::from(misuse as u8), |id| id as f64)
}

/// Puts what the machine wants into the host; the answer is when it wants to be called again.
#[wasm_bindgen]
pub fn drain() -> f64 {
    write::drain(&mut machine())
}

fn machine() -> AtomicRefMut<'static, Client<u32>> {
    AtomicRefMut::map(MACHINE.borrow_mut(), |machine| machine.as_mut().expect("JavaScript creates it first"))
}

fn subscribe(core: &mut Client<u32>, now: Now) -> Result<u64, Misuse> {
    let topic = read::text();
    let options = read::subscribe_options();
    let (id, slot) = core.subscribe(now, &topic, options)?;
    write::plain(output::SUBSCRIPTION, f64::from(id.0), f64::from(slot.0));
    Ok(0)
}

fn input(what: u32) -> Input<u32> {
    let id = read::small();
    let link = LinkId(id);
    match what {
        call::TOKEN_READY => Input::TokenReady {
            request: TokenRequest(id),
            token: Secret(read::text()),
            expires_in_ms: read::optional(),
        },
        call::TOKEN_FAILED => Input::TokenFailed { request: TokenRequest(id), retryable: read::boolean() },
        call::OPENED => Input::Opened { link },
        call::FRAME => Input::Frame { link, frame: read::frame() },
        call::BAD_FRAME => Input::BadFrame { link },
        call::CLOSED => Input::Closed { link, code: read::small() as u16 },
        call::BUFFERED => Input::Buffered { link, bytes: read::integer() },
        call::ANSWERED => Input::ExchangeAnswered {
            exchange: ExchangeId(id),
            status: read::small() as u16,
            retry_after_ms: read::optional(),
            bad_frames: read::small(),
            frames: read::frames(),
        },
        call::EXCHANGE_FAILED => Input::ExchangeFailed { exchange: ExchangeId(id) },
        call::TAKEN => Input::Taken { slot: Slot(id), events: read::small(), bytes: read::integer() },
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

fn now(monotonic: f64, wall: f64) -> Now {
    Now::new(Instant::from_millis(monotonic as u64), wall as u64)
}
