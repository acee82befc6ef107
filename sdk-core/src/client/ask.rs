//! Asking the server for topics: in a hello, and after it.

use alloc::string::String;

use super::Client;
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::io::{LinkId, Slot};
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
        for names in self.link.welcomed() {
            let Some((link, feed)) = names else { continue };
            self.ask_topics_on(link, feed);
        }
    }

    /// Stops what the server would send of a topic.
    pub(super) fn leave(&mut self, slot: Slot) {
        let Some(topic) = self.topics.by_slot(slot).filter(|topic| topic.was_asked()) else { return };
        topic.leave();
        for names in self.link.welcomed() {
            let Some((link, _)) = names else { continue };
            let reference = self.next_reference();
            let Some(topic) = self.topics.find(slot) else { return };
            let text = outgoing::unsubscribe(reference, &topic.name);
            self.send_text(link, text);
        }
    }

    /// A link that leaves a question unanswered is not to be relied on.
    pub(super) fn answer_overdue(&mut self) {
        // The link whose answer the timer waited for may just have ended for another cause.
        if let Some((since, link)) = self.oldest_question()
            && since + ANSWER_MS <= self.now.monotonic
        {
            self.close_link(link, CloseCode::TIMEOUT);
        }
    }

    pub(super) fn plan_answers(&mut self) {
        let oldest = self.oldest_question().map_or(Instant::NEVER, |(since, _)| since + ANSWER_MS);
        self.timers.set(Timer::Answer, oldest);
    }

    /// When the oldest unanswered question was sent on a welcomed link, and on which. A greeting one has the hello timer,
    /// an exchange its own.
    fn oldest_question(&self) -> Option<(Instant, LinkId)> {
        let mut oldest = None;
        for names in self.link.welcomed() {
            let Some((link, feed)) = names else { continue };
            let mut since = self.topics.oldest_question(feed);
            if let Some(auth) = &self.auth_question
                && auth.feed == feed
            {
                since = since.min(auth.since);
            }
            if oldest.is_none_or(|(first, _)| since < first) {
                oldest = Some((since, link));
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
