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
const HELLO_BYTES: usize = 60 * 1024;

/// What one subscribe carries.
const SUBSCRIBE_TOPICS: usize = 64;

/// A question to the server must be answered within this.
const ANSWER_MS: u64 = 10_000;

impl<P> Client<P> {
    /// The topics for a hello on `feed`, beginning with the one at `start`; they count as asked there.
    pub(super) fn hello_topics(&mut self, feed: u32, reference: u64, start: usize) -> Vec<TopicRequest> {
        let count = self.topics.len();
        let order = (0..count).map(|step| (start + step) % count);
        self.ask(order, feed, reference, HELLO_TOPICS)
    }

    /// Asks every welcomed link for what it has not been asked, or must be asked again.
    pub(super) fn ask_topics(&mut self) {
        let primary = self.link.primary().map(|connection| (connection.id, connection.feed));
        let settling = self.link.settling().map(|connection| (connection.id, connection.feed));
        for (link, feed) in [primary, settling].into_iter().flatten() {
            self.ask_topics_on(link, feed);
        }
    }

    /// Stops what the server would send of a topic.
    pub(super) fn unsubscribe_on_links(&mut self, name: &str) {
        let primary = self.link.primary().map(|connection| connection.id);
        let settling = self.link.settling().map(|connection| connection.id);
        for link in [primary, settling].into_iter().flatten() {
            let reference = self.next_reference();
            self.send_text(link, outgoing::unsubscribe(reference, name));
        }
    }

    /// A link that leaves a question unanswered is not to be relied on.
    pub(super) fn answer_overdue(&mut self) {
        let now = self.now.monotonic;
        let primary = self.link.primary().map(|connection| (connection.id, connection.feed));
        let settling = self.link.settling().map(|connection| (connection.id, connection.feed));
        for (link, feed) in [primary, settling].into_iter().flatten() {
            if self.oldest_question(feed).is_some_and(|since| since + ANSWER_MS <= now) {
                self.close_link(link, CloseCode::TIMEOUT);
                return;
            }
        }
    }

    pub(super) fn plan_answers(&mut self) {
        let primary = self.link.primary().map(|connection| connection.feed);
        let settling = self.link.settling().map(|connection| connection.feed);
        let feeds = [primary, settling].into_iter().flatten();
        let oldest = feeds.filter_map(|feed| self.oldest_question(feed)).min();
        self.timers.set_or_clear(Timer::Answer, oldest.map(|since| since + ANSWER_MS));
    }

    fn oldest_question(&self, feed: u32) -> Option<Instant> {
        let auth = self.auth_question.as_ref().filter(|question| question.feed == feed);
        let topic = self.topics.oldest_question(feed);
        auth.map(|question| question.since).into_iter().chain(topic).min()
    }

    fn ask_topics_on(&mut self, link: LinkId, feed: u32) {
        loop {
            let reference = self.next_reference();
            let count = self.topics.len();
            let requests = self.ask(0..count, feed, reference, SUBSCRIBE_TOPICS);
            if requests.is_empty() {
                self.counters.reference -= 1;
                return;
            }
            self.send_text(link, outgoing::subscribe(reference, &requests));
        }
    }

    fn ask(
        &mut self,
        order: impl Iterator<Item = usize>,
        feed: u32,
        reference: u64,
        most: usize,
    ) -> Vec<TopicRequest> {
        let now = self.now.monotonic;
        let mut requests = Vec::new();
        let mut size = 0;
        for index in order {
            let Some(topic) = self.topics.at(index).filter(|topic| topic.needs_asking(feed)) else {
                continue;
            };
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
