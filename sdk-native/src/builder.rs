use std::fmt;
use std::time::Duration;

use steadfast_core::{ClientInfo, Config, Exhausted, TransportChoice};
use tokio::runtime::Handle;

use crate::client::Client;
use crate::clock::millis;
use crate::driver::Driver;
use crate::endpoint::Endpoint;
use crate::error::BuildError;
use crate::machine::Machine;
use crate::tls::Trust;
use crate::token::{Token, TokenProvider, TokenSource};

/// The options of a [`Client`], made by [`Client::builder`].
///
/// Only a token is needed:
///
/// ```no_run
/// use std::time::Duration;
/// use steadfast::{Client, TransportChoice};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), steadfast::BuildError> {
/// let client = Client::builder("https://alerts.example.org")
///     .token("a JWT")
///     .transport(TransportChoice::Auto)
///     .reconnect_interval(Duration::from_secs(1))
///     .build()?;
/// # drop(client);
/// # Ok(())
/// # }
/// ```
#[must_use = "call `build` to get the client"]
pub struct ClientBuilder {
    url: String,
    token: Option<TokenSource>,
    config: Config,
    trust: Trust,
    start: Start,
    flight_recorder: usize,
}

/// The flight recorder's bytes unless it is told otherwise, and the least with which it is of use.
const RECORDER_BYTES: usize = 256 * 1024;
const LEAST_RECORDER_BYTES: usize = 8 * 1024;

