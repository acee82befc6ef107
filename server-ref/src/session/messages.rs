//! Application messages and acknowledgements.

use std::sync::Arc;

use serde::Serialize;
use steadfast_core::{AckState, ClientMessage, ErrorCode, Now, Payload, WireError};

use super::topics::forbidden;
use super::{Note, Output, Phase, Session, Transport};
use crate::hub::{Appended, Draft, IdemKey, TopicKey};
use crate::names::TopicName;

/// The longest idempotency key.
const MAX_IDEM_LENGTH: usize = 128;

/// The most events that one acknowledgement names.
const MAX_ACKNOWLEDGED: usize = 256;

/// The longest remark on an acknowledgement, in bytes.
const MAX_NOTE_LENGTH: usize = 1_024;

#[derive(Serialize)]
struct Published<'a> {
    id: &'a str,
    epoch: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

#[derive(Serialize)]
struct Unknown<'a> {
    unknown: &'a [String],
}

impl Session {
    pub(super) fn handle_message(&mut self, message: ClientMessage, now: Now) {
        let reference = message.reference;
        if message.idem.as_ref().is_some_and(|idem| idem.is_empty() || idem.len() > MAX_IDEM_LENGTH) {
            let error =
                WireError::new(ErrorCode::TooLarge, "`rt.idem` must be 1 to 128 bytes; shorten it", false);
            self.count_bad_frame(error, reference, now);
            return;
        }
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        let admitted = match live.transport {
            Transport::Socket { .. } => live.publishes.take(1, now.monotonic),
            Transport::Exchange { .. } => self.context.take_publish(&live.principal, now.monotonic),
        };
        let refusal = admitted.err().map(too_many);
        let idem = message.idem.as_deref().map(|idem| IdemKey {
            actor: Arc::from(format!("user:{}", live.principal.user)),
            idem: idem.into(),
        });
        let output = match (&message.topic, refusal) {
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Output::Handle { reference, message: Box::new(message), idem }),
            (Some(topic), refusal) => match TopicName::parse(topic) {
                Err(error) => Err(WireError::new(ErrorCode::BadTopic, error.to_string(), false)),
                Ok(name) if name.is_reserved() => {
                    let message = "the topic is the server's own; publish to another";
                    Err(WireError::new(ErrorCode::BadTopic, message, false))
                }
                Ok(name) => {
                    let permitted = live.principal.permissions.may_publish(&name);
                    let tenant = live.principal.tenant.clone();
                    if !permitted {
                        self.note(Note::Denied { publish: true, topic: topic.clone() });
                    }
                    // A repeat is answered by what became of the first, whatever has changed since then.
                    match refusal.or_else(|| (!permitted).then(forbidden)) {
                        Some(error) if idem.is_none() => Err(error),
                        refusal => {
                            let draft = Box::new(draft_of(message, TopicKey::shared(tenant, name)));
                            Ok(Output::Append { reference, draft, idem, refusal: refusal.map(Box::new) })
                        }
                    }
                }
            },
        };
        match output {
            Ok(output) => {
                if matches!(output, Output::Handle { .. }) {
                    self.handling.push(reference);
                }
                self.in_flight += 1;
                self.outputs.push_back(output);
            }
            Err(error) => self.result(reference, Err(error), false),
        }
    }

    pub(super) fn handle_ack(
        &mut self,
        reference: u64,
        ids: Vec<String>,
        state: AckState,
        note: Option<String>,
        now: Now,
    ) {
        if ids.is_empty() || ids.len() > MAX_ACKNOWLEDGED {
            self.bad_frame("`ids` must name 1 to 256 events", Some(reference), now);
            return;
        }
        if note.as_ref().is_some_and(|note| note.len() > MAX_NOTE_LENGTH) {
            let error =
                WireError::new(ErrorCode::TooLarge, "`note` must be at most 1,024 bytes; shorten it", false);
            self.count_bad_frame(error, Some(reference), now);
            return;
        }
        self.in_flight += 1;
        self.outputs.push_back(Output::Acknowledge { reference, ids, state, note });
    }

    pub(super) fn publish_answered(
        &mut self,
        reference: Option<u64>,
        outcome: Result<Appended, WireError>,
        duplicate: bool,
    ) {
        let outcome = outcome.map(|appended| {
            let published = Published { id: &appended.id, epoch: &appended.epoch, offset: appended.offset };
            Some(json(&published))
        });
        self.result(reference, outcome, duplicate);
    }

    pub(super) fn handled(
        &mut self,
        reference: Option<u64>,
        outcome: Result<Option<Box<str>>, WireError>,
        duplicate: bool,
    ) {
        let Some(index) = self.handling.iter().position(|handling| *handling == reference) else {
            return;
        };
        self.handling.swap_remove(index);
        self.in_flight -= 1;
        self.result(reference, outcome.map(|payload| payload.map(Payload::Json)), duplicate);
    }

    /// Answers for the handlers that have not: an exchange waits no longer. What they do goes on, and a resend finds
    /// its result.
    pub fn give_up_handlers(&mut self) {
        for reference in std::mem::take(&mut self.handling) {
            self.in_flight -= 1;
            let message = "the handler takes long; ask again";
            self.result(reference, Err(WireError::new(ErrorCode::Unavailable, message, true)), false);
        }
    }

    pub(super) fn acknowledgement_answered(&mut self, reference: u64, unknown: &[String]) {
        self.result(Some(reference), Ok(Some(json(&Unknown { unknown }))), false);
    }
}

fn too_many(retry_after_ms: u64) -> WireError {
    WireError {
        code: ErrorCode::RateLimited,
        message: "too many messages in too short a time; send fewer".into(),
        retryable: true,
        retry_after_ms: Some(retry_after_ms),
    }
}

fn json(value: &impl Serialize) -> Payload {
    let text = serde_json::to_string(value).expect("texts and numbers always serialise");
    Payload::Json(text.into())
}

fn draft_of(message: ClientMessage, topic: TopicKey) -> Draft {
    Draft {
        topic,
        kind: message.kind,
        payload: message.payload,
        correlation_id: message.correlation_id,
        priority: message.priority,
        requires_acknowledgment: message.requires_acknowledgment,
        key: message.key,
        deleted: message.deleted,
    }
}
