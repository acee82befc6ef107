//! What each step means in the state that the machine is in.

use steadfast_core::{
    Cursor, ErrorCode, ExchangeId, Input, LinkId, OutgoingMessage, OutgoingPayload, Secret, ServerFrame,
    Slot, SubscribeOptions, TokenRequest, TopicClass, WireError,
};

use super::World;
use super::answers::{epoch_name, event, result, topic_name};
use crate::driver::Command;
use crate::observer::class_of;
use crate::steps::{Answer, LARGEST, Pick, Step, Terms, TokenOutcome};

/// Something that the machine waits for.
enum Move {
    Token,
    Open(LinkId),
    Welcome(LinkId),
    Subscribed(LinkId),
    Result(LinkId, u64),
    Exchange(ExchangeId),
    Event(LinkId),
}

impl World {
    pub fn play(&mut self, step: &Step) {
        match step {
            Step::Proceed(choice, answer) => {
                self.proceed(*choice, *answer, true);
            }
            Step::Connect => self.command(&Command::Connect),
            Step::Disconnect => self.command(&Command::Disconnect),
            Step::Subscribe { topic, keys, history, cursor } => {
                let options = SubscribeOptions {
                    keys: keys.map(|key| vec![format!("k-{}", key % 3)]),
                    history: *history,
                    cursor: cursor.map(|(epoch, offset)| Cursor { epoch: epoch_name(epoch), offset }),
                };
                self.command(&Command::Subscribe(topic_name(*topic).to_owned(), options));
            }
            Step::Unsubscribe(choice) => {
                if let Some(id) = self.driver.observer.deliveries.subscription((*choice).into()) {
                    self.command(&Command::Unsubscribe(id));
                    self.command(&Command::Unsubscribe(id));
                }
            }
            Step::Submit { bytes, life_ms } => self.command(&Command::Submit(message(*bytes, *life_ms))),
            Step::SendOnly => self.command(&Command::Send(message(10, None))),
            Step::Acknowledge(choice) => {
                self.command(&Command::Acknowledge(vec![format!("e-{choice}")], Some("seen".into())));
            }
            Step::Cancel(choice) => {
                if let Some(id) = self.driver.observer.messages.pick((*choice).into()) {
                    self.command(&Command::Cancel(id));
                }
            }
            Step::Token { ahead, outcome } => self.token(*ahead, *outcome),
            Step::Opened(pick) => self.input(Input::Opened { link: self.pick(*pick) }),
            Step::Frame(pick, frame) => {
                let link = self.pick(*pick);
                if let Some(frame) = self.frame(Some(link), frame) {
                    self.input(Input::Frame { link, frame });
                }
            }
            Step::BadFrame(pick) => self.input(Input::BadFrame { link: self.pick(*pick) }),
            Step::Closed(pick, code) => self.input(Input::Closed { link: self.pick(*pick), code: *code }),
            Step::Handshake(pick, status, retry_after_ms) => {
                self.advised(*retry_after_ms);
                let link = self.pick(*pick);
                self.input(Input::HandshakeStatus { link, status: *status, retry_after_ms: *retry_after_ms });
            }
            Step::Buffered(pick, bytes) => {
                self.input(Input::Buffered { link: self.pick(*pick), bytes: *bytes });
            }
            Step::Answered { back, status, retry_after_ms, frames } => {
                self.advised(*retry_after_ms);
                let exchange = self.exchange(*back);
                let frames = frames.iter().filter_map(|frame| self.frame(None, frame)).collect();
                let (status, retry_after_ms) = (*status, *retry_after_ms);
                self.input(Input::ExchangeAnswered {
                    exchange,
                    status,
                    retry_after_ms,
                    frames,
                    bad_frames: 1,
                });
            }
            Step::Failed { back } => self.input(Input::ExchangeFailed { exchange: self.exchange(*back) }),
            Step::Take { topic, events, bytes } => {
                let slot = self.slot(*topic);
                self.input(Input::Taken { slot, events: *events, bytes: *bytes });
            }
            Step::TakeAll => self.take_all(),
            Step::ToDeadline => self.driver.advance_to_deadline(600_000),
            Step::Advance(millis) => self.driver.advance(*millis),
            Step::Late(millis) => {
                self.driver.pass(*millis);
                self.input(Input::Tick);
            }
            Step::Tick => {
                self.input(Input::Tick);
                self.input(Input::Tick);
            }
            Step::TickFromThePast(millis) => self.driver.tick_from_the_past(*millis),
            Step::WallJumps(millis) => self.driver.wall_jumps(*millis),
            Step::Visible => self.input(Input::Visible),
            Step::Hidden => self.input(Input::Hidden),
            Step::Online => self.input(Input::Online),
            Step::Offline => self.input(Input::Offline),
            Step::Freeze => self.input(Input::Freeze),
            Step::Thaw => self.input(Input::Thaw),
        }
    }

