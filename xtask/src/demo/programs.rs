use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Occurrence;
use crate::failure::Failure;
use crate::process::{self, Background};
use crate::workspace;

const LISTENING: &str = "listening on http://";

/// The built programs.
pub(super) struct Programs {
    server: PathBuf,
    tail: PathBuf,
}

/// Tokens for the development keys.
pub(super) struct Tokens {
    /// Of the operations centre.
    pub(super) operations: String,
    /// Of the hospital.
    pub(super) hospital: String,
}

impl Programs {
    pub(super) fn build() -> Result<Self, Failure> {
        process::run(workspace::cargo().args(["build", "--locked", "--package", "steadfast-server"]))?;
        process::run(workspace::cargo().args([
            "build",
            "--locked",
            "--package",
            "steadfast",
            "--example",
            "tail",
        ]))?;
        let built = workspace::target_directory()?.join("debug");
        let program = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
        Ok(Self {
            server: built.join(program("steadfast-server")),
            tail: built.join("examples").join(program("tail")),
        })
    }

    /// Starts the server; [`Occurrence::ServerListens`] says when it is ready.
    pub(super) fn serve(&self, address: &str, sender: Sender<Occurrence>) -> Result<Server, Failure> {
        let mut command = Command::new(&self.server);
        command.args(["serve", "--dev", "--listen", address]);
        if std::env::var_os("RUST_LOG").is_none() {
            // A line for each published batch would bury the rest.
            command.env("RUST_LOG", "info,audit=warn");
        }
        let at = Arc::new(Mutex::new(address.to_owned()));
        let (listens, noted) = (sender.clone(), Arc::clone(&at));
        let on_line = move |line: &str| {
            println!("server | {line}");
            if let Some((_, address)) = line.split_once(LISTENING) {
                *noted.lock().expect("no holder of this lock panics") = address.to_owned();
                // Nobody listens any more when the demo is stopping.
                let _ = listens.send(Occurrence::ServerListens(format!("http://{address}")));
            }
        };
        let process = Background::start("server", &mut command, on_line, move || {
            let _ = sender.send(Occurrence::ServerEnded);
        })?;
        Ok(Server { process, address: at })
    }

    /// Starts a tail of the operations centre's incidents and site states.
    pub(super) fn tail(
        &self,
        url: &str,
        token: &str,
        sender: Sender<Occurrence>,
    ) -> Result<Background, Failure> {
        let mut command = Command::new(&self.tail);
        command.args(["--url", url, "--token", token, "incidents", "sites"]);
        Background::start(
            "tail",
            &mut command,
            |line| println!("tail   | {line}"),
            move || {
                let _ = sender.send(Occurrence::TailEnded);
            },
        )
    }

    pub(super) fn tokens(&self) -> Result<Tokens, Failure> {
        Ok(Tokens { operations: self.token("towerco", "ana")?, hospital: self.token("phoenix", "kim")? })
    }

    fn token(&self, tenant: &str, user: &str) -> Result<String, Failure> {
        let mut command = Command::new(&self.server);
        command.args(["token", "--dev", "--tenant", tenant, "--user", user, "--ttl", "12h"]);
        command.args(["--subscribe", "*", "--publish", "*"]);
        process::output(&mut command).map(|token| token.trim().to_owned())
    }
}

/// The server's process and where it listens.
pub(super) struct Server {
    process: Background,
    address: Arc<Mutex<String>>,
}

impl Server {
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn address(&self) -> String {
        self.address.lock().expect("no holder of this lock panics").clone()
    }

    pub(super) fn wait(&mut self) -> Option<ExitStatus> {
        self.process.wait()
    }

    pub(super) fn end(self, patience: Duration) {
        self.process.end(patience);
    }
}
