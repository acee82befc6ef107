use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use steadfast_core::{CloseCode, Input, LinkId, OutgoingBytes};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Happened;
use super::connect::{Connector, Socket, Unopened};
use super::link::{LinkEvent, OpenLink};

/// How long a closing handshake may go on in the background.
const CLOSING: Duration = Duration::from_secs(5);

/// The WebSockets that the machine knows, and those that are saying goodbye. The machine has at most two at a time.
pub(super) struct Links {
    connector: Connector,
    known: Vec<Link>,
    closing: JoinSet<()>,
}

struct Link {
    id: LinkId,
    phase: Phase,
}

enum Phase {
    Opening(Pin<Box<dyn Future<Output = Result<Socket, Unopened>> + Send>>),
    Open(Box<OpenLink>),
    /// Nothing more comes from it.
    Over,
}

impl Links {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, known: Vec::new(), closing: JoinSet::new() }
    }

    pub(super) fn open(&mut self, id: LinkId) {
        let opening = self.connector.clone().open();
        self.known.push(Link { id, phase: Phase::Opening(Box::pin(opening)) });
    }

    /// Sends on an open link; on one that is not, there is nobody to send to, and the machine is about to hear so.
    pub(super) fn send(&mut self, id: LinkId, bytes: OutgoingBytes) {
        if let Some(Link { phase: Phase::Open(link), .. }) = self.known.iter_mut().find(|link| link.id == id)
        {
            link.push(bytes);
        }
    }

    /// Forgets a link at once; its closing handshake goes on in the background.
    pub(super) fn close(&mut self, id: LinkId, code: u16) {
        let Some(index) = self.known.iter().position(|link| link.id == id) else {
            return;
        };
        if let Phase::Open(link) = self.known.swap_remove(index).phase {
            self.in_background(link.finish(code));
        }
    }

    /// Waits for the goodbyes under way, but not for long.
    pub(super) async fn farewell(&mut self, patience: Duration) {
        // What has not said goodbye by then is cut off.
        let _ = timeout(patience, async { while self.closing.join_next().await.is_some() {} }).await;
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>, happened: &mut Vec<Happened>) {
        for index in 0..self.known.len() {
            let link = &mut self.known[index];
            link.poll_open(context, happened);
            if let Some(over) = link.poll_messages(context, happened) {
                self.in_background(over.reply());
            }
        }
        self.known.retain(|link| !matches!(link.phase, Phase::Over));
        while let Poll::Ready(Some(_)) = self.closing.poll_join_next(context) {}
    }

    fn in_background(&mut self, goodbye: impl Future<Output = ()> + Send + 'static) {
        self.closing.spawn(async move {
            // Dropping the socket cuts off who does not answer.
            let _ = timeout(CLOSING, goodbye).await;
        });
    }
}

impl Link {
    fn poll_open(&mut self, context: &mut Context<'_>, happened: &mut Vec<Happened>) {
        let link = self.id;
        let Phase::Opening(opening) = &mut self.phase else {
            return;
        };
        let Poll::Ready(opened) = opening.as_mut().poll(context) else {
            return;
        };
        let (phase, input) = match opened {
            Ok(socket) => (Phase::Open(Box::new(OpenLink::new(socket))), Input::Opened { link }),
            Err(Unopened::Status { status, retry_after_ms }) => {
                (Phase::Over, Input::HandshakeStatus { link, status, retry_after_ms })
            }
            Err(Unopened::Failed) => (Phase::Over, Input::Closed { link, code: CloseCode::ABNORMAL }),
        };
        self.phase = phase;
        happened.push(Happened::Input(input));
    }

    /// Gives the link back when it is over.
    fn poll_messages(
        &mut self,
        context: &mut Context<'_>,
        happened: &mut Vec<Happened>,
    ) -> Option<Box<OpenLink>> {
        let link = self.id;
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        let mut over = false;
        open.poll(context, |event| {
            happened.push(match event {
                LinkEvent::Text(text) => Happened::Text(link, text),
                LinkEvent::Binary(bytes) => Happened::Binary(link, bytes),
                LinkEvent::Buffered(bytes) => Happened::Input(Input::Buffered { link, bytes }),
                LinkEvent::Closed(code) => {
                    over = true;
                    Happened::Input(Input::Closed { link, code })
                }
            });
        });
        if !over {
            return None;
        }
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Open(link) => Some(link),
            Phase::Opening(_) | Phase::Over => None,
        }
    }
}
