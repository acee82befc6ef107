//! Three machines side by side, and the observer: the one under test, one with the same inputs whose recording must replay
//! exactly, and one that gets a Tick in place of each input that names something stale.

use steadfast_core::{
    Client, Config, Drained, Input, Instant, MessageId, Misuse, Now, OutgoingMessage, Output, Recorder,
    Recording, Slot, SubscribeOptions, SubscriptionId,
};

use crate::observer::Observer;

const WALL_START: u64 = 1_700_000_000_000;

/// So few that most cases begin new segments.
const RECORDING: usize = 12 * 1024;

pub struct Driver {
    pub client: Client<u32>,
    same: Recorder<u32>,
    spared: Client<u32>,
    pub observer: Observer,
    monotonic: u64,
    wall: u64,
    /// The latest time that the machines were told.
    told: u64,
    /// The deadline of the last drain.
    pub until: Option<u64>,
    /// The outputs of the last command or input.
    pub outputs: Vec<Output<u32>>,
    /// Ticks given because a deadline had come.
    pub ticks: u64,
}

#[derive(Debug, Clone)]
pub enum Command {
    Connect,
    Disconnect,
    Subscribe(String, SubscribeOptions),
    Unsubscribe(SubscriptionId),
    Submit(OutgoingMessage),
    Send(OutgoingMessage),
    Acknowledge(Vec<String>, Option<String>),
    Cancel(MessageId),
}

/// What a command gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Nothing,
    Subscribed(Result<(SubscriptionId, Slot), Misuse>),
    Unsubscribed(Result<(), Misuse>),
    Submitted(Result<MessageId, Misuse>),
    Sent(Result<(), Misuse>),
}

impl Driver {
    pub fn new(config: &Config, seed: u64) -> Self {
        Self::recording(config, seed, RECORDING)
    }

    /// With so many bytes for the recording.
    pub fn recording(config: &Config, seed: u64, bytes: usize) -> Self {
        let now = Now::new(Instant::from_millis(0), WALL_START);
        let client = || Client::new(config.clone(), seed, now);
        Self {
            client: client(),
            same: Recorder::new(config.clone(), seed, now, bytes),
            spared: client(),
            observer: Observer::new(config),
            monotonic: 0,
            wall: WALL_START,
            told: 0,
            until: None,
            outputs: Vec::new(),
            ticks: 0,
        }
    }

    pub fn now(&self) -> u64 {
        self.monotonic
    }

    pub fn command(&mut self, command: &Command) -> Done {
        let mut outputs = Vec::new();
        if matches!(command, Command::Connect) {
            // What is due may stop the client, and `connect` starts it again: an observer must see the two apart.
            self.input(Input::Tick);
            outputs.append(&mut self.outputs);
        }
        let now = self.at();
        let done = command.run(&mut self.client, now);
        assert_eq!(done, command.record(&mut self.same, now), "18: the same command, another result");
        assert_eq!(done, command.run(&mut self.spared, now), "5: a stale input changed a later result");
        self.observer.sees_command(self.told, command, &done);
        self.drain();
        outputs.append(&mut self.outputs);
        self.outputs = outputs;
        done
    }

    pub fn input(&mut self, input: Input<u32>) {
        let now = self.at();
        let spared = if self.observer.is_stale(&input) { Input::Tick } else { input.clone() };
        self.observer.sees_input(self.told, &input);
        self.spared.handle_input(now, spared);
        self.same.handle_input(now, input.clone());
        self.client.handle_input(now, input);
        self.drain();
    }

    /// Lets time pass on both clocks, with a Tick at every deadline on the way.
    pub fn advance(&mut self, millis: u64) {
        let end = self.monotonic.saturating_add(millis);
        while let Some(deadline) = self.until.filter(|deadline| *deadline <= end) {
            self.pass(deadline.saturating_sub(self.monotonic));
            self.tick();
        }
        self.pass(end - self.monotonic);
    }

