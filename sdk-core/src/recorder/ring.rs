use alloc::collections::VecDeque;
use alloc::vec::Vec;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::recording::{Recording, Segment};
use crate::client::Client;
use crate::io::Output;
use crate::time::{Instant, Now};

/// Full segments that are kept beside the one being written.
const PAST: usize = 2;

/// Where a snapshot is too large, the next is tried after so many drains.
const PAUSE: u32 = 1_024;

/// The latest segments. Each may take a third of the bytes: beyond it the oldest segment goes.
#[derive(Debug)]
pub(super) struct Ring {
    share: usize,
    past: VecDeque<Segment>,
    head: Head,
    /// The time of the latest record.
    last: Now,
    digest: Digest,
    /// Something was called since the outputs were last drained.
    undrained: bool,
    /// Calls that are in no segment.
    left_out: u64,
}

#[derive(Debug)]
enum Head {
    Open(Segment),
    /// A record did not fit, or a snapshot: nothing is kept until so many more drains.
    Paused {
        drains: u32,
    },
}

/// One entry of a segment.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "P: Clone + Serialize", deserialize = "P: Clone + Deserialize<'de>"))]
pub(super) enum Record<'a, P: Clone> {
    Call(Stamp, Call<'a, P>),
    /// All outputs since the last such record were taken, and this is their digest.
    Drained(u32),
}

/// As [`Record::Call`], for writing without owning.
#[derive(Serialize)]
#[serde(bound = "P: Clone + Serialize")]
enum Written<'a, 'b, P: Clone> {
    Call(Stamp, &'a Call<'b, P>),
}

/// The time of a call, as its distance from that of the one before.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Stamp {
    monotonic: i64,
    wall: i64,
}

impl Ring {
    pub(super) fn new<P>(bytes: usize, now: Now, client: &Client<P>) -> Self {
        let mut ring = Self {
            share: bytes / (PAST + 1),
            past: VecDeque::new(),
            head: Head::Paused { drains: 0 },
            last: now,
            digest: Digest::default(),
            undrained: false,
            left_out: 0,
        };
        ring.begin(client, false);
        ring
    }

    pub(super) fn call<P: Clone + Serialize>(&mut self, now: Now, call: &Call<'_, P>) {
        self.undrained = true;
        let stamp = Stamp::between(self.last, now);
        self.last = now;
        self.write(&Written::Call(stamp, call), 1);
    }

    pub(super) fn output<P: Clone + Serialize>(&mut self, output: &Output<P>, client: &Client<P>) {
        if !self.undrained {
            return;
        }
        self.digest.add(output);
        if matches!(output, Output::Wait { .. }) {
            let digest = core::mem::take(&mut self.digest).value();
            self.undrained = false;
            self.write(&Record::<P>::Drained(digest), 0);
            self.turn(client);
        }
    }

    pub(super) fn recording(&self) -> Recording {
        let mut segments: Vec<Segment> = self.past.iter().cloned().collect();
        if let Head::Open(segment) = &self.head {
            segments.push(segment.clone());
        }
        Recording { left_out: self.left_out, segments, ..Recording::default() }
    }

    fn write<T: Serialize>(&mut self, record: &T, calls: u64) {
        let Head::Open(segment) = &mut self.head else {
            self.left_out += calls;
            return;
        };
        let room = self.share.saturating_sub(segment.snapshot.len());
        let whole = segment.records.len();
        let to = Bounded { bytes: &mut segment.records, most: room };
        if postcard::serialize_with_flavor(record, to).is_err() {
            // What does not fit ends the segment before it.
            segment.records.truncate(whole);
            let Head::Open(segment) = core::mem::replace(&mut self.head, Head::Paused { drains: 0 }) else {
                return;
            };
            self.keep(segment);
            self.left_out += calls;
        }
    }

    /// The outputs are drained, so a segment may begin here.
    fn turn<P>(&mut self, client: &Client<P>) {
        match &mut self.head {
            Head::Open(segment) if segment.len() <= self.share / 4 * 3 => {}
            Head::Open(_) => self.begin(client, true),
            Head::Paused { drains: 0 } => self.begin(client, false),
            Head::Paused { drains } => *drains -= 1,
        }
    }

    fn begin<P>(&mut self, client: &Client<P>, follows: bool) {
        let mut snapshot = Vec::new();
        let to = Bounded { bytes: &mut snapshot, most: self.share / 2 };
        let fits = postcard::serialize_with_flavor(client, to).is_ok();
        let next = if fits {
            Head::Open(Segment { at: self.last, follows, snapshot, records: Vec::new() })
        } else {
            Head::Paused { drains: PAUSE }
        };
        if let Head::Open(full) = core::mem::replace(&mut self.head, next) {
            self.keep(full);
        }
    }

    fn keep(&mut self, mut segment: Segment) {
        segment.records.shrink_to_fit();
        if self.past.len() == PAST {
            self.past.pop_front();
        }
        self.past.push_back(segment);
    }
}

impl Stamp {
    fn between(from: Now, to: Now) -> Self {
        let away = |from: u64, to: u64| to.wrapping_sub(from).cast_signed();
        Self {
            monotonic: away(from.monotonic.as_millis(), to.monotonic.as_millis()),
            wall: away(from.wall_millis, to.wall_millis),
        }
    }

    pub(super) fn after(self, from: Now) -> Now {
        let monotonic = from.monotonic.as_millis().wrapping_add_signed(self.monotonic);
        Now::new(Instant::from_millis(monotonic), from.wall_millis.wrapping_add_signed(self.wall))
    }
}

/// A digest of outputs: FNV-1a of 64 bits over their serialisation, folded to 32.
#[derive(Debug)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    pub(super) fn add<P: Serialize>(&mut self, output: &Output<P>) {
        let added = postcard::serialize_with_flavor(output, Self(self.0));
        // Outputs are of kinds that postcard can write.
        self.0 = added.unwrap_or(self.0);
    }

    pub(super) fn value(&self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

impl Flavor for Digest {
    type Output = u64;

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<u64> {
        Ok(self.0)
    }
}

/// Appends to a vector that may not grow beyond so much.
struct Bounded<'a> {
    bytes: &'a mut Vec<u8>,
    most: usize,
}

impl Flavor for Bounded<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        if self.bytes.len() + data.len() > self.most {
            return Err(postcard::Error::SerializeBufferFull);
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
