//! The demo as a person meets it: alerts in the tail, the server killed, a gap told, and on it goes.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use support::Demo;

#[test]
fn a_killed_server_is_a_gap_in_the_tail_and_ctrl_c_leaves_nothing_behind() {
    let mut demo = Demo::start(&["--no-page"]);
    let first_server = demo.wait_for("the server's process", |line| number_after(line, "its process is "));
    wait_for_tail(&mut demo, "an event", |line| is(line, "event"));

    kill(first_server, Signal::SIGKILL).unwrap();
    wait_for_tail(&mut demo, "a gap", |line| is(line, "gap"));
    wait_for_tail(&mut demo, "an event after the gap", |line| is(line, "event"));
    let second_server = restarted_process(&demo);
    assert_ne!(first_server, second_server);

    kill(demo.process(), Signal::SIGINT).unwrap();
    let status = demo.end();
    assert!(status.success(), "{status}");
    assert_eq!(kill(second_server, None), Err(Errno::ESRCH), "the server outlived the demo");
}

/// The process that replaced the killed server, from a line that has come already.
fn restarted_process(demo: &Demo) -> Pid {
    demo.seen.iter().find_map(|line| number_after(line, "process is now ")).unwrap()
}

fn wait_for_tail(demo: &mut Demo, what: &str, is_it: impl Fn(&Value) -> bool) {
    demo.wait_for(what, |line| {
        let line = serde_json::from_str(line.strip_prefix("tail   | ")?).ok()?;
        is_it(&line).then_some(())
    });
}

fn number_after(line: &str, words: &str) -> Option<Pid> {
    let (_, rest) = line.split_once(words)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Pid::from_raw)
}

/// Whether a line of the tail is of this kind.
fn is(line: &Value, kind: &str) -> bool {
    line["kind"] == kind
}
