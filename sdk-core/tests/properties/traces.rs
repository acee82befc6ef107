//! The same machine twice: hundreds of scripts, written by a generator of their own that is the same on every platform, give the
//! outputs whose digests lie in `traces.txt`: natively, and as wasm under Node.
//!
//! Where a change of the machine changes them on purpose, renew the file natively: `STEADFAST_TRACES=renew cargo test -p
//! steadfast-core --test properties traces`, and see in the review that it was meant.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use steadfast_core::{
    Call, Config, Input, OutboxLimits, OutgoingBytes, OutgoingMessage, OutgoingPayload, Output,
    TransportChoice,
};

use crate::driver::{Command, Driver};
use crate::{friendly, hostile};

mod script;

use script::Script;

/// So many of each family and transport.
const TRACES: u64 = 60;

/// Room for a whole trace in one segment.
const BYTES: usize = 24 * 1024 * 1024;

const COMMITTED: &str = include_str!("traces/traces.txt");

#[derive(Debug, Clone, Copy)]
enum Family {
    /// Against the small server, behind a bad network.
    Friendly,
    /// Anything in any order.
    Hostile,
}

#[test]
fn the_same_scripts_give_the_same_outputs_on_every_platform() {
    let mut text = String::new();
    let mut kinds = BTreeSet::new();
    for family in [Family::Friendly, Family::Hostile] {
        for transport in [TransportChoice::Auto, TransportChoice::WebSocket, TransportChoice::Polling] {
            let mut digest = Fnv::default();
            for number in 0..TRACES {
                digest.text(&trace(family, transport, number, &mut kinds));
            }
            writeln!(text, "{family:?} {transport:?} {:016x}", digest.0).unwrap();
        }
    }
    let missed: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missed.is_empty(), "no script comes to {missed:?}");
    if std::env::var_os("STEADFAST_TRACES").is_some_and(|wish| wish == "renew") {
        std::fs::write("tests/properties/traces/traces.txt", text).unwrap();
        return;
    }
    assert_eq!(
        text, COMMITTED,
        "the machine acts otherwise; where that is meant, renew the file as this module says"
    );
}

#[test]
fn a_script_played_twice_is_recorded_alike() {
    for number in 0..5 {
        let play = || trace(Family::Hostile, TransportChoice::Auto, number, &mut BTreeSet::new());
        assert_eq!(play(), play());
    }
}

/// Plays one script and gives its recording without the version: every call with its time, and a digest of the outputs of each,
/// in which sent bytes count by their number.
fn trace(
    family: Family,
    transport: TransportChoice,
    number: u64,
    kinds: &mut BTreeSet<&'static str>,
) -> String {
    let mut script = Script::new(number);
    let mut config = Config::new("instance");
    config.transport = transport;
    config.long_poll = number.is_multiple_of(2);
    config.buffer_events = 2 + (number % 5) as u32;
    if number.is_multiple_of(3) {
        config.outbox = OutboxLimits { messages: 4, bytes: 2_000, life_ms: 60_000 };
    }
    let driver = Driver::recording(&config, number, BYTES);
    let driver = match family {
        Family::Friendly => {
            let mut world = friendly::begin_with(driver);
            for step in 0..40 {
                world.play(&script.friendly());
                if step % 10 == 0 {
                    world.command(&Command::Submit(of_bytes()));
                }
            }
            world.driver
        }
        Family::Hostile => {
            let mut world = hostile::World::begin_with(driver, transport);
            for _ in 0..80 {
                world.play(&script.hostile());
            }
            world.driver
        }
    };
    driver.replays();
    let mut recording = driver.recorded();
    assert_eq!((recording.segments.len(), recording.left_out), (1, 0), "a trace is recorded whole");
    for moment in recording.segments[0].replay::<u32>().unwrap() {
        let moment = moment.unwrap();
        kinds.extend(call_kind(&moment.call));
        kinds.extend(moment.outputs.iter().filter_map(output_kind));
    }
    recording.version.clear();
    recording.to_text()
}

fn of_bytes() -> OutgoingMessage {
    let payload = OutgoingPayload::Bytes([0xff; 40].into());
    OutgoingMessage {
        kind: "still".into(),
        topic: Some("log.a".into()),
        payload,
        ..OutgoingMessage::default()
    }
}

/// What the scripts come to, at the least.
const KINDS: [&str; 28] = [
    "token ready",
    "token failed",
    "opened",
    "frame",
    "bad frame",
    "closed",
    "handshake status",
    "buffered",
    "exchange answered",
    "exchange failed",
    "taken",
    "tick",
    "visible",
    "hidden",
    "online",
    "offline",
    "freeze",
    "thaw",
    "submit",
    "acknowledge",
    "cancel",
    "send",
    "deliver",
    "complete",
    "abort",
    "exchange",
    "binary",
    "close",
];

fn call_kind(call: &Call<'_, u32>) -> Option<&'static str> {
    Some(match call {
        Call::Input(input) => match &**input {
            Input::TokenReady { .. } => "token ready",
            Input::TokenFailed { .. } => "token failed",
            Input::Opened { .. } => "opened",
            Input::Frame { .. } => "frame",
            Input::BadFrame { .. } => "bad frame",
            Input::Closed { .. } => "closed",
            Input::HandshakeStatus { .. } => "handshake status",
            Input::Buffered { .. } => "buffered",
            Input::ExchangeAnswered { .. } => "exchange answered",
            Input::ExchangeFailed { .. } => "exchange failed",
            Input::Taken { .. } => "taken",
            Input::Tick => "tick",
            Input::Visible => "visible",
            Input::Hidden => "hidden",
            Input::Online => "online",
            Input::Offline => "offline",
            Input::Freeze => "freeze",
            Input::Thaw => "thaw",
        },
        Call::Submit(_) => "submit",
        Call::Acknowledge(..) => "acknowledge",
        Call::Cancel(_) => "cancel",
        _ => return None,
    })
}

fn output_kind(output: &Output<u32>) -> Option<&'static str> {
    Some(match output {
        Output::Send { bytes: OutgoingBytes::Binary(_), .. } => "binary",
        Output::Send { .. } => "send",
        Output::Deliver { .. } => "deliver",
        Output::Complete { .. } => "complete",
        Output::Abort { .. } => "abort",
        Output::Exchange { .. } => "exchange",
        Output::Close { .. } => "close",
        _ => return None,
    })
}

/// FNV-1a of 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
