//! The plot: a row for each kind of client, a column for each scenario, requests a second over time.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::contender::Contender;
use crate::report::{Measured, grouped};
use crate::scenario::Scenario;
use crate::world::Size;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Two colours that differ in brightness too (Okabe and Ito's): the largest world behind, the smaller before it.
const COLOURS: [RGBColor; 2] = [RGBColor(86, 180, 233), RGBColor(213, 94, 0)];
const INK: RGBColor = RGBColor(40, 40, 40);
const LINES: RGBColor = RGBColor(225, 225, 225);
/// The bottom of the scale; a second without a request is not drawn.
const FLOOR: f64 = 0.7;
const CELL: (u32, u32) = (262, 150);
const LEFT: u32 = 168;
const TOP: u32 = 124;
const BOTTOM: u32 = 56;

/// Draws all runs into an SVG file. Sizes are drawn from the largest to the smallest; at most two.
///
/// # Errors
/// - The file cannot be written.
pub fn draw(measured: &[Measured], file: &Path) -> Result<(), Box<dyn Error>> {
    let rows = ordered(measured, |one| one.contender);
    let columns = ordered(measured, |one| one.scenario);
    let mut sizes = ordered(measured, |one| one.size);
    sizes.sort_by_key(|size| std::cmp::Reverse(size.clients));
    let width = LEFT + CELL.0 * columns.len() as u32 + 16;
    let height = TOP + CELL.1 * rows.len() as u32 + BOTTOM;
    let top = measured.iter().map(|one| one.run.curve.peak().1).max().unwrap_or(1).max(10);
    let root = SVGBackend::new(file, (width, height)).into_drawing_area();
    root.fill(&WHITE)?;
    legend(&root, &sizes, width)?;
    for (row, contender) in rows.iter().enumerate() {
        for (column, scenario) in columns.iter().enumerate() {
            let place = (LEFT + CELL.0 * column as u32, TOP + CELL.1 * row as u32);
            let area = root.clone().shrink(place, CELL);
            let runs: Vec<&Measured> =
                sizes.iter().filter_map(|size| find(measured, *contender, *scenario, *size)).collect();
            let edge = Edge { left: column == 0, bottom: row + 1 == rows.len() };
            cell(&area, &runs, *scenario, f64::from(top) * 2.0, &edge)?;
        }
        let middle = (TOP + CELL.1 * row as u32 + CELL.1 / 2) as i32;
        for (line, part) in contender.name().split(", ").enumerate() {
            let style = text(15, HPos::Left).color(&INK);
            root.draw(&Text::new(part.to_owned(), (12, middle - 10 + 18 * line as i32), style))?;
        }
    }
    for (column, scenario) in columns.iter().enumerate() {
        let middle = (LEFT + CELL.0 * column as u32 + CELL.0 / 2 + 16) as i32;
        for (line, part) in halves(scenario.name()).into_iter().enumerate() {
            let style = text(14, HPos::Center).color(&INK);
            root.draw(&Text::new(part, (middle, TOP as i32 - 32 + 16 * line as i32), style))?;
        }
    }
    root.present()?;
    Ok(())
}

/// Which edges of the whole a cell lies on: there it says what its axes are.
struct Edge {
    left: bool,
    bottom: bool,
}

fn legend(root: &Area<'_>, sizes: &[Size], width: u32) -> Result<(), Box<dyn Error>> {
    let title = "Coming back after an outage: handshakes and polls that arrive each second";
    root.draw(&Text::new(title, (12, 14), text(22, HPos::Left).color(&INK)))?;
    let mut left = 12;
    for (size, colour) in sizes.iter().zip(COLOURS) {
        root.draw(&Rectangle::new([(left, 50), (left + 18, 62)], colour.mix(0.75).filled()))?;
        let capacity = u64::from(size.pods) * size.handshakes_per_second;
        let words = format!(
            "{} clients on {} pods; the line: {} handshakes a second, which they take",
            grouped(u64::from(size.clients)),
            size.pods,
            grouped(capacity)
        );
        root.draw(&Text::new(words, (left + 26, 50), text(14, HPos::Left).color(&INK)))?;
        left += (width as i32 - 24) / 2;
    }
    Ok(())
}

fn cell(
    area: &Area<'_>,
    runs: &[&Measured],
    scenario: Scenario,
    top: f64,
    edge: &Edge,
) -> Result<(), Box<dyn Error>> {
    let seconds = scenario.seconds() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(4)
        .margin_right(8)
        .set_label_area_size(LabelAreaPosition::Left, 34)
        .set_label_area_size(LabelAreaPosition::Bottom, 20)
        .build_cartesian_2d(0.0..seconds, (FLOOR..top).log_scale())?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT)
        .bold_line_style(LINES)
        .axis_style(INK.mix(0.5))
        .x_labels(5)
        .y_labels(4)
        .x_label_formatter(&|second| format!("{second:.0} s"))
        .y_label_formatter(&power)
        .label_style(text(11, HPos::Left).color(&INK))
        .draw()?;
    for (one, colour) in runs.iter().zip(COLOURS) {
        let (fill, line) = (colour.mix(0.75).filled(), colour.stroke_width(1));
        for outline in outlines(one.run.curve.seconds()) {
            chart.draw_series([Polygon::new(outline, fill)])?;
        }
        let capacity = f64::from(one.size.pods) * one.size.handshakes_per_second as f64;
        chart.draw_series([PathElement::new(vec![(0.0, capacity), (seconds, capacity)], line)])?;
    }
    let (width, height) = area.dim_in_pixel();
    if edge.bottom {
        let place = (width as i32 / 2 + 16, height as i32 + 8);
        let words = "time after the event";
        area.draw(&Text::new(words, place, text(12, HPos::Center).color(&INK)))?;
    }
    if edge.left {
        let style = text(11, HPos::Center).transform(FontTransform::Rotate270).color(&INK);
        area.draw(&Text::new("requests / s (log)", (-24, height as i32 / 2), style))?;
    }
    Ok(())
}

