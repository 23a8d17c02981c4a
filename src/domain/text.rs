//! Text that came from elsewhere, made harmless for a terminal and short enough to read.

/// Replaces every control character (escape sequences, bidirectional overrides, line breaks) by a visible mark, so
/// that a name or message from a server can neither move the cursor nor forge a line.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' | '\r' => ' ',
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Cuts a text to at most `limit` characters, and says with an ellipsis that it was cut.
#[must_use]
pub fn shortened(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A server's message as it may be shown: visible characters only, at most 600 of them.
#[must_use]
pub fn from_server(text: &str) -> String {
    shortened(visible(text).trim(), 600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_driven_by_a_server() {
        assert_eq!(visible("a\u{1b}[2Jb\r\nc\u{202e}d"), "a\u{fffd}[2Jb  c\u{fffd}d");
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(shortened("abcd", 4), "abcd");
        assert_eq!(from_server(&"x".repeat(1_000_000)).chars().count(), 600);
    }
}
