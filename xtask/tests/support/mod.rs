use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Long enough for a slow machine; the demo ends by itself then and the test sees the end of its lines.
const AT_MOST_SECONDS: &str = "300";

/// A running demo and what it says.
pub(crate) struct Demo {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) seen: Vec<String>,
}

impl Demo {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["demo", "--for", AT_MOST_SECONDS, "--listen", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, seen: Vec::new() }
    }

    pub(crate) fn process(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Waits for its end; what it still has to say is read, or it could not end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        io::copy(&mut self.lines, &mut io::sink()).unwrap();
        self.child.wait().unwrap()
    }

    pub(crate) fn wait_for<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
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
