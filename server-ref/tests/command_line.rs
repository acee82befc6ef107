//! The program as a process: its one line on standard output, its signals, its exit codes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steadfast-server"));
    command.env_remove("RUST_LOG");
    command
}

fn output(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

struct Server {
    child: Child,
    address: String,
    stdout: BufReader<std::process::ChildStdout>,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Server {
    fn start() -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--dev"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().trim_end().to_owned();
        Self { child, address, stdout, stderr }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn read_until(&mut self, word: &str) -> String {
        let mut read = String::new();
        while !read.contains(word) {
            assert_ne!(self.stderr.read_line(&mut read).unwrap(), 0, "{word} is not in {read}");
        }
        read
    }
}

#[test]
fn it_says_one_line_serves_and_ends_cleanly_on_each_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start();
        assert!(server.get("/livez").ends_with("ok\n"));
        assert!(server.get("/metrics").contains("steadfast_drain_phase 0"));
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let (mut rest, mut log) = (String::new(), String::new());
        server.stdout.read_to_string(&mut rest).unwrap();
        server.stderr.read_to_string(&mut log).unwrap();
        assert_eq!(rest, "");
        assert!(log.contains("DEVELOPMENT MODE"), "{log}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = Server::start();
    // A request that never ends keeps the server closing for a while.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    assert!(server.get("/livez").ends_with("ok\n"));
    server.signal(Signal::TERM);
    server.read_until("draining");
    server.signal(Signal::TERM);
    assert_eq!(server.child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_cannot_start_says_why_in_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cases: [(&[&str], &str); 3] = [
        (&["serve", "--listen", &address, "--dev"], "cannot listen on"),
        (&["serve", "--listen", "127.0.0.1:0"], "auth.keys is empty"),
        (&["serve", "--config", "/nowhere/at/all.toml"], "cannot read /nowhere/at/all.toml"),
    ];
    for (arguments, reason) in cases {
        let output = output(arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(output.stdout.is_empty());
        let last = errors.lines().last().unwrap();
        assert!(last.starts_with("error: ") && last.contains(reason), "{errors}");
    }
    let output = program().args(["serve", "--dev"]).env("RUST_LOG", "=nonsense=").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn a_token_is_one_line_of_three_parts() {
    let output = output(&["token", "--dev", "--tenant", "acme", "--user", "ana", "--ttl", "1h"]);
    assert_eq!(output.status.code(), Some(0));
    let token = text(&output.stdout);
    assert_eq!((token.lines().count(), token.trim_end().split('.').count()), (1, 3));
}
