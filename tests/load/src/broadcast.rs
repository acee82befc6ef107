//! One side of the comparison: a process that holds all connections to the server or to the bare loop, sets off
//! broadcasts and measures how long each takes to its last byte. Both sides are the same but for what sets them off.

use std::io::BufRead;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::bare::Commands;
use crate::crowd::Crowd;
use crate::dial::{Dialler, Greeter};
use crate::kpi;
use crate::process::Program;
use crate::publisher::Publisher;

/// Broadcasts that are not measured. Behind them offsets have two digits, so that all frames measured have one length.
const WARM_UPS: u64 = 10;

/// Nothing has come for so long: the last broadcast is over.
const QUIET: Duration = Duration::from_millis(150);

/// How long one broadcast, or one handshake, may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections between two looks at what has come.
const JOIN_AT_ONCE: usize = 100;

/// What such a process connects to; the first line that it reads, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Other {
    Server { address: String, connections: usize, tokens: Vec<String> },
    Bare { address: String, connections: usize, frame_bytes: u32 },
}

/// Such a process, as seen from outside.
pub(crate) struct Side {
    program: Program,
    /// How many bytes a broadcast sends on each connection.
    pub(crate) frame_bytes: u32,
}

impl Side {
    /// Starts it, and waits until it is connected and warm.
    pub(crate) fn start(other: &Other) -> Result<Self, Failure> {
        let mut program = Program::own(&["crowd"])?;
        program.tell(&serde_json::to_string(other)?)?;
        let frame_bytes = program.hear()?.parse()?;
        Ok(Self { program, frame_bytes })
    }

    /// Waits until the last broadcast is over.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        self.program.tell("settle")?;
        self.program.hear()?;
        Ok(())
    }

    /// Sets off a broadcast: from just before the command is written to the last byte read.
    pub(crate) fn broadcast(&mut self) -> Result<Duration, Failure> {
        self.program.tell("broadcast")?;
        Ok(Duration::from_nanos(self.program.hear()?.parse()?))
    }
}

/// Is such a process, until its input ends.
pub(crate) fn serve() -> Result<(), Failure> {
    let mut lines = std::io::stdin().lock().lines();
    let first = lines.next().ok_or("the first line must say what to connect to")??;
    let mut broadcasts = Broadcasts::prepare(serde_json::from_str(&first)?)?;
    println!("{}", broadcasts.frame_bytes);
    for line in lines {
        match line?.as_str() {
            "settle" => {
                broadcasts.crowd.settle(QUIET)?;
                println!("settled");
            }
            _ => println!("{}", broadcasts.measure()?.as_nanos()),
        }
    }
    Ok(())
}

struct Broadcasts {
    crowd: Crowd,
    trigger: Trigger,
    frame_bytes: u32,
}

enum Trigger {
    Publish { publisher: Publisher, published: u64 },
    Command(Commands),
}

impl Broadcasts {
    fn prepare(other: Other) -> Result<Self, Failure> {
        let mut crowd = Crowd::new()?;
        match other {
            Other::Server { address, connections, tokens } => {
                let topics = format!("[\"{}\"]", kpi::TOPIC);
                let mut greeter = Greeter::new(&address, &tokens, &topics)?;
                for number in 0..connections {
                    let (stream, read) = greeter.greet()?;
                    crowd.join(stream, read)?;
                    if number % JOIN_AT_ONCE == 0 {
                        crowd.drain()?;
                    }
                }
                let trigger = Trigger::Publish { publisher: Publisher::connect(&address)?, published: 0 };
                let mut broadcasts = Self { crowd, trigger, frame_bytes: 1 };
                broadcasts.warm_up()?;
                // The last warm-up had an offset of as many digits as those that follow, and each read it whole.
                broadcasts.frame_bytes = broadcasts.crowd.fewest().try_into()?;
                Ok(broadcasts)
            }
            Other::Bare { address, connections, frame_bytes } => {
                let mut commands = Commands::connect(&address)?;
                let mut dialler = Dialler::new(&address)?;
                let mut left = connections;
                while left > 0 {
                    let count = left.min(JOIN_AT_ONCE);
                    commands.accept(count.try_into()?)?;
                    for _ in 0..count {
                        crowd.join(dialler.dial()?, 0)?;
                    }
                    commands.accepted()?;
                    left -= count;
                }
                let mut broadcasts = Self { crowd, trigger: Trigger::Command(commands), frame_bytes };
                broadcasts.warm_up()?;
                Ok(broadcasts)
            }
        }
    }

    fn warm_up(&mut self) -> Result<(), Failure> {
        for _ in 0..WARM_UPS {
            self.crowd.settle(QUIET)?;
            self.measure()?;
        }
        self.crowd.settle(QUIET)
    }

    fn measure(&mut self) -> Result<Duration, Failure> {
        self.crowd.count_to(self.frame_bytes.into());
        match &mut self.trigger {
            Trigger::Publish { publisher, published } => {
                *published += 1;
                let request = publisher.request(&kpi::publish_body(kpi::TOPIC, *published));
                let begin = Instant::now();
                publisher.send(&request)?;
                let end = self.crowd.read_all(PATIENCE);
                // A refusal says more than that nothing came.
                publisher.answer()?;
                Ok(end? - begin)
            }
            Trigger::Command(commands) => {
                let begin = Instant::now();
                commands.write(self.frame_bytes)?;
                Ok(self.crowd.read_all(PATIENCE)? - begin)
            }
        }
    }
}
