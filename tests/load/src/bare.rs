//! The bare loop that a broadcast is compared with: `write()` of the same bytes to as many plain TCP connections, by
//! one thread that does nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::Failure;
use crate::process::announce;

/// How long a connection may take nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Commands from the first connection: first how many more to accept, answered with a zero byte; then, time and again, how
/// many bytes to write to each of them. All are 32-bit numbers. Ends with the first connection.
pub(crate) fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?);
    obey(&listener)
}

fn obey(listener: &TcpListener) -> Result<(), Failure> {
    let (mut commands, _) = listener.accept()?;
    commands.set_nodelay(true)?;
    let Some(count) = next(&mut commands)? else {
        return Ok(());
    };
    let mut streams = Vec::new();
    for _ in 0..count {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        streams.push(stream);
    }
    commands.write_all(&[0])?;
    let mut bytes = Vec::new();
    while let Some(length) = next(&mut commands)? {
        bytes.resize(length as usize, b'x');
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

    pub(crate) fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.0.write_all(&number.to_be_bytes())?;
        Ok(())
    }

    /// Waits until all connections are accepted.
    pub(crate) fn accepted(&mut self) -> Result<(), Failure> {
        self.0.read_exact(&mut [0])?;
        Ok(())
    }
}

fn next(commands: &mut TcpStream) -> Result<Option<u32>, Failure> {
    let mut number = [0; 4];
    match commands.read_exact(&mut number) {
        Ok(()) => Ok(Some(u32::from_be_bytes(number))),
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
        commands.send(20).unwrap();
        let mut dialler = Dialler::new(&address).unwrap();
        let mut crowd = Crowd::new().unwrap();
        for _ in 0..20 {
            crowd.join(dialler.dial().unwrap(), 0).unwrap();
        }
        commands.accepted().unwrap();
        for length in [7, 300_000] {
            crowd.count_to(length.into());
            commands.send(length).unwrap();
            crowd.read_all(PATIENCE).unwrap();
            assert_eq!(crowd.fewest(), u64::from(length));
        }
        drop(commands);
        loop_of_writes.join().unwrap().unwrap();
        assert!(crowd.read_all(PATIENCE).is_ok() && crowd.settle(PATIENCE).is_err(), "the end is told");
    }
}
