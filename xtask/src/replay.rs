//! `cargo xtask replay`: what happened to a client, from its debug report.

use std::fs;

use steadfast_core::{
    Call, Drained, Input, Moment, Omitted, OutgoingBytes, Output, Recording, Segment, ServerFrame,
};

use crate::failure::Failure;

/// Prints the timeline of the recording in a file, and checks it by replaying.
///
/// # Errors
/// - Not exactly one file is named, or it cannot be read.
/// - It holds no recording, a damaged one, or one of another version.
/// - The replay gives other outputs than were recorded.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let [file] = arguments else {
        return Err(Failure::usage("`replay` takes one file: a debug report"));
    };
    let report =
        fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read {file}: {error}")))?;
    let recording = Recording::find(&report).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    let verdict = print(&recording, &mut |line| println!("{line}"))?;
    println!("{verdict}");
    if verdict.different > 0 {
        return Err(Failure::new("the replay differs from what was recorded; look for `DIFFERENT` above"));
    }
    Ok(())
}

/// What the replay showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    calls: u64,
    drains: u64,
    different: u64,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { calls, drains, different } = self;
        write!(
            formatter,
            "{calls} calls; the outputs were compared {drains} times and differed {different} times"
        )
    }
}

fn print(recording: &Recording, line: &mut dyn FnMut(&str)) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::default();
    line(&format!("recorded by version {}", recording.version));
    if recording.left_out > 0 {
        line(&format!("{} calls did not fit and are in no segment", recording.left_out));
    }
    for (index, segment) in recording.segments.iter().enumerate() {
        let next = recording.segments.get(index + 1).filter(|next| next.follows);
        print_segment(segment, next, &mut verdict, line)?;
    }
    Ok(verdict)
}

fn print_segment(
    segment: &Segment,
    next: Option<&Segment>,
    verdict: &mut Verdict,
    line: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let damaged = |error| Failure::new(format!("{error}"));
    let mut replay = segment.replay::<Omitted>().map_err(damaged)?;
    let mut regions = replay.regions();
    let how = if segment.follows { "goes on" } else { "begins" };
    line(&format!(
        "\n{:>12}  {how} at {} ms since 1970: link {}, fallback {}",
        segment.at.monotonic.as_millis(),
        segment.at.wall_millis,
        regions.0,
        regions.1
    ));
    for moment in &mut replay {
        let moment = moment.map_err(damaged)?;
        verdict.calls += 1;
        print_moment(&moment, regions, verdict, line);
        regions = (moment.link, moment.fallback);
    }
    if next.is_some_and(|next| !replay.leads_to(next)) {
        verdict.different += 1;
        line("              DIFFERENT: the client is not in the state that the next segment begins with");
    }
    Ok(())
}

fn print_moment(
    moment: &Moment<Omitted>,
    before: (&str, &str),
    verdict: &mut Verdict,
    line: &mut dyn FnMut(&str),
) {
    line(&format!("{:>12}  {}", moment.at.monotonic.as_millis(), call(&moment.call)));
    for output in &moment.outputs {
        match output {
            Output::Wait { .. } => {}
            output => line(&format!("              → {}", shown(output))),
        }
    }
    if (moment.link, moment.fallback) != before {
        line(&format!("              = link {}, fallback {}", moment.link, moment.fallback));
    }
    match moment.drained {
        Drained::NotYet => {}
        Drained::Same => verdict.drains += 1,
        Drained::Different => {
            verdict.drains += 1;
            verdict.different += 1;
            line("              DIFFERENT: other outputs were recorded here");
        }
    }
}

fn call(call: &Call<'_, Omitted>) -> String {
    let Call::Input(input) = call else { return format!("{call:?}") };
    match &**input {
        Input::Frame { link, frame: ServerFrame::Event(event) } => format!(
            "event on link {}: slot {}, offset {:?}, {} bytes",
            link.0, event.slot.0, event.offset, event.payload.0
        ),
        Input::Frame { link, frame } => format!("frame on link {}: {frame:?}", link.0),
        input => format!("{input:?}"),
    }
}

fn shown(output: &Output<Omitted>) -> String {
    match output {
        Output::Send { link, bytes } => format!("send on link {}: {}", link.0, frames(bytes)),
        Output::Exchange { exchange, body } => format!("exchange {}: {}", exchange.0, frames(body)),
        output => format!("{output:?}"),
    }
}

/// The types of outgoing frames. Messages of the application are not recorded beyond their length.
fn frames(bytes: &OutgoingBytes) -> String {
    let length = bytes.len();
    let OutgoingBytes::Text(text) = bytes else { return format!("a message of {length} bytes") };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return format!("messages, {length} bytes in all");
    };
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value]);
    let kinds: Vec<&str> = list.iter().filter_map(|frame| frame["type"].as_str()).collect();
    format!("{}, {length} bytes", kinds.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use steadfast_core::{Config, Input, Instant, LinkId, Now, Omitted, Output, Recorder};

    use super::{Verdict, print};

    #[test]
    fn a_timeline_tells_inputs_outputs_and_states() {
        let at = |millis| Now::new(Instant::from_millis(millis), 1_700_000_000_000 + millis);
        let mut client = Recorder::<Omitted>::new(Config::new("i"), 1, at(0), 64 * 1024);
        client.connect(at(5));
        while !matches!(client.poll_output(), Output::Wait { .. }) {}
        client.handle_input(at(17), Input::BadFrame { link: LinkId(3) });
        while !matches!(client.poll_output(), Output::Wait { .. }) {}
        let mut text = String::new();
        let verdict = print(&client.recording(), &mut |line| {
            text.push_str(line);
            text.push('\n');
        });
        assert_eq!(verdict.unwrap(), Verdict { calls: 2, drains: 2, different: 0 });
        for told in ["           5  Connect\n", "→ NeedToken", "= link Authorizing", "          17  BadFrame"]
        {
            assert!(text.contains(told), "{told} is missing: {text}");
        }
    }

    #[test]
    fn a_file_without_a_recording_says_so() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let failure = super::run(&[file.to_owned()]).unwrap_err();
        assert!(failure.to_string().contains("no recording"), "{failure}");
        assert_eq!(super::run(&[]).unwrap_err().code(), 2);
    }
}
