//! The state machine as all handles, subscriptions and the driver share it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steadfast_core::json::Envelope;
use steadfast_core::{
    Config, Input, MessageId, Misuse, Now, Outcome, OutgoingMessage, Recorder, Slot, Statistics, Status,
    SubscribeOptions, SubscriptionId,
};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::Unfinished;
use crate::report::{Changes, Material};
use crate::topics::{Queue, Topics};

/// The machine behind its lock, and what wakes its driver.
///
/// Commands change the machine at once, under the lock; the driver then carries its outputs out. Neither the
/// application's code nor anything that waits runs under the lock.
#[derive(Debug)]
pub(crate) struct Machine {
    state: Mutex<State>,
    wake: Arc<Notify>,
    clock: Clock,
    status: watch::Sender<Status>,
}

pub(crate) struct State {
    pub(crate) core: Recorder<Envelope>,
    pub(crate) changes: Changes,
    pub(crate) topics: Topics,
    /// Who waits for which message's outcome: no more than the outbox holds.
    pub(crate) results: HashMap<MessageId, oneshot::Sender<Outcome<Envelope>>>,
    pub(crate) life: Life,
}

/// Whether the client is open.
#[derive(Debug)]
pub(crate) enum Life {
    Open,
    /// Closes as soon as nothing is pending, at the latest then.
    Closing {
        until: Instant,
        waiting: Vec<oneshot::Sender<Result<(), Unfinished>>>,
    },
    Closed,
}

/// A subscription that the machine has accepted.
pub(crate) struct Accepted {
    pub(crate) id: SubscriptionId,
    pub(crate) slot: Slot,
    pub(crate) topic: Arc<str>,
    pub(crate) queue: Arc<Queue>,
}

/// A message that the machine has accepted, and where its outcome will come.
pub(crate) type Submitted = (MessageId, oneshot::Receiver<Outcome<Envelope>>);

impl Machine {
    /// `recording`: the most bytes for the flight recorder.
    pub(crate) fn new(config: Config, seed: u64, recording: usize) -> Self {
        let clock = Clock::start();
        let wake = Arc::new(Notify::new());
        let topics = Topics::new(config.buffer_events, config.buffer_bytes, Arc::clone(&wake));
        let core = Recorder::new(config, seed, clock.now(), recording);
        let status = watch::Sender::new(core.client().status());
        let changes = Changes::default();
        let state = State { core, changes, topics, results: HashMap::new(), life: Life::Open };
        Self { state: Mutex::new(state), wake, clock, status }
    }

    /// Changes the machine while the client is open, and wakes the driver.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client is closing or closed.
    pub(crate) fn command<T>(
        &self,
        command: impl FnOnce(&mut State, Now) -> Result<T, Misuse>,
    ) -> Result<T, Misuse> {
        let mut state = self.lock();
        if !matches!(state.life, Life::Open) {
            return Err(Misuse::Stopped);
        }
        let done = command(&mut state, self.clock.now());
        drop(state);
        self.wake.notify_one();
        done
    }

    pub(crate) fn subscribe(&self, topic: &str, options: SubscribeOptions) -> Result<Accepted, Misuse> {
        self.command(|state, now| {
            let keys = options.keys.clone();
            let (id, slot) = state.core.subscribe(now, topic, options)?;
            let (topic, queue) = state.topics.listen(state.core.client(), slot, id, topic, keys);
            Ok(Accepted { id, slot, topic, queue })
        })
    }

    pub(crate) fn unsubscribe(&self, slot: Slot, id: SubscriptionId) {
        // A client that is closed has ended its subscriptions already.
        let _ = self.command(|state, now| {
            if let Some(taken) = state.topics.forget(slot, id) {
                state.core.handle_input(now, taken);
            }
            state.core.unsubscribe(now, id)
        });
    }

    pub(crate) fn submit(&self, message: &OutgoingMessage) -> Result<Submitted, Misuse> {
        self.command(|state, now| {
            let id = state.core.submit(now, message)?;
            Ok(state.expect_result(id))
        })
    }

    pub(crate) fn acknowledge(&self, ids: &[String], note: Option<&str>) -> Result<Submitted, Misuse> {
        self.command(|state, now| {
            let id = state.core.acknowledge(now, ids, note)?;
            Ok(state.expect_result(id))
        })
    }

    pub(crate) fn cancel(&self, message: MessageId) {
        // A client that is closed has cancelled everything already.
        let _ = self.command(|state, now| {
            state.core.cancel(now, message);
            Ok(())
        });
    }

    pub(crate) fn input(&self, input: Input<Envelope>) -> Result<(), Misuse> {
        self.command(|state, now| {
            state.core.handle_input(now, input);
            Ok(())
        })
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.lock().core.client().statistics()
    }

    /// What the report is made of. The report itself is written without the lock.
    pub(crate) fn material(&self) -> Material {
        let state = self.lock();
        Material::collect(&state, self.clock.now())
    }

    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Begins to close; the answer comes when it is done. A second call can only bring the deadline forward.
    pub(crate) fn close(&self, deadline: Duration) -> Option<oneshot::Receiver<Result<(), Unfinished>>> {
        let (sender, receiver) = oneshot::channel();
        let asked = Instant::now().checked_add(deadline);
        let mut state = self.lock();
        match &mut state.life {
            Life::Open => {
                // A deadline that the clock cannot count to is as good as none: far away.
                let until =
                    asked.unwrap_or_else(|| Instant::now() + Duration::from_secs(u64::from(u32::MAX)));
                state.life = Life::Closing { until, waiting: vec![sender] };
            }
            Life::Closing { until, waiting } => {
                *until = asked.map_or(*until, |asked| asked.min(*until));
                waiting.push(sender);
            }
            Life::Closed => return None,
        }
        drop(state);
        self.wake.notify_one();
        Some(receiver)
    }

    /// Closes for good: ends the streams, gives up what waits. Does nothing a second time.
    pub(crate) fn end(&self, unfinished: usize) {
        let (life, results) = {
            let mut state = self.lock();
            state.topics.end();
            (std::mem::replace(&mut state.life, Life::Closed), std::mem::take(&mut state.results))
        };
        drop(results);
        if let Life::Closing { waiting, .. } = life {
            let result = if unfinished == 0 { Ok(()) } else { Err(Unfinished { messages: unfinished }) };
            for waiter in waiting {
                // Nobody has to wait for the end.
                let _ = waiter.send(result);
            }
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn wake(&self) -> &Notify {
        &self.wake
    }

    pub(crate) fn tell_status(&self, status: Status) {
        self.status.send_replace(status);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn expect_result(&mut self, id: MessageId) -> Submitted {
        let (sender, receiver) = oneshot::channel();
        self.results.insert(id, sender);
        (id, receiver)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("life", &self.life).finish_non_exhaustive()
    }
}
