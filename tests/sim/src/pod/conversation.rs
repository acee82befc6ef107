//! One WebSocket at a pod: its session, and what is true of the token that it was given.

use std::collections::VecDeque;
use std::sync::Arc;

use steadfast_core::{AckState, Now};
use steadfast_server::{Answer, Context, Frame, Links, Mailbox, MemoryBroker, Output, Session};

use crate::checks::{log_order, slow_readers};
use crate::court::Court;
use crate::network::{Direction, Packet, SocketId};
use crate::surroundings::Surroundings;
use crate::tokens::Grant;
use crate::verdict::Check;

#[derive(Debug)]
pub(super) struct Conversation {
    session: Session,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) inbox: VecDeque<Packet>,
    device: usize,
    /// The token that counts, whatever the session makes of it.
    grant: Option<Grant>,
    welcomed: bool,
    blocked: bool,
    /// What the broker has not answered yet, and when it does.
    late: VecDeque<(u64, Answer)>,
    /// The session has ended; a peer that takes nothing is not waited for longer.
    give_up_at: Option<u64>,
    over: bool,
}

/// How long a peer may take for the last frames.
const CLOSE_MS: u64 = 2_000;

impl Conversation {
    pub(super) fn new(context: &Arc<Context>, number: u64, device: usize, now: Now) -> Self {
        Self {
            session: Session::socket(Arc::clone(context), number, now),
            mailbox: Mailbox::new(),
            inbox: VecDeque::new(),
            device,
            grant: None,
            welcomed: false,
            blocked: false,
            late: VecDeque::new(),
            give_up_at: None,
            over: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// One turn, as the server's connection task takes it.
    pub(super) fn pump(
        &mut self,
        socket: SocketId,
        broker: &MemoryBroker,
        links: &Links,
        around: &mut Surroundings<'_>,
    ) {
        let now = around.now();
        loop {
            if self.mailbox.is_scheduled() {
                self.session.handle_marks(self.mailbox.take(), now);
            }
            self.take_late(now);
            let read = self.read(now, around.court);
            self.perform(broker, links, now, around.court);
            let wrote = self.write(socket, now, around);
            // What is done now may be answered by a frame.
            let performed = self.perform(broker, links, now, around.court);
            if self.over || !(read || wrote || performed || self.mailbox.is_scheduled()) {
                break;
            }
        }
        let late = self.late.front().map_or(u64::MAX, |(at, _)| *at);
        let mut deadline = self.session.deadline().as_millis().min(late);
        if self.session.ending().is_some() && !self.over {
            deadline = *self.give_up_at.get_or_insert(now.monotonic.as_millis() + CLOSE_MS);
            self.over = now.monotonic.as_millis() >= deadline;
        }
        self.mailbox.set_deadline(deadline);
    }

    /// The connection is gone.
    pub(super) fn give_up(&mut self, broker: &MemoryBroker, links: &Links, around: &mut Surroundings<'_>) {
        self.session.handle_closed();
        self.perform(broker, links, around.now(), around.court);
    }

    fn read(&mut self, now: Now, court: &mut Court) -> bool {
        if !self.session.wants_input() && self.session.ending().is_none() {
            return false;
        }
        match self.inbox.pop_front() {
            None => return false,
            Some(Packet::Text(text)) => {
                self.token_came(&text, now, court);
                self.session.handle_text(&text, now);
            }
            Some(Packet::Binary(bytes)) => self.session.handle_binary(&bytes, now),
            Some(Packet::Event(_)) => {}
            Some(Packet::Close(_)) => {
                self.session.handle_closed();
                self.over = true;
            }
        }
        true
    }

    /// Notes what a hello or `rt.auth` makes true.
    fn token_came(&mut self, text: &str, now: Now, court: &Court) {
        let Some(token) = token_in(text) else { return };
        let grant = court.tokens.grant(token).filter(|grant| is_good(grant, now));
        match (grant, &self.grant) {
            (Some(grant), None) => self.grant = Some(grant.clone()),
            (Some(grant), Some(before)) if grant.user == before.user && grant.tenant == before.tenant => {
                self.grant = Some(grant.clone());
            }
            _ => {}
        }
    }

    fn write(&mut self, socket: SocketId, now: Now, around: &mut Surroundings<'_>) -> bool {
        let mut wrote = false;
        let mut control = 0;
        while around.network.has_room(socket) {
            let Some(frame) = self.session.poll_frame() else {
                if std::mem::take(&mut self.blocked) {
                    self.session.handle_write_progress(true, now);
                }
                if let Some(ending) = self.session.ending().filter(|_| !self.over) {
                    let close = Packet::Close(ending.code);
                    around.network.send(socket, Direction::ToDevice, close, around.agenda);
                    self.over = true;
                }
                return wrote;
            };
            wrote = true;
            let packet = match frame {
                Frame::Control(text) => {
                    control += 1;
                    slow_readers::waited(control, &mut around.court.verdict);
                    self.check_control(text, around.court)
                }
                Frame::Event(event) => {
                    self.check_event(event.text(), around.court);
                    Packet::Event(event)
                }
            };
            around.network.send(socket, Direction::ToDevice, packet, around.agenda);
        }
        if self.blocked && wrote {
            self.session.handle_write_progress(false, now);
        }
        self.blocked = true;
        self.session.handle_blocked(now);
        wrote
    }

    fn perform(&mut self, broker: &MemoryBroker, links: &Links, now: Now, court: &mut Court) -> bool {
        let mut performed = false;
        while let Some(answer) =
            perform(&mut self.session, &self.mailbox, self.device, broker, links, now, court)
        {
            performed = true;
            match court.broker_takes_ms {
                0 => self.session.handle_answer(answer, now),
                takes_ms => self.late.push_back((now.monotonic.as_millis() + takes_ms, answer)),
            }
        }
        check_principal(&self.session, self.grant.as_ref(), court);
        performed
    }

    /// What the broker took its time for.
    fn take_late(&mut self, now: Now) {
        while self.late.front().is_some_and(|(at, _)| *at <= now.monotonic.as_millis()) {
            let Some((_, answer)) = self.late.pop_front() else { break };
            self.session.handle_answer(answer, now);
        }
    }

    fn check_control(&mut self, text: String, court: &mut Court) -> Packet {
        if text.starts_with("{\"type\":\"rt.welcome\"") {
            court.verdict.expect(Check::Greeting, !self.welcomed, || "a session welcomed twice".to_owned());
            self.welcomed = true;
        } else if !self.welcomed {
            let early = ["ping", "pong", "rt.error", "rt.bye"];
            let may = early.iter().any(|kind| text.starts_with(&format!("{{\"type\":\"{kind}\"")));
            court.verdict.expect(Check::Greeting, may, || format!("before the welcome came {text}"));
        }
        Packet::Text(text.into())
    }

    fn check_event(&self, text: &str, court: &mut Court) {
        let may = self.grant.as_ref().is_some_and(|grant| grant.may_read(topic_in(text)));
        court.verdict.expect(Check::Isolation, may, || {
            format!("device {} has no permission for an event that was written to it: {text}", self.device)
        });
        court.verdict.expect(Check::Greeting, self.welcomed, || format!("before the welcome came {text}"));
    }
}

/// Does what a session wants, as the server does, until the broker has an answer for it.
pub(super) fn perform(
    session: &mut Session,
    mailbox: &Arc<Mailbox>,
    device: usize,
    broker: &MemoryBroker,
    links: &Links,
    now: Now,
    court: &mut Court,
) -> Option<Answer> {
    while let Some(output) = session.poll_output() {
        if let Output::Acknowledge { ids, state: AckState::Received, .. } = &output {
            court.received.extend(ids.iter().map(|id| (device, id.clone())));
        }
        let mut asked = None;
        let draft = match &output {
            Output::Append { draft, .. } => Some(draft.clone()),
            Output::Attach { key, request, .. } => {
                asked = Some((key.clone(), request.clone()));
                None
            }

            // Takeover is a matter of each process, and so not of the broker that they share.
            Output::Enter { client, link, handover } => {
                links.enter(client, *link, *handover, mailbox);
                continue;
            }
            Output::Leave { client } => {
                links.leave(client, mailbox);
                continue;
            }
            _ => None,
        };
        let output = match (output, session.principal()) {
            (Output::Handle { reference, message, idem }, Some(principal)) => {
                let Court { handlers, oracle, verdict, .. } = court;
                let tenant = &principal.tenant;
                return Some(handlers.handle(tenant, &message, reference, idem, oracle, verdict));
            }
            (output, _) => output,
        };
        let answer = broker.perform(output, session.principal(), mailbox, now);
        if let Some(answer) = answer {
            if let (Answer::Tail { attached, .. }, Some((key, request))) = (&answer, &asked) {
                log_order::begins(key, request, &attached.position, court);
            }
            court.broker_answered(draft.as_deref(), &answer);
            return Some(answer);
        }
    }
    None
}

/// A session speaks for whom its token names, and for nobody where the token is no good.
pub(super) fn check_principal(session: &Session, grant: Option<&Grant>, court: &mut Court) {
    let Some(principal) = session.principal() else { return };
    let right = grant.is_some_and(|grant| grant.tenant == principal.tenant && grant.user == principal.user);
    court.verdict.expect(Check::Isolation, right, || {
        format!("a session speaks for {}/{}, its token for {grant:?}", principal.tenant, principal.user)
    });
}

pub(super) fn is_good(grant: &Grant, now: Now) -> bool {
    // The servers' leeway: see `auth.leeway_ms`.
    grant.genuine && grant.expires_at * 1_000 + 5_000 > now.wall_millis
}

pub(super) fn token_in(text: &str) -> Option<&str> {
    let rest = &text[text.find("\"token\":\"")? + 9..];
    Some(&rest[..rest.find('"')?])
}

/// The topic of an event: `rt` is its last member.
pub(super) fn topic_in(text: &str) -> &str {
    let Some(start) = text.rfind("\"topic\":\"").map(|start| start + 9) else { return "" };
    let rest = &text[start..];
    &rest[..rest.find('"').unwrap_or(0)]
}
