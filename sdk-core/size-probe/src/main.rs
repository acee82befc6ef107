//! The core with a driver of stubs: every input, command, output and getter is reachable, nothing else is.
//!
//! Compiled for wasm32 it is what a browser driver pays for the core; `cargo xtask size` weighs it.

#![forbid(unsafe_code)]

use std::hint::black_box;

use steadfast_core::{Client, Config, Input, Now, OutgoingMessage, Output, SubscribeOptions, SubscriptionId};

/// What the stub driver is told to do next.
enum Step {
    Input(Input<u32>),
    Connect,
    Disconnect,
    Subscribe(String, SubscribeOptions),
    Unsubscribe(u32),
    Submit(OutgoingMessage),
    Send(OutgoingMessage),
    Acknowledge(Vec<String>, Option<String>),
    Cancel(u64),
}

fn main() {
    let mut client = Client::new(black_box(Config::new("")), black_box(0), black_box(Now::default()));
    while let Some((now, step)) = black_box(None::<(Now, Step)>) {
        run(&mut client, now, step);
        loop {
            match client.poll_output() {
                Output::Wait { until } => {
                    black_box(until);
                    break;
                }
                output => {
                    black_box(&output);
                }
            }
        }
        black_box((client.status(), client.statistics(), client.pending_messages(), client.max_frame_bytes()));
    }
}

fn run(client: &mut Client<u32>, now: Now, step: Step) {
    match step {
        Step::Input(input) => client.handle_input(now, input),
        Step::Connect => client.connect(now),
        Step::Disconnect => client.disconnect(now),
        Step::Subscribe(topic, options) => {
            if let Ok((_, slot)) = black_box(client.subscribe(now, &topic, options)) {
                black_box((client.slot(&topic), client.cursor(slot), client.is_live(slot), client.class(slot)));
            }
        }
        Step::Unsubscribe(id) => {
            black_box(client.unsubscribe(now, SubscriptionId(id)).is_ok());
        }
        Step::Submit(message) => {
            black_box(client.submit(now, &message).is_ok());
        }
        Step::Send(message) => {
            black_box(client.send(now, &message).is_ok());
        }
        Step::Acknowledge(ids, note) => {
            black_box(client.acknowledge(now, &ids, note.as_deref()).is_ok());
        }
        Step::Cancel(id) => client.cancel(now, steadfast_core::MessageId(id)),
    }
}
