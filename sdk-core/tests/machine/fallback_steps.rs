//! Steps that the tests of polling, topics and messages share, beside those of the rig.

use steadfast_core::{
    ClientFrame, Config, ErrorCode, ExchangeId, Hello, Input, LinkId, Output, PollTerms, ServerFrame,
    TopicRequest, TopicResult, TransportChoice, Welcome, WireError,
};

use crate::rig::{Rig, fresh, refused, resumed, terms};

/// Polling alone: the link stays Idle, so that the next deadline is a poll's.
pub fn polls_only(config: &mut Config) {
    config.transport = TransportChoice::Polling;
}

/// Sockets that take as long as they like: no connect timer disturbs what a test of the fallback looks at.
pub fn slow_sockets(config: &mut Config) {
    config.connect_timeout_ms = 3_600_000;
}

/// The usual terms, with long polls of 25 seconds.
pub fn offers_long_polls(terms: &mut Welcome) {
    terms.poll = PollTerms { interval_ms: 5_000, wait_ms: 25_000 };
}

/// Not now; after this long.
pub fn unavailable(retry_after_ms: Option<u64>) -> WireError {
    WireError { retry_after_ms, ..WireError::new(ErrorCode::Unavailable, "not now", true) }
}

impl Rig {
    /// A client that only polls, its first exchange under way.
    pub fn poller() -> (Self, ExchangeId) {
        let mut rig = Self::with(polls_only);
        let exchange = rig.begin_polls();
        (rig, exchange)
    }

    /// As [`Rig::poller`], with more of the configuration changed.
    pub fn poller_with(change: impl FnOnce(&mut Config)) -> (Self, ExchangeId) {
        let mut rig = Self::with(|config| {
            polls_only(config);
            change(config);
        });
        let exchange = rig.begin_polls();
        (rig, exchange)
    }

    /// From nothing to the first exchange of a client that only polls.
    pub fn begin_polls(&mut self) -> ExchangeId {
        self.connect();
        self.give_token();
        self.last_exchange()
    }

    /// A client that only polls, by long polls: the first is under way, and what came before is taken.
    pub fn long_poller() -> (Self, ExchangeId) {
        let mut rig = Self::with(polls_only);
        let exchange = rig.begin_long_polls();
        (rig, exchange)
    }

    /// As [`Rig::long_poller`], for a rig that was made before.
    pub fn begin_long_polls(&mut self) -> ExchangeId {
        let first = self.begin_polls();
        self.answer_under(first, offers_long_polls, Vec::new());
        self.take_but_last_exchange();
        self.last_exchange()
    }

    /// Takes all outputs but the exchange begun last, so that it can be answered.
    pub fn take_but_last_exchange(&mut self) {
        let last = self.last_exchange();
        self.keep_only(|output| matches!(output, Output::Exchange { exchange, .. } if *exchange == last));
    }

    /// Takes all outputs but the token requests, so that the last can be answered.
    pub fn take_but_tokens(&mut self) {
        self.keep_only(|output| matches!(output, Output::NeedToken { .. }));
    }

    /// Lets time pass without a tick, up to this moment.
    pub fn pass_to(&mut self, millis: u64) {
        self.pass(millis - self.millis());
    }

    /// As [`Rig::answer`], under changed terms.
    pub fn answer_under(
        &mut self,
        exchange: ExchangeId,
        change: impl FnOnce(&mut Welcome),
        frames: Vec<ServerFrame<u32>>,
    ) {
        let hello = self.hello_of(exchange);
        let mut welcome = terms(hello.topics.iter().map(resume).collect());
        change(&mut welcome);
        let mut all = vec![ServerFrame::Welcome(Box::new(welcome))];
        all.extend(frames);
        self.answered(exchange, 200, None, all);
    }

    /// Answers the exchange, refusing one topic for a while and resuming the others, under terms with long polls.
    pub fn answer_refusing(&mut self, exchange: ExchangeId, topic: &str, error: &WireError) {
        let hello = self.hello_of(exchange);
        let results = hello.topics.iter().map(|request| match request.topic == topic {
            true => refused(topic, error.clone()),
            false => resume(request),
        });
        let results = results.collect();
        self.answer_under(
            exchange,
            |terms| {
                offers_long_polls(terms);
                terms.topics = results;
            },
            Vec::new(),
        );
    }

    /// The frames of an exchange's body.
    #[track_caller]
    pub fn body_of(&self, exchange: ExchangeId) -> Vec<ClientFrame> {
        self.exchanges().into_iter().find(|(id, _)| *id == exchange).expect("the exchange was begun").1
    }

    #[track_caller]
    pub fn hello_of(&self, exchange: ExchangeId) -> Hello {
        match &self.body_of(exchange)[0] {
            ClientFrame::Hello(hello) => (**hello).clone(),
            other => panic!("an exchange begins with a hello, not {other:?}"),
        }
    }

    /// What an exchange asks of a topic.
    #[track_caller]
    pub fn topic_of(&self, exchange: ExchangeId, topic: &str) -> TopicRequest {
        let mut topics = self.hello_of(exchange).topics.into_iter();
        topics.find(|request| request.topic == topic).expect("the topic is asked for")
    }

