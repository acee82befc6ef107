use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub(crate) use rustix::process::Signal;

use super::soon;

/// A running program whose standard output is read line by line. It is killed when dropped.
pub(crate) struct Program {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    pub(crate) fn start(path: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            // Set to see the programs' logs.
            .stderr(if std::env::var_os("STEADFAST_TEST_LOG").is_some() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, output }
    }

    /// The next line; `None` when the program has closed its output.
    pub(crate) async fn line(&mut self) -> Option<String> {
        soon("a line of a program", self.output.next_line()).await.unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.id().expect("the program still runs");
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon("the end of a program", self.child.wait()).await.unwrap()
    }
}
