//! What the client wants, done as a driver does it.

use steadfast_core::json::Envelope;
use steadfast_core::{
    CloseCode, Config, Delivery, LinkId, Outcome, OutgoingBytes, Output, State, Status, Transport,
};

use super::{Device, is_auto};
use crate::agenda::Happening;
use crate::application::{Ended, Pending};
use crate::checks::connections::Link;
use crate::checks::{greeting, outbox};
use crate::network::{Direction, Packet};
use crate::schedule::HttpTrouble;
use crate::surroundings::Surroundings;

impl Device {
    pub(super) fn perform(&mut self, output: Output<Envelope>, around: &mut Surroundings<'_>) {
        around.court.trace(|| format!("device {} → {}", self.index, describe(&output)));
        self.fold(&output, around);
        match output {
            Output::Open { link } => self.open(link, around),
            Output::Close { link, code } => self.close(link, code, around),
            Output::Send { link, bytes } => self.send(link, bytes, around),
            Output::Exchange { exchange, body } => {
                let OutgoingBytes::Text(body) = body else { return };
                let now = self.monotonic(around);
                let verdict = &mut around.court.verdict;
                self.watch.terminal.tries("an exchange", verdict);
                self.watch.connections.exchanges(exchange, verdict);
                self.watch.proxies.exchanges(now);
                self.watch.leaving.exchanges();
                greeting::asked(&body, verdict);
                self.watch.acknowledgements.sent(&body, verdict);
                if around.network.weather[self.index].http_trouble == Some(HttpTrouble::Repeated) {
                    self.application.repeated.extend(self.application.pending.keys());
                }
                let request =
                    around.network.request(self.index, self.page, exchange, body.into(), around.agenda);
                self.requests.insert(exchange, request);
            }
            Output::Abort { exchange } => {
                self.watch.connections.exchange_ends(exchange);
                let now = self.monotonic(around);
                self.watch.leaving.exchange_ended(false, now);
                if let Some(request) = self.requests.remove(&exchange) {
                    around.network.abandon(request, around.agenda);
                }
            }
            Output::NeedToken { request, renew } => {
                let now = self.monotonic(around);
                self.watch.terminal.tries("a token is asked for", &mut around.court.verdict);
                // The successor of a draining link needs one, whatever was renewed before.
                let drains = self.watch.connections.links.values().any(Link::drains);
                self.watch.tokens.asks(request, renew && !drains, now, &mut around.court.verdict);
                let delay = self.random.pick(&[0, 5, 200]) + self.trouble.slow_tokens_ms;
                around.agenda.after(delay, Happening::Token { device: self.index, page: self.page, request });
            }
            Output::Deliver { slot, delivery } => self.deliver(slot, delivery, around),
            Output::Complete { message, outcome } => {
                let repeated = self.application.repeated.remove(&message);
                let ended = match outcome {
                    Outcome::Done { .. } => Ended::Done,
                    // The network's own copy came after what was said of the first.
                    Outcome::Failed(error) if error.retryable && repeated => Ended::Perhaps,
                    Outcome::Failed(_)
                    | Outcome::TimedOut { sent: false }
                    | Outcome::Cancelled { sent: false } => Ended::Without,
                    Outcome::TimedOut { sent: true }
                    | Outcome::Cancelled { sent: true }
                    | Outcome::Unknown => Ended::Perhaps,
                };
                let pending = outbox::completes(&mut self.application, message, &mut around.court.verdict);
                if let Some(Pending::Number(number)) = pending {
                    self.application.outcomes.push((number, ended));
                }
            }
            Output::Status(status) => self.status_changed(status, around),
            Output::Wait { .. } => {}
        }
    }

    fn open(&mut self, link: LinkId, around: &mut Surroundings<'_>) {
        let now = self.monotonic(around);
        let verdict = &mut around.court.verdict;
        self.watch.terminal.tries("a link is opened", verdict);
        self.watch.spacing.opens(link, now, verdict);
        if is_auto(&self.setup) && self.watch.connections.links.is_empty() {
            self.watch.proxies.opens(link);
        }
        self.watch.connections.opens(link, now, verdict);
        let socket = around.network.open(self.index, link, around.agenda);
        self.sockets.insert(link, socket);
    }

