//! The broker of a server that stands alone: everything is in its hub, and every answer is given at once.

use std::sync::Arc;

use steadfast_core::{AckState, ErrorCode, Now, WireError};

use crate::auth::Principal;
use crate::hub::{Acknowledged, Appended, Begin, Draft, Hub, IdemKey, Links, Mailbox, TopicKey, lock};
use crate::session::{Answer, Output};

/// The broker of a server that stands alone. Pure: no I/O and no clock.
#[derive(Debug)]
pub struct MemoryBroker {
    hub: Hub,
    links: Links,
}

impl MemoryBroker {
    /// A broker over this hub. Its epoch names the table of results too: both live as long as the process.
    pub fn new(hub: Hub) -> Self {
        Self { hub, links: Links::default() }
    }

    /// The hub.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Does what a session wants; `principal` is the session's, once it has one. The answer goes back into the
    /// session before its next input. [`Output::Note`] is the driver's to note.
    pub fn perform(
        &self,
        output: Output,
        principal: Option<&Principal>,
        mailbox: &Arc<Mailbox>,
        now: Now,
    ) -> Option<Answer> {
        match output {
            Output::Attach { ticket, key, request, live } => {
                let attached = match live {
                    true => self.hub.attach(&key, mailbox, ticket.slot, &request, now),
                    false => self.hub.look(&key, &request),
                };
                match principal {
                    Some(Principal { user, .. }) if live => {
                        self.hub.arrive(&key, user, mailbox, ticket.slot, now);
                    }
                    Some(Principal { user, .. }) => self.hub.glimpse(&key, user, now),
                    None => {}
                }
                return Some(Answer::Tail { ticket, attached });
            }
            Output::Append { reference, draft, idem, refusal } => {
                let published = match refusal {
                    None => self.publish(&draft, idem.as_ref(), now),
                    Some(error) => self.recall(&draft, idem.as_ref(), now).unwrap_or(Err(*error)),
                };
                let (outcome, duplicate) = match published {
                    Ok((appended, duplicate)) => (Ok(appended), duplicate),
                    Err(error) => (Err(error), false),
                };
                return Some(Answer::Appended { reference, outcome, duplicate });
            }
            // A broker has no handlers: drivers that have some keep this output for themselves.
            Output::Handle { reference, .. } => {
                let message = "the server has no handler for this type; name a topic to publish to";
                let outcome = Err(WireError::new(ErrorCode::Unsupported, message, false));
                return Some(Answer::Handled { reference, outcome, duplicate: false });
            }
            Output::Acknowledge { reference, ids, state, note } => {
                let done = self.acknowledge(principal, ids, state, now);
                let Acknowledged { unknown, accepted } = done;
                return Some(Answer::Acknowledged { reference, unknown, accepted, state, note });
            }
            // What is not in memory is nowhere.
            Output::Fetch { ticket, .. } => return Some(Answer::Fetched { ticket, events: Vec::new() }),
            Output::Detach { topic, slot } => {
                self.hub.detach(&topic, mailbox, slot);
                self.hub.depart(topic.key(), mailbox, slot, now);
            }
            Output::Enter { client, link, handover } => self.links.enter(&client, link, handover, mailbox),
            Output::Leave { client } => self.links.leave(&client, mailbox),
            Output::Note(_) => {}
        }
        None
    }

    /// Appends an event, and remembers the result under its idempotency key in the same step. The second value
    /// says that it had been appended before.
    ///
    /// # Errors
    /// - What [`Hub::append`] gives; what a repeat may mend is not remembered.
    /// - `idem_conflict`: the key came with another body.
    /// - `unavailable`: the table of results is full.
    pub fn publish(
        &self,
        draft: &Draft,
        idem: Option<&IdemKey>,
        now: Now,
    ) -> Result<(Appended, bool), WireError> {
        let Some(key) = idem.filter(|_| !fault!(IdempotencyIgnored)) else {
            let (appended, wakes) = self.hub.append(draft, now)?;
            wakes.fire();
            return Ok((appended, false));
        };
        let tenant = self.hub.tenant(draft.topic.tenant());
        let now_ms = now.monotonic.as_millis();
        let mut results = lock(&tenant.results);
        match results.begin(key, draft.fingerprint(), (), now_ms) {
            Begin::Done(result) => return result.map(|appended| (appended, true)),
            Begin::Refused(error) => return Err(error),
            // Under the lock nothing is ever found half done.
            Begin::Waiting | Begin::New => {}
        }
        let (outcome, wakes) = match self.hub.append(draft, now) {
            Ok((appended, wakes)) => (Ok(appended), Some(wakes)),
            Err(error) => (Err(error), None),
        };
        match &outcome {
            Err(error) if error.retryable => drop(results.abandon(key)),
            Ok(_) | Err(_) => drop(results.finish(key, outcome.clone(), now_ms)),
        }
        drop(results);
        if let Some(wakes) = wakes {
            wakes.fire();
        }
        outcome.map(|appended| (appended, false))
    }

    /// What became of an event that was published under this idempotency key, if it was.
    fn recall(
        &self,
        draft: &Draft,
        idem: Option<&IdemKey>,
        now: Now,
    ) -> Option<Result<(Appended, bool), WireError>> {
        let tenant = self.hub.tenant(draft.topic.tenant());
        let mut results = lock(&tenant.results);
        let result = results.kept(idem?, draft.fingerprint(), now.monotonic.as_millis())?;
        Some(result.map(|appended| (appended, true)))
    }

    fn acknowledge(
        &self,
        principal: Option<&Principal>,
        ids: Vec<String>,
        state: AckState,
        now: Now,
    ) -> Acknowledged {
        let Some(principal) = principal else {
            return Acknowledged { unknown: ids, accepted: Vec::new() };
        };
        let Principal { tenant, user, permissions, .. } = principal;
        // A user's own topic needs no permission; the hub gives it to its owner alone.
        let may_read = |key: &TopicKey| key.owner().is_some() || permissions.may_subscribe(key.name());
        match state {
            AckState::Acknowledged => {
                let (done, wakes) = self.hub.acknowledge(tenant, user, ids, &may_read, now);
                wakes.fire();
                done
            }
            AckState::Received => self.hub.received(tenant, user, ids, &may_read),
        }
    }
}
