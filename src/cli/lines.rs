//! The lines of stdin, read while a request is carried out.

use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes. A plan of thousands of dependents is a few megabytes.
pub(super) const LONGEST: usize = 64 << 20;

/// How many lines may wait to be heard.
const AHEAD: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line, or what came in place of it.
#[derive(Debug)]
pub(super) enum Heard {
    /// The line without its line break. It may hold tokens and certificates, and is wiped.
    Line(Zeroizing<Vec<u8>>),
    /// It was longer than [`LONGEST`], and passed over.
    TooLong,
}

/// Reads on a thread of its own, because a read of stdin cannot be given up: the process just ends around it.
pub(super) fn read(input: impl Read + Send + 'static) -> mpsc::Receiver<Heard> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut input = BufReader::new(input);
        let mut first = true;
        // A read that fails is an end like any other: nobody speaks any more.
        while let Ok(Some(mut heard)) = next(&mut input, LONGEST) {
            if let Heard::Line(line) = &mut heard
                && std::mem::take(&mut first)
                && line.starts_with(BYTE_ORDER_MARK)
            {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            if sender.blocking_send(heard).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line; nothing at the end. The last one needs no line break.
fn next(input: &mut impl BufRead, longest: usize) -> io::Result<Option<Heard>> {
    let mut line = Zeroizing::new(Vec::new());
    let limit = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > longest {
        input.skip_until(b'\n')?;
        return Ok(Some(Heard::TooLong));
    }
    Ok(Some(Heard::Line(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8], longest: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Vec::new();
        while let Some(heard) = next(&mut input, longest).expect("reads") {
            lines.push(match heard {
                Heard::Line(line) => Some(line.to_vec()),
                Heard::TooLong => None,
            });
        }
        lines
    }

    #[test]
    fn lines_end_with_a_break_or_with_the_input() {
        assert_eq!(all(b"a\r\n\nbc", 10), [Some(b"a\r".to_vec()), Some(Vec::new()), Some(b"bc".to_vec())]);
        assert!(all(b"", 10).is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_one_is_heard() {
        assert_eq!(all(b"12345\n123456\n1234567890\nab\n", 5), [Some(b"12345".to_vec()), None, None, Some(b"ab".to_vec())]);
        assert_eq!(all(b"123456", 5), [None]);
    }

    #[test]
    fn a_byte_order_mark_is_taken_off_the_first_line_only() {
        let mut lines = read(&b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n"[..]);
        let mut next = || match lines.blocking_recv() {
            Some(Heard::Line(line)) => line.to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(next(), b"{}");
        assert_eq!(next(), b"\xef\xbb\xbf{}");
    }
}
