//! Where the server meets its clients: hellos, subscriptions, messages, exchanges.

use steadfast_core::json::{decode_client, decode_client_binary};
use steadfast_core::{
    ClientFrame, ExchangeId, Hello, Input, LinkId, OutgoingBytes, PollTerms, Recovery, ServerFrame,
    TopicResult, Welcome,
};

use super::network::{Exchange, Flying, HEARTBEAT_MS, Session, World};
use super::server::{Reader, done};
use super::steps::Http;

/// Few, so that an answer is often not all there is.
const EVENTS_AN_ANSWER: usize = 4;

/// A slow server's time for a message.
const SLOW_MS: u64 = 4_000;

impl World {
    pub(super) fn arrives_at_server(&mut self, link: LinkId, bytes: &OutgoingBytes) {
        let Some(wire) = self.wires.get(&link).filter(|wire| !wire.dead && !wire.is_closing()) else {
            return;
        };
        let greeted = wire.session.is_some();
        let frame = match bytes {
            OutgoingBytes::Text(text) => decode_client(text, 1).into_iter().next().expect("one frame"),
            OutgoingBytes::Binary(message) => decode_client_binary(message),
        };
        let answers = match frame.expect("a good frame") {
            frame if greeted == matches!(frame, ClientFrame::Hello(_)) => return,
            ClientFrame::Hello(hello) => self.hello(link, &hello),
            ClientFrame::Subscribe { reference, topics } => {
                let mut results = Vec::new();
                let mut events = Vec::new();
                for request in topics {
                    let (result, reader) = self.server.answer(&request);
                    results.push(result);
                    events.extend(self.subscribe(link, reader));
                }
                let mut answers = vec![Flying::Frame(ServerFrame::Subscribed {
                    reference: Some(reference),
                    topics: results,
                })];
                answers.extend(events);
                answers
            }
            ClientFrame::Unsubscribe { reference, topics } => {
                if let Some(session) = self.session(link) {
                    session.readers.retain(|reader| !topics.contains(&reader.topic));
                }
                let reference = Some(reference);
                vec![Flying::Frame(ServerFrame::Unsubscribed { reference, topics, error: None })]
            }
            ClientFrame::Message(message) => {
                let result = self.server.carry_out(&message).map(Flying::Frame);
                let due = self.driver.now() + SLOW_MS;
                if let Some(wire) = self.wires.get_mut(&link).filter(|_| self.slow) {
                    wire.later.extend(result.into_iter().map(|result| (due, result)));
                    return;
                }
                result.into_iter().collect()
            }
            ClientFrame::Ack { reference, ids, .. } => {
                vec![Flying::Confirmed(self.server.acknowledge(reference, &ids), ids)]
            }
            ClientFrame::Auth { reference, .. } => vec![Flying::Frame(done(reference, None, false))],
            ClientFrame::Ping { t } => vec![Flying::Frame(ServerFrame::Pong { t })],
            ClientFrame::Pong { .. } | ClientFrame::Bye | ClientFrame::Unknown => Vec::new(),
        };
        if let Some(wire) =
            self.wires.get_mut(&link).filter(|wire| wire.session.is_some() || wire.closes.is_some())
        {
            wire.to_client.extend(answers);
        }
    }

    fn hello(&mut self, link: LinkId, hello: &Hello) -> Vec<Flying> {
        if self.is_refused(hello) {
            let wire = self.wires.get_mut(&link).expect("it carried the hello");
            wire.to_client.push_back(Flying::Close(4401));
            return Vec::new();
        }
        // A newer link of the client takes over, unless it succeeds a draining one.
        for wire in self.wires.values_mut() {
            if wire.session.as_ref().is_some_and(|session| session.link < hello.link) && !hello.handover {
                wire.session = None;
                wire.to_client.push_back(Flying::Close(4409));
            }
        }
        let wire = self.wires.get_mut(&link).expect("it carried the hello");
        wire.session = Some(Session { link: hello.link, readers: Vec::new() });
        let mut results = Vec::new();
        let mut events = Vec::new();
        for request in &hello.topics {
            let (result, reader) = self.server.answer(request);
            results.push(result);
            events.extend(self.subscribe(link, reader));
        }
        let mut answers = vec![self.welcome(results)];
        answers.extend(events);
        answers
    }

