//! Asking the server for topics: in a hello, and after it.

use alloc::string::String;

use super::Client;
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::io::{LinkId, Slot};
use crate::link::{self, Stage};
use crate::time::Instant;
use crate::timer::Timer;

/// What a hello may carry; the rest follows by subscribe, or takes turns over the exchanges.
const HELLO_TOPICS: usize = 256;
pub(super) const HELLO_BYTES: usize = 60 * 1024;

/// What one subscribe carries.
const SUBSCRIBE_TOPICS: usize = 64;

/// A question to the server must be answered within this.
const ANSWER_MS: u64 = 10_000;

/// The topics of one request.
pub(super) struct Asked {
    pub(super) count: usize,
    /// As the request's frame lists them.
    pub(super) text: String,
}

impl<P> Client<P> {
    /// The topics for a hello on `feed`, beginning with the one at `start`; they count as asked there.
    pub(super) fn hello_topics(&mut self, feed: u32, reference: u64, start: usize) -> Asked {
        self.ask(feed, reference, start, HELLO_TOPICS)
    }

    /// Asks every welcomed link for what it has not been asked, or must be asked again.
    pub(super) fn ask_topics(&mut self) {
        for place in 0..self.link.connections.len() {
            let Some((link, feed)) = self.link.live_at(place) else { continue };
            self.ask_topics_on(link, feed);
        }
    }

    /// Stops what the server would send of a topic.
    pub(super) fn leave(&mut self, slot: Slot) {
        let Some(topic) = self.topics.by_slot(slot).filter(|topic| topic.was_asked()) else { return };
        topic.leave();
        for place in 0..self.link.connections.len() {
            let Some((link, _)) = self.link.live_at(place) else { continue };
            let reference = self.next_reference();
            let Some(topic) = self.topics.find(slot) else { return };
            let text = outgoing::unsubscribe(reference, &topic.name);
            self.send_text(link, text);
        }
    }

    /// A link that leaves a question unanswered is not to be relied on.
    pub(super) fn answer_overdue(&mut self) {
        // The link whose answer the timer waited for may just have ended for another cause.
        let (since, link) = self.oldest_question();
        if since + ANSWER_MS <= self.now.monotonic {
            self.close_link(link, CloseCode::TIMEOUT);
        }
    }

    pub(super) fn plan_answers(&mut self) {
        let (since, _) = self.oldest_question();
        self.timers.set(Timer::Answer, since + ANSWER_MS);
    }

    /// When the oldest unanswered question was sent on a welcomed link, and on which. A greeting one has the hello timer,
    /// an exchange its own.
    #[inline(never)]
    fn oldest_question(&self) -> (Instant, LinkId) {
        let mut oldest = link::NEVER;
        for connection in self.link.connections.iter().filter(|connection| connection.stage == Stage::Live) {
            let auth = connection.auth.as_ref().map_or(Instant::NEVER, |question| question.since);
            let since = self.topics.oldest_question(connection.feed).min(auth);
            if since < oldest.0 {
                oldest = (since, connection.id);
            }
        }
        oldest
    }

    fn ask_topics_on(&mut self, link: LinkId, feed: u32) {
        loop {
            let reference = self.counters.reference + 1;
            let asked = self.ask(feed, reference, 0, SUBSCRIBE_TOPICS);
            if asked.count == 0 {
                return;
            }
            self.counters.reference = reference;
            self.send_text(link, outgoing::subscribe(reference, &asked.text));
        }
    }

    fn ask(&mut self, feed: u32, reference: u64, start: usize, most: usize) -> Asked {
        let mut asked = Asked { count: 0, text: String::new() };
        for step in 0..self.topics.len() {
            let Some(topic) = self.topics.at(start + step).filter(|topic| topic.needs_asking(feed)) else {
                continue;
            };
            let text = outgoing::topic(topic);
            if asked.count > 0 {
                // One topic alone may be over the limit: the server refuses it and says why.
                if asked.count == most || asked.text.len() + text.len() > HELLO_BYTES {
                    break;
                }
                asked.text.push(',');
            }
            asked.text.push_str(&text);
            asked.count += 1;
            topic.asked(feed, reference, self.now.monotonic);
        }
        asked
    }
}
