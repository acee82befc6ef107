//! One client's conversation: frames in, frames out. Pure: no I/O, no clock; sockets, exchanges and simulations
//! drive it alike.
//!
//! A driver hands in what comes ([`Session::handle_text`], [`Session::handle_marks`], …) with its time, does what
//! [`Session::poll_output`] wants, and writes what [`Session::poll_frame`] gives for as long as its transport takes it.
//! Events are not queued here: a subscription is a place in its topic's log.

mod context;
mod hello;
mod io;
mod judging;
mod messages;
mod rates;
mod reader;
mod subscriptions;
#[cfg(test)]
mod tests;
mod timing;
mod topics;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use steadfast_core::json::{FrameError, MAX_BATCH, decode_client, decode_client_binary, encode_server};
use steadfast_core::{ClientFrame, CloseCode, ErrorCode, Instant, Now, Payload, ServerFrame, WireError};

pub use context::{Context, MAX_EXCHANGE_FRAMES};
pub use io::{Answer, Ending, Frame, Note, Output, Ticket};

use crate::auth::Principal;
use crate::hub::{ClientKey, Marks};
use crate::limits::TokenBucket;
use hello::Welcoming;
use reader::Reader;
use subscriptions::Subscriptions;
use timing::Timing;
use topics::Answering;

/// The control frames that may wait for a slow reader; at the limit its frames are read no further. What the server
/// says by itself (pings, drain, lost permissions) may exceed it, by one each.
pub const CONTROL_FRAMES: usize = 64;

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    context: Arc<Context>,
    phase: Phase,
    control: VecDeque<String>,
    outputs: VecDeque<Output>,
    subscriptions: Subscriptions,
    reader: Reader,
    timing: Timing,
    frames: TokenBucket,
    refused_frames: u32,
    /// Outputs under way whose answers become control frames.
    in_flight: u32,
    /// The messages among them that a handler carries out, which may take long.
    handling: Vec<Option<u64>>,
    bad_frames: Vec<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// The hello is awaited.
    Greeting(Transport),
    Live(Box<Live>),
    Ended(Ending, LateAnswers),
}

/// What becomes of answers that come after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LateAnswers {
    Written,
    /// There was no welcome, and nothing is answered without one.
    Dropped,
}

/// What carries the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Socket {
        /// Names the connection in logs.
        number: u64,
    },
    Exchange {
        number: u64,
    },
}

#[derive(Debug)]
struct Live {
    transport: Transport,
    principal: Principal,
    client: Option<Box<ClientKey>>,
    publishes: TokenBucket,
    /// The welcome, while topics of the hello are not resolved yet.
    welcoming: Option<Box<Welcoming>>,
    /// Answers whose topics are not resolved yet.
    answering: Vec<Answering>,
    /// An exchange's wait for its first event.
    wait_ms: u64,
    /// An exchange's messages are not carried out.
    messages_void: bool,
}

impl Session {
    /// A session on a new WebSocket.
    pub fn socket(context: Arc<Context>, number: u64, now: Now) -> Self {
        Self::new(context, Transport::Socket { number }, now)
    }

    /// A session for one HTTP exchange: give it the body as text, then collect its frames.
    pub fn exchange(context: Arc<Context>, number: u64, now: Now) -> Self {
        Self::new(context, Transport::Exchange { number }, now)
    }

    fn new(context: Arc<Context>, transport: Transport, now: Now) -> Self {
        let frames = TokenBucket::new(context.limits.frames_per_second, now.monotonic);
        let timing = Timing::greeting(&context, now.monotonic);
        Self {
            context,
            phase: Phase::Greeting(transport),
            control: VecDeque::new(),
            outputs: VecDeque::new(),
            subscriptions: Subscriptions::default(),
            reader: Reader::default(),
            timing,
            frames,
            refused_frames: 0,
            in_flight: 0,
            handling: Vec::new(),
            bad_frames: Vec::new(),
        }
    }

    /// Who speaks, once a hello was accepted.
    pub fn principal(&self) -> Option<&Principal> {
        match &self.phase {
            Phase::Live(live) => Some(&live.principal),
            Phase::Greeting(_) | Phase::Ended(..) => None,
        }
    }

