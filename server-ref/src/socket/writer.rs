//! What is to be written to one socket: finished WebSocket frames and pieces of such, most of them shared with other sockets.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// No more is taken from the session while so much waits to be written.
pub(super) const FLUSH_BYTES: usize = 8 * 1024;

/// The most pieces that one system call writes: of a batch, two for each event.
const SLICES: usize = 64;

/// The pieces for which an idle connection keeps the room.
const KEPT_ROOM: usize = 4;

/// Frames and pieces of frames to write, in order. Bounded: filled up to [`FLUSH_BYTES`] and one frame, and by answers of the
/// transport itself (pongs, a close), which come no faster than what they answer is read.
#[derive(Debug, Default)]
pub(super) struct Writer {
    frames: VecDeque<Bytes>,
    bytes: usize,
}

impl Writer {
    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.bytes
    }

    /// Writes all; gives the number of bytes that went out before the socket would take no more, or all of them.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        io: &mut W,
        context: &mut Context<'_>,
        written: &mut usize,
    ) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let count = ready!(self.poll_write_some(io, context))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
            self.advance(count);
        }
        if self.frames.capacity() > KEPT_ROOM {
            self.frames = VecDeque::new();
        }
        Pin::new(io).poll_flush(context)
    }

    fn poll_write_some<W: AsyncWrite + Unpin>(
        &self,
        io: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.frames.len() == 1 || !io.is_write_vectored() {
            return Pin::new(io).poll_write(context, &self.frames[0]);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        for (slice, frame) in slices.iter_mut().zip(&self.frames) {
            *slice = IoSlice::new(frame);
        }
        let count = self.frames.len().min(SLICES);
        Pin::new(io).poll_write_vectored(context, &slices[..count])
    }

    fn advance(&mut self, mut count: usize) {
        self.bytes -= count;
        while let Some(frame) = self.frames.front_mut() {
            if count < frame.len() {
                frame.advance(count);
                return;
            }
            count -= frame.len();
            self.frames.pop_front();
        }
    }
}

#[cfg(test)]
impl Writer {
    /// All that waits.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.frames.iter().flatten().copied().collect()
    }
}
