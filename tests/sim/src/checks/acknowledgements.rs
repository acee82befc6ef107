//! 16. A confirmed acknowledgement is never asked again; an unconfirmed one survives reconnects; `open:` topics agree.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_core::json::decode_client;
use steadfast_core::{AckState, ClientFrame};

use crate::application::{Application, Class, View, epoch_of};
use crate::court::Court;
use crate::verdict::{Check, Verdict};

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// By reference, what was said to be received and is not confirmed.
    said: BTreeMap<u64, Vec<String>>,
    /// By id, how often it was delivered (to a new subscription perhaps once more), less how often that was confirmed.
    owed: BTreeMap<String, i64>,
}

impl Watch {
    /// The client sends a text, or a body.
    pub(crate) fn sent(&mut self, text: &str, verdict: &mut Verdict) {
        if !text.contains("\"rt.ack\"") {
            return;
        }
        for frame in decode_client(text, 1_024).into_iter().flatten() {
            let ClientFrame::Ack { reference, ids, state: AckState::Received, .. } = frame else { continue };
            let again = ids.iter().find(|id| self.owed.get(*id).is_none_or(|owed| *owed < 1));
            verdict.expect(Check::Acknowledgements, again.is_none(), || {
                format!("{again:?} is said to be received although that was confirmed")
            });
            self.said.insert(reference, ids);
        }
    }

    /// An event that asks for it is given to the application.
    pub(crate) fn delivered(&mut self, id: &str) {
        *self.owed.entry(id.to_owned()).or_default() += 1;
    }

    /// A result came on a current feed.
    pub(crate) fn answered(&mut self, reference: u64, ok: bool) {
        if let Some(ids) = self.said.remove(&reference).filter(|_| ok) {
            for id in ids {
                *self.owed.entry(id).or_default() -= 1;
            }
        }
    }
}

/// All is quiet: every event that asked for it was said to be received.
pub(crate) fn quiet(device: usize, application: &Application, court: &mut Court) {
    let epoch = court.oracle.epoch().to_owned();
    let missing = application.to_be_received.iter().find(|id| {
        // A broker that has forgotten the event is not told, or not any more.
        epoch_of(id) == epoch && !court.received.contains(&(device, (*id).clone()))
    });
    court.verdict.expect(Check::Acknowledgements, missing.is_none(), || {
        format!("{missing:?} was delivered to device {device} and never said to be received")
    });
}

/// All is quiet: what waits for a person is the same everywhere.
pub(crate) fn open(view: &View, court: &mut Court) {
    let Some(source) = view.source().filter(|_| view.class == Class::State) else { return };
    let waiting = court.oracle.open(&source);
    let seen: BTreeSet<String> = view.values.keys().cloned().collect();
    let topic = &view.topic;
    court.verdict.expect(Check::Acknowledgements, waiting == seen, || {
        format!("{topic}: {waiting:?} wait, and the application has {seen:?}")
    });
}
