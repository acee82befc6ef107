//! The machine: what it is, how busy it is, and how many files a process may open.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Failure;

/// No process opens more files than this, whatever the system allows.
const MOST_FILES: u64 = 20_000;

/// Lets this process and its children open as many files as they may, up to 20,000; gives how many that is.
pub(crate) fn raise_file_limit() -> Result<u64, Failure> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = hard.min(MOST_FILES);
    if soft < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard)?;
    }
    Ok(soft.max(wanted).min(MOST_FILES))
}

/// One line about the machine.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = read_field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {processor}, Linux {}; {}", system.trim(), load())
}

/// How busy the machine is, our own part included.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split(' ').take(3).collect();
    format!("load averages {}", averages.join(" "))
}

/// The resident memory of a process, in bytes.
pub(crate) fn resident(process: u32) -> Result<u64, Failure> {
    let field = read_field(&format!("/proc/{process}/status"), "VmRSS").ok_or("the process has ended")?;
    let kibibytes: u64 = field.trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

/// The time that all threads of a process have run, in nanoseconds.
pub(crate) fn processor_time(process: u32) -> Result<u64, Failure> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread that has ended meanwhile is none that matters here.
        let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += text.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

fn read_field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_process_has_memory_and_has_run() {
        let own = std::process::id();
        assert!(resident(own).unwrap() > 100_000);
        let before = processor_time(own).unwrap();
        assert!(before > 0 && processor_time(own).unwrap() >= before);
    }
}