    /// Makes one thing come that the machine waits for; false where it waits for nothing.
    pub fn proceed(&mut self, choice: u8, answer: Answer, events: bool) -> bool {
        let moves = self.moves(events);
        let Some(next) = moves.get(usize::from(choice) % moves.len().max(1)) else { return false };
        let terms = match choice {
            0..=170 => Terms::Usual,
            171..=230 => Terms::LongPoll,
            _ => Terms::OtherResults(choice),
        };
        match next {
            Move::Token => self.token(0, TokenOutcome::Ready(None)),
            Move::Open(link) => self.input(Input::Opened { link: *link }),
            Move::Welcome(link) => {
                let topics = self.hello(Some(*link));
                let frame = self.welcome(&topics, choice, answer, terms);
                self.input(Input::Frame { link: *link, frame });
            }
            Move::Subscribed(link) => {
                let frame = self.subscribed(Some(*link), Some(0), choice, answer);
                self.input(Input::Frame { link: *link, frame });
            }
            Move::Result(link, reference) => {
                let no = WireError::new(ErrorCode::Unsupported, "", false);
                let frame = result(*reference, if choice % 5 == 4 { Err(no) } else { Ok(Some(0)) }, None);
                self.input(Input::Frame { link: *link, frame });
            }
            Move::Exchange(exchange) => {
                let mut frames = self.exchange_answer(choice, answer, terms);
                if events {
                    frames.extend(
                        (0..choice % 3).filter_map(|ahead| self.event(choice, i64::from(ahead) + 1, None)),
                    );
                }
                let exchange = *exchange;
                self.input(Input::ExchangeAnswered {
                    exchange,
                    status: 200,
                    retry_after_ms: None,
                    frames,
                    bad_frames: 0,
                });
            }
            Move::Event(link) => {
                let acknowledge = choice.is_multiple_of(4).then(|| format!("e-{choice}"));
                if let Some(frame) = self.event(choice / 8, 1, acknowledge) {
                    self.input(Input::Frame { link: *link, frame });
                }
            }
        }
        true
    }

    pub fn ping(&mut self) {
        let welcomed: Vec<LinkId> = self
            .driver
            .observer
            .links
            .current()
            .iter()
            .filter(|link| link.welcomed)
            .map(|link| link.id)
            .collect();
        for link in welcomed {
            self.input(Input::Frame { link, frame: ServerFrame::Ping { t: Some(1) } });
        }
    }

