use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::replay::Replay;
use crate::time::Now;

const BEGIN: &str = "-----BEGIN STEADFAST RECORDING-----";
const END: &str = "-----END STEADFAST RECORDING-----";
const WIDTH: usize = 76;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a [`Recorder`](super::Recorder) has kept, oldest first. As text it is a block of base64 that may lie in any other text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The version of this crate that recorded it.
    pub version: String,
    /// Commands and inputs that are in none of the segments because they, or a snapshot, did not fit.
    pub left_out: u64,
    /// At most three.
    pub segments: Vec<Segment>,
}

/// A part of a recording that replays by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// When it begins: the time of the last call before it.
    pub at: Now,
    /// Nothing lies between it and the segment before.
    pub follows: bool,
    pub(super) snapshot: Vec<u8>,
    pub(super) records: Vec<u8>,
}

/// Why a recording cannot be read or replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingError {
    /// The text holds no recording.
    Missing,
    /// It is cut off or changed.
    Damaged,
    /// Another version recorded it, and this one cannot play it.
    OtherVersion(String),
}

impl Default for Recording {
    /// Nothing, by this version.
    fn default() -> Self {
        Self { version: String::from(VERSION), left_out: 0, segments: Vec::new() }
    }
}

impl Recording {
    /// Finds the recording in a text.
    ///
    /// # Errors
    /// - [`RecordingError::Missing`]: there is no such block.
    /// - [`RecordingError::Damaged`]: it is cut off or changed.
    /// - [`RecordingError::OtherVersion`]: another version of this crate made it.
    pub fn find(text: &str) -> Result<Self, RecordingError> {
        let (_, block) = text.split_once(BEGIN).ok_or(RecordingError::Missing)?;
        let (block, _) = block.split_once(END).ok_or(RecordingError::Damaged)?;
        let block: String = block.split_whitespace().collect();
        let bytes = STANDARD.decode(block).map_err(|_| RecordingError::Damaged)?;
        let (version, rest) =
            postcard::take_from_bytes::<String>(&bytes).map_err(|_| RecordingError::Damaged)?;
        if version != VERSION {
            return Err(RecordingError::OtherVersion(version));
        }
        let (left_out, segments) = postcard::from_bytes(rest).map_err(|_| RecordingError::Damaged)?;
        Ok(Self { version, left_out, segments })
    }

    /// The block of text.
    pub fn to_text(&self) -> String {
        // All its parts are of kinds that postcard can write.
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        let digits = STANDARD.encode(bytes);
        let mut text = String::from(BEGIN);
        text.push('\n');
        let mut rest = digits.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(WIDTH));
            text.push_str(line);
            text.push('\n');
            rest = more;
        }
        text.push_str(END);
        text.push('\n');
        text
    }
}

impl Segment {
    /// Begins to replay it. `P` reads what the recorded client's payloads were written as: [`Omitted`](super::Omitted) for
    /// those of the JSON decoder.
    ///
    /// # Errors
    /// - [`RecordingError::Damaged`]: its snapshot is none of this version's.
    pub fn replay<P: Clone>(&self) -> Result<Replay<'_, P>, RecordingError> {
        Replay::new(self)
    }

    pub(super) fn len(&self) -> usize {
        self.snapshot.len() + self.records.len()
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("there is no recording in the text; give the whole report"),
            Self::Damaged => {
                formatter.write_str("the recording is damaged; ask for the report again, as a file")
            }
            Self::OtherVersion(version) => {
                formatter.write_str("the recording is of version ")?;
                formatter.write_str(version)?;
                formatter.write_str("; replay it with that version")
            }
        }
    }
}

impl core::error::Error for RecordingError {}
