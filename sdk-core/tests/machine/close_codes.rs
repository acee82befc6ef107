//! PROTOCOL.md's table of close codes, whole: each code ends live links, and what the client does is looked at.

use std::ops::RangeInclusive;

use steadfast_core::State;

use crate::link_steps::{bye, patient};
use crate::rig::Rig;

/// What a client does about a code.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Retry,
    Spread,
    BadFrames,
    TooBig,
    Renew,
    Stop,
    AtLeast(u64),
}

#[test]
fn every_code_is_followed_as_the_table_says() {
    let ranges =
        [0..=1, 999..=1_020, 2_999..=3_001, 3_999..=4_001, 4_395..=4_605, 4_999..=5_000, 65_535..=65_535];
    for code in ranges.into_iter().flatten() {
        assert_eq!(done_about(code), table(code), "code {code}");
    }
}

fn table(code: u16) -> Does {
    match code {
        1012 | 1013 | 4503 => Does::Spread,
        1002 | 1003 | 1007 | 1010 | 4400 => Does::BadFrames,
        1009 => Does::TooBig,
        1008 | 4401 => Does::Renew,
        4408 => Does::Retry,
        4409 => Does::AtLeast(30_000),
        4429 => Does::AtLeast(5_000),
        // 4403, 4404, 4406, 4410 and other 44xx.
        4400..=4499 => Does::Stop,
        _ => Does::Retry,
    }
}

/// Ends live links of some seeds with the code and names what was seen.
fn done_about(code: u16) -> Does {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.take();
    rig.close(link, code);
    if rig.status().state == State::Closed {
        rig.assert_stopped(code);
        return Does::Stop;
    }
    if let [(_, renew)] = rig.token_requests()[..] {
        assert!(renew);
        return Does::Renew;
    }
    rig.assert_waiting(code);
    if fails_a_message(code) {
        return Does::TooBig;
    }
    if three_lead_to_polling(code) {
        return Does::BadFrames;
    }
    let waits: Vec<u64> = (0..12).map(|seed| wait(seed, code)).collect();
    let within = |range: RangeInclusive<u64>| waits.iter().all(|wait| range.contains(wait));
    if within(100..=3_000) {
        Does::Retry
    } else if within(5_100..=8_000) {
        Does::AtLeast(5_000)
    } else if within(30_100..=33_000) {
        Does::AtLeast(30_000)
    } else if within(5_000..=30_000) {
        Does::Spread
    } else {
        panic!("code {code}: waits {waits:?}");
    }
}

fn fails_a_message(code: u16) -> bool {
    let mut rig = Rig::with(patient);
    rig.submit("incident_action");
    let link = rig.live();
    rig.close(link, code);
    !rig.completions().is_empty()
}

/// By `rt.bye`, which is no short life.
fn three_lead_to_polling(code: u16) -> bool {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..2 {
        rig.frame(link, bye(code, None));
        link = rig.relive();
    }
    rig.frame(link, bye(code, None));
    !rig.exchanges().is_empty()
}

fn wait(seed: u64, code: u16) -> u64 {
    let mut rig = Rig::seeded(seed, patient);
    let link = rig.live();
    rig.close(link, code);
    rig.retry_in()
}