    /// To the next deadline but no further than `most`, with a Tick.
    pub fn advance_to_deadline(&mut self, most: u64) {
        let millis = self.until.map_or(most, |until| until.saturating_sub(self.monotonic).min(most));
        self.pass(millis);
        self.tick();
    }

    /// Lets time pass without a Tick.
    pub fn pass(&mut self, millis: u64) {
        self.monotonic = self.monotonic.saturating_add(millis);
        self.wall = self.wall.saturating_add(millis);
    }

    pub fn wall_jumps(&mut self, millis: i64) {
        self.wall = self.wall.saturating_add_signed(millis);
    }

    /// One input at an earlier time than the last: a driver that mixes up its clocks.
    pub fn tick_from_the_past(&mut self, millis: u64) {
        let (monotonic, wall) = (self.monotonic, self.wall);
        let past = monotonic.saturating_sub(millis);
        self.told = self.told.max(past);
        self.observer.sees_input(self.told, &Input::Tick);
        let past = Now::new(Instant::from_millis(past), wall);
        for client in [&mut self.client, &mut self.spared] {
            client.handle_input(past, Input::Tick);
        }
        self.same.handle_input(past, Input::Tick);
        self.drain();
    }

    /// What was recorded replays exactly, through text and each segment by itself.
    pub fn replays(&self) {
        let recording = Recording::find(&self.same.recording().to_text()).unwrap();
        assert_eq!(recording, self.same.recording());
        for (index, segment) in recording.segments.iter().enumerate() {
            let mut replay = segment.replay::<u32>().unwrap();
            for moment in &mut replay {
                let moment = moment.unwrap();
                assert_ne!(moment.drained, Drained::Different, "18: replayed otherwise: {moment:?}");
            }
            if let Some(next) = recording.segments.get(index + 1).filter(|next| next.follows) {
                assert!(replay.leads_to(next), "18: segment {index} leads elsewhere");
            }
        }
    }

    pub fn recorded(&self) -> Recording {
        self.same.recording()
    }

    fn tick(&mut self) {
        self.ticks += 1;
        self.input(Input::Tick);
    }

    fn at(&mut self) -> Now {
        self.told = self.told.max(self.monotonic);
        Now::new(Instant::from_millis(self.monotonic), self.wall)
    }

    fn drain(&mut self) {
        self.outputs.clear();
        let until = loop {
            let output = self.client.poll_output();
            assert_eq!(output, self.same.poll_output(), "18: the same inputs, another output");
            assert_eq!(output, self.spared.poll_output(), "5: a stale input changed more than counters");
            self.observer.sees_output(self.told, &output);
            match output {
                Output::Wait { until } => break until,
                output => self.outputs.push(output),
            }
        };
        assert_eq!(self.client.poll_output(), Output::Wait { until }, "a drained machine stays drained");
        self.same.poll_output();
        self.until = until.map(Instant::as_millis);
        self.observer.settled(self.told, &self.client, until);
    }
}

/// A command carried out on a client, and in the same way on one that records.
macro_rules! carried_out {
    ($name:ident, $client:ty) => {
        fn $name(&self, client: &mut $client, now: Now) -> Done {
            match self.clone() {
                Self::Connect => client.connect(now),
                Self::Disconnect => client.disconnect(now),
                Self::Subscribe(topic, options) => {
                    return Done::Subscribed(client.subscribe(now, &topic, options));
                }
                Self::Unsubscribe(id) => return Done::Unsubscribed(client.unsubscribe(now, id)),
                Self::Submit(message) => return Done::Submitted(client.submit(now, &message)),
                Self::Send(message) => return Done::Sent(client.send(now, &message)),
                Self::Acknowledge(ids, note) => {
                    return Done::Submitted(client.acknowledge(now, &ids, note.as_deref()));
                }
                Self::Cancel(message) => client.cancel(now, message),
            }
            Done::Nothing
        }
    };
}

impl Command {
    carried_out!(run, Client<u32>);
    carried_out!(record, Recorder<u32>);
}
