//! Tables without lines, as wide as the terminal at most.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table as Grid};

use crate::domain::text::visible;

use super::style::{BAD, STRONG, paint};

/// A table that is filled row by row.
#[derive(Debug)]
pub struct Table {
    grid: Grid,
}

impl Table {
    /// A table with these column titles. Without a width, lines are as long as they need to be.
    #[must_use]
    pub fn new(titles: &[&str], width: Option<u16>) -> Self {
        let mut grid = Grid::new();
        grid.load_style(NOTHING).set_header(titles.to_vec());
        if let Some(width) = width {
            grid.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        Self { grid }
    }

    /// Adds a row. Names come from servers, so control characters are replaced here.
    pub fn row<I: IntoIterator<Item = S>, S: AsRef<str>>(&mut self, cells: I) -> &mut Self {
        let cells: Vec<String> = cells.into_iter().map(|cell| visible(cell.as_ref())).collect();
        self.grid.add_row(cells);
        self
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grid.is_empty()
    }

    /// The lines, titles first.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.grid.lines().enumerate().map(|(position, line)| {
            let line = line.trim_end();
            if position == 0 { paint(STRONG, line) } else { line.replacen(" ! ", &format!(" {} ", paint(BAD, "!")), 1) }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table) -> String {
        anstream::adapter::strip_str(&table.text()).to_string()
    }

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::new(&["slot", "age"], None);
        table.row(["key1", "212d"]).row(["key2", "-"]);
        assert_eq!(plain(&table), " slot  age\n key1  212d\n key2  -");
    }

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        let mut table = Table::new(&["name"], None);
        table.row(["a\u{1b}[2Jb\nc"]);
        assert_eq!(plain(&table), " name\n a\u{fffd}[2Jb c");
    }

    #[test]
    fn a_narrow_terminal_wraps_within_the_column() {
        let mut table = Table::new(&["name", "why"], Some(24));
        table.row(["ml-a", "one two three four five six"]);
        assert!(plain(&table).lines().all(|line| line.chars().count() <= 24), "{}", plain(&table));
    }
}
