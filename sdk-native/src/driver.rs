//! The one task of a client: it carries out what the machine wants and tells it what happens.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;
use steadfast_core::json::{Envelope, FrameError, decode_refusal, decode_server, decode_server_binary};
use steadfast_core::{Input, LinkId, Now, Output, ServerFrame, State as Connection};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::endpoint::Endpoint;
use crate::error::BuildError;
use crate::machine::{Life, Machine, State};
use crate::token::TokenSource;

mod connect;
mod exchange;
mod link;
mod links;
mod tasks;

use connect::Connector;
use exchange::Exchanger;
use links::Links;
use tasks::Tasks;

/// The most frames that an exchange's answer may hold: the protocol's 1,000 events and as many of other kinds.
const MOST_ANSWERED: usize = 2_048;

/// How long the goodbyes of a closed client may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Something that happened, to be told to the machine.
#[derive(Debug)]
pub(crate) enum Happened {
    /// Ready as it is.
    Input(Input<Envelope>),
    /// A text message came in.
    Text(LinkId, Utf8Bytes),
    /// A binary message came in.
    Binary(LinkId, Bytes),
    /// An exchange was answered; its body is not decoded yet.
    Answered { exchange: steadfast_core::ExchangeId, status: u16, retry_after_ms: Option<u64>, body: String },
}

pub(crate) struct Driver {
    machine: Arc<Machine>,
    links: Links,
    tasks: Tasks,
    /// Armed for the earliest deadline known when it was set: a later one does not move it, for early ticks are
    /// harmless and moving it for each frame is not free.
    timer: Pin<Box<Sleep>>,
    armed: Option<Instant>,
    frames: Vec<Result<ServerFrame<Envelope>, FrameError>>,
}

/// What a turn of the loop ends with.
enum Next {
    WaitUntil(Option<Instant>),
    End { unfinished: usize },
}

impl Driver {
    pub(crate) fn new(
        machine: Arc<Machine>,
        endpoint: Endpoint,
        tls: ClientConfig,
        tokens: TokenSource,
    ) -> Result<Self, BuildError> {
        let exchanger = Exchanger::new(&endpoint, tls.clone())?;
        Ok(Self {
            machine,
            links: Links::new(Connector::new(endpoint, tls)),
            tasks: Tasks::new(exchanger, tokens),
            timer: Box::pin(sleep_until(Instant::now())),
            armed: None,
            frames: Vec::new(),
        })
    }

    pub(crate) async fn run(mut self) {
        let mut happened = Vec::new();
        loop {
            match self.turn(&mut happened) {
                Next::WaitUntil(deadline) => {
                    self.arm(deadline);
                    self.wait(&mut happened).await;
                }
                Next::End { unfinished } => {
                    self.links.farewell(FAREWELL).await;
                    self.machine.end(unfinished);
                    return;
                }
            }
        }
    }

    /// Tells the machine what happened and carries out what it wants.
    fn turn(&mut self, happened: &mut Vec<Happened>) -> Next {
        let machine = Arc::clone(&self.machine);
        let now = machine.clock().now();
        let mut state = machine.lock();
        let state = &mut *state;
        state.topics.collect_taken(&mut state.core, now);
        for event in happened.drain(..) {
            self.tell(state, now, event);
        }
        let deadline = self.carry_out(state);
        let Life::Closing { until, .. } = state.life else {
            return Next::WaitUntil(deadline);
        };
        let unfinished = state.core.client().pending_messages();
        let hopeless =
            matches!(state.core.client().status().state, Connection::Disconnected | Connection::Closed);
        if unfinished > 0 && !hopeless && Instant::now() < until {
            return Next::WaitUntil(Some(deadline.map_or(until, |deadline| deadline.min(until))));
        }
        for message in state.results.keys().copied().collect::<Vec<_>>() {
            state.core.cancel(now, message);
        }
        state.core.disconnect(now);
        self.carry_out(state);
        Next::End { unfinished }
    }

