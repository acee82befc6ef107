//! The demo's front door as browsers and people meet it: the page, its way to the server, and all that breaks it.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use support::Demo;

const PATIENCE: Duration = Duration::from_secs(120);
const UPGRADE: &str = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: steadfast.v1\r\n";

#[test]
fn the_page_is_served_and_strangers_are_turned_away() {
    let folder = Folder::new(&[
        ("page/index.html", "<!doctype html>hello"),
        ("page/assets/a-1f.wasm", "\0asm"),
        ("secret.txt", "secret"),
    ]);
    let door = Door::open(&["--page", folder.0.join("page").to_str().unwrap()]);

    let index = door.ask("GET", "/", "", "");
    assert!(index.head.starts_with("HTTP/1.1 200") && index.body == "<!doctype html>hello", "{index:?}");
    for header in
        ["content-type: text/html", "cache-control: no-cache", "script-src 'self' 'wasm-unsafe-eval'"]
    {
        assert!(index.head.contains(header), "{header}: {index:?}");
    }
    let module = door.ask("GET", "/assets/a-1f.wasm", "", "");
    assert!(module.head.contains("content-type: application/wasm"), "{module:?}");
    assert!(module.head.contains("immutable"), "{module:?}");
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt"] {
        let answer = door.ask("GET", path, "", "");
        assert!(answer.status() == 400 && !answer.body.contains("secret"), "{path}: {answer:?}");
    }
    assert_eq!(door.ask("GET", "/nothing", "", "").status(), 404);
    assert_eq!(door.ask("GET", "/demo/nothing", "", "").status(), 404);
    assert_eq!(door.ask("GET", "/livez", "", "").body, "ok\n");

    for header in ["Origin: https://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        assert_eq!(door.ask("POST", "/demo/kill", header, "").status(), 403, "{header}");
    }
    let rebound = door.raw("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(whole(rebound).starts_with("HTTP/1.1 403"));
    assert_eq!(door.ask("GET", "/livez", "", "").body, "ok\n", "nobody has killed the server");

    for (path, body) in [
        ("/demo/token", r#"{"console":"operations"}"#),
        ("/demo/token", r#"{"console":"bank","user":"ana"}"#),
        ("/demo/token", r#"{"console":"hospital","user":"Ana O."}"#),
        ("/demo/burst", r#"{"console":"hospital","count":0}"#),
        ("/demo/burst", r#"{"console":"hospital","count":10001}"#),
        ("/demo/way/p1", r#"{"websockets":false}"#),
        ("/demo/way/p1", r#"{"websockets":false,"network":true,"x":1}"#),
        ("/demo/way/p.1", r#"{"websockets":false,"network":true}"#),
        ("/demo/cut/p.1", ""),
        ("/via/p.1/api/v1/publish", ""),
    ] {
        let answer = door.ask("POST", path, "", body);
        assert!(answer.status() == 400 && answer.body.lines().count() == 1, "{path} {body}: {answer:?}");
    }
}

#[test]
fn a_page_whose_web_sockets_are_blocked_polls_and_misses_nothing() {
    let door = Door::open(&["--no-page"]);
    let mut client = Tail::start(&door.url("/via/p1"), &door.token("operations", "ana"), "burst");
    client.wait_for(|line| line["state"] == "connected" && line["transport"] == "websocket");
    client.wait_for(|line| line["kind"] == "live");
    assert_eq!(door.control("GET", "/demo/way/p1", ""), json!({"websockets": true, "network": true}));

    let run = door.control("POST", "/demo/burst", r#"{"console":"operations","count":2500}"#);
    assert_eq!(run["published"], 2_500);
    client.expect_burst(&run, 2_500);

    let blocked = json!({"websockets": false, "network": true});
    assert_eq!(door.ask("POST", "/demo/way/p1", "", &blocked.to_string()).status(), 204);
    assert_eq!(door.control("GET", "/demo/way/p1", ""), blocked);
    assert_eq!(door.control("POST", "/demo/cut/p1", ""), json!({"cut": 0}), "it was cut already");
    let run = door.control("POST", "/demo/burst", r#"{"console":"operations","count":300}"#);
    client.wait_for(|line| line["state"] == "connected" && line["transport"] == "polling");
    client.expect_burst(&run, 300);
    assert!(head(&mut door.web_socket("p1")).starts_with("HTTP/1.1 403"));
    assert!(head(&mut door.web_socket("p2")).starts_with("HTTP/1.1 101"), "of this page alone");
}

#[test]
fn a_cut_and_a_lost_network_end_connections_without_a_word() {
    let door = Door::open(&["--no-page"]);
    let (mut cut, mut other) = (door.web_socket("p1"), door.web_socket("p2"));
    assert!(head(&mut cut).starts_with("HTTP/1.1 101") && head(&mut other).starts_with("HTTP/1.1 101"));
    assert_eq!(door.control("POST", "/demo/cut/p1", ""), json!({"cut": 1}));
    assert_eq!(whole(cut), "", "not even a close frame");

    let mut socket = door.web_socket("p1");
    assert!(head(&mut socket).starts_with("HTTP/1.1 101"));
    let hello = json!([{
        "type": "rt.hello", "version": 1, "token": door.token("hospital", "kim"), "instance": "one-of-a-test",
        "link": 1, "client": {"name": "test", "version": "1", "platform": "none"},
        "topics": [{"topic": "quiet"}], "wait_ms": 25_000,
    }]);
    let poll = |page: &str| door.post(&format!("/via/{page}/api/v1/notifications/poll"), &hello.to_string());
    let waiting = poll("p1");
    let offline = json!({"websockets": true, "network": false}).to_string();
    assert_eq!(door.ask("POST", "/demo/way/p1", "", &offline).status(), 204);
    assert_eq!(whole(socket), "");
    assert_eq!(whole(waiting), "");
    assert_eq!(whole(poll("p1")), "");
    assert_eq!(whole(door.web_socket("p1")), "");

    let online = json!({"websockets": true, "network": true}).to_string();
    assert_eq!(door.ask("POST", "/demo/way/p1", "", &online).status(), 204);
    assert!(head(&mut door.web_socket("p1")).starts_with("HTTP/1.1 101"));
    assert_eq!(door.control("POST", "/demo/cut/p2", ""), json!({"cut": 1}), "the other page was left alone");
    drop(other);
}

#[test]
fn a_killed_server_is_away_and_comes_back() {
    let mut door = Door::open(&["--no-page"]);
    for _ in 0..4 {
        let mut open = door.web_socket("p1");
        assert!(head(&mut open).starts_with("HTTP/1.1 101"));
        assert_eq!(door.ask("POST", "/demo/kill", "", "").status(), 202);
        whole(open);
        // Whatever the door says meanwhile, in the end it is back: also when it is killed right after its start.
        while door.ask("POST", "/demo/burst", "", r#"{"console":"hospital","count":1}"#).status() != 200 {
            sleep(Duration::from_millis(20));
        }
    }
    door.demo.wait_for("the restart", |line| line.contains("the server is back").then_some(()));
}

#[test]
fn colleagues_are_online() {
    let door = Door::open(&["--no-page"]);
    let mut client = Tail::start(&door.url(""), &door.token("operations", "ana"), "presence:incidents");
    let mut told = BTreeSet::new();
    while !["ben", "chloe", "farah", "terminal"].iter().all(|user| told.contains(*user)) {
        let event = client.wait_for(|line| line["kind"] == "event");
        assert_eq!(event["payload"]["clients"], 1, "{event}");
        told.insert(event["key"].as_str().unwrap().to_owned());
    }
}

/// A running demo, by its door.
struct Door {
    demo: Demo,
    address: String,
}

#[derive(Debug)]
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head["HTTP/1.1 ".len()..].split(' ').next().unwrap().parse().unwrap()
    }
}

impl Door {
    fn open(options: &[&str]) -> Self {
        let mut demo = Demo::start(options);
        let address = demo.wait_for("the door's address", |line| {
            Some(line.strip_prefix("The server is behind http://")?.split_once(',')?.0.to_owned())
        });
        Self { demo, address }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn raw(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let (host, length) = (&self.address, body.len());
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
    }

    fn post(&self, path: &str, body: &str) -> TcpStream {
        self.send("POST", path, "Connection: close\r\nContent-Type: application/json\r\n", body)
    }

    fn web_socket(&self, page: &str) -> TcpStream {
        let path = format!("/via/{page}/api/v1/notifications/ws");
        self.send("GET", &path, &format!("Connection: Upgrade\r\n{UPGRADE}"), "")
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let answer = whole(self.send(method, path, &format!("Connection: close\r\n{headers}"), body));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.ask(method, path, "", body);
        assert_eq!(answer.status(), 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    fn token(&self, console: &str, user: &str) -> String {
        let body = json!({"console": console, "user": user}).to_string();
        let answer = self.ask("POST", "/demo/token", "", &body);
        assert!(answer.status() == 200 && answer.head.contains("no-store"));
        answer.body.trim().to_owned()
    }
}

/// What comes until the connection ends, however it ends.
fn whole(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    if let Err(error) = stream.read_to_end(&mut text) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// An answer's head, and not a byte more.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

/// A real client, which prints what it gets.
struct Tail {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Tail {
    fn start(url: &str, token: &str, topic: &str) -> Self {
        // The demo has built it, beside itself.
        let tail = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("examples").join("tail");
        let mut child = Command::new(tail)
            .args(["--url", url, "--token", token, topic])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn wait_for(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let lines = self.lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        lines.into_iter().find(is_it).expect("the tail goes on")
    }

    /// Reads the events of a run: each once and in order, and no gap between them.
    fn expect_burst(&mut self, run: &Value, count: u64) {
        for number in 1..=count {
            let line = self.wait_for(|line| line["kind"] == "event" || line["kind"] == "gap");
            assert_eq!((&line["payload"]["run"], &line["payload"]["number"]), (&run["run"], &json!(number)));
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with files, which goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("steadfast-door-{}", std::process::id()));
        for (name, content) in files {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody minds a folder left among temporary ones.
        let _ = fs::remove_dir_all(&self.0);
    }
}
