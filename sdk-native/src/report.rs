//! The debug report: what a person sends to whoever looks into a problem.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use steadfast_core::{Cursor, Now, Recording, Statistics, Status, TopicClass};

use crate::machine::State;

/// Most status changes that are kept; the oldest goes.
const MOST_CHANGES: usize = 64;

/// The recent changes of the status, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Changes(VecDeque<(Now, Status)>);

impl Changes {
    pub(crate) fn add(&mut self, now: Now, status: Status) {
        if self.0.len() == MOST_CHANGES {
            self.0.pop_front();
        }
        self.0.push_back((now, status));
    }
}

/// What the report is made of.
#[derive(Debug)]
pub(crate) struct Material {
    now: Now,
    status: Status,
    changes: Vec<(Now, Status)>,
    statistics: Statistics,
    pending: usize,
    topics: Vec<Topic>,
    recording: Recording,
}

#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    class: Option<TopicClass>,
    cursor: Option<Cursor>,
    live: bool,
    subscriptions: usize,
}

impl Material {
    pub(crate) fn collect(state: &State, now: Now) -> Self {
        let client = state.core.client();
        let topics = state.topics.names().into_iter().map(|(name, slot, subscriptions)| Topic {
            name,
            class: client.class(slot),
            cursor: client.cursor(slot),
            live: client.is_live(slot),
            subscriptions,
        });
        Self {
            now,
            status: client.status(),
            changes: state.changes.0.iter().copied().collect(),
            statistics: client.statistics(),
            pending: client.pending_messages(),
            topics: topics.collect(),
            recording: state.core.recording(),
        }
    }

    pub(crate) fn write(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_to(&mut text);
        text
    }

    fn write_to(&self, text: &mut String) -> std::fmt::Result {
        let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
        writeln!(text, "Steadfast debug report")?;
        writeln!(text, "version: {} on {os}, {architecture}", env!("CARGO_PKG_VERSION"))?;
        writeln!(text, "written: {}, {} ms after the client was made", wall(self.now), monotonic(self.now))?;
        writeln!(text, "status: {}", shown(&self.status))?;
        writeln!(text, "messages without an outcome: {}", self.pending)?;
        writeln!(text, "\nTopics with subscriptions:")?;
        for Topic { name, class, cursor, live, subscriptions } in &self.topics {
            let class = class.map_or_else(|| "class unknown".into(), |class| format!("{class:?}"));
            let place = cursor.as_ref().map_or_else(
                || "no cursor".into(),
                |cursor| format!("offset {} of epoch {}", cursor.offset, cursor.epoch),
            );
            let live = if *live { "live" } else { "catching up" };
            writeln!(text, "  {name}: {class}, {place}, {live}, subscriptions: {subscriptions}")?;
        }
        writeln!(text, "\nRecent status changes:")?;
        for (at, status) in &self.changes {
            writeln!(text, "  {} {:>10} ms  {}", wall(*at), monotonic(*at), shown(status))?;
        }
        writeln!(text, "\n{:#?}\n", self.statistics)?;
        writeln!(text, "Recording, without payloads and tokens; `cargo xtask replay FILE` prints it:")?;
        writeln!(text, "calls that did not fit into it: {}", self.recording.left_out)?;
        text.push_str(&self.recording.to_text());
        Ok(())
    }
}

fn shown(status: &Status) -> String {
    let mut text = format!("{:?}", status.state).to_lowercase();
    if let Some(transport) = status.transport {
        text.push_str(&format!(" by {transport:?}").to_lowercase());
    }
    if status.attempt > 0 {
        text.push_str(&format!(", attempt {}", status.attempt));
    }
    if let Some(millis) = status.retry_in_ms {
        text.push_str(&format!(", retry in {millis} ms"));
    }
    if let Some(reason) = status.reason {
        let rest = if reason.retryable { "" } else { ", for good" };
        text.push_str(&format!(", because of {}{rest}", reason.code));
    }
    text
}

fn monotonic(now: Now) -> u64 {
    now.monotonic.as_millis()
}

fn wall(now: Now) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(now.wall_millis));
    // A wall clock beyond the year 9999 has no date.
    time.filter(|_| now.wall_millis < 253_402_300_800_000)
        .map_or_else(|| "no date".into(), httpdate::fmt_http_date)
}
