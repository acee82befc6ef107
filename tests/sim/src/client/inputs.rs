//! What comes to a device.

use steadfast_core::json::{Envelope, FrameError, decode_server, decode_server_binary};
use steadfast_core::{ExchangeId, Input, LinkId, Secret, ServerFrame, Slot, TokenRequest, TopicResult};
use steadfast_server::{Pattern, TenantId, UserId};

use super::Device;
use crate::checks::{isolation, stale, terminal};
use crate::network::{Answer, Packet, SocketId};
use crate::setup::WALL_ORIGIN;
use crate::surroundings::Surroundings;
use crate::tokens::Grant;
use crate::verdict::Check;

/// The most frames that one message may hold.
const MOST: usize = 4_096;

type Came = Result<(ServerFrame<Envelope>, String), FrameError>;

impl Device {
    pub(crate) fn timer(&mut self, generation: u64, around: &mut Surroundings<'_>) {
        // A timer that was replaced is mostly cancelled; where it fires after all, it is one that comes early.
        if generation == self.generation || self.random.chance(5) {
            self.give(Input::Tick, around);
        }
    }

    pub(crate) fn opened(&mut self, link: LinkId, around: &mut Surroundings<'_>) {
        let at = self.monotonic(around);
        if let Some(watched) = self.watch.connections.links.get_mut(&link) {
            watched.opened_at = Some(at);
            watched.last_inbound = at;
        }
        self.give(Input::Opened { link }, around);
    }

    pub(crate) fn refused(&mut self, link: LinkId, status: Option<u16>, around: &mut Surroundings<'_>) {
        let Some(status) = status.filter(|_| self.random.chance(70)) else {
            // Browsers see no status.
            return self.ended(link, 1006, around);
        };
        let retry_after_ms = matches!(status, 429 | 503).then(|| self.random.pick(&[1_000, 8_000]));
        let watched = self.watch.connections.links.remove(&link);
        if watched.is_some() && self.watch.connections.links.is_empty() {
            let code = match status {
                401 => 4401,
                429 => 4429,
                503 => 4503,
                _ => 1006,
            };
            let now = self.monotonic(around);
            self.watch.spacing.ended(code, retry_after_ms, now);
            self.watch.proxies.sent_away(code, retry_after_ms);
        }
        self.give(Input::HandshakeStatus { link, status, retry_after_ms }, around);
    }

    /// A link ended at the other side, or broke.
    pub(crate) fn ended(&mut self, link: LinkId, code: u16, around: &mut Surroundings<'_>) {
        if terminal::is_terminal(code) {
            // What is due is done first, as in the machine: the link may be given up before its end is heard of.
            self.give(Input::Tick, around);
        }
        self.sockets.remove(&link);
        let Some(watched) = self.watch.connections.links.remove(&link) else {
            return self.stale(Input::Closed { link, code }, around);
        };
        let now = self.monotonic(around);
        let code = if watched.opened_at.is_some() { code } else { 1006 };
        let alone = self.watch.connections.links.is_empty();
        let only = alone && !watched.drains();
        self.watch.proxies.ended(watched.opened_at, true, !only || matches!(code, 1008 | 4401), now);
        self.watch.proxies.sent_away(code, None);
        if only {
            self.watch.spacing.ended(code, None, now);
        }
        self.give(Input::Closed { link, code }, around);
        if only && terminal::is_terminal(code) {
            let closed = !self.watch.terminal.may_try();
            around
                .court
                .verdict
                .expect(Check::Terminal, closed, || format!("device {} goes on after {code}", self.index));
        }
    }

    /// A connection broke under a link; of one that was closed already nobody hears.
    pub(crate) fn broke(&mut self, link: LinkId, around: &mut Surroundings<'_>) {
        if self.watch.connections.links.contains_key(&link) {
            self.ended(link, 1006, around);
        }
    }

    /// A message came on a socket.
    pub(crate) fn came(&mut self, socket: SocketId, packet: &Packet, around: &mut Surroundings<'_>) {
        let Some(link) = around.network.sockets.get(&socket).map(|socket| socket.link) else { return };
        if let Packet::Close(code) = packet {
            return self.ended(link, *code, around);
        }
        let core = &self.core;
        let mut frames: Vec<Came> = Vec::new();
        match packet {
            Packet::Text(text) => decode(core, text, &mut frames),
            Packet::Event(event) => match event.binary() {
                Some(bytes) => frames.push(decode_binary(core, bytes)),
                None => decode(core, event.text(), &mut frames),
            },
            Packet::Binary(bytes) => frames.push(decode_binary(core, bytes)),
            Packet::Close(_) => {}
        }
        for frame in frames {
            match frame {
                Ok((frame, topic)) => self.frame(link, frame, &topic, around),
                Err(error) => {
                    around.court.verdict.broken(Check::Greeting, || format!("a pod wrote no frame: {error}"));
                }
            }
        }
    }

