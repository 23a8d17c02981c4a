//! Cuts secrets out of what services say: they sometimes repeat what they were sent.

/// A storage key has 86 characters before its padding, a signature 43. Shorter runs are words.
const SHORTEST: usize = 40;

/// How `+`, `/` and `=` are written where they would mean something else: in a query, in JSON, in a query within a query.
const ESCAPES: [(&str, char); 10] = [
    ("%2b", '+'),
    ("%2f", '/'),
    ("%3d", '='),
    ("%252b", '+'),
    ("%252f", '/'),
    ("%253d", '='),
    ("\\u002b", '+'),
    ("\\u002f", '/'),
    ("\\u003d", '='),
    ("\\/", '/'),
];

/// Replaces what looks like a storage key, a signature or a token.
pub(super) fn without_secrets(message: &str) -> String {
    without_runs(&without_tokens(message))
}

/// Replaces words with a signature in their query, and JSON Web Tokens.
fn without_tokens(message: &str) -> String {
    let mut clean = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_of_a_token) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_of_a_token(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        clean.push_str(before);
        clean.push_str(if word.contains("sig=") || has_web_token(word) { "…" } else { word });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// With the backslash that a sign may be escaped with, so that a signature is not left from there on.
fn is_of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=%_.-&?\\".contains(c)
}

