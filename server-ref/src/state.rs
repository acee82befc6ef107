//! What every route of the server shares.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::response::Response;
use http::{Extensions, StatusCode};
use steadfast_core::{ErrorCode, WireError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::admission::{Admission, ConnectionGuard, FULL_RETRY_AFTER_MS, Refused};
use crate::answer::{error_response, refused_response};
use crate::api_keys::ApiKeys;
use crate::audit::{Audit, Entrance};
use crate::auth::{AuthError, Authenticator, Principal};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::draining::Draining;
use crate::metrics::{HandshakeRefusal, Metrics};

/// What every route of the server shares: its configuration, and what is made of it once at the start.
#[derive(Debug)]
pub struct ServerState {
    /// The configuration, checked.
    pub config: Config,
    /// The clock; every time that a pure part is given comes from it.
    pub clock: Clock,
    /// Who may open a WebSocket now.
    pub admission: Admission,
    /// The server's phase.
    pub draining: Draining,
    /// What the server counts.
    pub metrics: Metrics,
    /// The keys of backends.
    pub api_keys: ApiKeys,
    authenticator: Authenticator,
    exchanges: Arc<Semaphore>,
}

impl ServerState {
    /// Checks the configuration and makes the state of it.
    ///
    /// # Errors
    /// - [`ConfigError::OutOfRange`]: a number lies outside of its range, or the cap of connections is not
    ///   safely below the process's limit of open files.
    /// - [`ConfigError::Invalid`]: a value is missing, does not fit another, or is no key of its algorithm.
    pub fn new(config: Config) -> Result<Arc<Self>, ConfigError> {
        config.validate()?;
        let clock = Clock::start();
        let cap = config.limits.connection_cap(open_file_limit())?;
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(&config.auth)?,
            api_keys: ApiKeys::new(&config.api_keys)?,
            exchanges: Arc::new(Semaphore::new(config.limits.max_exchanges as usize)),
            admission: Admission::new(cap, config.limits.handshakes_per_second, clock.monotonic()),
            draining: Draining::default(),
            metrics: Metrics::new(),
            clock,
            config,
        }))
    }

    /// Verifies a client's token now, counts a failure and writes the audit line.
    ///
    /// # Errors
    /// - [`AuthError::TokenExpired`]: the token was good, but its life is over.
    /// - [`AuthError::Unauthorized`]: the token is not one that this server accepts.
    pub fn authenticate(
        &self,
        token: &str,
        entrance: Entrance,
        peer: Option<SocketAddr>,
    ) -> Result<Principal, AuthError> {
        let result = self.authenticator.verify(token, self.clock.now().wall_millis);
        match &result {
            Ok(principal) => Audit::authentication_accepted(principal, entrance, peer),
            Err(error) => {
                self.metrics.authentication_failed(*error);
                Audit::authentication_refused(*error, entrance, peer);
            }
        }
        result
    }

    /// Takes a place for one WebSocket, before the upgrade.
    ///
    /// # Errors
    /// - The answer to give instead, 503 with `Retry-After`: the server is full, or handshakes come too fast.
    pub fn admit(&self) -> Result<ConnectionGuard, Box<Response>> {
        self.admission.admit(self.clock.monotonic()).map_err(|refused| {
            self.metrics.handshake_refused(match refused {
                Refused::Full => HandshakeRefusal::Full,
                Refused::TooFast { .. } => HandshakeRefusal::TooFast,
            });
            Box::new(refused_response(refused))
        })
    }

    /// Takes a place for one exchange, before its body is read; dropping it makes the place free.
    ///
    /// # Errors
    /// - The answer to give instead, 503 with `Retry-After`: as many are under way as the server takes.
    pub fn admit_exchange(&self) -> Result<OwnedSemaphorePermit, Box<Response>> {
        Arc::clone(&self.exchanges).try_acquire_owned().map_err(|_| {
            self.metrics.exchange_refused();
            let message = "as many exchanges are under way as the server takes; retry later";
            let retry_after_ms = Some(FULL_RETRY_AFTER_MS);
            let error = WireError { retry_after_ms, ..WireError::new(ErrorCode::Unavailable, message, true) };
            Box::new(error_response(StatusCode::SERVICE_UNAVAILABLE, &error))
        })
    }
}

/// The address that a request came from, where the server knows it.
pub fn peer_of(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

/// The process's limit of open files, raised as far as the system lets it; `None` where it is unlimited or
/// not known.
#[cfg(unix)]
fn open_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(not(unix))]
fn open_file_limit() -> Option<u64> {
    None
}
