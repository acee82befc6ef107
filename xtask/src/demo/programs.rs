use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Occurrence;
use crate::failure::Failure;
use crate::process::{self, Background};
use crate::workspace;

/// In the workspace.
const CONFIGURATION: &str = "xtask/src/demo/server.toml";
const LISTENING: &str = "listening on http://";

/// The built programs.
pub(super) struct Programs {
    server: PathBuf,
    tail: PathBuf,
    on_duty: PathBuf,
}

/// Whose events they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tenant {
    /// The operations centre.
    Operations,
    /// The hospital.
    Hospital,
}

impl Tenant {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Operations => "towerco",
            Self::Hospital => "phoenix",
        }
    }
}

impl Programs {
    /// The life of a token that is not to be renewed.
    pub(super) const LONG: Duration = Duration::from_secs(12 * 3_600);

    pub(super) fn build() -> Result<Self, Failure> {
        process::run(workspace::cargo().args(["build", "--locked", "--package", "steadfast-server"]))?;
        process::run(workspace::cargo().args(["build", "--locked", "--package", "steadfast", "--examples"]))?;
        let built = workspace::target_directory()?.join("debug");
        let program = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
        Ok(Self {
            server: built.join(program("steadfast-server")),
            tail: built.join("examples").join(program("tail")),
            on_duty: built.join("examples").join(program("on_duty")),
        })
    }

    /// Starts the server; [`Occurrence::ServerListens`] says when it is ready.
    pub(super) fn serve(&self, address: &str, sender: Sender<Occurrence>) -> Result<Server, Failure> {
        let mut command = Command::new(&self.server);
        command
            .args(["serve", "--dev", "--listen", address, "--config"])
            .arg(workspace::root().join(CONFIGURATION));
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
    ///
    /// # Errors
    /// - It cannot be started.
    pub(super) fn tail(&self, url: &str, sender: Sender<Occurrence>) -> Result<Background, Failure> {
        let token = self.token(Tenant::Operations, "terminal", Self::LONG)?;
        let mut command = Command::new(&self.tail);
        command.args(["--url", url, "--token", &token, "incidents", "sites"]);
        client("tail", &mut command, sender)
    }

    /// Starts a tenant's colleagues: people who come, go, and take care of some of the alerts.
    ///
    /// # Errors
    /// - They cannot be started.
    pub(super) fn colleagues(
        &self,
        tenant: Tenant,
        url: &str,
        sender: Sender<Occurrence>,
    ) -> Result<Background, Failure> {
        let (name, topic, people) = match tenant {
            Tenant::Operations => ("centre", "incidents", ["ben", "chloe", "farah"]),
            Tenant::Hospital => ("ward", "threats", ["lena", "omar", "priya"]),
        };
        let mut command = Command::new(&self.on_duty);
        command.args(["--url", url, "--topic", topic]);
        for person in people {
            command.args(["--token", &self.token(tenant, person, Self::LONG)?]);
        }
        client(name, &mut command, sender)
    }

    /// A token for a user who may do everything in the tenant.
    ///
    /// # Errors
    /// - The server's program does not make one.
    pub(super) fn token(&self, tenant: Tenant, user: &str, life: Duration) -> Result<String, Failure> {
        let mut command = Command::new(&self.server);
        command.args(["token", "--dev", "--tenant", tenant.as_str(), "--user", user]);
        command.args(["--ttl", &format!("{}s", life.as_secs()), "--subscribe", "*", "--publish", "*"]);
        process::output(&mut command).map(|token| token.trim().to_owned())
    }
}

fn client(
    name: &'static str,
    command: &mut Command,
    sender: Sender<Occurrence>,
) -> Result<Background, Failure> {
    let on_line = move |line: &str| println!("{name:6} | {line}");
    Background::start(name, command, on_line, move || {
        // Nobody listens any more when the demo is stopping.
        let _ = sender.send(Occurrence::ClientEnded(name));
    })
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

    /// Kills it as `kill -9` does.
    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    pub(super) fn end(self, patience: Duration) {
        self.process.end(patience);
    }
}
