//! Asking the server for topics: in a hello, and after it.

use alloc::vec::Vec;

use super::Client;
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::frame::TopicRequest;
use crate::io::LinkId;
use crate::time::Instant;
use crate::timer::Timer;

/// What a hello may carry; the rest follows by subscribe, or takes turns over the exchanges.
const HELLO_TOPICS: usize = 256;
pub(super) const HELLO_BYTES: usize = 60 * 1024;

/// What one subscribe carries.
const SUBSCRIBE_TOPICS: usize = 64;

/// A question to the server must be answered within this.
const ANSWER_MS: u64 = 10_000;

impl<P> Client<P> {
    /// The topics for a hello on `feed`, beginning with the one at `start`; they count as asked there.
    pub(super) fn hello_topics(&mut self, feed: u32, reference: u64, start: usize) -> Vec<TopicRequest> {
        self.ask(feed, reference, start, HELLO_TOPICS)
    }

    /// Asks every welcomed link for what it has not been asked, or must be asked again.
    pub(super) fn ask_topics(&mut self) {
        for (link, feed) in self.link.welcomed().into_iter().flatten() {
            self.ask_topics_on(link, feed);
        }
    }

    /// Stops what the server would send of a topic.
    pub(super) fn unsubscribe_on_links(&mut self, name: &str) {
        for (link, _) in self.link.welcomed().into_iter().flatten() {
            let reference = self.next_reference();
            self.send_text(link, outgoing::unsubscribe(reference, name));
        }
    }

    /// A link that leaves a question unanswered is not to be relied on.
    pub(super) fn answer_overdue(&mut self) {
        let Some((since, feed)) = self.oldest_question() else { return };
        // The link whose answer the timer waited for may just have ended for another cause.
        if since + ANSWER_MS > self.now.monotonic {
            return;
        }
        let asked = self.link.connections_mut().find(|connection| connection.feed == feed);
        if let Some(link) = asked.map(|connection| connection.id) {
            self.close_link(link, CloseCode::TIMEOUT);
        }
    }

    pub(super) fn plan_answers(&mut self) {
        let oldest = self.oldest_question().map(|(since, _)| since + ANSWER_MS);
        self.timers.set_or_clear(Timer::Answer, oldest);
    }

    /// When the oldest unanswered question was sent on a link, and on which feed. Exchanges and hellos have timers of
    /// their own.
    fn oldest_question(&self) -> Option<(Instant, u32)> {
        let exchange = self.fallback.exchange().map(|exchange| exchange.feed);
        let greeting = self.link.greeting().map(|connection| connection.feed);
        let topic = self.topics.oldest_question([exchange, greeting]);
        let auth = self.auth_question.as_ref().map(|question| (question.since, question.feed));
        topic.into_iter().chain(auth).min()
    }

    fn ask_topics_on(&mut self, link: LinkId, feed: u32) {
        loop {
            let reference = self.counters.reference + 1;
            let requests = self.ask(feed, reference, 0, SUBSCRIBE_TOPICS);
            if requests.is_empty() {
                return;
            }
            self.counters.reference = reference;
            self.send_text(link, outgoing::subscribe(reference, &requests));
        }
    }

    fn ask(&mut self, feed: u32, reference: u64, start: usize, most: usize) -> Vec<TopicRequest> {
        let now = self.now.monotonic;
        let mut requests = Vec::new();
        let mut size = 0;
        for topic in self.topics.from(start) {
            if !topic.needs_asking(feed) {
                continue;
            }
            let request = topic.request();
            size += outgoing::topic_size(&request);
            // One topic alone may be over the limit: the server refuses it and says why.
            if requests.len() == most || (size > HELLO_BYTES && !requests.is_empty()) {
                break;
            }
            topic.asked(feed, reference, now);
            requests.push(request);
        }
        requests
    }
}
