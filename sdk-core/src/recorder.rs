//! The flight recorder: what a client was asked and told, so that it can be replayed elsewhere.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::Serialize;

use crate::client::Client;
use crate::config::Config;
use crate::error::Misuse;
use crate::io::{Input, MessageId, OutgoingMessage, Output, Slot, SubscribeOptions, SubscriptionId};
use crate::time::Now;

mod call;
pub(crate) mod omitted;
mod recording;
mod replay;
mod ring;

pub use call::Call;
pub use omitted::Omitted;
pub use recording::{Recording, RecordingError, Segment};
pub use replay::{Drained, Moment, Replay};
use ring::Ring;

/// A [`Client`] that keeps its recent commands and inputs, with the time they came at and a digest of the outputs.
///
/// Payloads, notes and tokens are left out; names of topics, keys subscribed to, ids of events and the server's texts are
/// kept. The records lie in segments that begin with a snapshot of the client; of the three latest the oldest goes
/// when the newest is full, so that at least two replay exactly.
#[derive(Debug)]
pub struct Recorder<P> {
    client: Client<P>,
    ring: Option<Ring>,
}

impl<P: Clone + Serialize> Recorder<P> {
    /// As [`Client::new`]; `bytes` is the most that the recording takes. Zero: nothing is recorded. Where a snapshot of the
    /// client is larger than a sixth of it, recording pauses until it is smaller.
    pub fn new(config: Config, seed: u64, now: Now, bytes: usize) -> Self {
        let client = Client::new(config, seed, now);
        let ring = (bytes > 0).then(|| Ring::new(bytes, now, &client));
        Self { client, ring }
    }

    /// The client, for its getters.
    pub fn client(&self) -> &Client<P> {
        &self.client
    }

    /// What is recorded; empty where nothing is to be.
    pub fn recording(&self) -> Recording {
        self.ring.as_ref().map(Ring::recording).unwrap_or_default()
    }

    /// [`Client::connect`]
    pub fn connect(&mut self, now: Now) {
        self.record(now, &Call::Connect);
        self.client.connect(now);
    }

    /// [`Client::disconnect`]
    pub fn disconnect(&mut self, now: Now) {
        self.record(now, &Call::Disconnect);
        self.client.disconnect(now);
    }

    /// [`Client::subscribe`]
    ///
    /// # Errors
    /// As there.
    pub fn subscribe(
        &mut self,
        now: Now,
        topic: &str,
        options: SubscribeOptions,
    ) -> Result<(SubscriptionId, Slot), Misuse> {
        self.record(now, &Call::Subscribe(Cow::Borrowed(topic), Cow::Borrowed(&options)));
        self.client.subscribe(now, topic, options)
    }

    /// [`Client::unsubscribe`]
    ///
    /// # Errors
    /// As there.
    pub fn unsubscribe(&mut self, now: Now, subscription: SubscriptionId) -> Result<(), Misuse> {
        self.record(now, &Call::Unsubscribe(subscription));
        self.client.unsubscribe(now, subscription)
    }

    /// [`Client::submit`]
    ///
    /// # Errors
    /// As there.
    pub fn submit(&mut self, now: Now, message: &OutgoingMessage) -> Result<MessageId, Misuse> {
        self.record(now, &Call::Submit(Cow::Borrowed(message)));
        self.client.submit(now, message)
    }

    /// [`Client::send`]
    ///
    /// # Errors
    /// As there.
    pub fn send(&mut self, now: Now, message: &OutgoingMessage) -> Result<(), Misuse> {
        self.record(now, &Call::Send(Cow::Borrowed(message)));
        self.client.send(now, message)
    }

    /// [`Client::acknowledge`]
    ///
    /// # Errors
    /// As there.
    pub fn acknowledge(&mut self, now: Now, ids: &[String], note: Option<&str>) -> Result<MessageId, Misuse> {
        self.record(now, &Call::Acknowledge(Cow::Borrowed(ids), note.map(String::from)));
        self.client.acknowledge(now, ids, note)
    }

    /// [`Client::cancel`]
    pub fn cancel(&mut self, now: Now, message: MessageId) {
        self.record(now, &Call::Cancel(message));
        self.client.cancel(now, message);
    }

    /// [`Client::handle_input`]
    pub fn handle_input(&mut self, now: Now, input: Input<P>) {
        self.record(now, &Call::Input(Cow::Borrowed(&input)));
        self.client.handle_input(now, input);
    }

