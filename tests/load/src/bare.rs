//! The bare loop that a broadcast is compared with: `write()` of the same bytes to as many plain TCP connections, by
//! one thread that does nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::Failure;
use crate::process::announce;

/// How long a connection may take nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// The first connection commands: what to do, and a number. Ends with that connection.
pub(crate) fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?);
    obey(&listener)
}

/// Accept so many more connections, then answer with a zero byte.
const ACCEPT: u8 = b'a';

/// Write so many bytes to each of them.
const WRITE: u8 = b'w';

fn obey(listener: &TcpListener) -> Result<(), Failure> {
    let (mut commands, _) = listener.accept()?;
    commands.set_nodelay(true)?;
    let (mut streams, mut bytes) = (Vec::new(), Vec::new());
    while let Some((command, number)) = next(&mut commands)? {
        if command == ACCEPT {
            for _ in 0..number {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                streams.push(stream);
            }
            commands.write_all(&[0])?;
            continue;
        }
        bytes.resize(number as usize, b'x');
        for stream in &mut streams {
            stream.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// The other end of the first connection.
pub(crate) struct Commands(TcpStream);

impl Commands {
    pub(crate) fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Commands to accept `count` connections; to be opened before [`Commands::accepted`] is called. More than wait in
    /// line at a listener, which are 128, are too many.
    pub(crate) fn accept(&mut self, count: u32) -> Result<(), Failure> {
        self.send(ACCEPT, count)
    }

    /// Waits until all connections are accepted.
    pub(crate) fn accepted(&mut self) -> Result<(), Failure> {
        self.0.read_exact(&mut [0])?;
        Ok(())
    }

    /// Commands to write to all connections.
    pub(crate) fn write(&mut self, bytes: u32) -> Result<(), Failure> {
        self.send(WRITE, bytes)
    }

    fn send(&mut self, command: u8, number: u32) -> Result<(), Failure> {
        let [a, b, c, d] = number.to_be_bytes();
        self.0.write_all(&[command, a, b, c, d])?;
        Ok(())
    }
}

fn next(commands: &mut TcpStream) -> Result<Option<(u8, u32)>, Failure> {
    let mut bytes = [0; 5];
    match commands.read_exact(&mut bytes) {
        Ok(()) => {
            let [command, number @ ..] = bytes;
            Ok(Some((command, u32::from_be_bytes(number))))
        }
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::crowd::Crowd;
    use crate::dial::Dialler;

    #[test]
    fn everyone_gets_as_many_bytes_as_commanded() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let loop_of_writes =
            std::thread::spawn(move || obey(&listener).map_err(|failure| failure.to_string()));
        let mut commands = Commands::connect(&address).unwrap();
        commands.accept(20).unwrap();
        let mut dialler = Dialler::new(&address).unwrap();
        let mut crowd = Crowd::new().unwrap();
        for _ in 0..20 {
            crowd.join(dialler.dial().unwrap(), 0).unwrap();
        }
        commands.accepted().unwrap();
        for length in [7, 300_000] {
            crowd.count_to(length.into());
            commands.write(length).unwrap();
            crowd.read_all(PATIENCE).unwrap();
            assert_eq!(crowd.fewest(), u64::from(length));
        }
        drop(commands);
        loop_of_writes.join().unwrap().unwrap();
        assert!(crowd.read_all(PATIENCE).is_ok() && crowd.settle(PATIENCE).is_err(), "the end is told");
    }
}
