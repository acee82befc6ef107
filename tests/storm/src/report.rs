//! The table.

use std::fmt::Write as _;

use crate::contender::Contender;
use crate::curve::Back;
use crate::scenario::Scenario;
use crate::world::{Run, Size};

/// One run and what was run.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Whose clients.
    pub contender: Contender,
    /// What happened.
    pub scenario: Scenario,
    /// To how many.
    pub size: Size,
    /// How it went.
    pub run: Run,
}

/// All runs as Markdown: a heading and a table for each scenario and size, in the order of `measured`.
pub fn table(measured: &[Measured]) -> String {
    let mut text = String::new();
    let mut before = None;
    for one in measured {
        if before != Some((one.scenario, one.size)) {
            before = Some((one.scenario, one.size));
            heading(&mut text, one);
        }
        row(&mut text, one);
    }
    text
}

fn heading(text: &mut String, one: &Measured) {
    let Size { clients, pods, handshakes_per_second } = one.size;
    let (clients, handshakes) = (grouped(u64::from(clients)), grouped(handshakes_per_second));
    let name = one.scenario.name();
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = write!(
        text,
        "{gap}**{name}: {clients} clients, {pods} pods of {handshakes} handshakes a second**\n\n\
         | client | cut | busiest second | busiest 0.1 s | requests in all | 50 % back | 99 % back | 100 % back | not back |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
}

fn row(text: &mut String, one: &Measured) {
    let Run { curve, outages } = &one.run;
    let [half, most, all] = outages.clone().over_after([50, 99, 100]).map(back);
    let (second, peak) = curve.peak();
    let _ = writeln!(
        text,
        "| {} | {} | {} (at {second} s) | {} | {} | {half} | {most} | {all} | {} |",
        one.contender.name(),
        grouped(outages.count() as u64),
        grouped(u64::from(peak)),
        grouped(u64::from(curve.peak_slice())),
        grouped(curve.total()),
        grouped(outages.open() as u64),
    );
}

fn back(back: Back) -> String {
    match back {
        Back::After(millis) => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        Back::Never => "never".to_owned(),
        Back::Unbroken => "never away".to_owned(),
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_run_under_a_heading_for_each_case() {
        let size = Size { clients: 1_200, pods: 2, handshakes_per_second: 1_000 };
        let measured: Vec<Measured> = Contender::ALL
            .into_iter()
            .map(|contender| {
                let scenario = Scenario::LongOutage;
                Measured { contender, scenario, size, run: contender.run(size, scenario, 1) }
            })
            .collect();
        let text = table(&measured);
        assert_eq!(text.matches("**All pods killed, back after 60 s: 1,200 clients, 2 pods").count(), 1);
        assert_eq!(text.lines().filter(|line| line.starts_with("| ")).count(), 1 + Contender::ALL.len());
        let seed = text.lines().find(|line| line.contains("ADR-010")).unwrap_or_default();
        assert!(seed.ends_with("| never | never | never | 1,200 |"), "{seed}");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
