//! Sentences as wide as the terminal at most: broken between words, never within a name that somebody will copy.

/// The text after `lead`, in lines of at most `width` characters; the second and later ones are indented by `indent`. A
/// longer word stands alone. Without a width it is one line.
#[must_use]
pub fn hanging(lead: &str, text: &str, indent: usize, width: Option<u16>) -> String {
    let width = width.map_or(usize::MAX, usize::from);
    let mut lines = vec![lead.to_owned()];
    let mut used = lead.chars().count();
    let mut first = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if first || used + 1 + length <= width => {
                if !first {
                    line.push(' ');
                    used += 1;
                }
                line.push_str(word);
                used += length;
            }
            _ => {
                lines.push(" ".repeat(indent) + word);
                used = indent + length;
            }
        }
        first = false;
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_hang_under_their_lead() {
        assert_eq!(hanging("seen: ", "one, two, three", 6, Some(16)), "seen: one, two,\n      three");
        assert_eq!(hanging("seen: ", "one, two, three", 6, None), "seen: one, two, three");
    }

    #[test]
    fn a_word_longer_than_the_terminal_stays_whole() {
        assert_eq!(hanging("  ", "a kv-prod/st-connection b", 2, Some(10)), "  a\n  kv-prod/st-connection\n  b");
    }
}