    fn is_refused(&self, hello: &Hello) -> bool {
        hello.token.0.parse::<u32>().is_ok_and(|token| token < self.oldest_token)
    }

    fn session(&mut self, link: LinkId) -> Option<&mut Session> {
        self.wires.get_mut(&link)?.session.as_mut()
    }

    fn subscribe(&mut self, link: LinkId, mut reader: Reader) -> Vec<Flying> {
        let events = self.server.read(&reader);
        reader.at = self.server.top(&reader.topic);
        let topic = reader.topic.clone();
        if let Some(session) = self.session(link) {
            session.readers.retain(|other| other.topic != topic);
            session.readers.push(reader);
        }
        events.into_iter().map(|entry| Flying::Event(topic.clone(), entry)).collect()
    }

    fn welcome(&self, topics: Vec<TopicResult>) -> Flying {
        Flying::Frame(ServerFrame::Welcome(Box::new(Welcome {
            version: 1,
            connection: String::new(),
            heartbeat_ms: HEARTBEAT_MS,
            max_frame_bytes: 1024 * 1024,
            max_topics: 256,
            auth_expires_in_ms: Some(3_600_000),
            server_time: String::new(),
            results_epoch: self.server.results_epoch().into(),
            poll: PollTerms { interval_ms: 5_000, wait_ms: 25_000 },
            topics,
        })))
    }

    pub(super) fn exchange_begins(&mut self, id: ExchangeId) {
        let Some(exchange) = self.driver.observer.links.exchange().filter(|exchange| exchange.id == id)
        else {
            return;
        };
        let frames = exchange.frames.clone();
        let Some(ClientFrame::Hello(hello)) = frames.first() else { return };
        let failed = |exchange| Input::ExchangeFailed { exchange };
        let status = |exchange, status| Input::ExchangeAnswered {
            exchange,
            status,
            retry_after_ms: None,
            frames: Vec::new(),
            bad_frames: 0,
        };
        match self.http {
            Http::Fails => return self.inputs.push_back(failed(id)),
            Http::Unavailable => return self.inputs.push_back(status(id, 503)),
            Http::Silent => return,
            Http::Works | Http::AnswerLost => {}
        }
        if self.is_refused(hello) {
            return self.inputs.push_back(status(id, 401));
        }
        let now = self.driver.now();
        let waits_until = now + hello.wait_ms.unwrap_or(0);
        let lost = self.http == Http::AnswerLost;
        self.exchange = Some(Exchange { id, frames: frames.clone(), answer: None, waits_until, lost });
        // The request is carried out when it arrives; only a long poll looks again later.
        let answer = self.answer(&frames, now);
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = answer;
        }
    }

    /// `None`: a long poll that waits.
    pub(super) fn answer(&mut self, frames: &[ClientFrame], now: u64) -> Option<Vec<Flying>> {
        let Some(ClientFrame::Hello(hello)) = frames.first() else {
            panic!("an exchange begins with its hello")
        };
        let mut results = Vec::new();
        let mut events = Vec::new();
        for request in &hello.topics {
            let (result, reader) = self.server.answer(request);
            results.push(result);
            let topic = reader.topic.clone();
            events.extend(
                self.server.read(&reader).into_iter().map(|entry| Flying::Event(topic.clone(), entry)),
            );
        }
        let told = results.iter().any(|result| {
            result.outcome.as_ref().is_ok_and(|position| position.recovery != Recovery::Resumed)
        });
        let waits = self.exchange.as_ref().is_some_and(|exchange| exchange.waits_until > now);
        if waits && events.is_empty() && !told && frames.len() == 1 {
            return None;
        }
        let mut answer = vec![self.welcome(results)];
        let carries_out = hello.results_epoch == Some(self.server.results_epoch());
        for frame in &frames[1..] {
            match frame {
                ClientFrame::Message(message) if carries_out => {
                    answer.extend(self.server.carry_out(message).map(Flying::Frame));
                }
                ClientFrame::Ack { reference, ids, .. } => {
                    answer.push(Flying::Confirmed(self.server.acknowledge(*reference, ids), ids.clone()));
                }
                _ => {}
            }
        }
        let more = events.len() > EVENTS_AN_ANSWER;
        events.truncate(EVENTS_AN_ANSWER);
        answer.extend(events);
        answer.extend(more.then_some(Flying::Frame(ServerFrame::More)));
        Some(answer)
    }
}
