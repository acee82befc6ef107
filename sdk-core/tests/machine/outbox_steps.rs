//! Steps that the tests of messages share, beside those of the rig.

use steadfast_core::{
    ClientFrame, ExchangeId, Input, LinkId, MessageId, Outcome, OutgoingBytes, OutgoingMessage,
    OutgoingPayload, Output, ServerFrame,
};

use crate::rig::{Rig, message, resumed, terms};

/// A message whose JSON payload has about this many bytes.
pub fn large(bytes: usize) -> OutgoingMessage {
    let payload = OutgoingPayload::Json(format!("\"{}\"", "x".repeat(bytes)).into());
    OutgoingMessage { payload, ..message("incident_action") }
}

pub fn binary(payload: &[u8]) -> OutgoingMessage {
    OutgoingMessage { payload: OutgoingPayload::Bytes(payload.into()), ..message("snapshot") }
}

impl Rig {
    pub fn submit_message(&mut self, message: &OutgoingMessage) -> MessageId {
        self.run(|client, now| client.submit(now, message)).unwrap()
    }

    /// The `ref`s of the messages sent on a link, in order.
    pub fn references(&self, on: LinkId) -> Vec<u64> {
        let references = self.sent(on).into_iter().filter_map(|frame| match frame {
            ClientFrame::Message(message) => message.reference,
            _ => None,
        });
        references.collect()
    }

    /// The `ref`s of the messages in an exchange, in order.
    pub fn references_in(&self, exchange: ExchangeId) -> Vec<u64> {
        let references = self.body_of(exchange).into_iter().filter_map(|frame| match frame {
            ClientFrame::Message(message) => message.reference,
            _ => None,
        });
        references.collect()
    }

    /// The bytes of all that was sent on a link, in order.
    pub fn all_bytes(&self, on: LinkId) -> Vec<OutgoingBytes> {
        let sent = self.outputs().iter().filter_map(|output| match output {
            Output::Send { link, bytes } if *link == on => Some(bytes.clone()),
            _ => None,
        });
        sent.collect()
    }

    /// The bytes of the last thing sent on a link.
    #[track_caller]
    pub fn last_bytes(&self, on: LinkId) -> OutgoingBytes {
        self.all_bytes(on).pop().expect("something was sent")
    }

    pub fn buffered(&mut self, link: LinkId, bytes: u64) {
        self.input(Input::Buffered { link, bytes });
    }

    /// From Waiting to Live, at a server with this table of results.
    pub fn relive_under(&mut self, results_epoch: &str) -> LinkId {
        let link = self.reopen();
        self.open(link);
        self.welcome_under(link, results_epoch);
        link
    }

    /// Answers the hello on a link as a server with this table of results.
    pub fn welcome_under(&mut self, link: LinkId, results_epoch: &str) {
        let topics = self.hello(link).topics;
        let results = topics.iter().map(|request| resumed(&request.topic, 0)).collect();
        let mut welcome = terms(results);
        welcome.results_epoch = results_epoch.into();
        self.frame(link, ServerFrame::Welcome(Box::new(welcome)));
    }

    /// Answers an exchange as a server with this table of results.
    pub fn answer_from(&mut self, exchange: ExchangeId, results_epoch: &str, frames: Vec<ServerFrame<u32>>) {
        self.answer_under(exchange, |terms| terms.results_epoch = results_epoch.into(), frames);
    }

    /// The ids of the messages that completed with this outcome.
    pub fn completed_with(&self, outcome: &Outcome<u32>) -> Vec<MessageId> {
        let completions = self.completions().into_iter();
        completions.filter(|(_, with)| with == outcome).map(|(id, _)| id).collect()
    }
}
