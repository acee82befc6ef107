//! Requests without a topic: the application's handler at the pods, and the table of results that they share.

use std::collections::HashMap;

use steadfast_core::{ClientMessage, ErrorCode, WireError};
use steadfast_server::{Answer, IdemKey, Outcome, TenantId};

use crate::oracle::{Oracle, number_of};
use crate::verdict::Verdict;

/// The type that has a handler.
pub(crate) const HANDLED: &str = "incident_action";

/// The handler of one life of the broker.
#[derive(Debug, Default)]
pub(crate) struct Handlers(HashMap<(TenantId, IdemKey), Outcome>);

impl Handlers {
    /// The broker begins anew, with an empty table.
    pub(crate) fn begin(&mut self) {
        self.0.clear();
    }

    /// Carries a request out once, and answers.
    pub(crate) fn handle(
        &mut self,
        tenant: &TenantId,
        message: &ClientMessage,
        reference: Option<u64>,
        idem: Option<IdemKey>,
        oracle: &mut Oracle,
        verdict: &mut Verdict,
    ) -> Answer {
        let key = idem.map(|idem| (tenant.clone(), idem));
        let known = key.as_ref().and_then(|key| self.0.get(key)).cloned();
        let duplicate = known.as_ref().is_some_and(Result::is_ok);
        let outcome = known.unwrap_or_else(|| carry_out(message, oracle, verdict));
        let kept = !matches!(&outcome, Err(error) if error.retryable);
        if let Some(key) = key.filter(|_| kept) {
            self.0.insert(key, outcome.clone());
        }
        Answer::Handled { reference, outcome, duplicate }
    }
}

/// One in five numbers cannot be handled, and one in seven not just now.
fn carry_out(message: &ClientMessage, oracle: &mut Oracle, verdict: &mut Verdict) -> Outcome {
    let number = number_of(&message.payload);
    if message.kind != HANDLED {
        return Err(WireError::new(ErrorCode::Unsupported, "there is no handler for this type", false));
    }
    if number.is_multiple_of(5) {
        return Err(WireError::new(ErrorCode::Other("no_such_incident".into()), "nothing was done", false));
    }
    if number.is_multiple_of(7) {
        return Err(WireError::new(ErrorCode::Internal, "nothing was done; try again", true));
    }
    oracle.took_effect(number, verdict);
    Ok(Some(number.to_string().into()))
}
