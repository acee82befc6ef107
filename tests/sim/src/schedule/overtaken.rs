//! What chance alone brings together too rarely: a broker loses everything, and the link on which a device learns of it overtakes
//! an answer that the old broker gave to a poll.

use super::{Fault, Hint, HttpTrouble, SocketTrouble, What};
use crate::random::Random;
use crate::setup::Setup;

/// From the cut until polling surely works: two links that do not open, and the pauses between.
const POLLS_AFTER_MS: u64 = 12_000;

/// All of it.
const TAKES_MS: u64 = POLLS_AFTER_MS + 20_000;

/// An exchange is given up after ten seconds.
const LATE_MS: u64 = 8_000;

pub(super) fn draw(random: &mut Random, setup: &Setup) -> [Fault; 5] {
    let device = random.index(setup.devices.len());
    let cut_at = random.between(0, setup.calm_from - TAKES_MS);
    let late_at = cut_at + POLLS_AFTER_MS + random.between(0, 2_000);
    let lost_at = late_at + random.between(500, 3_000);
    let back_at = lost_at + random.between(600, 1_500);
    let fault = |at, lasts, what| Fault { at, lasts, what };
    let late = HttpTrouble::AnswerLate { by_ms: LATE_MS };
    let refused = SocketTrouble::Refused;
    [
        fault(cut_at, back_at - cut_at, What::WebSocket { device, trouble: refused }),
        fault(cut_at, 0, What::Cut { device }),
        fault(late_at, lost_at - late_at, What::Http { device, trouble: late }),
        fault(lost_at, 0, What::LoseHistory),
        fault(back_at, 0, What::Hint { device, hint: Hint::Online }),
    ]
}
