//! The programs that are measured, and those that measure, each as a process of its own that ends with this one.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Failure;

/// Limits that a measurement may not run into, and a heartbeat so slow that it does not disturb one. Everything else is
/// the default.
const CONFIG: &str = "\
[limits]
max_connections = 15000
handshakes_per_second = 100000
api_publishes_per_second = 1000000

[heartbeat]
interval_ms = 60000
slack_ms = 60000
";

const LISTENING: &str = "listening on http://";

/// A program that runs until this is dropped.
pub(crate) struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts this program in another role.
    ///
    /// # Errors
    /// - It cannot be started.
    pub(crate) fn own(arguments: &[&str]) -> Result<Self, Failure> {
        Self::start(Command::new(std::env::current_exe()?).args(arguments))
    }

    fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("the program has no input")?;
        let output = child.stdout.take().ok_or("the program has no output")?;
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to it.
    pub(crate) fn tell(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.input, "{line}")?;
        Ok(())
    }

    /// Reads the next line that it prints.
    ///
    /// # Errors
    /// - It has ended; what it died of stands on standard error.
    pub(crate) fn hear(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a program that belongs to the measurement ended too early".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Reads on to the line that says where it listens.
    pub(crate) fn hear_address(&mut self) -> Result<String, Failure> {
        loop {
            if let Some(address) = self.hear()?.strip_prefix(LISTENING) {
                return Ok(address.to_owned());
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says where this program listens, for [`Program::hear_address`].
pub(crate) fn announce(address: std::net::SocketAddr) {
    println!("{LISTENING}{address}");
}

/// The server under measurement, in the development profile.
pub(crate) struct Server {
    program: Program,
    pub(crate) address: String,
    _config: TemporaryFile,
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// - It cannot be started, or ends at once.
    pub(crate) fn start(program: &Path) -> Result<Self, Failure> {
        let config = TemporaryFile::new(CONFIG)?;
        let mut command = Command::new(program);
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--config"]).arg(&config.0);
        // Its warnings about the development profile are known, and its log of 12,500 clients is read by nobody.
        command.stderr(Stdio::null()).env("RUST_LOG", "error");
        let mut program = Program::start(&mut command)
            .map_err(|failure| format!("cannot start {}: {failure}", program.display()))?;
        let address = program.hear_address()?;
        Ok(Self { program, address, _config: config })
    }

    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }
}

struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(text: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("steadfast-load-{}.toml", std::process::id()));
        std::fs::write(&path, text)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // A file left in the temporary folder does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Development tokens of as many users.
///
/// # Errors
/// - The program cannot be started, or prints none.
pub(crate) fn tokens(program: &Path, users: usize) -> Result<Vec<String>, Failure> {
    let token = |number: usize| {
        let user = format!("user-{number}");
        let arguments = ["token", "--dev", "--tenant", "acme", "--user", &user, "--ttl", "2h"];
        let output = Command::new(program).args(arguments).stderr(Stdio::null()).output()?;
        let token = String::from_utf8(output.stdout)?.trim().to_owned();
        if token.is_empty() { Err("the server program prints no token".into()) } else { Ok(token) }
    };
    (0..users).map(token).collect()
}
