use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::door::Door;
use super::feed::Feed;
use super::options::Options;
use super::programs::{Programs, Server, Tenant};
use super::{Occurrence, guide};
use crate::failure::Failure;
use crate::process;

/// Where the front door listens, unless that is taken; then at a free port.
const FIRST_PORT: u16 = 8080;
/// Nobody needs to know where the server listens behind the door.
const ANY_PORT: &str = "127.0.0.1:0";
const START_PATIENCE: Duration = Duration::from_secs(30);
/// A server that ends sooner than this after its start was not killed by a curious person.
const TOO_SOON: Duration = Duration::from_secs(2);
const MOST_EARLY_ENDS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);

/// All that runs while the demo is on.
pub(super) struct Stage {
    programs: Arc<Programs>,
    sender: Sender<Occurrence>,
    server: Server,
    started: Instant,
    early_ends: u32,
    killed: bool,
    feed: Feed,
    clients: Vec<process::Background>,
    /// Of the front door.
    runtime: Runtime,
}

impl Stage {
    pub(super) fn set(
        programs: Programs,
        page: Option<PathBuf>,
        sender: Sender<Occurrence>,
        occurrences: &Receiver<Occurrence>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let listener = listen(options.listen)?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let door_url = format!("http://{address}");
        let programs = Arc::new(programs);
        let server = programs.serve(ANY_PORT, sender.clone())?;
        let server_url = wait_for_server(occurrences)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("the system gives no threads: {error}")))?;
        let has_page = page.is_some();
        let door = Door::new(address, server.address(), page, Arc::clone(&programs), sender.clone());
        door.open(runtime.handle(), listener)
            .map_err(|error| Failure::new(format!("the front door does not open: {error}")))?;
        guide::print(&door_url, has_page, &programs, server.id())?;
        let clients = vec![
            programs.tail(&server_url, sender.clone())?,
            programs.colleagues(Tenant::Operations, &server_url, sender.clone())?,
            programs.colleagues(Tenant::Hospital, &server_url, sender.clone())?,
        ];
        let feed = Feed::start(server_url, options.seed);
        let started = Instant::now();
        Ok(Self { programs, sender, server, started, early_ends: 0, killed: false, feed, clients, runtime })
    }

    /// Kills the server, because somebody has asked for it.
    pub(super) fn kill_server(&mut self) {
        println!("demo   | the server is killed, as asked");
        self.killed = true;
        self.server.kill();
    }

    pub(super) fn restart_server(&mut self) -> Result<(), Failure> {
        let status = self.server.wait();
        let asked = std::mem::take(&mut self.killed);
        if self.started.elapsed() < TOO_SOON && !asked {
            self.early_ends += 1;
            if self.early_ends == MOST_EARLY_ENDS {
                return Err(Failure::new("the server ends right after its start, again and again"));
            }
        } else {
            self.early_ends = 0;
        }
        let how = status.map_or_else(|| "in an unknown way".to_owned(), |status| status.to_string());
        println!(
            "demo   | the server has ended ({how}); starting it again. The tail will show a gap and go on."
        );
        self.server = self.programs.serve(&self.server.address(), self.sender.clone())?;
        self.started = Instant::now();
        println!("demo   | the server's process is now {}", self.server.id());
        Ok(())
    }

    pub(super) fn clear(self) {
        self.feed.stop();
        for client in self.clients {
            client.end(PATIENCE);
        }
        // Before the server, which would wait for the connections of the page to end.
        self.runtime.shutdown_timeout(PATIENCE);
        self.server.end(PATIENCE);
    }
}

fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST_PORT));
    let bind = |address: SocketAddr| {
        TcpListener::bind(address).map_err(|error| {
            Failure::new(format!("cannot listen on {address}: {error}; choose another address with --listen"))
        })
    };
    match asked {
        Some(address) => bind(address),
        None => bind(usual).or_else(|_| {
            println!("demo   | port {FIRST_PORT} is taken; using a free one");
            bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        }),
    }
}

fn wait_for_server(occurrences: &Receiver<Occurrence>) -> Result<String, Failure> {
    match occurrences.recv_timeout(START_PATIENCE) {
        Ok(Occurrence::ServerListens(url)) => Ok(url),
        Ok(Occurrence::Interrupted) => Err(Failure::new("interrupted before the server was up")),
        Ok(_) => Err(Failure::new("the server does not start; its last lines say why")),
        Err(_) => Err(Failure::new("the server did not say `listening on …` within 30 s")),
    }
}