    /// How the session ended. The frames that [`Session::poll_frame`] still gives are to be written before the close.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ended(ending, _) => Some(ending),
            Phase::Greeting(_) | Phase::Live(_) => None,
        }
    }

    /// How long an exchange may wait for its first event; zero for a short poll.
    pub fn wait_ms(&self) -> u64 {
        match &self.phase {
            Phase::Live(live) => live.wait_ms,
            Phase::Greeting(_) | Phase::Ended(..) => 0,
        }
    }

    /// Whether handlers are still at work for it.
    pub fn awaits_handlers(&self) -> bool {
        !self.handling.is_empty()
    }

    /// Whether the client's next frame should be read: not while answers pile up, nor before the welcome is out.
    pub fn wants_input(&self) -> bool {
        match &self.phase {
            Phase::Greeting(_) => true,
            Phase::Live(live) => {
                live.welcoming.is_none() && self.control.len() + (self.in_flight as usize) < CONTROL_FRAMES
            }
            Phase::Ended(..) => false,
        }
    }

    /// A text message, or an exchange's body, came.
    pub fn handle_text(&mut self, text: &str, now: Now) {
        self.timing.heard(now.monotonic);
        let most = match &self.phase {
            Phase::Greeting(Transport::Socket { .. })
                if text.len() > self.context.limits.max_hello_bytes as usize =>
            {
                self.end(CloseCode::TOO_BIG, "the hello is larger than the server accepts", None);
                return;
            }
            Phase::Greeting(Transport::Exchange { .. }) => MAX_EXCHANGE_FRAMES,
            Phase::Greeting(Transport::Socket { .. }) | Phase::Live(_) => MAX_BATCH,
            Phase::Ended(..) => return,
        };
        let frames = decode_client(text, most);
        let count = frames.len();
        for frame in frames {
            self.handle_frame(frame, count, now);
        }
    }

    /// A binary message came.
    pub fn handle_binary(&mut self, message: &[u8], now: Now) {
        self.timing.heard(now.monotonic);
        self.handle_frame(decode_client_binary(message), 1, now);
    }

    /// The transport's own sign of life (a WebSocket ping or pong) came.
    pub fn handle_sign_of_life(&mut self, now: Now) {
        self.timing.heard(now.monotonic);
    }

    /// What an output wanted was done.
    pub fn handle_answer(&mut self, answer: Answer, now: Now) {
        match answer {
            Answer::Tail { ticket, attached } => self.topic_resolved(ticket, Ok(attached), now),
            Answer::Fetched { ticket, events } => self.fetched(ticket, events),
            Answer::NotFetched { ticket } => self.not_fetched(ticket, now),
            Answer::Unavailable { ticket } => self.topic_resolved(ticket, Err(topics::unavailable()), now),
            Answer::Appended { reference, outcome, duplicate } => {
                self.in_flight -= 1;
                if let (Ok(appended), false) = (&outcome, duplicate) {
                    self.note(Note::Published { class: appended.class, bytes: appended.bytes });
                }
                self.publish_answered(reference, outcome, duplicate);
            }
            Answer::Handled { reference, outcome, duplicate } => {
                self.handled(reference, outcome, duplicate);
            }
            Answer::Acknowledged { reference, unknown, accepted, state, note } => {
                self.in_flight -= 1;
                self.note(Note::Acknowledged { ids: accepted, state, note });
                self.acknowledgement_answered(reference, &unknown);
            }
        }
    }

    /// The mailbox was emptied.
    pub fn handle_marks(&mut self, marks: Marks, now: Now) {
        self.reader.mark(marks.slots);
        self.handle_orders(marks, now);
    }

    /// The transport is gone: what the session holds elsewhere is given back by its last outputs.
    pub fn handle_closed(&mut self) {
        if !matches!(self.phase, Phase::Ended(..)) {
            self.leave(Ending {
                code: CloseCode::ABNORMAL,
                reason: "connection lost".into(),
                reconnect_after_ms: None,
            });
        }
        self.control = VecDeque::new();
    }

    /// What the session wants to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() && self.outputs.capacity() > 0 {
            self.outputs = VecDeque::new();
        }
        output
    }

    /// The next frame to write: control frames first, then events. `None`: nothing for now; but what it may want
    /// to be done next, and the answer to that, can change it.
    pub fn poll_frame(&mut self) -> Option<Frame> {
        if self.is_welcoming() {
            return None;
        }
        if let Some(text) = self.control.pop_front() {
            return Some(Frame::Control(text));
        }
        if self.control.capacity() > 0 {
            self.control = VecDeque::new();
        }
        match &self.phase {
            Phase::Live(_) => self.next_event(),
            Phase::Greeting(_) | Phase::Ended(..) => None,
        }
    }

    /// The welcome waits for topics, and what came with the hello in one message must not be answered before it.
    fn is_welcoming(&self) -> bool {
        matches!(&self.phase, Phase::Live(live) if live.welcoming.is_some())
    }

    fn handle_frame(&mut self, frame: Result<ClientFrame, FrameError>, count: usize, now: Now) {
        if matches!(self.phase, Phase::Ended(..)) || !self.frame_admitted(&frame, now) {
            return;
        }
        let live = matches!(self.phase, Phase::Live(_));
        match frame {
            Ok(ClientFrame::Hello(hello)) if !live => self.handle_hello(*hello, count, now),
            Err(error) => self.handle_bad_frame(error, now),
            Ok(_) if !live => self.no_hello(ErrorCode::BadFrame),
            Ok(_) if self.messages_are_void() => {}
            Ok(ClientFrame::Ping { .. } | ClientFrame::Bye) if self.is_exchange() => {
                self.note(Note::UnknownFrame);
            }
            Ok(ClientFrame::Hello(_)) => self.bad_frame("there is one hello a link", None, now),
            Ok(ClientFrame::Subscribe { reference, topics }) => self.handle_subscribe(reference, topics, now),
            Ok(ClientFrame::Unsubscribe { reference, topics }) => {
                self.handle_unsubscribe(reference, topics);
            }
            Ok(ClientFrame::Message(message)) => self.handle_message(*message, now),
            Ok(ClientFrame::Ack { reference, ids, state, note }) => {
                self.handle_ack(reference, ids, state, note, now);
            }
            Ok(ClientFrame::Auth { reference, token }) => self.handle_auth(reference, &token.0, now),
            Ok(ClientFrame::Ping { t }) => self.send(&ServerFrame::Pong { t }),
            Ok(ClientFrame::Pong { .. }) => {}
            Ok(ClientFrame::Bye) => {
                self.drop_unwelcomed();
                self.leave(Ending {
                    code: CloseCode::NORMAL,
                    reason: "goodbye".into(),
                    reconnect_after_ms: None,
                });
            }
            Ok(ClientFrame::Unknown) => self.note(Note::UnknownFrame),
        }
    }

    /// Answers a message. Without a `ref` a success is not told, and a failure by `rt.error`.
    fn result(
        &mut self,
        reference: Option<u64>,
        outcome: Result<Option<Payload>, WireError>,
        duplicate: bool,
    ) {
        self.note(Note::Answered(match &outcome {
            Ok(_) => Ok(duplicate),
            Err(error) => Err(error.code.clone()),
        }));
        match (reference, outcome) {
            (Some(reference), outcome) => {
                self.send(&ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms: None });
            }
            (None, Err(error)) => self.send(&ServerFrame::Error(error)),
            (None, Ok(_)) => {}
        }
    }

    fn send(&mut self, frame: &ServerFrame<Payload>) {
        if !matches!(self.phase, Phase::Ended(_, LateAnswers::Dropped)) {
            self.control.push_back(encode_server(frame));
        }
    }

    fn note(&mut self, note: Note) {
        self.outputs.push_back(Output::Note(note));
    }

    fn is_exchange(&self) -> bool {
        match &self.phase {
            Phase::Greeting(transport) => matches!(transport, Transport::Exchange { .. }),
            Phase::Live(live) => matches!(live.transport, Transport::Exchange { .. }),
            Phase::Ended(..) => false,
        }
    }

    /// Says goodbye with a code, by a frame too: the close frame may not arrive.
    fn end(&mut self, code: u16, reason: impl Into<Cow<'static, str>>, reconnect_after_ms: Option<u64>) {
        if matches!(self.phase, Phase::Ended(..)) {
            return;
        }
        let reason = reason.into();
        self.drop_unwelcomed();
        self.send(&ServerFrame::Bye { code, reason: reason.clone().into_owned(), reconnect_after_ms });
        self.leave(Ending { code, reason, reconnect_after_ms });
    }

    /// Without a welcome there is nobody whom an answer would mean anything to.
    fn drop_unwelcomed(&mut self) {
        if self.is_welcoming() {
            self.control.clear();
        }
    }

    /// Gives back what the session holds elsewhere.
    fn leave(&mut self, ending: Ending) {
        for (slot, topic) in self.subscriptions.clear() {
            self.outputs.push_back(Output::Detach { topic, slot });
        }
        self.reader = Reader::default();
        let late = if self.is_welcoming() { LateAnswers::Dropped } else { LateAnswers::Written };
        if let Phase::Live(live) = std::mem::replace(&mut self.phase, Phase::Ended(ending, late))
            && let Some(client) = live.client
        {
            self.outputs.push_back(Output::Leave { client });
        }
    }
}