    /// Bytes have left the device.
    pub(crate) fn sent(&mut self, socket: SocketId, link: LinkId, around: &mut Surroundings<'_>) {
        let bytes = around.network.unsent(socket) as u64;
        if bytes == 0 && self.watch.connections.links.contains_key(&link) {
            self.give(Input::Buffered { link, bytes }, around);
        }
    }

    /// An answer came, to the page that asked.
    pub(crate) fn answered(
        &mut self,
        page: u64,
        exchange: ExchangeId,
        answer: &Answer,
        around: &mut Surroundings<'_>,
    ) {
        if page != self.page {
            return;
        }
        self.requests.remove(&exchange);
        let mut frames = Vec::new();
        if answer.status == 200 {
            decode(&self.core, &answer.body, &mut frames);
        }
        let mut good = Vec::with_capacity(frames.len());
        // What is due is done first, as in the machine: it may be over for this exchange.
        self.give(Input::Tick, around);
        let current = self.watch.connections.exchange == Some(exchange);
        for frame in frames {
            match frame {
                Ok((frame, topic)) => {
                    if let (ServerFrame::Result { reference, outcome, .. }, true) = (&frame, current) {
                        self.watch.acknowledgements.answered(*reference, outcome.is_ok());
                    }
                    self.note_frame(&frame, &topic, current, around);
                    good.push(frame);
                }
                Err(error) => {
                    around
                        .court
                        .verdict
                        .broken(Check::Greeting, || format!("an answer holds no frame: {error}"));
                }
            }
        }
        let input = if answer.status == 0 {
            Input::ExchangeFailed { exchange }
        } else {
            let retry_after_ms = answer.retry_after_ms;
            Input::ExchangeAnswered {
                exchange,
                status: answer.status,
                retry_after_ms,
                frames: good,
                bad_frames: 0,
            }
        };
        if self.watch.connections.exchange_ends(exchange) {
            let well = matches!(&input, Input::ExchangeAnswered { status: 200, frames, .. }
                if matches!(frames.first(), Some(ServerFrame::Welcome(_))));
            let now = self.monotonic(around);
            self.watch.leaving.exchange_ended(well, now);
            self.give(input, around);
        } else {
            self.stale(input, around);
        }
    }

    /// The application gives a token, or says that it has none.
    pub(crate) fn token(&mut self, page: u64, request: TokenRequest, around: &mut Surroundings<'_>) {
        if page != self.page {
            return;
        }
        self.watch.tokens.answered(request, self.trouble.no_tokens.is_none());
        if let Some(retryable) = self.trouble.no_tokens {
            return self.give(Input::TokenFailed { request, retryable }, around);
        }
        let wall = WALL_ORIGIN + around.agenda.now();
        let expired = self.trouble.bad_tokens == Some(true);
        let expires_at = if expired { wall / 1_000 - 60 } else { (wall + self.token_life_ms) / 1_000 };
        self.narrowed = self.trouble.narrow_tokens;
        let topics: &[&str] = if self.trouble.narrow_tokens { &["log.a", "state.a"] } else { &["*"] };
        let pattern = |topic: &&str| Pattern::parse(topic).expect("a topic's name is a pattern");
        let token = around.court.tokens.sign(Grant {
            tenant: TenantId::parse(self.setup.tenant).expect("the tenant's name is one"),
            user: UserId::parse(self.setup.user).expect("the user's name is one"),
            topics: topics.iter().map(pattern).collect(),
            expires_at,
            genuine: self.trouble.bad_tokens != Some(false),
        });
        let expires_in_ms = self.random.chance(70).then_some(self.token_life_ms);
        self.give(Input::TokenReady { request, token: Secret(token), expires_in_ms }, around);
    }

    /// A link of long ago is said to have ended. A page that is gone hears nothing any more.
    pub(crate) fn late_end(&mut self, page: u64, link: LinkId, around: &mut Surroundings<'_>) {
        if page == self.page {
            self.stale(Input::Closed { link, code: 1006 }, around);
        }
    }