enum Start {
    AtOnce,
    OnConnect,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        let mut config = Config::new("");
        config.client = ClientInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        };
        Self {
            url,
            token: None,
            config,
            trust: Trust::default(),
            start: Start::AtOnce,
            flight_recorder: RECORDER_BYTES,
        }
    }

    /// The bearer token, the same for the client's whole life. When it expires or is refused the client stops.
    pub fn token(mut self, token: impl Into<Token>) -> Self {
        self.token = Some(TokenSource::fixed(token.into()));
        self
    }

    /// Where tokens come from. They are asked for when needed and renewed before they expire, on the live connection.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.token = Some(TokenSource::provider(provider));
        self
    }

    /// Which transports may be used. Default: [`TransportChoice::Auto`].
    pub fn transport(mut self, transport: TransportChoice) -> Self {
        self.config.transport = transport;
        self
    }

    /// What the server's logs call the application. Default: this crate's name and version.
    pub fn application(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.config.client.name = name.into();
        self.config.client.version = version.into();
        self
    }

    /// Does not connect until [`Client::connect`] is called. Default: connects at once.
    pub fn lazy(mut self) -> Self {
        self.start = Start::OnConnect;
        self
    }

    /// Tries again after a connection ends. Default: true. False: the first end stops the client.
    pub fn auto_reconnect(mut self, again: bool) -> Self {
        self.config.auto_reconnect = again;
        self
    }

    /// Gives up after so many attempts in a row that led to no stable connection. Default: `None`, never.
    /// Zero: no second attempt.
    pub fn max_reconnect_attempts(mut self, attempts: impl Into<Option<u32>>) -> Self {
        self.config.max_reconnect_attempts = attempts.into();
        self
    }

    /// What giving up means. Default: [`Exhausted::SlowProbe`].
    pub fn exhausted(mut self, exhausted: Exhausted) -> Self {
        self.config.exhausted = exhausted;
        self
    }

    /// The first window that an attempt's delay is drawn from; it doubles with each. Default: 3 s.
    pub fn reconnect_interval(mut self, interval: Duration) -> Self {
        self.config.reconnect_interval_ms = millis(interval);
        self
    }

    /// The largest such window. Default: 30 s.
    pub fn reconnect_cap(mut self, cap: Duration) -> Self {
        self.config.reconnect_cap_ms = millis(cap);
        self
    }

    /// How long a WebSocket may take to open. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout_ms = millis(timeout);
        self
    }

    /// How long the server's welcome may take after that. Default: 5 s.
    pub fn hello_timeout(mut self, timeout: Duration) -> Self {
        self.config.hello_timeout_ms = millis(timeout);
        self
    }

    /// The heartbeat to ask the server for, from 5 s to 60 s. Default: `None`, the server's own (25 s).
    pub fn heartbeat_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.config.heartbeat_ms = interval.into().map(millis);
        self
    }

    /// Silence allowed beyond the heartbeat before the connection counts as dead. Default: 10 s.
    pub fn heartbeat_slack(mut self, slack: Duration) -> Self {
        self.config.heartbeat_slack_ms = millis(slack);
        self
    }

    /// Polls after so long without a WebSocket, drawn from its upper half. Default: 10 s. Zero: at once.
    pub fn fallback_after(mut self, time: Duration) -> Self {
        self.config.fallback_after_ms = millis(time);
        self
    }

    /// The pause between short polls until the server says otherwise. Default: 5 s.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.config.poll_interval_ms = millis(interval);
        self
    }

    /// Uses long polls where the server offers them. Default: true.
    pub fn long_poll(mut self, long: bool) -> Self {
        self.config.long_poll = long;
        self
    }

    /// How many messages may wait for their result. Default: 256. Beyond it publishing is refused.
    pub fn outbox_messages(mut self, messages: u32) -> Self {
        self.config.outbox.messages = messages;
        self
    }

    /// How many bytes they may have together. Default: 1 MiB. Beyond it publishing is refused.
    pub fn outbox_bytes(mut self, bytes: u64) -> Self {
        self.config.outbox.bytes = bytes;
        self
    }

    /// How long a message may wait for its result. Default: 60 s.
    pub fn message_life(mut self, life: Duration) -> Self {
        self.config.outbox.life_ms = millis(life);
        self
    }

    /// How many unread events a topic may hold. Default: 1,024. Further ones wait at the server. Not zero.
    pub fn buffer_events(mut self, events: u32) -> Self {
        self.config.buffer_events = events;
        self
    }

    /// How many bytes of unread events a topic may hold. Default: 4 MiB. Further ones wait at the server. Not zero.
    pub fn buffer_bytes(mut self, bytes: u64) -> Self {
        self.config.buffer_bytes = bytes;
        self
    }

    /// How many bytes the flight recorder may take: the client's recent inputs without payloads and tokens, for
    /// [`Client::debug_report`]. Default: 256 KiB, some thousands of events. Zero: nothing is recorded. Otherwise at least
    /// 8 KiB. At the limit the oldest third goes.
    pub fn flight_recorder(mut self, bytes: usize) -> Self {
        self.flight_recorder = bytes;
        self
    }

    /// Trusts this certificate (DER) beside those of the system, for a server with a private authority.
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.trust.add(der.into());
        self
    }

    /// Makes the client and, unless [`lazy`](ClientBuilder::lazy), connects it. Must be called inside a tokio runtime
    /// with its I/O and time enabled; the client lives on it.
    ///
    /// # Errors
    /// - [`BuildError::NotAUrl`], [`BuildError::Scheme`], [`BuildError::UserInfo`], [`BuildError::Query`]: the URL is not
    ///   `http(s)://host[:port][/prefix]`.
    /// - [`BuildError::NoToken`]: neither a token nor a provider was given.
    /// - [`BuildError::Option`]: an option's value is out of its range.
    /// - [`BuildError::NoRuntime`]: no tokio runtime is running here.
    /// - [`BuildError::Certificates`]: a certificate to trust is not one, or the system's could not be read.
    /// - [`BuildError::Environment`]: no random bits, or no HTTP client.
    pub fn build(mut self) -> Result<Client, BuildError> {
        let endpoint = Endpoint::parse(&self.url)?;
        let tokens = self.token.take().ok_or(BuildError::NoToken)?;
        self.check_options()?;
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        self.config.instance = random_hex()?;
        let seed = getrandom::u64().map_err(no_random_bits)?;
        let tls = self.trust.tls(endpoint.tls)?;

        let machine = std::sync::Arc::new(Machine::new(self.config, seed, self.flight_recorder));
        let driver = Driver::new(std::sync::Arc::clone(&machine), endpoint, tls, tokens)?;
        if matches!(self.start, Start::AtOnce) {
            // A new machine is open, so the command is not refused.
            let _ = machine.command(|state, now| {
                state.core.connect(now);
                Ok(())
            });
        }
        runtime.spawn(driver.run());
        Ok(Client::new(machine))
    }

    fn check_options(&self) -> Result<(), BuildError> {
        let config = &self.config;
        if config.buffer_events == 0 {
            return Err(BuildError::Option { name: "buffer_events", must_be: "at least 1" });
        }
        if config.buffer_bytes == 0 {
            return Err(BuildError::Option { name: "buffer_bytes", must_be: "at least 1" });
        }
        if config.heartbeat_ms.is_some_and(|heartbeat| !(5_000..=60_000).contains(&heartbeat)) {
            return Err(BuildError::Option { name: "heartbeat_interval", must_be: "from 5 to 60 seconds" });
        }
        if (1..LEAST_RECORDER_BYTES).contains(&self.flight_recorder) {
            return Err(BuildError::Option {
                name: "flight_recorder",
                must_be: "0, or at least 8,192 bytes",
            });
        }
        Ok(())
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may be a bad one that holds a secret.
        formatter.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

/// 128 random bits as text.
fn random_hex() -> Result<String, BuildError> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(no_random_bits)?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn no_random_bits(error: getrandom::Error) -> BuildError {
    BuildError::Environment(format!("no random bits: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use crate::{BuildError, Client};

    #[test]
    fn mistakes_are_told_before_anything_starts() {
        let builder = || Client::builder("http://127.0.0.1:1").token("t");
        assert_eq!(Client::builder("http://127.0.0.1:1").build().unwrap_err(), BuildError::NoToken);
        assert_eq!(Client::builder("127.0.0.1").token("t").build().unwrap_err(), BuildError::NotAUrl);
        assert_eq!(builder().build().unwrap_err(), BuildError::NoRuntime);
        for (builder, name) in [
            (builder().buffer_events(0), "buffer_events"),
            (builder().buffer_bytes(0), "buffer_bytes"),
            (builder().flight_recorder(1), "flight_recorder"),
            (builder().heartbeat_interval(Duration::from_secs(4)), "heartbeat_interval"),
        ] {
            assert!(matches!(builder.build(), Err(BuildError::Option { name: told, .. }) if told == name));
        }
    }
}
