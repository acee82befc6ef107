use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use steadfast_core::OutgoingBytes;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::connect::Socket;

/// How many messages are read in one go before the machine has its turn, …
const READ_AT_ONCE: usize = 64;

/// … or after how many bytes.
const READ_BYTES_AT_ONCE: usize = 256 * 1024;

/// The close code of a connection that ended without a close frame.
const ABNORMAL: u16 = 1006;

/// The close code of a close frame that had none.
const NO_CODE: u16 = 1005;

/// An open WebSocket with what waits to be sent on it.
///
/// The queue is bounded by the machine, which sends only while less than 256 KiB are buffered, beside a few small
/// control frames.
pub(super) struct OpenLink {
    socket: Socket,
    queue: VecDeque<Message>,
    queued: u64,
    /// Handed to the socket and not known to have left it.
    unflushed: u64,
    /// What the machine was told last; `None` where it has sent more since.
    reported: Option<u64>,
}

/// What came out of a link.
pub(super) enum LinkEvent {
    Text(Utf8Bytes),
    Binary(Bytes),
    Buffered(u64),
    /// Over, with the close code.
    Closed(u16),
}

impl OpenLink {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, queue: VecDeque::new(), queued: 0, unflushed: 0, reported: Some(0) }
    }

    pub(super) fn push(&mut self, bytes: OutgoingBytes) {
        self.queued += bytes.len() as u64;
        self.reported = None;
        self.queue.push_back(match bytes {
            OutgoingBytes::Text(text) => Message::Text(text.into()),
            OutgoingBytes::Binary(bytes) => Message::Binary(bytes.into()),
        });
    }

    /// Reads what is there and writes what the socket takes. After [`LinkEvent::Closed`] there is nothing more.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, mut event: impl FnMut(LinkEvent)) {
        // What is left after that is read in the next turn, which what was read brings about.
        let (mut messages, mut bytes) = (0, 0);
        while messages < READ_AT_ONCE && bytes < READ_BYTES_AT_ONCE {
            match Pin::new(&mut self.socket).poll_next(context) {
                Poll::Ready(Some(Ok(Message::Text(text)))) => {
                    messages += 1;
                    bytes += text.len();
                    event(LinkEvent::Text(text));
                }
                Poll::Ready(Some(Ok(Message::Binary(message)))) => {
                    messages += 1;
                    bytes += message.len();
                    event(LinkEvent::Binary(message));
                }
                Poll::Ready(Some(Ok(Message::Close(frame)))) => {
                    event(LinkEvent::Closed(frame.map_or(NO_CODE, |frame| frame.code.into())));
                    return;
                }
                // The socket answers pings by itself, with the next flush.
                Poll::Ready(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {}
                Poll::Ready(Some(Err(error))) => {
                    event(LinkEvent::Closed(code_of(&error)));
                    return;
                }
                Poll::Ready(None) => {
                    event(LinkEvent::Closed(ABNORMAL));
                    return;
                }
                Poll::Pending => break,
            }
        }
        if let Poll::Ready(Err(_)) = self.poll_write(context) {
            event(LinkEvent::Closed(ABNORMAL));
            return;
        }
        let buffered = self.queued + self.unflushed;
        if self.reported != Some(buffered) {
            self.reported = Some(buffered);
            event(LinkEvent::Buffered(buffered));
        }
    }

    /// Sends what waits, says goodbye with `code`, and waits for the other side to do so too.
    pub(super) async fn finish(mut self, code: u16) {
        let code = CloseCode::from(code);
        let frame = code.is_allowed().then(|| CloseFrame { code, reason: Utf8Bytes::default() });
        self.queue.push_back(Message::Close(frame));
        // A side that is gone needs no goodbye.
        while let Some(message) = self.queue.pop_front() {
            if self.socket.feed(message).await.is_err() {
                return;
            }
        }
        if self.socket.flush().await.is_err() {
            return;
        }
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    /// Answers the other side's goodbye.
    pub(super) async fn reply(mut self) {
        // The socket has queued the reply itself; a side that is gone needs none.
        let _ = self.socket.flush().await;
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.queue.is_empty() && self.unflushed == 0 {
            return Poll::Ready(Ok(()));
        }
        while !self.queue.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_ready(context))?;
            if let Some(message) = self.queue.pop_front() {
                let length = message.len() as u64;
                self.queued -= length;
                self.unflushed += length;
                Pin::new(&mut self.socket).start_send(message)?;
            }
        }
        ready!(Pin::new(&mut self.socket).poll_flush(context))?;
        self.unflushed = 0;
        Poll::Ready(Ok(()))
    }
}

/// What a failed read says about why the connection ended.
fn code_of(error: &Error) -> u16 {
    match error {
        // A peer that was killed broke no rule: it said nothing at all.
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => ABNORMAL,
        Error::Protocol(_) => 1002,
        Error::Utf8(_) => 1007,
        Error::Capacity(_) => 1009,
        _ => ABNORMAL,
    }
}
