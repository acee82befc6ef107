//! Promises 4 to 8: how many links and exchanges, what is sent when, and how far openings are apart.

use steadfast_core::json::{decode_client, decode_client_binary};
use steadfast_core::{
    Client, ClientFrame, Config, ExchangeId, Input, LinkId, OutgoingBytes, Output, ServerFrame, State,
    TopicRequest, Transport, TransportChoice,
};

use crate::driver::Command;

const FLOOR_MS: u64 = 100;
const STABLE_MS: u64 = 30_000;
const BODY_FRAMES: usize = 64;

pub struct Links {
    transport: TransportChoice,
    /// Current links, the older first.
    current: Vec<Link>,
    newest: u32,
    exchange: Option<Exchange>,
    newest_exchange: u32,
    newest_hello: u64,
    wish: Wish,
    /// What the input at hand leads to, once the timers before it have run.
    wish_next: Wish,
    /// No opening before this: what the last end of a link asks for.
    not_before: u64,
    successor_not_before: u64,
    /// Ended by the input at hand; the timers before it may have ended it already.
    ended: Option<LinkId>,
    ended_exchange: Option<ExchangeId>,
    proven_since: Option<u64>,
    stable_by_polls: bool,
}

/// What the application and its host asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Disconnected, or stopped.
    Rest,
    Try,
    Frozen {
        resume: bool,
    },
}

pub struct Link {
    pub id: LinkId,
    pub opened: Option<u64>,
    pub welcomed: bool,
    /// `None`: no hello yet.
    pub hello: Option<Vec<TopicRequest>>,
    /// Subscribes without an answer.
    pub asked: Vec<(u64, Vec<TopicRequest>)>,
    /// References of messages, acknowledgements and tokens without a result.
    pub awaiting: Vec<u64>,
    /// Draining: no successor before this.
    drained: Option<u64>,
    /// What `rt.bye` said: the code, and when to come again.
    advice: Option<(u16, Option<u64>)>,
}

pub struct Exchange {
    pub id: ExchangeId,
    pub frames: Vec<ClientFrame>,
}

impl Links {
    pub fn new(config: &Config) -> Self {
        Self {
            transport: config.transport,
            current: Vec::new(),
            newest: 0,
            exchange: None,
            newest_exchange: 0,
            newest_hello: 0,
            wish: Wish::Rest,
            wish_next: Wish::Rest,
            not_before: 0,
            successor_not_before: 0,
            ended: None,
            ended_exchange: None,
            proven_since: None,
            stable_by_polls: false,
        }
    }

    pub fn current(&self) -> &[Link] {
        &self.current
    }

    pub fn exchange(&self) -> Option<&Exchange> {
        self.exchange.as_ref()
    }

    pub fn newest(&self) -> u32 {
        self.newest
    }

    pub fn newest_exchange(&self) -> u32 {
        self.newest_exchange
    }

