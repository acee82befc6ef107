//! Figures with their spread, in columns.

/// The lowest, middle and highest of some measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) lowest: f64,
    pub(crate) median: f64,
    pub(crate) highest: f64,
}

impl Spread {
    /// Of at least one measurement.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        Self { lowest: at(0), median: at(figures.len() / 2), highest: at(figures.len().saturating_sub(1)) }
    }

    /// `median (lowest–highest)`.
    pub(crate) fn text(self, decimals: usize) -> String {
        format!("{:.decimals$} ({:.decimals$}–{:.decimals$})", self.median, self.lowest, self.highest)
    }
}

/// Prints a title, column heads and rows.
pub(crate) fn print(title: &str, heads: &[&str], rows: &[Vec<String>]) {
    println!("\n{title}");
    for line in lines(heads, rows) {
        println!("  {line}");
    }
}

fn lines(heads: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        padded.collect::<Vec<_>>().join("   ")
    };
    let rows = rows.iter().map(|row| row.iter().map(String::as_str).collect());
    std::iter::once(heads.to_vec()).chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_an_odd_number_has_its_middle() {
        let spread = Spread::of([3.0, 1.0, 2.0, 9.0, 4.0]);
        assert_eq!(spread, Spread { lowest: 1.0, median: 3.0, highest: 9.0 });
        assert_eq!(spread.text(1), "3.0 (1.0–9.0)");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["1".to_owned(), "long".to_owned()], vec!["100".to_owned(), "–".to_owned()]];
        assert_eq!(lines(&["n", "what"], &rows), ["  n   what", "  1   long", "100      –"]);
    }
}
