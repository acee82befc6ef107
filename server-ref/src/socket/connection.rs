//! One connection: reads frames into its session, and writes what the session gives for as long as the socket takes it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use steadfast_core::{CloseCode, Instant, Now};
use tokio::io::{AsyncRead, ReadBuf};
use tracing::debug;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::batch::Batch;
use super::boundary::Boundary;
use super::stream::{Adapter, Replies};
use super::writer::{FLUSH_BYTES, Writer};
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

/// The code of a close frame without one.
const NO_CODE: u16 = 1005;

/// The longest text that fits into a close frame.
const MAX_REASON: usize = 123;

/// One connection's task.
#[derive(Debug)]
pub(super) struct Connection {
    io: TokioIo<Upgraded>,
    protocol: WebSocketContext,
    boundary: Boundary,
    /// The protocol's buffer has grown for a message larger than it.
    grown: bool,
    writer: Writer,
    driven: Driven,
    reading: Reading,
    /// The socket had no more when it was asked last, and wakes the mailbox when it has.
    drained: bool,
    end: End,
    _place: ConnectionGuard,
}

/// What is done with what the peer sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Frames,
    /// It can't be understood any more, but is taken: a socket closed with bytes unread would destroy the close
    /// frame on its way.
    Discard,
    /// The peer has said all.
    Done,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    No,
    /// The session has ended; its last frames are written, then the close frame.
    Near {
        give_up_at: Instant,
    },
    /// The close frame, with this code, is written or in line; the peer's half is awaited.
    Closed {
        code: u16,
        give_up_at: Instant,
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
        Self {
            io: TokioIo::new(io),
            protocol: protocol(&driven),
            boundary: Boundary::default(),
            grown: false,
            writer: Writer::default(),
            driven,
            reading: Reading::Frames,
            drained: false,
            end: End::No,
            _place: place,
        }
    }

    fn step(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        self.driven.take_mail(now);
        let read = self.read(now);
        self.driven.perform_outputs(now);
        if self.end == End::No && self.driven.session.ending().is_some() {
            self.end = End::Near { give_up_at: now.monotonic + CLOSE_MS };
        }
        let written = self.write(context, now);
        match (read, written) {
            (Step::Over, _) | (_, Step::Over) => Step::Over,
            (Step::Idle, Step::Idle) => Step::Idle,
            _ => Step::Moved,
        }
    }

    fn read(&mut self, now: Now) -> Step {
        if self.drained && !self.driven.mailbox.take_socket_woke() {
            return Step::Idle;
        }
        self.drained = false;
        let waker = Waker::from(Arc::clone(&self.driven.mailbox));
        let mut context = Context::from_waker(&waker);
        match self.reading {
            Reading::Frames if self.end == End::No && !self.driven.session.wants_input() => Step::Idle,
            Reading::Frames => self.read_frame(&mut context, now),
            Reading::Discard => self.discard(&mut context),
            Reading::Done => Step::Idle,
        }
    }

    fn read_frame(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        let mut replies = Vec::new();
        let boundary = &mut self.boundary;
        let mut stream = Adapter { io: &mut self.io, context, boundary, replies: &mut replies };
        let message = self.protocol.read(&mut stream);
        self.push_replies(replies);
        match message {
            Ok(message) => {
                self.grown |= message.len() > READ_BYTES;
                self.take_message(message, now);
                Step::Moved
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.drained = true;
                self.shrink();
                Step::Idle
            }
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                self.reading = Reading::Done;
                Step::Moved
            }
            Err(error) => self.read_failed(&error, now),
        }
    }

    /// Gives back the room that a large message took: the protocol would keep it as long as the connection lives.
    fn shrink(&mut self) {
        if self.grown && self.end == End::No && self.boundary.is_between_messages() {
            self.protocol = protocol(&self.driven);
            self.grown = false;
        }
    }

    fn take_message(&mut self, message: Message, now: Now) {
        let session = &mut self.driven.session;
        match message {
            Message::Text(text) => session.handle_text(&text, now),
            Message::Binary(bytes) => session.handle_binary(&bytes, now),
            Message::Ping(_) | Message::Pong(_) => session.handle_sign_of_life(now),
            Message::Close(frame) => {
                session.handle_closed();
                if !matches!(self.end, End::Closed { .. }) {
                    // The protocol answers a close by itself.
                    let code = frame.map_or(NO_CODE, |frame| frame.code.into());
                    self.end = End::Closed { code, give_up_at: now.monotonic + CLOSE_MS };
                }
            }
            Message::Frame(_) => {}
        }
    }

    fn read_failed(&mut self, error: &Error, now: Now) -> Step {
        let code = match error {
            Error::Capacity(_) => WireCode::Size,
            Error::Utf8(_) => WireCode::Invalid,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => return Step::Over,
            _ => WireCode::Protocol,
        };
        debug!(%error, "a peer broke the WebSocket protocol");
        self.reading = Reading::Discard;
        self.driven.session.handle_closed();
        if !matches!(self.end, End::Closed { .. }) {
            self.send_close(code, "", now.monotonic + CLOSE_MS);
        }
        Step::Moved
    }

    fn discard(&mut self, context: &mut Context<'_>) -> Step {
        let mut room = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut room);
        match Pin::new(&mut self.io).poll_read(context, &mut buffer) {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Step::Over,
            Poll::Ready(Ok(())) => Step::Moved,
            Poll::Ready(Err(_)) => Step::Over,
            Poll::Pending => {
                self.drained = true;
                Step::Idle
            }
        }
    }

    fn write(&mut self, context: &mut Context<'_>, now: Now) -> Step {
        let mut moved = false;
        loop {
            let (events, exhausted) = self.fill(now);
            if self.writer.is_empty() {
                return self.written_all(moved, now);
            }
            let mut written = 0;
            let result = self.writer.poll_write(&mut self.io, context, &mut written);
            self.driven.pod.state.metrics.events_delivered(Delivered::WebSocket, events, written);
            moved |= written > 0;
            match result {
                Poll::Ready(Ok(())) => {
                    self.driven.session.handle_write_progress(true, now);
                    if exhausted {
                        return self.written_all(moved, now);
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
        let mut batch = Batch::default();
        let mut exhausted = false;
        while !exhausted && self.writer.waiting() + batch.bytes() < FLUSH_BYTES {
            match self.driven.poll_frame(now) {
                Some(Frame::Control(text)) => {
                    batch.finish(&mut self.writer);
                    self.writer.push(text_frame(&text));
                }
                Some(Frame::Event(event)) if event.binary().is_some() => {
                    events += 1;
                    batch.finish(&mut self.writer);
                    self.writer.push(event.websocket_frame().clone());
                }
                Some(Frame::Event(event)) => {
                    events += 1;
                    batch.push(event.websocket_frame(), &mut self.writer);
                }
                None => exhausted = true,
            }
        }
        batch.finish(&mut self.writer);
        (events, exhausted)
    }

    /// Once an ended session's last frame is out, the close frame follows; once both halves are closed, that is all.
    fn written_all(&mut self, moved: bool, now: Now) -> Step {
        match (self.end, self.driven.session.ending()) {
            (End::Near { give_up_at }, Some(ending)) => {
                let (code, reason) = (ending.code, ending.reason.clone());
                if code == CloseCode::SLOW_CONSUMER {
                    self.driven.pod.state.metrics.slow_reader_closed();
                }
                self.send_close(code.into(), &reason, give_up_at.max(now.monotonic));
                Step::Moved
            }
            (End::Closed { .. }, _) if self.reading == Reading::Done => Step::Over,
            _ if moved => Step::Moved,
            _ => Step::Idle,
        }
    }

    fn send_close(&mut self, code: WireCode, reason: &str, give_up_at: Instant) {
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let mut replies = Vec::new();
        let frame = CloseFrame { code, reason: reason[..end].into() };
        // It fails only where a close was sent before, and then nothing is left to say.
        let _ = self.protocol.close(&mut Replies(&mut replies), Some(frame));
        self.push_replies(replies);
        self.end = End::Closed { code: code.into(), give_up_at };
    }

    fn push_replies(&mut self, replies: Vec<u8>) {
        if !replies.is_empty() {
            self.writer.push(Bytes::from(replies));
        }
    }

    /// Whether the end is not worth waiting for any more.
    fn is_overdue(&self, now: Now) -> bool {
        match self.end {
            End::No => false,
            End::Near { give_up_at } | End::Closed { give_up_at, .. } => now.monotonic >= give_up_at,
        }
    }

    fn deadline(&self) -> Instant {
        match self.end {
            End::No => self.driven.session.deadline(),
            End::Near { give_up_at } | End::Closed { give_up_at, .. } => give_up_at,
        }
    }
}

fn protocol(driven: &Driven) -> WebSocketContext {
    let most = driven.pod.state.config.limits.max_frame_bytes as usize;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(READ_BYTES)
        .max_message_size(Some(most))
        .max_frame_size(Some(most));
    WebSocketContext::new(Role::Server, Some(config))
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
                Step::Idle if this.is_overdue(now) => return Poll::Ready(()),
                Step::Idle => {
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

impl Drop for Connection {
    fn drop(&mut self) {
        let code = match (self.end, self.driven.session.ending()) {
            (End::Closed { code, .. }, _) => code,
            (End::Near { .. }, Some(ending)) => ending.code,
            _ => CloseCode::ABNORMAL,
        };
        self.driven.connection_closed(code);
    }
}