    fn tell(&mut self, state: &mut State, now: Now, event: Happened) {
        match event {
            Happened::Input(input) => {
                state.core.handle_input(now, input);
                self.carry_out(state);
            }
            Happened::Text(link, text) => {
                let core = state.core.client();
                let frames = &mut self.frames;
                let most = steadfast_core::json::MAX_BATCH;
                decode_server(&text, most, &mut |topic| core.slot(topic), &mut |frame| frames.push(frame));
                self.tell_frames(state, now, link);
            }
            Happened::Binary(link, bytes) => {
                let core = state.core.client();
                self.frames.push(decode_server_binary(&bytes, &mut |topic| core.slot(topic)));
                self.tell_frames(state, now, link);
            }
            Happened::Answered { exchange, status, retry_after_ms, body } => {
                let mut frames = Vec::new();
                let mut bad_frames = 0;
                let core = state.core.client();
                if status != 200 {
                    frames.extend(decode_refusal(&body).map(ServerFrame::Error));
                } else if !body.is_empty() {
                    decode_server(&body, MOST_ANSWERED, &mut |topic| core.slot(topic), &mut |frame| {
                        match frame {
                            Ok(frame) => frames.push(frame),
                            Err(_) => bad_frames += 1,
                        }
                    });
                }
                let input = Input::ExchangeAnswered { exchange, status, retry_after_ms, frames, bad_frames };
                state.core.handle_input(now, input);
                self.carry_out(state);
            }
        }
    }

    /// After each frame its outputs are carried out, so that a topic's numbering is read when it is in force.
    fn tell_frames(&mut self, state: &mut State, now: Now, link: LinkId) {
        let mut frames = std::mem::take(&mut self.frames);
        for frame in frames.drain(..) {
            let input = match frame {
                Ok(frame) => Input::Frame { link, frame },
                Err(_) => Input::BadFrame { link },
            };
            state.core.handle_input(now, input);
            self.carry_out(state);
        }
        self.frames = frames;
    }

    /// Carries out what the machine wants, until it wants to wait.
    fn carry_out(&mut self, state: &mut State) -> Option<Instant> {
        loop {
            match state.core.poll_output() {
                Output::Open { link } => self.links.open(link),
                Output::Close { link, code } => self.links.close(link, code),
                Output::Send { link, bytes } => self.links.send(link, bytes),
                Output::Exchange { exchange, body } => self.tasks.exchange(exchange, body),
                Output::Abort { exchange } => self.tasks.abort(exchange),
                Output::NeedToken { request, renew } => self.tasks.ask_for_token(request, renew),
                Output::Deliver { slot, delivery } => {
                    state.topics.deliver(state.core.client(), slot, delivery);
                }
                Output::Complete { message, outcome } => {
                    if let Some(waiting) = state.results.remove(&message) {
                        // Who gave the message up does not wait for its outcome.
                        let _ = waiting.send(outcome);
                    }
                }
                Output::Status(status) => {
                    state.changes.add(self.machine.clock().now(), status);
                    self.machine.tell_status(status);
                }
                Output::Wait { until } => {
                    return until.and_then(|until| self.machine.clock().deadline(until));
                }
            }
        }
    }

    fn arm(&mut self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline
            && self.armed.is_none_or(|armed| deadline < armed)
        {
            self.timer.as_mut().reset(deadline);
            self.armed = Some(deadline);
        }
    }

    /// Waits until anything happens. Every source is asked each time, so that none can starve another.
    async fn wait(&mut self, happened: &mut Vec<Happened>) {
        let machine = Arc::clone(&self.machine);
        let mut woken = pin!(machine.wake().notified());
        poll_fn(|context| {
            let commanded = woken.as_mut().poll(context).is_ready();
            self.links.poll(context, happened);
            self.tasks.poll(context, happened);
            self.poll_timer(context, happened);
            if commanded || !happened.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn poll_timer(&mut self, context: &mut Context<'_>, happened: &mut Vec<Happened>) {
        if self.armed.is_some() && self.timer.as_mut().poll(context).is_ready() {
            self.armed = None;
            happened.push(Happened::Input(Input::Tick));
        }
    }
}

impl Drop for Driver {
    /// When the runtime goes away with the client still open, nothing waits for ever.
    fn drop(&mut self) {
        self.machine.end(0);
    }
}
