//! Programs that the commands run: to their end, or in the background.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Runs a program to its end and shows what it runs.
///
/// # Errors
/// - The program cannot be started, or ends with an exit code other than 0, which becomes the failure's.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = shown(command);
    println!("$ {shown}");
    let status =
        command.status().map_err(|error| Failure::new(format!("cannot start `{shown}`: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure::exit(format!("`{shown}` failed ({status})"), code))
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// - The program cannot be started, or fails; its own words are in the message.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output =
        command.output().map_err(|error| Failure::new(format!("cannot start `{shown}`: {error}")))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("`{shown}` failed ({}): {}", output.status, words.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut shown = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        shown.push(' ');
        shown.push_str(&argument.to_string_lossy());
    }
    shown
}

/// A program in the background; it does not outlive this value.
pub(crate) struct Background {
    name: &'static str,
    child: Child,
}

impl Background {
    /// Starts a program in a process group of its own, so that Ctrl-C reaches it through us alone. Each line that it
    /// prints is given to `on_line`, and `on_end` is called when it prints no more, which is when it has ended.
    ///
    /// # Errors
    /// - The program cannot be started.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        on_line: impl Fn(&str) + Send + Clone + 'static,
        on_end: impl FnOnce() + Send + 'static,
    ) -> Result<Self, Failure> {
        own_group(command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("cannot start the {name}: {error}")))?;
        if let Some(errors) = child.stderr.take() {
            let on_line = on_line.clone();
            thread::spawn(move || relay(errors, &on_line));
        }
        if let Some(words) = child.stdout.take() {
            thread::spawn(move || {
                relay(words, &on_line);
                on_end();
            });
        }
        Ok(Self { name, child })
    }

    /// The process id, for people who want to kill it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it by force and at once.
    pub(crate) fn kill(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
    }

    /// Waits for its end, which must be near.
    pub(crate) fn wait(&mut self) -> Option<ExitStatus> {
        self.child.wait().ok()
    }

    /// Asks it to end, and ends it by force after `patience`.
    pub(crate) fn end(mut self, patience: Duration) {
        ask_to_end(&mut self.child);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        eprintln!("the {} did not end within {} s and is ended by force", self.name, patience.as_secs());
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn relay(words: impl Read, on_line: &impl Fn(&str)) {
    let mut reader = BufReader::new(words);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn ask_to_end(child: &mut Child) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    if let Ok(id) = i32::try_from(child.id()) {
        // Fails only when it has ended already.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
}

#[cfg(not(unix))]
fn ask_to_end(child: &mut Child) {
    let _ = child.kill();
}
