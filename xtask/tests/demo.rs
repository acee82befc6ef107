//! The demo as a person meets it: alerts in the tail, the server killed, a gap told, and on it goes.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Long enough for a slow machine; the demo ends by itself then and the test sees the end of its lines.
const AT_MOST_SECONDS: &str = "300";

#[test]
fn a_killed_server_is_a_gap_in_the_tail_and_ctrl_c_leaves_nothing_behind() {
    let mut demo = Demo::start();
    let first_server = demo.server_process();
    demo.wait_for_tail("an event", |line| is(line, "event"));

    kill(first_server, Signal::SIGKILL).unwrap();
    demo.wait_for_tail("a gap", |line| is(line, "gap"));
    demo.wait_for_tail("an event after the gap", |line| is(line, "event"));
    let second_server = demo.restarted_process();
    assert_ne!(first_server, second_server);

    kill(demo.process(), Signal::SIGINT).unwrap();
    let status = demo.end();
    assert!(status.success(), "{status}");
    assert_eq!(kill(second_server, None), Err(Errno::ESRCH), "the server outlived the demo");
}

struct Demo {
    child: Child,
    lines: BufReader<ChildStdout>,
    seen: Vec<String>,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["demo", "--for", AT_MOST_SECONDS, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, seen: Vec::new() }
    }

    fn process(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Waits for its end; what it still has to say is read, or it could not end.
    fn end(&mut self) -> ExitStatus {
        io::copy(&mut self.lines, &mut io::sink()).unwrap();
        self.child.wait().unwrap()
    }

    fn server_process(&mut self) -> Pid {
        self.wait_for("the server's process", |line| number_after(line, "its process is "))
    }

    /// The process that replaced the killed server, from a line that has come already.
    fn restarted_process(&self) -> Pid {
        self.seen.iter().find_map(|line| number_after(line, "process is now ")).unwrap()
    }

    fn wait_for_tail(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) {
        self.wait_for(what, |line| {
            let line = serde_json::from_str(line.strip_prefix("tail   | ")?).ok()?;
            is_it(&line).then_some(())
        });
    }

    fn wait_for<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                panic!("the demo ended before {what} came; it said: {:#?}", self.seen);
            }
            let line = line.trim_end();
            self.seen.push(line.to_owned());
            if let Some(found) = find(line) {
                return found;
            }
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Ctrl-C, so that its children end too.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(self.process(), Signal::SIGINT);
            self.end();
        }
    }
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