/// `{"` in base64, where something begins.
fn has_web_token(word: &str) -> bool {
    word.match_indices("eyJ").any(|(at, _)| !word[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Replaces runs of base64 that are as long as a secret, and leaves what stands around them.
fn without_runs(message: &str) -> String {
    let mut clean = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let run = Run::at(rest);
        let bytes = match run.bytes {
            0 => symbol(rest).map_or(first.len_utf8(), |(_, bytes)| bytes),
            bytes => bytes,
        };
        let (piece, after) = rest.split_at(bytes);
        clean.push_str(if run.looks_secret() { "…" } else { piece });
        rest = after;
    }
    clean
}

/// The character of base64 that a text begins with, and how many bytes it takes as it is written there.
fn symbol(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if first.is_ascii_alphanumeric() || "+/=".contains(first) {
        return Some((first, 1));
    }
    let begins = |written: &str| text.get(..written.len()).is_some_and(|head| head.eq_ignore_ascii_case(written));
    ESCAPES.iter().find(|(written, _)| begins(written)).map(|(written, meant)| (*meant, written.len()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Sign,
}

/// Characters in a row that base64 could have made, with their padding.
#[derive(Default)]
struct Run {
    bytes: usize,
    letters: usize,
    slashes: usize,
    /// How often two neighbours are of different classes.
    changes: usize,
    /// Whether it has any of each class.
    has: [bool; 4],
    /// Whether it ends in padding, with nothing more of base64 behind it.
    padded: bool,
}

impl Run {
    /// The run that a text begins with; of no bytes if there is none.
    fn at(text: &str) -> Self {
        let mut run = Self::default();
        let mut before = None;
        while let Some((letter, bytes)) = symbol(&text[run.bytes..]).filter(|(letter, _)| *letter != '=') {
            let class = match letter {
                'A'..='Z' => Class::Upper,
                'a'..='z' => Class::Lower,
                '0'..='9' => Class::Digit,
                _ => Class::Sign,
            };
            run.changes += usize::from(before.is_some_and(|before| before != class));
            run.has[class as usize] = true;
            run.slashes += usize::from(letter == '/');
            run.letters += 1;
            run.bytes += bytes;
            before = Some(class);
        }
        if run.letters == 0 {
            return run;
        }
        for _ in 0..2 {
            if let Some(('=', bytes)) = symbol(&text[run.bytes..]) {
                run.bytes += bytes;
                run.padded = true;
            }
        }
        run.padded &= symbol(&text[run.bytes..]).is_none();
        run
    }

    /// With its padding it is base64 for certain. Without, paths and names have to be told apart: they do not mix capital
    /// and small letters with digits, or have slashes and neighbours that are mostly of one class; of random base64,
    /// neighbours are of different classes two times in three.
    fn looks_secret(&self) -> bool {
        let mixed = [Class::Upper, Class::Lower, Class::Digit].iter().all(|class| self.has[*class as usize]);
        let restless = self.changes * 5 >= self.letters * 2;
        self.letters >= SHORTEST && (self.padded || mixed && (self.slashes == 0 || restless))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    /// A key or signature as it may be written: as it is, in a query, in JSON within a text.
    fn spellings(secret: &str) -> [String; 6] {
        let spelt = |plus: &str, slash: &str, equals: &str| secret.replace('+', plus).replace('/', slash).replace('=', equals);
        [
            secret.to_owned(),
            spelt("%2B", "%2F", "%3D"),
            spelt("%2b", "%2f", "="),
            spelt("\\u002B", "/", "="),
            spelt("%252B", "%252F", "%253D"),
            spelt("+", "\\/", "\\u003d"),
        ]
    }

    /// Whether no eight characters of the secret are left in the text.
    fn nothing_is_left(text: &str, secret: &str) -> bool {
        !secret.as_bytes().windows(8).any(|piece| text.contains(std::str::from_utf8(piece).expect("ASCII")))
    }

    const BEFORE: [&str; 14] = [
        "",
        "The key is ",
        "'",
        "\"",
        "AccountKey=",
        "DefaultEndpointsProtocol=https;AccountName=st1;AccountKey=",
        "key:",
        "...",
        "a-b_",
        "https://st1.blob.core.windows.net/c?x=1&sig=",
        "{\\\"key\\\":\\\"",
        "%22",
        "key%3D",
        "?&-",
    ];
    const AFTER: [&str; 12] =
        ["", ".", " is wrong.", "'", "\";", ";EndpointSuffix=core.windows.net", "&se=2026", "?", "-", "_", ")...", "%22%7D"];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn no_key_is_left_whatever_stands_around_it(
            bytes in proptest::collection::vec(any::<u8>(), 64),
            before in proptest::sample::select(&BEFORE),
            after in proptest::sample::select(&AFTER),
        ) {
            let key = STANDARD.encode(bytes);
            for written in spellings(&key) {
                let clean = without_secrets(&format!("{before}{written}{after}"));
                prop_assert!(clean.contains('…'), "{before}KEY{after}");
                prop_assert!(nothing_is_left(&clean, &written), "{before}KEY{after}");
            }
        }

        #[test]
        fn no_signature_is_left_whatever_stands_around_it(
            bytes in proptest::collection::vec(any::<u8>(), 32),
            before in proptest::sample::select(&BEFORE),
            after in proptest::sample::select(&AFTER),
        ) {
            let signature = STANDARD.encode(bytes);
            for written in spellings(&signature) {
                let clean = without_secrets(&format!("{before}{written}{after}"));
                prop_assert!(nothing_is_left(&clean, &written), "{before}SIGNATURE{after}");
            }
        }

        #[test]
        fn text_without_long_words_stays_as_it_is(text in "([a-zA-Z0-9+/=%]{1,20}[ .,;:'\"é…-]){0,30}") {
            prop_assume!(!text.contains("sig=") && !text.contains("eyJ"));
            prop_assert_eq!(without_secrets(&text), text);
        }
    }

    #[test]
    fn only_the_secret_is_cut_out() {
        let key = STANDARD.encode([0xA7; 64]);
        assert_eq!(without_secrets(&format!("AccountKey={key}. Try again")), "AccountKey=…. Try again");
        assert_eq!(without_secrets(&format!("x?key={key}&y=1")), "x?key=…&y=1");
        assert_eq!(without_secrets("token=eyJhbGciOi.eyJvaWQi.c2ln is bad"), "… is bad");
    }

    #[test]
    fn a_key_that_lost_its_end_is_cut_out_too() {
        let key = "qL+8/0fRz2vXbT9sYpK4hW1mNcE7uJ/dG6aOi3Qx5oVrC+k2tZw9";
        assert_eq!(without_secrets(&format!("starts with {key}...")), "starts with …...");
    }

    #[test]
    fn ids_names_and_digests_stay() {
        for plain in [
            "/subscriptions/0B1F6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/ProductionGroup/providers/Microsoft.Storage/storageAccounts/st1",
            "resourceGroups/Group2/providers/Microsoft.MachineLearningServices/workspaces/Vision01/datastores/workspaceblobstore",
            "https://aka.ms/ARMResourceNotFoundFix",
            "7cd1fd4f-5f2a-46b3-a348-602414a555b5",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "datasets/production/events/archive/folder/year=2026/month=11",
            "100% of Caf\u{e9} %C3%A9 %",
        ] {
            assert_eq!(without_secrets(plain), plain);
        }
    }
}
