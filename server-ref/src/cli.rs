//! The command line: `serve` and `token`.

mod signals;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::{Args, Parser, Subcommand};
use tokio::net::{TcpListener, TcpSocket};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::clock::wall_millis;
use crate::config::{Config, ConfigError};
use crate::dev::DevToken;
use crate::names::{NameError, TenantId, UserId};
use crate::permissions::{Pattern, PatternError};
use crate::serve::{Listeners, serve};
use crate::state::ServerState;
use signals::Signals;

/// Connections that may wait to be accepted; after a restart many come at once.
const BACKLOG: u32 = 4_096;

/// The exit code for a start that cannot succeed as asked.
const CANNOT_START: u8 = 2;

/// Runs the program with these arguments (the first is its name) and gives its exit code.
///
/// `routes` makes the routes of clients and backends. `serve` prints `listening on http://ADDR` on standard
/// output when it is ready, drains on SIGTERM or Ctrl-C and then gives 0; a second signal ends the process at
/// once with 1. What cannot start gives 2 and one sentence on standard error.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    routes: impl FnOnce(&Arc<ServerState>) -> Router,
) -> ExitCode {
    let result = match Cli::try_parse_from(arguments) {
        Ok(Cli { command: Command::Serve(arguments) }) => run_server(&arguments, routes),
        Ok(Cli { command: Command::Token(arguments) }) => print_token(&arguments),
        Err(error) => {
            // Also the way of --help; nobody is left to tell when it cannot be printed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(CANNOT_START));
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics when standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(CANNOT_START)
        }
    }
}

#[derive(Debug, Parser)]
#[command(name = "steadfast-server", version, about = "The Steadfast reference server")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve clients and backends.
    Serve(ServeArguments),
    /// Print a development token.
    Token(TokenArguments),
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Where clients and backends connect [default: the configuration's, 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where /metrics, /livez and /readyz are served instead.
    #[arg(long, value_name = "ADDRESS")]
    internal_listen: Option<SocketAddr>,
    /// The configuration, a TOML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept keys that everyone knows, and pages of localhost. For development alone.
    #[arg(long)]
    dev: bool,
}

#[derive(Debug, Args)]
struct TokenArguments {
    /// Sign with the development key, the only one that this program can sign with.
    #[arg(long, required = true)]
    dev: bool,
    /// The tenant.
    #[arg(long, value_parser = parse_tenant)]
    tenant: TenantId,
    /// The user.
    #[arg(long, value_parser = parse_user)]
    user: UserId,
    /// How long the token lives, such as 30s, 15m or 1h.
    #[arg(long, default_value = "1h", value_parser = parse_life)]
    ttl: Duration,
    /// A pattern of topics to subscribe to; may be repeated.
    #[arg(long, value_name = "PATTERN", default_value = "*", value_parser = parse_pattern)]
    subscribe: Vec<Pattern>,
    /// A pattern of topics to publish to; may be repeated.
    #[arg(long, value_name = "PATTERN", default_value = "*", value_parser = parse_pattern)]
    publish: Vec<Pattern>,
}

/// Why the program cannot do what it was asked.
#[derive(Debug)]
enum StartError {
    Config(ConfigError),
    Log(String),
    Listen(SocketAddr, io::Error),
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => write!(formatter, "the configuration cannot be used: {error}"),
            Self::Log(error) => write!(formatter, "RUST_LOG cannot be used: {error}"),
            Self::Listen(address, error) => write!(
                formatter,
                "cannot listen on {address}: {error}; stop what listens there, or choose another address"
            ),
            Self::System(error) => write!(formatter, "the system does not let the server start: {error}"),
        }
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

fn run_server(
    arguments: &ServeArguments,
    routes: impl FnOnce(&Arc<ServerState>) -> Router,
) -> Result<(), StartError> {
    start_log()?;
    let dev = arguments.dev;
    let state = ServerState::new(configuration(arguments)?)?;
    if dev {
        warn_of_dev();
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(StartError::System)?;
    runtime.block_on(async {
        let mut signals = Signals::listen().map_err(StartError::System)?;
        let public = listen(state.config.listen)?;
        let internal = state.config.internal_listen.map(listen).transpose()?;
        let routes = routes(&state);
        announce(&public, internal.as_ref()).map_err(StartError::System)?;
        let listeners = Listeners { public, internal };
        serve(Arc::clone(&state), routes, listeners, async move {
            signals.next().await;
            tokio::spawn(async move {
                signals.next().await;
                tracing::warn!("second signal: ending at once");
                std::process::exit(1);
            });
        })
        .await;
        Ok(())
    })
}

fn configuration(arguments: &ServeArguments) -> Result<Config, ConfigError> {
    let mut config = match &arguments.config {
        Some(path) => Config::load(path)?,
        None if arguments.dev => Config::dev(),
        None => Config::default(),
    };
    if arguments.dev && arguments.config.is_some() {
        config.add_dev_access();
    }
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.internal_listen = arguments.internal_listen.or(config.internal_listen);
    Ok(config)
}

fn start_log() -> Result<(), StartError> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let filter = filter.from_env().map_err(|error| StartError::Log(error.to_string()))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // An error means that the caller of `run` has a log of its own, which is kept.
    let _ = log.try_init();
    Ok(())
}

fn warn_of_dev() {
    // Not through the log, whose filter could hide it.
    let _ = writeln!(
        io::stderr(),
        "\n*** DEVELOPMENT MODE: everyone knows the keys of this server. ***\n\
         *** Whoever reaches it can read and publish everything.       ***\n"
    );
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let listening = socket.and_then(|socket| {
        // A restarted server must get its port back while old connections linger.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    listening.map_err(|error| StartError::Listen(address, error))
}

/// Says on standard output, in one line, that the server is ready. A closed standard output keeps nobody from
/// serving.
fn announce(public: &TcpListener, internal: Option<&TcpListener>) -> io::Result<()> {
    if let Some(internal) = internal {
        tracing::info!(address = %internal.local_addr()?, "metrics and probes");
    }
    let address = public.local_addr()?;
    let mut output = io::stdout().lock();
    if writeln!(output, "listening on http://{address}").and_then(|()| output.flush()).is_err() {
        tracing::warn!(%address, "listening, but standard output is closed");
    }
    Ok(())
}

fn print_token(arguments: &TokenArguments) -> Result<(), StartError> {
    writeln!(io::stdout(), "{}", token_of(arguments)).map_err(StartError::System)
}

fn token_of(arguments: &TokenArguments) -> String {
    let life = u64::try_from(arguments.ttl.as_millis()).expect("the argument's range ends at a year");
    let token = DevToken {
        tenant: arguments.tenant.clone(),
        user: arguments.user.clone(),
        subscribe: arguments.subscribe.clone(),
        publish: arguments.publish.clone(),
        // Rounded up to whole seconds, so that a token lives at least as long as was asked.
        expires_at: (wall_millis() + life).div_ceil(1_000),
    };
    token.sign()
}

fn parse_tenant(text: &str) -> Result<TenantId, NameError> {
    TenantId::parse(text)
}

fn parse_user(text: &str) -> Result<UserId, NameError> {
    UserId::parse(text)
}

fn parse_pattern(text: &str) -> Result<Pattern, PatternError> {
    Pattern::parse(text)
}

fn parse_life(text: &str) -> Result<Duration, String> {
    let life = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match life.as_secs() {
        1..=31_536_000 => Ok(life),
        _ => Err("a token lives from 1s to 365d".to_owned()),
    }
}