/// The steps of a curve as polygons down to the floor, one for each stretch without an empty second.
fn outlines(seconds: &[u32]) -> Vec<Vec<(f64, f64)>> {
    let mut all = Vec::new();
    let mut current: Vec<(f64, f64)> = Vec::new();
    for (second, &count) in seconds.iter().chain([&0]).enumerate() {
        let (from, value) = (second as f64, f64::from(count));
        match (current.last().copied(), count) {
            (None, 0) => {}
            (Some(_), 0) => {
                current.push((from, FLOOR));
                all.push(std::mem::take(&mut current));
            }
            (last, _) => {
                if last.is_none() {
                    current.push((from, FLOOR));
                }
                current.extend([(from, value), (from + 1.0, value)]);
            }
        }
    }
    all
}

fn power(value: &f64) -> String {
    let exponent = value.log10().round() as usize;
    ["1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M"].get(exponent).copied().unwrap_or("").to_owned()
}

fn text(size: u32, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().into_text_style(&(1, 1)).pos(Pos::new(horizontal, VPos::Top))
}

/// A name on at most two lines, parted at its comma.
fn halves(name: &str) -> Vec<String> {
    name.splitn(2, ", ").map(str::to_owned).collect()
}

fn find(measured: &[Measured], contender: Contender, scenario: Scenario, size: Size) -> Option<&Measured> {
    measured.iter().find(|one| (one.contender, one.scenario, one.size) == (contender, scenario, size))
}

/// Each value once, in the order of appearance.
fn ordered<T: PartialEq>(measured: &[Measured], of: impl Fn(&Measured) -> T) -> Vec<T> {
    let mut values = Vec::new();
    for value in measured.iter().map(of) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_closed_down_to_the_floor() {
        let outlines = outlines(&[0, 5, 6, 0, 7]);
        let first = vec![(1.0, FLOOR), (1.0, 5.0), (2.0, 5.0), (2.0, 6.0), (3.0, 6.0), (3.0, FLOOR)];
        let second = vec![(4.0, FLOOR), (4.0, 7.0), (5.0, 7.0), (5.0, FLOOR)];
        assert_eq!(outlines, [first, second]);
    }
}
