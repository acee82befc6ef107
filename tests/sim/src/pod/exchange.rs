//! One exchange at a pod, as the server's route carries it out.

use std::sync::Arc;

use steadfast_core::json::encode_server;
use steadfast_core::{CloseCode, Now, Payload, ServerFrame};
use steadfast_server::{Context, Frame, Links, Mailbox, MemoryBroker, Session};

use super::conversation::{check_principal, is_good, perform, token_in, topic_in};
use crate::court::Court;
use crate::network::Answer;
use crate::surroundings::Surroundings;
use crate::tokens::Grant;
use crate::verdict::Check;

const MAX_EVENTS: usize = 1_000;
const MAX_BYTES: usize = 512 * 1024;
const GATHER_MS: u64 = 20;

#[derive(Debug)]
pub(super) struct Exchange {
    session: Session,
    context: Arc<Context>,
    pub(super) mailbox: Arc<Mailbox>,
    device: usize,
    grant: Option<Grant>,
    text: String,
    events: usize,
    full: bool,
    due_at: u64,
    gathering: bool,
}

/// No answer, but the end of the connection.
pub(super) fn broken_off() -> Answer {
    Answer { status: 0, retry_after_ms: None, body: String::new() }
}

impl Exchange {
    pub(super) fn new(context: &Arc<Context>, number: u64, device: usize, now: Now) -> Self {
        Self {
            session: Session::exchange(Arc::clone(context), number, now),
            context: Arc::clone(context),
            mailbox: Mailbox::new(),
            device,
            grant: None,
            text: String::new(),
            events: 0,
            full: false,
            due_at: 0,
            gathering: false,
        }
    }

    /// When it is to be answered, if nothing more happens.
    pub(super) fn due_at(&self) -> u64 {
        self.due_at
    }

    /// Takes the body; `None`: it waits.
    pub(super) fn begin(
        &mut self,
        body: &str,
        broker: &MemoryBroker,
        links: &Links,
        around: &mut Surroundings<'_>,
    ) -> Option<Answer> {
        let now = around.now();
        if let Some(token) = token_in(body) {
            self.grant = around.court.tokens.grant(token).filter(|grant| is_good(grant, now)).cloned();
        }
        self.session.handle_text(body, now);
        self.collect(broker, links, now, around.court);
        let wait_ms = self.session.wait_ms();
        self.due_at = now.monotonic.as_millis() + wait_ms;
        if self.events > 0 || wait_ms == 0 || self.must_answer() {
            return Some(self.finish(broker, links, now, around.court));
        }
        None
    }

    /// Takes what came; the answer once there is one.
    pub(super) fn pump(
        &mut self,
        broker: &MemoryBroker,
        links: &Links,
        around: &mut Surroundings<'_>,
    ) -> Option<Answer> {
        let now = around.now();
        self.collect(broker, links, now, around.court);
        let at = now.monotonic.as_millis();
        if self.events > 0 && !self.gathering {
            self.gathering = true;
            self.due_at = self.due_at.min(at + GATHER_MS);
        }
        let done = self.full || self.must_answer() || at >= self.due_at;
        done.then(|| self.finish(broker, links, now, around.court))
    }

    /// Nobody waits for it any more.
    pub(super) fn give_up(&mut self, broker: &MemoryBroker, links: &Links, around: &mut Surroundings<'_>) {
        self.session.handle_closed();
        self.perform(broker, links, around.now(), around.court);
    }

    fn collect(&mut self, broker: &MemoryBroker, links: &Links, now: Now, court: &mut Court) {
        if self.mailbox.is_scheduled() {
            self.session.handle_marks(self.mailbox.take(), now);
        }
        while !self.full {
            let performed = self.perform(broker, links, now, court);
            match self.session.poll_frame() {
                Some(Frame::Control(text)) => self.push(&text),
                Some(Frame::Event(event)) => self.push_event(event.text(), court),
                None if performed => {}
                None => return,
            }
        }
    }

    fn perform(&mut self, broker: &MemoryBroker, links: &Links, now: Now, court: &mut Court) -> bool {
        let mut performed = false;
        while let Some(answer) =
            perform(&mut self.session, &self.mailbox, self.device, broker, links, now, court)
        {
            performed = true;
            self.session.handle_answer(answer, now);
        }
        check_principal(&self.session, self.grant.as_ref(), court);
        performed
    }

    fn finish(&mut self, broker: &MemoryBroker, links: &Links, now: Now, court: &mut Court) -> Answer {
        self.session.handle_closed();
        self.perform(broker, links, now, court);
        let ending = self.session.ending();
        let status = match ending.map(|ending| ending.code) {
            Some(CloseCode::BAD_FRAMES) => 400,
            Some(CloseCode::UNAUTHORIZED) => 401,
            Some(CloseCode::RATE_LIMITED) => 429,
            _ => 200,
        };
        if status != 200 {
            let retry_after_ms = ending.and_then(|ending| ending.reconnect_after_ms);
            return Answer { status, retry_after_ms, body: String::new() };
        }
        if self.full {
            self.push(&encode_server(&ServerFrame::<Payload>::More));
        }
        self.text.push(']');
        Answer { status, retry_after_ms: None, body: std::mem::take(&mut self.text) }
    }

    fn must_answer(&self) -> bool {
        self.session.ending().is_some() || self.context.drain_deadline().is_some()
    }

    fn push(&mut self, frame: &str) {
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        self.text.push_str(frame);
    }

    fn push_event(&mut self, frame: &str, court: &mut Court) {
        let may = self.grant.as_ref().is_some_and(|grant| grant.may_read(topic_in(frame)));
        court.verdict.expect(Check::Isolation, may, || {
            format!("device {} has no permission for an event of its answer: {frame}", self.device)
        });
        let too_large = self.text.len() + frame.len() > MAX_BYTES;
        if self.events > 0 && (self.events == MAX_EVENTS || too_large) {
            self.full = true;
            return;
        }
        self.events += 1;
        self.push(frame);
    }
}