    /// [`Client::poll_output`]
    pub fn poll_output(&mut self) -> Output<P> {
        let output = self.client.poll_output();
        if let Some(ring) = &mut self.ring {
            ring.output(&output, &self.client);
        }
        output
    }

    fn record(&mut self, now: Now, call: &Call<'_, P>) {
        if let Some(ring) = &mut self.ring {
            ring.call(now, call);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alloc::string::ToString as _;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::{Call, Drained, Moment, Recorder, Recording, RecordingError, Segment};
    use crate::{Config, Input, Instant, LinkId, Now, Output, ServerFrame, SubscribeOptions};

    const BYTES: usize = 12 * 1024;

    fn at(millis: u64) -> Now {
        Now::new(Instant::from_millis(millis), 1_000_000 + millis)
    }

    fn recorder() -> Recorder<u32> {
        Recorder::new(Config::new("instance"), 7, at(0), BYTES)
    }

    fn drain(recorder: &mut Recorder<u32>) {
        while !matches!(recorder.poll_output(), Output::Wait { .. }) {}
    }

    fn replayed(segment: &Segment) -> Vec<Moment<u32>> {
        segment.replay::<u32>().unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn it_keeps_to_its_bytes() {
        let mut recorder = recorder();
        for millis in 0..10_000 {
            recorder.handle_input(at(millis), Input::Online);
            drain(&mut recorder);
            let recording = recorder.recording();
            assert!(recording.segments.iter().map(Segment::len).sum::<usize>() <= BYTES);
        }
        let recording = recorder.recording();
        assert_eq!((recording.segments.len(), recording.left_out), (3, 0));
        assert!(recording.segments.iter().flat_map(replayed).all(|moment| moment.drained == Drained::Same));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_recording_goes_on_behind_it() {
        let mut recorder = recorder();
        recorder.connect(at(1));
        drain(&mut recorder);
        let topics = vec!["a topic's name".to_string(); 2_000];
        let frame = ServerFrame::Unsubscribed { reference: None, topics, error: None };
        recorder.handle_input(at(2), Input::Frame { link: LinkId(1), frame });
        drain(&mut recorder);
        recorder.handle_input(at(3), Input::Online);
        drain(&mut recorder);
        let recording = recorder.recording();
        assert_eq!((recording.segments.len(), recording.left_out), (2, 1));
        assert!(!recording.segments[1].follows);
        let last = replayed(&recording.segments[1]);
        assert!(matches!(&last[..], [Moment { call: Call::Input(_), drained: Drained::Same, .. }]));
    }

    #[test]
    fn a_client_too_large_for_its_recorder_is_not_recorded() {
        let mut recorder = recorder();
        for number in 0..200 {
            let topic = alloc::format!("topic-{number}");
            recorder.subscribe(at(number), &topic, SubscribeOptions::default()).unwrap();
            drain(&mut recorder);
        }
        let recording = recorder.recording();
        assert!(recording.left_out > 0, "{recording:?}");
        assert!(recording.segments.iter().map(Segment::len).sum::<usize>() <= BYTES);
    }

    #[test]
    fn another_state_is_seen() {
        let mut recorder = recorder();
        recorder.connect(at(1));
        drain(&mut recorder);
        let mut other = Recorder::<u32>::new(Config::new("instance"), 7, at(0), BYTES);
        other.handle_input(at(1), Input::Freeze);
        drain(&mut other);
        let mut mixed = recorder.recording();
        other.connect(at(1));
        drain(&mut other);
        mixed.segments[0].snapshot = {
            other.handle_input(at(2), Input::Thaw);
            drain(&mut other);
            postcard::to_allocvec(other.client()).unwrap()
        };
        assert!(replayed(&mixed.segments[0]).iter().any(|moment| moment.drained == Drained::Different));
    }

    #[test]
    fn a_text_says_what_is_wrong_with_it() {
        let text = recorder().recording().to_text();
        assert!(Recording::find(&alloc::format!("before\r\n{}after", text.replace('\n', "\r\n"))).is_ok());
        assert_eq!(Recording::find("nothing"), Err(RecordingError::Missing));
        assert_eq!(Recording::find(&text[..text.len() / 2]), Err(RecordingError::Damaged));
        let other = Recording { version: "0.0.1".into(), ..Recording::default() };
        assert_eq!(Recording::find(&other.to_text()), Err(RecordingError::OtherVersion("0.0.1".into())));
    }
}