    pub fn link_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.current.iter_mut().find(|link| link.id == id)
    }

    pub fn is_welcomed(&self, id: LinkId) -> bool {
        self.link(id).is_some_and(|link| link.welcomed)
    }

    pub fn is_frozen(&self) -> bool {
        matches!(self.wish, Wish::Frozen { .. })
    }

    pub fn may_try(&self) -> bool {
        self.wish == Wish::Try
    }

    /// Disconnected, stopped or frozen: nothing is under way.
    pub fn is_at_rest(&self) -> bool {
        !self.may_try()
    }

    /// Whether a failure streak may have ended.
    pub fn has_been_stable(&self, now: u64) -> bool {
        let old = |link: &Link| link.welcomed && link.opened.is_some_and(|opened| opened + STABLE_MS <= now);
        self.stable_by_polls || self.current.iter().any(old)
    }

    pub fn is_stale(&self, input: &Input<u32>) -> bool {
        match input {
            Input::Opened { link } | Input::HandshakeStatus { link, .. } => {
                self.link(*link).is_none_or(|link| link.opened.is_some())
            }
            Input::Frame { link, .. } | Input::BadFrame { link } | Input::Buffered { link, .. } => {
                self.link(*link).is_none_or(|link| link.opened.is_none())
            }
            Input::Closed { link, .. } => self.link(*link).is_none(),
            Input::ExchangeAnswered { exchange, .. } | Input::ExchangeFailed { exchange } => {
                self.exchange.as_ref().is_none_or(|current| current.id != *exchange)
            }
            _ => false,
        }
    }

    pub fn sees_command(&mut self, command: &Command) {
        self.begin();
        self.wish_next = match (command, self.wish) {
            (Command::Connect, Wish::Frozen { .. }) => Wish::Frozen { resume: true },
            (Command::Connect, Wish::Rest) => {
                self.start();
                Wish::Try
            }
            (Command::Disconnect, Wish::Frozen { .. }) => Wish::Frozen { resume: false },
            (Command::Disconnect, _) => Wish::Rest,
            (_, wish) => wish,
        };
    }

    pub fn sees_input(&mut self, now: u64, input: &Input<u32>) {
        self.begin();
        let stale = self.is_stale(input);
        match input {
            Input::Freeze if !self.is_frozen() => {
                self.wish_next = Wish::Frozen { resume: self.wish == Wish::Try };
            }
            Input::Thaw if self.wish == Wish::Frozen { resume: true } => {
                self.start();
                self.wish_next = Wish::Try;
            }
            Input::Thaw if self.is_frozen() => self.wish_next = Wish::Rest,
            _ if stale => {}
            Input::Opened { link } => {
                if let Some(link) = self.link_mut(*link) {
                    link.opened = Some(now);
                }
            }
            Input::Frame { link, frame } => {
                if let Some(link) = self.link_mut(*link) {
                    link.sees_frame(now, frame);
                }
            }
            Input::Closed { link, code } => {
                // A close before the opening speaks for no server, whatever its code.
                let opened = self.link(*link).is_some_and(|link| link.opened.is_some());
                self.ends(now, *link, if opened { *code } else { 1006 }, None);
            }
            Input::HandshakeStatus { link, status, retry_after_ms } => {
                let code = match status {
                    401 => 4401,
                    429 => 4429,
                    503 => 4503,
                    _ => 1006,
                };
                // What stands in between gives no advice with a refusal.
                let advice = retry_after_ms.filter(|_| !matches!(status, 401 | 403 | 404));
                self.ends(now, *link, code, advice);
            }
            Input::ExchangeAnswered { exchange, status, frames, .. } => {
                let good = *status == 200
                    && matches!(frames.first(), Some(ServerFrame::Welcome(welcome)) if welcome.version == 1);
                let proven = self.proven_since.is_some();
                self.exchange_ends(now, *exchange, good);
                if *status == 401 && proven {
                    // Polling is still proven, but the time that ends a streak begins anew.
                    self.proven_since = Some(now);
                }
            }
            Input::ExchangeFailed { exchange } => self.exchange_ends(now, *exchange, false),
            _ => {}
        }
    }

    pub fn sees_output(&mut self, now: u64, output: &Output<u32>) {
        match output {
            Output::Open { link } => self.opens(now, *link),
            Output::Close { link, .. } => self.closes(now, *link),
            Output::Send { link, bytes } => self.sends(*link, bytes),
            Output::Exchange { exchange, body } => self.exchanges(*exchange, body),
            Output::Abort { exchange } => {
                let current = self.exchange.take_if(|current| current.id == *exchange).is_some();
                assert!(current || self.ended_exchange == Some(*exchange), "4: an abort of no exchange");
            }
            Output::NeedToken { .. } => assert!(self.may_act(), "8: a token for nothing"),
            _ => {}
        }
    }

    pub fn settled(&mut self, client: &Client<u32>) {
        let status = client.status();
        self.wish = self.wish_next;
        if status.state == State::Closed && self.wish == Wish::Try {
            self.wish = Wish::Rest;
        }
        if self.is_at_rest() {
            assert!(self.current.is_empty(), "7: a link in Idle, Stopped or Frozen");
            assert!(self.exchange.is_none(), "8: an exchange in Idle, Stopped or Frozen");
            assert_ne!(status.state, State::Connected, "8: connected in Idle, Stopped or Frozen");
        }
        let welcomed = self.current.iter().any(|link| link.welcomed);
        let by_link = status.state == State::Connected && status.transport == Some(Transport::WebSocket);
        assert_eq!(welcomed, by_link, "the status is connected exactly with a welcome");
        assert_eq!(status.state == State::Connected, status.transport.is_some(), "connected by something");
        assert!(!self.is_frozen() || status.state == State::Disconnected, "frozen is disconnected");
        let idle = status.state == State::Disconnected;
        assert!(!idle || self.is_at_rest(), "disconnected without being asked");
    }

    fn begin(&mut self) {
        self.ended = None;
        self.ended_exchange = None;
        self.stable_by_polls = false;
        self.wish_next = self.wish;
    }

    fn start(&mut self) {
        self.not_before = 0;
        self.proven_since = None;
    }

    fn link(&self, id: LinkId) -> Option<&Link> {
        self.current.iter().find(|link| link.id == id)
    }

    /// Timers that were due run before what the input at hand asks for.
    fn may_act(&self) -> bool {
        self.wish == Wish::Try || self.wish_next == Wish::Try
    }

    fn opens(&mut self, now: u64, id: LinkId) {
        assert!(self.may_act(), "7: an opening in Idle, Stopped or Frozen");
        assert_ne!(self.transport, TransportChoice::Polling, "7: an opening though polling alone is allowed");
        assert_eq!(id.0, self.newest + 1, "4: links are numbered as they are opened");
        self.newest = id.0;
        match &self.current[..] {
            [] => {
                assert!(now >= self.not_before, "7: opened {} ms too early", self.not_before - now);
                self.successor_not_before = 0;
            }
            [old] => {
                assert!(old.welcomed, "4: a second link beside one that is not welcomed");
                let earliest = old.drained.expect("4: a second link outside of Handover");
                assert!(now >= earliest.max(self.successor_not_before), "7: a successor too early");
            }
            _ => panic!("4: three links"),
        }
        self.current.push(Link {
            id,
            opened: None,
            welcomed: false,
            hello: None,
            asked: Vec::new(),
            awaiting: Vec::new(),
            drained: None,
            advice: None,
        });
    }

    fn closes(&mut self, now: u64, id: LinkId) {
        if self.ended == Some(id) {
            // A timer came first, so the end that the input told was none.
            self.not_before = self.not_before.min(now + FLOOR_MS);
            self.successor_not_before = self.successor_not_before.min(now + FLOOR_MS);
            return;
        }
        assert!(self.link(id).is_some(), "4: a link is closed that is not current");
        self.ends(now, id, 4408, None);
    }

    fn ends(&mut self, now: u64, id: LinkId, code: u16, retry_after_ms: Option<u64>) {
        let index = self.current.iter().position(|link| link.id == id).expect("it is current");
        let alone = self.current.len() == 1;
        let link = self.current.remove(index);
        self.ended = Some(id);
        let (code, after_ms) = link.advice.unwrap_or((code, retry_after_ms));
        let least = now.saturating_add(least_delay(code, after_ms));
        match (alone, index) {
            // Its successor may be waiting for a token already.
            (true, _) if link.drained.is_some_and(|earliest| earliest <= now) => self.not_before = 0,
            (true, _) => self.not_before = least,
            (false, 0) => self.successor_not_before = 0,
            (false, _) => self.successor_not_before = least.max(now + FLOOR_MS),
        }
    }

    fn sends(&mut self, id: LinkId, bytes: &OutgoingBytes) {
        if self.ended == Some(id) {
            // A timer or a wake came before the end that the input tells.
            return;
        }
        let handover = self.current.len() == 2 && self.current[1].id == id;
        let newest_hello = self.newest_hello;
        let link = self.link_mut(id).expect("5: something is sent on a link that is not current");
        assert!(link.opened.is_some(), "6: something is sent before the link is open");
        let frames = frames(bytes);
        assert_eq!(frames.len(), 1, "one frame a message");
        match frames.into_iter().next() {
            Some(ClientFrame::Hello(hello)) => {
                assert!(link.hello.is_none(), "6: a second hello");
                assert!(hello.link > newest_hello, "hellos are numbered as they are sent");
                assert_eq!(hello.handover, handover, "a hello says whether it succeeds another link");
                assert!(hello.wait_ms.is_none() && hello.results_epoch.is_none(), "not an exchange");
                link.hello = Some(hello.topics);
                self.newest_hello = hello.link;
            }
            _ if link.hello.is_none() => panic!("6: something is sent before the hello"),
            Some(ClientFrame::Pong { .. } | ClientFrame::Bye) => {}
            _ if !link.welcomed => panic!("6: more than control is sent before the welcome"),
            Some(ClientFrame::Subscribe { reference, topics }) => link.asked.push((reference, topics)),
            Some(ClientFrame::Auth { reference, .. } | ClientFrame::Ack { reference, .. }) => {
                link.awaiting.push(reference);
            }
            Some(ClientFrame::Message(message)) => link.awaiting.extend(message.reference),
            Some(ClientFrame::Unknown) => panic!("a client sends no unknown frame"),
            _ => {}
        }
    }

    fn exchanges(&mut self, id: ExchangeId, body: &OutgoingBytes) {
        assert!(self.may_act(), "8: an exchange in Idle, Stopped or Frozen");
        assert_ne!(
            self.transport,
            TransportChoice::WebSocket,
            "an exchange though sockets alone are allowed"
        );
        assert!(self.exchange.is_none(), "4: two exchanges under way");
        assert_eq!(id.0, self.newest_exchange + 1, "4: exchanges are numbered as they begin");
        self.newest_exchange = id.0;
        let frames = frames(body);
        assert!(frames.len() <= BODY_FRAMES, "14: too many frames in one exchange");
        let [ClientFrame::Hello(hello), rest @ ..] = &frames[..] else {
            panic!("6: an exchange begins with its hello")
        };
        assert!(hello.link > self.newest_hello, "hellos are numbered as they are sent");
        self.newest_hello = hello.link;
        assert!(hello.wait_ms.is_none() || rest.is_empty(), "a long poll is the hello alone");
        for frame in rest {
            match frame {
                ClientFrame::Ack { .. } => {}
                ClientFrame::Message(message) => {
                    assert!(message.reference.is_some(), "14: fire and forget is never queued");
                    assert!(hello.results_epoch.is_some(), "15: a message under no table of results");
                }
                other => panic!("6: not for an exchange: {other:?}"),
            }
        }
        self.exchange = Some(Exchange { id, frames });
    }

    fn exchange_ends(&mut self, now: u64, id: ExchangeId, good: bool) {
        self.exchange = None;
        self.ended_exchange = Some(id);
        self.proven_since = good.then(|| self.proven_since.unwrap_or(now));
        self.stable_by_polls = self.proven_since.is_some_and(|since| since + STABLE_MS <= now);
    }
}