    /// How many bytes an exchange's body has.
    #[track_caller]
    pub fn size_of(&self, exchange: ExchangeId) -> usize {
        let size = self.outputs().iter().find_map(|output| match output {
            Output::Exchange { exchange: id, body } if *id == exchange => Some(body.len()),
            _ => None,
        });
        size.expect("the exchange was begun")
    }

    /// The `ref` of the first message of an exchange.
    #[track_caller]
    pub fn first_message(&self, exchange: ExchangeId) -> u64 {
        match &self.body_of(exchange)[1] {
            ClientFrame::Message(message) => message.reference.expect("it wants a result"),
            other => panic!("not a message: {other:?}"),
        }
    }

    pub fn exchange_fails(&mut self, exchange: ExchangeId) {
        self.input(Input::ExchangeFailed { exchange });
    }

    /// Milliseconds until the next deadline.
    #[track_caller]
    pub fn due_in(&self) -> u64 {
        self.wait.expect("a deadline is set").as_millis() - self.millis()
    }

    /// Asserts that nothing is exchanged until `millis` from now, and one exchange begins right then.
    #[track_caller]
    pub fn assert_exchange_in(&mut self, millis: u64) -> ExchangeId {
        self.take();
        if millis > 0 {
            self.advance(millis - 1);
            assert_eq!(self.exchanges(), [], "too early");
            self.advance(1);
        }
        assert_eq!(self.exchanges().len(), 1, "one exchange begins");
        self.last_exchange()
    }

    /// Asserts that the next exchange begins within this from now, whatever sockets are tried meanwhile.
    #[track_caller]
    pub fn assert_next_exchange(&mut self, within: std::ops::RangeInclusive<u64>) -> ExchangeId {
        self.take();
        let begun = self.millis();
        while self.exchanges().is_empty() {
            self.advance_to_deadline();
            assert!(self.millis() - begun <= *within.end(), "too late");
        }
        assert!(within.contains(&(self.millis() - begun)), "too early: {}", self.millis() - begun);
        self.last_exchange()
    }

    /// As [`Rig::assert_exchange_in`], when the fallback's clock runs out, which is the next deadline: so many milliseconds
    /// after it began to run, `ran` of them over already.
    #[track_caller]
    pub fn assert_clock_runs_out(&mut self, ran: u64) -> ExchangeId {
        let left = self.due_in();
        assert!((5_000..=10_000).contains(&(ran + left)), "{ran} and {left}");
        self.assert_exchange_in(left)
    }

    /// Polls until the socket is tried again: every exchange is answered at once, with nothing new.
    pub fn poll_until_open(&mut self) -> LinkId {
        self.take();
        while self.opens().is_empty() {
            self.advance_to_deadline();
            if let Some((exchange, _)) = self.exchanges().last() {
                let exchange = *exchange;
                self.answer(exchange, Vec::new());
            }
            if self.opens().is_empty() {
                self.take();
            }
        }
        self.last_open()
    }

    /// While the exchange is under way the socket is tried again, and opens: its welcome is awaited.
    pub fn reopen_beside(&mut self, exchange: ExchangeId) -> LinkId {
        self.keep_only(|output| matches!(output, Output::Exchange { exchange: id, .. } if *id == exchange));
        self.advance(self.retry_in());
        let link = self.last_open();
        self.open(link);
        link
    }

    /// As [`Rig::poll_until_open`], by long polls that are answered when their wait is over; the last is under way.
    pub fn poll_long_until_open(&mut self) -> LinkId {
        self.take_but_last_exchange();
        while self.opens().is_empty() {
            let exchange = self.last_exchange();
            self.take_but_last_exchange();
            self.advance(2_000);
            if self.opens().is_empty() {
                self.answer_under(exchange, offers_long_polls, Vec::new());
            }
        }
        self.last_open()
    }

    /// From proven polling to a live link that has answered for every topic.
    pub fn leave_polling(&mut self) -> LinkId {
        let link = self.poll_until_open();
        self.open(link);
        self.welcome(link);
        link
    }

    /// From proven polling to a live link that still owes the answer for the topic `late`: polling goes on beside it,
    /// its next exchange due.
    pub fn live_while_polling(&mut self) -> LinkId {
        let link = self.poll_until_open();
        self.open(link);
        self.subscribe("late");
        let exchange = self.last_exchange();
        self.answer(exchange, Vec::new());
        self.welcome(link);
        link
    }

    /// The `ref` and topics of the last `subscribe` on a link.
    #[track_caller]
    pub fn subscribed_on(&self, on: LinkId) -> (u64, Vec<TopicRequest>) {
        let mut requests = self.sent(on).into_iter().filter_map(|frame| match frame {
            ClientFrame::Subscribe { reference, topics } => Some((reference, topics)),
            _ => None,
        });
        requests.next_back().expect("a subscribe was sent")
    }

    /// Answers the last `subscribe` on a link: each topic goes on where it was asked for.
    pub fn answer_subscribe(&mut self, on: LinkId) {
        let (reference, topics) = self.subscribed_on(on);
        let topics = topics.iter().map(resume).collect();
        self.frame(on, ServerFrame::Subscribed { reference: Some(reference), topics });
    }
}

/// What a server that has lost nothing answers: on from the cursor, else from zero.
pub fn resume(request: &TopicRequest) -> TopicResult {
    match &request.cursor {
        Some(cursor) => resumed(&request.topic, cursor.offset),
        None => fresh(&request.topic, 0),
    }
}
