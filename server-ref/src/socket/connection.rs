//! One connection: reads frames into its session, and writes what the session gives for as long as the socket takes it.

use std::future::Future;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use steadfast_core::{CloseCode, Instant, Now};
use tokio::io::{AsyncRead, ReadBuf};
use tracing::debug;
use tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::writer::Writer;
use crate::admission::ConnectionGuard;
use crate::log::websocket::text_frame;
use crate::metrics::Delivered;
use crate::pump::Driven;
use crate::session::Frame;

/// The room for what one read takes; kept by each idle connection.
const READ_BYTES: usize = 4 * 1024;

/// How long the peer may take for its half of the close.
const CLOSE_MS: u64 = 2_000;

/// How many rounds of reading and writing before other tasks get their turn.
const ROUNDS: usize = 32;

/// The longest text that fits into a close frame.
const MAX_REASON: usize = 123;

/// One connection's task.
#[derive(Debug)]
pub(super) struct Connection {
    io: TokioIo<Upgraded>,
    protocol: WebSocketContext,
    writer: Writer,
    driven: Driven,
    closing: Closing,
    code: u16,
    _place: ConnectionGuard,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    /// The close frame is written or on its way; the peer's is awaited until then.
    Sent {
        until: Instant,
    },
}

/// Whether there is a reason to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Moved,
    Idle,
    Over,
}

impl Connection {
    pub(super) fn new(io: Upgraded, driven: Driven, place: ConnectionGuard) -> Self {
        let most = driven.pod.state.config.limits.max_frame_bytes as usize;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(READ_BYTES)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        Self {
            io: TokioIo::new(io),
            protocol: WebSocketContext::new(Role::Server, Some(config)),
            writer: Writer::default(),
            driven,
            closing: Closing::No,
            code: CloseCode::ABNORMAL,
            _place: place,
        }
    }

    fn step(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        self.driven.take_mail(now);
        let read = self.read(context, now);
        self.driven.perform_outputs(now);
        let written = self.write(context, now);
        match (read, written) {
            (Step::Over, _) | (_, Step::Over) => Step::Over,
            (Step::Idle, Step::Idle) => Step::Idle,
            _ => Step::Moved,
        }
    }

    fn read(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        if self.closing == Closing::No && !self.driven.session.wants_input() {
            return Step::Idle;
        }
        let mut replies = Vec::new();
        let mut stream = Adapter { io: &mut self.io, context, replies: &mut replies };
        let message = self.protocol.read(&mut stream);
        if !replies.is_empty() {
            self.writer.push(Bytes::from(replies));
        }
        match message {
            Ok(message) => {
                self.take_message(message, now);
                Step::Moved
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Step::Idle,
            Err(error) => self.read_failed(&error),
        }
    }

    fn take_message(&mut self, message: Message, now: Now) {
        let session = &mut self.driven.session;
        match message {
            Message::Text(text) => session.handle_text(&text, now),
            Message::Binary(bytes) => session.handle_binary(&bytes, now),
            Message::Ping(_) | Message::Pong(_) => session.handle_sign_of_life(now),
            Message::Close(frame) => {
                self.code = frame.map_or(1005, |frame| frame.code.into());
                session.handle_closed();
                // The protocol has answered the close already, unless the close was ours.
                self.closing = Closing::Sent { until: now.monotonic + CLOSE_MS };
            }
            Message::Frame(_) => {}
        }
    }

    fn read_failed(&mut self, error: &Error) -> Step {
        let code = match error {
            Error::Capacity(_) => WireCode::Size,
            Error::Utf8(_) => WireCode::Invalid,
            Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
            | Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_) => return Step::Over,
            _ => WireCode::Protocol,
        };
        debug!(%error, "a peer broke the WebSocket protocol");
        if self.closing != Closing::No {
            return Step::Over;
        }
        self.driven.session.handle_closed();
        self.send_close(code, "");
        // What comes now cannot be understood: only the close is written still.
        Step::Moved
    }

