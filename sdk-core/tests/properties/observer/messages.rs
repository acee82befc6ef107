//! Promise 14: the outbox keeps its limits, and each message submitted completes exactly once, in time.

use std::collections::BTreeMap;

use steadfast_core::{Client, Config, MessageId, OutboxLimits, Output};

use crate::driver::{Command, Done};

pub struct Messages {
    /// When each ends at the latest.
    pending: BTreeMap<MessageId, u64>,
    limits: OutboxLimits,
    pub completed: u64,
}

impl Messages {
    pub fn new(config: &Config) -> Self {
        Self { pending: BTreeMap::new(), limits: config.outbox, completed: 0 }
    }

    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// One of those pending, or the last one that was.
    pub fn pick(&self, choice: usize) -> Option<MessageId> {
        self.pending.keys().nth(choice % (self.pending.len() + 1)).copied()
    }

    pub fn sees_command(&mut self, now: u64, command: &Command, done: &Done) {
        let Done::Submitted(Ok(id)) = done else { return };
        let life_ms = match command {
            Command::Submit(message) => message.life_ms,
            _ => None,
        };
        let expires = now.saturating_add(life_ms.unwrap_or(self.limits.life_ms));
        assert!(self.pending.insert(*id, expires).is_none(), "14: a message's name is given twice");
    }

    pub fn sees_output(&mut self, output: &Output<u32>) {
        if let Output::Complete { message, .. } = output {
            assert!(self.pending.remove(message).is_some(), "14: {message:?} completes, and is not pending");
            self.completed += 1;
        }
    }

    /// Excused is a message's life while frozen, and where the machine asks for a Tick at once.
    pub fn settled(&self, now: u64, client: &Client<u32>, excused: bool) {
        assert_eq!(client.pending_messages(), self.pending.len(), "14: the count of pending messages");
        assert!(self.pending.len() <= self.limits.messages as usize, "14: the outbox is over its limit");
        let overdue = self.pending.iter().find(|(_, expires)| **expires < now);
        assert!(excused || overdue.is_none(), "14: {overdue:?} has outlived its life");
    }
}
