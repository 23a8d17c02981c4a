//! Colours. Each only repeats what the words say.

use anstyle::{AnsiColor, Effects, Style};

/// What is done and well.
pub const GOOD: Style = AnsiColor::Green.on_default();

/// What needs a second look.
pub const CAUTION: Style = AnsiColor::Yellow.on_default();

/// What went wrong, or cannot be undone.
pub const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// The way out.
pub const HINT: Style = AnsiColor::Cyan.on_default();

/// What matters most on a line.
pub const STRONG: Style = Style::new().effects(Effects::BOLD);

/// What matters least on a line.
pub const QUIET: Style = Style::new().effects(Effects::DIMMED);

/// A text in a style. The printer takes the styles out again where nobody can see them.
#[must_use]
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