    fn frame(
        &mut self,
        link: LinkId,
        frame: ServerFrame<Envelope>,
        topic: &str,
        around: &mut Surroundings<'_>,
    ) {
        let now = self.monotonic(around);
        let Some(watched) = self.watch.connections.links.get_mut(&link) else {
            self.note_frame(&frame, topic, false, around);
            // A driver may let go of what comes late, and need not.
            if self.random.chance(50) {
                self.stale(Input::Frame { link, frame }, around);
            }
            return;
        };
        watched.last_inbound = now;
        match &frame {
            ServerFrame::Welcome(welcome) => watched.welcomed = Some(welcome.heartbeat_ms),
            ServerFrame::Drain { deadline_ms, .. } => {
                watched.drains_until.get_or_insert(now + deadline_ms);
            }
            ServerFrame::Bye { code, reconnect_after_ms, .. } => {
                watched.bye = Some((*code, *reconnect_after_ms));
            }
            ServerFrame::AuthRequired { .. } => self.watch.tokens.demanded(),
            ServerFrame::Subscribed { reference: Some(reference), .. } => {
                self.watch.leaving.answered(link, *reference);
            }
            _ => {}
        }
        let result = match &frame {
            ServerFrame::Result { reference, outcome, .. } => Some((*reference, outcome.is_ok())),
            _ => None,
        };
        self.note_frame(&frame, topic, true, around);
        self.give(Input::Frame { link, frame }, around);
        if let Some((reference, ok)) = result
            && self.watch.connections.links.contains_key(&link)
        {
            self.watch.acknowledgements.answered(reference, ok);
        }
    }

    /// What the checks learn from a frame before the client does.
    fn note_frame(
        &mut self,
        frame: &ServerFrame<Envelope>,
        topic: &str,
        current: bool,
        around: &mut Surroundings<'_>,
    ) {
        match frame {
            ServerFrame::Welcome(welcome) if current => {
                self.watch.leaving.told(welcome.poll.interval_ms);
                self.offered(&welcome.topics);
            }
            ServerFrame::Subscribed { topics, .. } if current => self.offered(topics),
            ServerFrame::Event(event) => {
                isolation::came(&self.setup, event.payload.id.as_deref(), topic, around.court);
            }
            _ => {}
        }
    }

    fn offered(&mut self, results: &[TopicResult]) {
        for result in results {
            let slot = self.core.slot(&result.topic);
            if let (Some(view), Ok(position)) = (self.application.views.get_mut(&slot), &result.outcome) {
                view.offered.push((position.epoch.to_string(), position.offset));
            }
        }
    }

    /// Gives something that names what is no longer current. What is due anyway is done first.
    fn stale(&mut self, input: Input<Envelope>, around: &mut Surroundings<'_>) {
        self.give(Input::Tick, around);
        let what = describe(&input);
        let now = self.now(around);
        let slots: Vec<Slot> = self.application.views.keys().copied().collect();
        stale::given(&mut self.core, now, input, &what, &slots, &mut around.court.verdict);
    }
}

fn decode(core: &steadfast_core::Client<Envelope>, text: &str, frames: &mut Vec<Came>) {
    let topic = std::cell::RefCell::new(String::new());
    let slot_of = &mut |name: &str| {
        name.clone_into(&mut topic.borrow_mut());
        core.slot(name)
    };
    decode_server(text, MOST, slot_of, &mut |frame| {
        frames.push(frame.map(|frame| (frame, topic.borrow().clone())));
    });
}

fn decode_binary(core: &steadfast_core::Client<Envelope>, bytes: &[u8]) -> Came {
    let mut topic = String::new();
    let frame = decode_server_binary(bytes, &mut |name| {
        name.clone_into(&mut topic);
        core.slot(name)
    })?;
    Ok((frame, topic))
}

/// An input in a few words.
pub(super) fn describe(input: &Input<Envelope>) -> String {
    match input {
        Input::TokenReady { request, expires_in_ms, .. } => {
            format!("TokenReady {request:?} {expires_in_ms:?}")
        }
        Input::ExchangeAnswered { exchange, status, retry_after_ms, frames, .. } => {
            format!("ExchangeAnswered {exchange:?} {status} {retry_after_ms:?} {frames:?}")
        }
        other => format!("{other:?}"),
    }
}