    fn close(&mut self, link: LinkId, code: u16, around: &mut Surroundings<'_>) {
        let now = self.monotonic(around);
        if let Some(watched) = self.watch.connections.links.remove(&link) {
            self.watch.connections.closes(link, &watched, code, now);
            let (code, advice) = watched.bye.unwrap_or((code, None));
            let only = self.watch.connections.links.is_empty() && !watched.drains();
            let excused = watched.bye.is_some() || watched.opened_at.is_none();
            let silent = only && watched.welcomed.is_none() && code == CloseCode::TIMEOUT;
            self.watch.proxies.ended(watched.opened_at, silent, excused, now);
            self.watch.proxies.sent_away(code, advice);
            if only {
                self.watch.spacing.ended(code, advice, now);
            }
        }
        let Some(socket) = self.sockets.remove(&link) else { return };
        around.network.send(socket, Direction::ToPod, Packet::Close(code), around.agenda);
        let late = self.random.pick(&[0, 50, 60_000]);
        let page = self.page;
        around.agenda.after(late, Happening::LateEnd { device: self.index, page, link, socket });
    }

    fn send(&mut self, link: LinkId, bytes: OutgoingBytes, around: &mut Surroundings<'_>) {
        let verdict = &mut around.court.verdict;
        let packet = match bytes {
            OutgoingBytes::Text(text) => {
                if let Some(watched) = self.watch.connections.links.get_mut(&link) {
                    greeting::sent(watched, &text, verdict);
                }
                self.watch.acknowledgements.sent(&text, verdict);
                self.watch.leaving.sent(link, &text);
                Packet::Text(text.into())
            }
            OutgoingBytes::Binary(bytes) => {
                if let Some(watched) = self.watch.connections.links.get(&link) {
                    greeting::sent_bytes(watched, verdict);
                }
                Packet::Binary(bytes.into())
            }
        };
        if let Some(socket) = self.sockets.get(&link) {
            around.network.send(*socket, Direction::ToPod, packet, around.agenda);
        }
    }

    fn status_changed(&mut self, status: Status, around: &mut Surroundings<'_>) {
        let now = self.monotonic(around);
        let connected = |status: &Status| status.transport == Some(Transport::WebSocket);
        if connected(&status) && !connected(&self.status) {
            self.connected_at = around.agenda.now();
        }
        self.status = status;
        self.watch.terminal.status(status.state);
        self.watch.tokens.status(status.state, now);
        if matches!(status.state, State::Closed | State::Disconnected) {
            self.watch.tokens.abandoned();
        }
        let only_killed = self.trouble.only_killed;
        let cap = Config::new("").reconnect_cap_ms;
        self.watch.spacing.waits(status.attempt, status.retry_in_ms, cap, &mut around.court.verdict);
        self.watch.flapping.status(status.transport, only_killed, now, &mut around.court.verdict);
    }

    /// Folds what can be seen of an output into the digest.
    fn fold(&mut self, output: &Output<Envelope>, around: &Surroundings<'_>) {
        let (tag, first, second) = match output {
            Output::Open { link } => (1, u64::from(link.0), 0),
            Output::Close { link, code } => (2, u64::from(link.0), u64::from(*code)),
            Output::Send { link, bytes } => (3, u64::from(link.0), bytes.len() as u64),
            Output::Exchange { exchange, body } => (4, u64::from(exchange.0), body.len() as u64),
            Output::Abort { exchange } => (5, u64::from(exchange.0), 0),
            Output::NeedToken { request, renew } => (6, u64::from(request.0), u64::from(*renew)),
            Output::Deliver { slot, delivery } => (7, u64::from(slot.0), told(delivery)),
            Output::Complete { message, .. } => (8, message.0, 0),
            Output::Status(status) => (9, u64::from(status.attempt), status.retry_in_ms.unwrap_or(0)),
            Output::Wait { .. } => (10, 0, 0),
        };
        for part in [around.agenda.now(), tag, first, second] {
            self.digest = (self.digest.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}

/// A delivery as one number.
fn told(delivery: &Delivery<Envelope>) -> u64 {
    match delivery {
        Delivery::Event { offset, size, .. } => offset.unwrap_or(0) << 20 | u64::from(*size),
        Delivery::Gap { lost, .. } => lost.map_or(1, |(first, last)| first << 20 | last),
        Delivery::Reset => 2,
        Delivery::Live => 3,
        Delivery::Failed(_) => 4,
    }
}

/// An output in a few words.
fn describe(output: &Output<Envelope>) -> String {
    match output {
        Output::Send { link, bytes: OutgoingBytes::Text(text) } => {
            format!("Send {link:?} {}", without_token(text))
        }
        Output::Exchange { exchange, body: OutgoingBytes::Text(text) } => {
            format!("Exchange {exchange:?} {}", without_token(text))
        }
        other => format!("{other:?}"),
    }
}

fn without_token(text: &str) -> String {
    let Some(start) = text.find("\"token\":\"").map(|start| start + 9) else { return text.to_owned() };
    let end = text[start..].find('"').map_or(text.len(), |length| start + length);
    format!("{}…{}", &text[..start], &text[end..])
}
