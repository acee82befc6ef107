//! Thousands of connections that are read by one thread, each as small as can be: a socket and a count of bytes.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Failure;

/// The connections that the system reports at a time.
const REPORTED_AT_ONCE: usize = 1_024;

const READ_BYTES: usize = 64 * 1024;

/// Many open connections.
pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    goal: u64,
    /// How many have read as much as the goal.
    arrived: usize,
    buffer: Box<[u8]>,
}

struct Member {
    stream: TcpStream,
    read: u64,
}

impl Crowd {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(REPORTED_AT_ONCE),
            members: Vec::new(),
            goal: 0,
            arrived: 0,
            buffer: vec![0; READ_BYTES].into(),
        })
    }

    /// Takes in a connection that has read so many bytes already.
    pub(crate) fn join(&mut self, stream: std::net::TcpStream, read: u64) -> Result<(), Failure> {
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(self.members.len()), Interest::READABLE)?;
        self.members.push(Member { stream, read });
        Ok(())
    }

    /// Begins to count anew, towards so many bytes on each connection.
    pub(crate) fn count_to(&mut self, goal: u64) {
        self.members.iter_mut().for_each(|member| member.read = 0);
        self.aim_at(goal);
    }

    /// Goes on counting, towards so many bytes on each connection since the count began.
    pub(crate) fn aim_at(&mut self, goal: u64) {
        self.goal = goal;
        self.arrived = self.members.iter().filter(|member| member.read >= goal).count();
    }

    /// Reads until every connection has come to the goal; gives when the last one had.
    ///
    /// # Errors
    /// - A connection ended.
    /// - It took longer than `patience`.
    pub(crate) fn read_all(&mut self, patience: Duration) -> Result<Instant, Failure> {
        let deadline = Instant::now() + patience;
        while self.arrived < self.members.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let (arrived, all) = (self.arrived, self.members.len());
                return Err(format!("after {patience:?} only {arrived} of {all} had everything").into());
            }
            self.read_some(left)?;
        }
        Ok(Instant::now())
    }

    /// Reads until nothing has come for so long.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Result<(), Failure> {
        while self.read_some(quiet)? {}
        Ok(())
    }

    /// Reads what is there.
    pub(crate) fn drain(&mut self) -> Result<(), Failure> {
        self.settle(Duration::ZERO)
    }

    /// The fewest bytes that any connection has read since the count began.
    pub(crate) fn fewest(&self) -> u64 {
        self.members.iter().map(|member| member.read).min().unwrap_or(0)
    }

    /// Waits for so long and reads what has come; whether anything had.
    fn read_some(&mut self, wait: Duration) -> Result<bool, Failure> {
        if let Err(error) = self.poll.poll(&mut self.events, Some(wait)) {
            return if error.kind() == ErrorKind::Interrupted { Ok(true) } else { Err(error.into()) };
        }
        for event in &self.events {
            let member = &mut self.members[event.token().0];
            let before = member.read;
            member.take(&mut self.buffer)?;
            if before < self.goal && member.read >= self.goal {
                self.arrived += 1;
            }
        }
        Ok(!self.events.is_empty())
    }
}

impl Member {
    fn take(&mut self, buffer: &mut [u8]) -> Result<(), Failure> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err("a connection was closed by the server".into()),
                Ok(count) => {
                    self.read += count as u64;
                    // Less than was asked for: the system tells when more comes.
                    if count < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("a connection broke off: {error}").into()),
            }
        }
    }
}
