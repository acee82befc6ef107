use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A proxy between client and server that does what bad networks do. Its address stays the same while the server
/// behind it and its mode change.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What happens to connections made from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything is tunnelled.
    Pass,
    /// WebSockets are answered 403.
    RefuseUpgrade,
    /// WebSockets are cut off without an answer.
    CutUpgrade,
    /// WebSockets are accepted, and then nothing comes through.
    Silence,
    /// WebSockets are accepted, and killed when the client's hello comes.
    KillBeforeWelcome,
    /// WebSockets are accepted, and killed so long after the server's first frame.
    KillAfterWelcome(Duration),
    /// Nothing comes through at all.
    BlockEverything,
}

struct Shared {
    target: Mutex<SocketAddr>,
    mode: Mutex<Mode>,
    cut: watch::Sender<u64>,
    websockets: AtomicU64,
    exchanges: AtomicU64,
}

const LONGEST_HEAD: usize = 16 * 1024;

impl Proxy {
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            mode: Mutex::new(Mode::Pass),
            cut: watch::Sender::new(0),
            websockets: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
        });
        let accepting = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        let mut cut = shared.cut.subscribe();
                        tokio::select! {
                            // Either side closing is an end like any other.
                            _ = shared.carry(client) => {}
                            _ = cut.changed() => {}
                        }
                    });
                }
            }
        });
        Self { address, shared, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the mode. Anything but [`Mode::Pass`] also cuts what is connected.
    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
        if mode != Mode::Pass {
            self.cut();
        }
    }

    /// New connections lead to another server; those that are there stay.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap() = target;
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_modify(|generation| *generation += 1);
    }

    /// WebSocket handshakes seen so far.
    pub(crate) fn websockets(&self) -> u64 {
        self.shared.websockets.load(Ordering::SeqCst)
    }

    /// Other connections seen so far; each may have carried many exchanges.
    pub(crate) fn exchanges(&self) -> u64 {
        self.shared.exchanges.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Shared {
    /// Carries one connection as the mode says. `None` where it ended early.
    async fn carry(&self, mut client: TcpStream) -> Option<()> {
        client.set_nodelay(true).ok()?;
        let head = read_head(&mut client).await?;
        let websocket = is_upgrade(&head);
        let counter = if websocket { &self.websockets } else { &self.exchanges };
        counter.fetch_add(1, Ordering::SeqCst);
        let mode = *self.mode.lock().unwrap();
        match (mode, websocket) {
            (Mode::BlockEverything, _) | (Mode::CutUpgrade, true) => None,
            (Mode::RefuseUpgrade, true) => {
                let answer = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                client.write_all(answer).await.ok()
            }
            (Mode::Silence, true) => {
                let mut server = self.upgrade(&mut client, &head).await?;
                tokio::join!(swallow(&mut client), swallow(&mut server));
                Some(())
            }
            (Mode::KillBeforeWelcome, true) => {
                let _server = self.upgrade(&mut client, &head).await?;
                client.read_exact(&mut [0; 1]).await.ok()?;
                Some(())
            }
            (Mode::KillAfterWelcome(after), true) => {
                let mut server = self.upgrade(&mut client, &head).await?;
                until_server_speaks(&mut client, &mut server).await?;
                // Whether it ends by itself or in time, it ends.
                let _ = timeout(after, copy_bidirectional(&mut client, &mut server)).await;
                Some(())
            }
            (Mode::Pass, _) | (_, false) => {
                let mut server = self.connect(&head).await?;
                copy_bidirectional(&mut client, &mut server).await.ok()?;
                Some(())
            }
        }
    }

    async fn connect(&self, head: &[u8]) -> Option<TcpStream> {
        let target = *self.target.lock().unwrap();
        let mut server = TcpStream::connect(target).await.ok()?;
        server.set_nodelay(true).ok()?;
        server.write_all(head).await.ok()?;
        Some(server)
    }

    /// Lets the handshake through, and nothing more yet.
    async fn upgrade(&self, client: &mut TcpStream, head: &[u8]) -> Option<TcpStream> {
        let mut server = self.connect(head).await?;
        let answer = read_head(&mut server).await?;
        client.write_all(&answer).await.ok()?;
        Some(server)
    }
}

/// Reads up to the end of a request's or an answer's head and, where it came with it, a little more.
async fn read_head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn is_upgrade(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).to_ascii_lowercase().contains("\r\nupgrade: websocket")
}

async fn swallow(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
}

async fn until_server_speaks(client: &mut TcpStream, server: &mut TcpStream) -> Option<()> {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => match read.ok()? {
                0 => return None,
                read => server.write_all(&up[..read]).await.ok()?,
            },
            read = server.read(&mut down) => match read.ok()? {
                0 => return None,
                read => return client.write_all(&down[..read]).await.ok(),
            },
        }
    }
}
