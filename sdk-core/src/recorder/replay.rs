use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::recording::{RecordingError, Segment};
use super::ring::{Digest, Record};
use crate::client::Client;
use crate::io::Output;
use crate::time::Now;

/// A segment being replayed: an iterator over what happened.
#[derive(Debug)]
pub struct Replay<'a, P> {
    client: Client<P>,
    now: Now,
    rest: &'a [u8],
}

/// One call of a recording, replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment<P: Clone + 'static> {
    /// When it came.
    pub at: Now,
    /// What was asked or told.
    pub call: Call<'static, P>,
    /// What the client wanted then, up to [`Output::Wait`]; empty where it was not drained before the next call.
    pub outputs: Vec<Output<P>>,
    /// Whether those are the recorded outputs.
    pub drained: Drained,
    /// The state of Link afterwards, as PROTOCOL.md names it.
    pub link: &'static str,
    /// The state of Fallback afterwards.
    pub fallback: &'static str,
}

/// Whether the replayed outputs are the recorded ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// They were not taken before the next call; it tells.
    NotYet,
    /// They are the same.
    Same,
    /// They are not: another version recorded them, or there is a fault.
    Different,
}

impl<'a, P: Clone> Replay<'a, P> {
    pub(super) fn new(segment: &'a Segment) -> Result<Self, RecordingError> {
        let client = postcard::from_bytes(&segment.snapshot).map_err(|_| RecordingError::Damaged)?;
        Ok(Self { client, now: segment.at, rest: &segment.records })
    }

    /// The client as far as it is replayed.
    pub fn client(&self) -> &Client<P> {
        &self.client
    }

    /// The states of Link and Fallback, as PROTOCOL.md names them.
    pub fn regions(&self) -> (&'static str, &'static str) {
        self.client.regions()
    }

    /// Whether the client is now exactly as the next segment begins.
    pub fn leads_to(&self, next: &Segment) -> bool {
        postcard::to_allocvec(&self.client).is_ok_and(|snapshot| snapshot == next.snapshot)
    }
}

impl<P: Clone + Serialize + DeserializeOwned + 'static> Replay<'_, P> {
    fn step(&mut self) -> Result<Moment<P>, RecordingError> {
        let damaged = |_| RecordingError::Damaged;
        let (record, rest) = postcard::take_from_bytes::<Record<'static, P>>(self.rest).map_err(damaged)?;
        let Record::Call(stamp, call) = record else { return Err(RecordingError::Damaged) };
        self.now = stamp.after(self.now);
        self.rest = rest;
        call.clone().repeat(&mut self.client, self.now);
        let next = match rest {
            [] => None,
            rest => Some(postcard::take_from_bytes::<Record<'static, P>>(rest).map_err(damaged)?),
        };
        let (outputs, drained) = if let Some((Record::Drained(recorded), rest)) = next {
            self.rest = rest;
            self.drain(recorded)
        } else {
            (Vec::new(), Drained::NotYet)
        };
        let (link, fallback) = self.client.regions();
        Ok(Moment { at: self.now, call, outputs, drained, link, fallback })
    }

    fn drain(&mut self, recorded: u32) -> (Vec<Output<P>>, Drained) {
        let mut outputs = Vec::new();
        let mut digest = Digest::default();
        loop {
            let output = self.client.poll_output();
            digest.add(&output);
            let done = matches!(output, Output::Wait { .. });
            outputs.push(output);
            if done {
                break;
            }
        }
        let same = digest.value() == recorded;
        (outputs, if same { Drained::Same } else { Drained::Different })
    }
}

impl<P: Clone + Serialize + DeserializeOwned + 'static> Iterator for Replay<'_, P> {
    type Item = Result<Moment<P>, RecordingError>;

    /// A damaged record is told once, and ends it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let moment = self.step();
        if moment.is_err() {
            self.rest = &[];
        }
        Some(moment)
    }
}
