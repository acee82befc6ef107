//! Raw connections: plain TCP, or a WebSocket whose client says its hello and from then on only listens.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Failure;

/// How long a server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connections from one address, far fewer than it has ports.
const FROM_ONE_ADDRESS: u32 = 1_000;

/// The largest answer to a handshake, and how much of the welcome is looked at.
const LOOKED_AT: usize = 4_096;

/// Opens TCP connections, each thousand of them from an address of 127.0.0.0/8 of their own, so that ports neither run
/// out nor are held by connections closed a minute ago.
pub(crate) struct Dialler {
    server: SocketAddr,
    beginning: u32,
    dialled: u32,
}

impl Dialler {
    pub(crate) fn new(server: &str) -> Result<Self, Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Another process that begins in the same microsecond would have to be unlucky as well.
        let beginning = since.subsec_micros() ^ std::process::id().rotate_left(12);
        Ok(Self { server: server.parse()?, beginning, dialled: 0 })
    }

    /// Opens the next connection.
    ///
    /// # Errors
    /// - The server does not accept it, or this process may open no more files.
    pub(crate) fn dial(&mut self) -> Result<TcpStream, Failure> {
        let source = address(self.beginning.wrapping_add(self.dialled / FROM_ONE_ADDRESS));
        let stream = connect(source, self.server)
            .map_err(|error| format!("connection {} cannot be opened: {error}", self.dialled + 1))?;
        self.dialled += 1;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

/// The `number`th address of 127.1.0.1 to 127.254.255.254, over and over.
fn address(number: u32) -> Ipv4Addr {
    let number = number % (254 * 256 * 254);
    let part = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, part(number / (256 * 254) + 1), part(number / 254 % 256), part(number % 254 + 1))
}

#[cfg(target_os = "linux")]
fn connect(source: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    use std::net::SocketAddrV4;
    use std::os::fd::AsRawFd;

    use nix::sys::socket::sockopt::IpBindAddressNoPort;
    use nix::sys::socket::{
        AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket,
    };

    let SocketAddr::V4(server) = server else {
        return TcpStream::connect(server);
    };
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    // The port is chosen when the other end is known, and need not be free for all of them.
    setsockopt(&socket, IpBindAddressNoPort, &true)?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(source, 0)))?;
    connect(socket.as_raw_fd(), &SockaddrIn::from(server))?;
    Ok(TcpStream::from(socket))
}

#[cfg(not(target_os = "linux"))]
fn connect(_: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(server)
}

/// Opens WebSockets that have had their welcome.
pub(crate) struct Greeter<'a> {
    dialler: Dialler,
    address: &'a str,
    tokens: &'a [String],
    topics: &'a str,
}

impl<'a> Greeter<'a> {
    /// Clients that subscribe to `topics`, the JSON of a hello's member; users take turns.
    pub(crate) fn new(address: &'a str, tokens: &'a [String], topics: &'a str) -> Result<Self, Failure> {
        Ok(Self { dialler: Dialler::new(address)?, address, tokens, topics })
    }

    /// Opens the next one; gives how many bytes it has read behind the handshake.
    ///
    /// # Errors
    /// - The server refuses the handshake or the hello; says with which words.
    pub(crate) fn greet(&mut self) -> Result<(TcpStream, u64), Failure> {
        let mut stream = self.dialler.dial()?;
        let number = self.dialler.dialled;
        let mut answer = [0_u8; LOOKED_AT];
        stream.write_all(handshake(self.address).as_bytes())?;
        let length = stream.read(&mut answer)?;
        let head = String::from_utf8_lossy(&answer[..length]);
        if !head.starts_with("HTTP/1.1 101 ") || !head.ends_with("\r\n\r\n") {
            return Err(format!("the server refused handshake {number}: {head}").into());
        }
        let token = &self.tokens[number as usize % self.tokens.len()];
        stream.write_all(&masked_text(&self.hello(token, number)))?;
        let length = stream.read(&mut answer)?;
        let welcome = String::from_utf8_lossy(&answer[..length]);
        if !welcome.contains("\"type\":\"rt.welcome\"") {
            return Err(format!("the server refused hello {number}: {welcome}").into());
        }
        Ok((stream, length as u64))
    }

    fn hello(&self, token: &str, number: u32) -> String {
        // A name of its own for each: of two with one name the newer would take the other's place.
        let instance = format!("{:016x}{number:016x}", self.dialler.beginning);
        format!(
            "{{\"type\":\"rt.hello\",\"version\":1,\"token\":\"{token}\",\"instance\":\"{instance}\",\"link\":1,\
             \"heartbeat_ms\":60000,\"client\":{{\"name\":\"steadfast-load\",\"version\":\"1\",\"platform\":\"raw\"}},\
             \"topics\":{}}}",
            self.topics
        )
    }
}

fn handshake(address: &str) -> String {
    format!(
        "GET /api/v1/notifications/ws HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: steadfast.v1\r\n\r\n"
    )
}

/// A client's text message with a mask of zeros, which leaves the text as it is.
pub(crate) fn masked_text(text: &str) -> Vec<u8> {
    const TEXT: u8 = 0x81;
    const MASKED: u8 = 0x80;
    let mut frame = vec![TEXT];
    match (u8::try_from(text.len()), u16::try_from(text.len())) {
        (Ok(short @ 0..126), _) => frame.push(MASKED | short),
        (_, Ok(medium)) => {
            frame.push(MASKED | 126);
            frame.extend(medium.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(MASKED | 127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_many_and_none_is_a_networks_own() {
        assert_eq!(address(0), Ipv4Addr::new(127, 1, 0, 1));
        assert_eq!(address(253), Ipv4Addr::new(127, 1, 0, 254));
        assert_eq!(address(254), Ipv4Addr::new(127, 1, 1, 1));
        assert_eq!(address(254 * 256 * 254 - 1), Ipv4Addr::new(127, 254, 255, 254));
        assert_eq!(address(254 * 256 * 254), address(0));
    }

    #[test]
    fn a_masked_text_has_its_length_before_the_mask() {
        assert_eq!(masked_text("ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(masked_text(&"x".repeat(126))[..4], [0x81, 0xFE, 0, 126]);
        assert_eq!(masked_text(&"x".repeat(65_536))[..10], [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