    /// The next event of each log topic, over whatever carries the client now.
    pub fn next_events_arrive(&mut self) {
        let links = self.driver.observer.links.current();
        let Some(link) = links.iter().rfind(|link| link.welcomed).map(|link| link.id) else { return };
        let logs: Vec<Slot> = self
            .driver
            .observer
            .deliveries
            .slots()
            .filter(|(_, name)| class_of(name) == TopicClass::Log && !self.spoilt.contains(*name))
            .map(|(slot, _)| slot)
            .collect();
        for slot in logs {
            let before = self.driver.client.cursor(slot).expect("a live log has a cursor").offset;
            self.input(Input::Frame { link, frame: event(slot, Some(before + 1), 1, None, false) });
            let after = self.driver.client.cursor(slot).expect("a live log has a cursor").offset;
            assert_eq!(after, before + 1, "10: the next event is not taken");
            self.take_all();
        }
    }

    fn moves(&self, events: bool) -> Vec<Move> {
        let observer = &self.driver.observer;
        let mut moves = Vec::new();
        moves.extend(observer.tokens.pending().map(|_| Move::Token));
        for link in observer.links.current() {
            match (link.opened, link.welcomed) {
                (None, _) => moves.push(Move::Open(link.id)),
                (Some(_), false) => moves.push(Move::Welcome(link.id)),
                (Some(_), true) => {
                    moves.extend(link.asked.first().map(|_| Move::Subscribed(link.id)));
                    moves.extend(link.awaiting.first().map(|reference| Move::Result(link.id, *reference)));
                    moves.extend(events.then_some(Move::Event(link.id)));
                }
            }
        }
        moves.extend(observer.links.exchange().map(|exchange| Move::Exchange(exchange.id)));
        moves
    }

    fn take_all(&mut self) {
        let held: Vec<_> = self
            .driver
            .observer
            .deliveries
            .slots()
            .map(|(slot, _)| (slot, self.driver.observer.deliveries.held(slot)))
            .collect();
        for (slot, (events, bytes)) in held {
            self.input(Input::Taken { slot, events: u32::try_from(events).unwrap(), bytes });
        }
    }

    fn token(&mut self, ahead: u8, outcome: TokenOutcome) {
        let newest = self.driver.observer.tokens.newest().0;
        let request =
            TokenRequest(if ahead == 1 { newest + 5 } else { newest.saturating_sub(u32::from(ahead / 2)) });
        match outcome {
            TokenOutcome::Ready(expires_in_ms) => {
                let token = Secret(format!("token-{newest}"));
                self.input(Input::TokenReady { request, token, expires_in_ms });
            }
            TokenOutcome::Failed(retryable) => self.input(Input::TokenFailed { request, retryable }),
        }
    }

    fn pick(&self, pick: Pick) -> LinkId {
        let links = &self.driver.observer.links;
        let newest = links.newest();
        LinkId(match pick {
            Pick::Newest => links.current().last().map_or(newest, |link| link.id.0),
            Pick::Oldest => links.current().first().map_or(newest, |link| link.id.0),
            Pick::Back(back) => newest.saturating_sub(back.into()),
            Pick::Ahead(ahead) => newest + 5 + u32::from(ahead),
        })
    }

    fn exchange(&self, back: u8) -> ExchangeId {
        ExchangeId(self.driver.observer.links.newest_exchange().saturating_sub(back.into()))
    }

    pub(super) fn slot(&self, topic: u8) -> Slot {
        self.driver.client.slot(topic_name(topic))
    }

    pub(super) fn advised(&mut self, after_ms: Option<u64>) {
        self.extreme |= after_ms.is_some_and(|after_ms| after_ms >= LARGEST);
    }

    fn command(&mut self, command: &Command) {
        self.driver.command(command);
    }

    fn input(&mut self, input: Input<u32>) {
        self.driver.input(input);
    }
}

fn message(bytes: u16, life_ms: Option<u64>) -> OutgoingMessage {
    OutgoingMessage {
        kind: "action".into(),
        payload: match bytes {
            0 => OutgoingPayload::Bytes([1, 2, 3].into()),
            _ => OutgoingPayload::Json(format!("\"{}\"", "x".repeat(bytes.into())).into()),
        },
        life_ms,
        ..OutgoingMessage::default()
    }
}
