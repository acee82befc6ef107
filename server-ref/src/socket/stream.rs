//! What the protocol reads from and writes to in place of the socket.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, ReadBuf};

use super::boundary::Boundary;

/// The socket as the protocol reads it: what the protocol writes by itself (pongs, a close) is put in line behind
/// the frames that are being written.
pub(super) struct Adapter<'a, 'b> {
    pub(super) io: &'a mut TokioIo<Upgraded>,
    pub(super) context: &'a mut Context<'b>,
    pub(super) boundary: &'a mut Boundary,
    pub(super) replies: &'a mut Vec<u8>,
}

impl Read for Adapter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.io).poll_read(self.context, &mut buffer) {
            Poll::Ready(result) => {
                self.boundary.pass(buffer.filled());
                result.map(|()| buffer.filled().len())
            }
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Adapter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.replies.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same without a socket, for closing.
pub(super) struct Replies<'a>(pub(super) &'a mut Vec<u8>);

impl Read for Replies<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Replies<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