impl Link {
    fn sees_frame(&mut self, now: u64, frame: &ServerFrame<u32>) {
        match frame {
            ServerFrame::Welcome(welcome) if welcome.version == 1 => self.welcomed = true,
            ServerFrame::Drain { min_ms, .. } if self.welcomed && self.drained.is_none() => {
                self.drained = Some(now.saturating_add(*min_ms));
            }
            ServerFrame::Bye { code, reconnect_after_ms, .. } => {
                self.advice = Some((*code, *reconnect_after_ms));
            }
            ServerFrame::Subscribed { reference: Some(reference), .. } => {
                self.asked.retain(|(asked, _)| asked != reference);
            }
            ServerFrame::Result { reference, .. } => self.awaiting.retain(|awaited| awaited != reference),
            _ => {}
        }
    }
}

/// What the rule of a close code, or advice, asks for at least.
fn least_delay(code: u16, advice: Option<u64>) -> u64 {
    match code {
        1008 | 4401 => 0,
        4429 => advice.unwrap_or(0).max(5_000),
        4409 => advice.unwrap_or(0).max(30_000),
        1012 | 1013 | 4503 => advice.unwrap_or(5_000).max(FLOOR_MS),
        _ => advice.unwrap_or(0).max(FLOOR_MS),
    }
}

fn frames(bytes: &OutgoingBytes) -> Vec<ClientFrame> {
    match bytes {
        OutgoingBytes::Text(text) => decode_client(text, 512)
            .into_iter()
            .map(|frame| frame.expect("only good frames are sent"))
            .collect(),
        OutgoingBytes::Binary(message) => {
            vec![decode_client_binary(message).expect("only good frames are sent")]
        }
    }
}
