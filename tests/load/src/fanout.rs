//! What a broadcast takes: from a publish over HTTP to the last byte read, beside a bare loop of `write()`.

use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::broadcast::{Other, Side};
use crate::plan::Plan;
use crate::process::{Program, Server, tokens};
use crate::system::processor_time;
use crate::table::{self, Spread};

/// The users whose clients the connections are.
const USERS: usize = 50;

/// Files that a process has open beside its connections.
const OTHER_FILES: u64 = 300;

/// Measures a broadcast to each number of connections, and prints the table.
pub(crate) fn measure(server: &Path, plan: &Plan, files: u64) -> Result<(), Failure> {
    let tokens = tokens(server, USERS)?;
    let mut rows = Vec::new();
    for &connections in plan.fan_out {
        if connections as u64 + OTHER_FILES > files {
            println!(
                "left out: {connections} connections, for a process may open only {files} files (ulimit -n)"
            );
            continue;
        }
        rows.push(Row::measure(server, &tokens, connections, plan.broadcasts)?.cells());
    }
    table::print(
        &format!(
            "Fan-out: publish to last byte in milliseconds, median of {} (lowest–highest)",
            plan.broadcasts
        ),
        &[
            "connections",
            "bytes",
            "server",
            "bare write()",
            "ratio",
            "pairwise",
            "server CPU µs each",
            "bare CPU",
            "ratio",
        ],
        &rows,
    );
    Ok(())
}

struct Row {
    connections: usize,
    frame_bytes: u32,
    server: Vec<Sample>,
    bare: Vec<Sample>,
}

/// One broadcast.
struct Sample {
    took: Duration,
    /// What the sending process ran meanwhile, in nanoseconds.
    processor: u64,
}

impl Row {
    fn measure(
        server: &Path,
        tokens: &[String],
        connections: usize,
        broadcasts: usize,
    ) -> Result<Self, Failure> {
        let server = Server::start(server)?;
        let mut bare = Program::own(&["bare"])?;
        let (address, tokens) = (server.address.clone(), tokens.to_vec());
        let mut to_server = Side::start(&Other::Server { address, connections, tokens })?;
        let frame_bytes = to_server.frame_bytes;
        let address = bare.hear_address()?;
        let mut to_bare = Side::start(&Other::Bare { address, connections, frame_bytes })?;
        let mut row = Self { connections, frame_bytes, server: Vec::new(), bare: Vec::new() };
        // In turn, so that what else the machine does meets both alike.
        for _ in 0..broadcasts {
            row.server.push(Sample::take(&mut to_server, server.id())?);
            row.bare.push(Sample::take(&mut to_bare, bare.id())?);
        }
        Ok(row)
    }

    fn cells(&self) -> Vec<String> {
        let millis =
            |samples: &[Sample]| Spread::of(samples.iter().map(|sample| sample.took.as_secs_f64() * 1e3));
        let processor = |samples: &[Sample]| {
            Spread::of(samples.iter().map(|sample| sample.processor as f64 / 1e3 / self.connections as f64))
        };
        let pairs = self.server.iter().zip(&self.bare);
        let pairwise =
            Spread::of(pairs.map(|(server, bare)| server.took.as_secs_f64() / bare.took.as_secs_f64()));
        let (server, bare) = (millis(&self.server), millis(&self.bare));
        let (server_processor, bare_processor) = (processor(&self.server), processor(&self.bare));
        vec![
            self.connections.to_string(),
            self.frame_bytes.to_string(),
            server.text(2),
            bare.text(2),
            format!("{:.2}", server.median / bare.median),
            pairwise.text(2),
            format!("{:.2}", server_processor.median),
            format!("{:.2}", bare_processor.median),
            format!("{:.2}", server_processor.median / bare_processor.median),
        ]
    }
}

impl Sample {
    fn take(side: &mut Side, process: u32) -> Result<Self, Failure> {
        side.settle()?;
        let before = processor_time(process)?;
        let took = side.broadcast()?;
        Ok(Self { took, processor: processor_time(process)?.saturating_sub(before) })
    }
}
