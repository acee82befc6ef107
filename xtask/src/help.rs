//! What the commands take and do, as `--help` tells it.

use std::fmt::Write as _;

/// A command as a person reads of it.
struct Command {
    name: &'static str,
    takes: &'static str,
    /// Line by line.
    does: &'static [&'static str],
}

const COMMANDS: [Command; 9] = [
    Command {
        name: "demo",
        takes: "[--for SECONDS] [--seed NUMBER] [--listen ADDRESS] [--no-page | --page FOLDER]",
        does: &[
            "builds all, starts the server, a feed that plays an operations centre and a hospital, colleagues, and a tail,",
            "and serves two dashboards; says where, and what to try. Ctrl-C ends it; so does the time given with --for.",
            "--no-page goes without the dashboards, which need Node; --page serves another page that is built already.",
        ],
    },
    Command {
        name: "test",
        takes: "",
        does: &[
            "all tests: the workspace, the core as wasm under Node, the size of the core as wasm, the house rules, and the",
            "npm package against the real server, in Chromium, Firefox and WebKitGTK too; on Debian root gets those that are",
            "missing installed. STEADFAST_BROWSERS=none leaves the browsers out.",
        ],
    },
    Command {
        name: "npm",
        takes: "",
        does: &["builds the npm package: the core as wasm, JavaScript, types, and weighs its entries."],
    },
    Command {
        name: "fuzz",
        takes: "[--minutes NUMBER] [TARGET]...",
        does: &[
            "random inputs at each target of fuzz/, or at these, for so many minutes each (1). Needs a nightly compiler.",
        ],
    },
    Command {
        name: "sim",
        takes: "[--seeds N] [--from S] [--trace SEED] [--faults [NAME]...]",
        does: &[
            "the real client against the real server in one hostile virtual world: plays N seeds, or prints all that",
            "happens in one. A failure says which invariant does not hold, and what has to go wrong for that.",
            "With --faults: makes deliberate faults in client and server, and says which invariant shows each, after how many seeds.",
        ],
    },
    Command {
        name: "replay",
        takes: "FILE",
        does: &[
            "prints what happened to a client, from a file with its debug report, and checks that it happens again.",
        ],
    },
    Command {
        name: "bench",
        takes: "[--quick] [fan-out] [memory] [client] [browser [--write]]",
        does: &[
            "builds for release and measures on this machine: a broadcast beside a bare loop of write(), the memory of an",
            "idle connection, the native client beside a bare WebSocket loop, and in Chromium the npm package beside a bare",
            "WebSocket, centrifuge-js and socket.io-client. docs/benchmarks.md says how to read it; --write puts the",
            "browser's table there.",
        ],
    },
    Command {
        name: "storm",
        takes: "[--seed NUMBER]",
        does: &[
            "simulates 12,500 and 1,000,000 clients that come back after outages and drains, beside other libraries'",
            "formulas, and writes docs/storm.svg and the table of docs/storm.md.",
        ],
    },
    Command {
        name: "size",
        takes: "",
        does: &["builds the core as wasm with a driver of stubs and weighs it."],
    },
];

impl Command {
    /// `name OPTIONS`, and below it what that does.
    fn usage(&self, indent: &str) -> String {
        let mut text = [self.name, self.takes].join(" ").trim_end().to_owned();
        for line in self.does {
            let _ = write!(text, "\n{indent}{line}");
        }
        text
    }
}

/// The text for all commands.
pub(crate) fn all() -> String {
    let mut text = "cargo xtask COMMAND\n".to_owned();
    for command in &COMMANDS {
        let _ = write!(text, "\n  {}", command.usage("        "));
    }
    text + "\n  help\n        this text; `--help` or `-h` behind a command: what that one takes."
}

/// The text for a command whose arguments ask for it; `None` where they do not, or where there is no such command.
pub(crate) fn asked(command: &str, arguments: &[String]) -> Option<String> {
    let is_asked = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let command = COMMANDS.iter().find(|known| is_asked && known.name == command)?;
    Some(format!("cargo xtask {}", command.usage("  ")))
}

/// All commands in a row: `demo, test, … and help`.
pub(crate) fn names() -> String {
    let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    format!("{} and help", names.join(", "))
}