    fn write(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        let mut moved = false;
        loop {
            let (events, exhausted) = self.fill(now);
            if self.writer.is_empty() {
                return self.finish_if_ended(moved, now);
            }
            let mut written = 0;
            let result = self.writer.poll_write(&mut self.io, context, &mut written);
            self.driven.pod.state.metrics.events_delivered(Delivered::WebSocket, events, written);
            moved |= written > 0;
            match result {
                Poll::Ready(Ok(())) => {
                    self.driven.session.handle_write_progress(true, now);
                    if exhausted {
                        self.driven.perform_outputs(now);
                        return self.finish_if_ended(moved, now);
                    }
                }
                Poll::Ready(Err(error)) => {
                    debug!(%error, "a connection broke off");
                    return Step::Over;
                }
                Poll::Pending => {
                    if written > 0 {
                        self.driven.session.handle_write_progress(false, now);
                    }
                    self.driven.session.handle_blocked(now);
                    return Step::Idle;
                }
            }
        }
    }

    /// Takes frames from the session up to one flush; how many events, and whether the session has no more.
    fn fill(&mut self, now: Now) -> (usize, bool) {
        let mut events = 0;
        while !self.writer.is_full() {
            match self.driven.session.poll_frame(now) {
                Some(Frame::Control(text)) => self.writer.push(text_frame(&text)),
                Some(Frame::Event(event)) => {
                    events += 1;
                    self.writer.push(event.websocket_frame().clone());
                }
                None => return (events, true),
            }
        }
        (events, false)
    }

    /// Once an ended session's last frame is out, the close frame follows.
    fn finish_if_ended(&mut self, moved: bool, now: Now) -> Step {
        let step = if moved { Step::Moved } else { Step::Idle };
        let Some(ending) = self.driven.session.ending() else {
            return step;
        };
        match self.closing {
            Closing::No => {
                let (code, reason) = (ending.code, ending.reason.clone());
                if code == CloseCode::SLOW_CONSUMER {
                    self.driven.pod.state.metrics.slow_reader_closed();
                }
                self.send_close(code.into(), &reason);
                self.closing = Closing::Sent { until: now.monotonic + CLOSE_MS };
                Step::Moved
            }
            Closing::Sent { until } if now.monotonic >= until || !self.protocol.can_read() => Step::Over,
            Closing::Sent { .. } => step,
        }
    }

    fn send_close(&mut self, code: WireCode, reason: &str) {
        self.code = code.into();
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let mut replies = Vec::new();
        let frame = CloseFrame { code, reason: reason[..end].into() };
        // It fails only where a close was sent before, and then nothing is left to say.
        let _ = self.protocol.close(&mut Replies(&mut replies), Some(frame));
        if !replies.is_empty() {
            self.writer.push(Bytes::from(replies));
        }
    }

    fn deadline(&self) -> Instant {
        let session = self.driven.session.deadline();
        match self.closing {
            Closing::No => session,
            Closing::Sent { until } => session.min(until),
        }
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.driven.mailbox.register(context.waker());
        let now = this.driven.pod.state.clock.now();
        for _ in 0..ROUNDS {
            match this.step(context, now) {
                Step::Moved => {}
                Step::Idle => {
                    if this.is_overdue(now) {
                        return Poll::Ready(());
                    }
                    this.driven.mailbox.set_deadline(this.deadline().as_millis());
                    return Poll::Pending;
                }
                Step::Over => return Poll::Ready(()),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Connection {
    /// Whether the peer's half of the close, or its taking of the last frames, is not worth waiting for any more.
    fn is_overdue(&self, now: Now) -> bool {
        matches!(self.closing, Closing::Sent { until } if now.monotonic >= until)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driven.connection_closed(self.code);
    }
}

/// The socket as the protocol reads it: what the protocol writes by itself (pongs, a close) is put in line behind
/// the frames that are being written.
struct Adapter<'a, 'b> {
    io: &'a mut TokioIo<Upgraded>,
    context: &'a mut Context<'b>,
    replies: &'a mut Vec<u8>,
}

impl Read for Adapter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.io).poll_read(self.context, &mut buffer) {
            Poll::Ready(result) => result.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Adapter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.replies.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same without a socket, for closing.
struct Replies<'a>(&'a mut Vec<u8>);

impl Read for Replies<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Replies<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
