//! A terminal that does not show what is typed, while a secret is.

use zeroize::Zeroizing;

/// From its beginning to its end the terminal on stdin shows nothing of what is typed but the line break.
#[derive(Debug)]
pub struct NoEcho {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl NoEcho {
    /// Hides from now on.
    #[must_use]
    pub fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(mut modes) = before.clone() {
            modes.local_modes.remove(LocalModes::ECHO);
            modes.local_modes.insert(LocalModes::ECHONL);
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &modes);
        }
        Self { before }
    }
}

#[cfg(unix)]
impl Drop for NoEcho {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.before {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
        }
    }
}

#[cfg(not(unix))]
impl NoEcho {
    /// Nothing has to be set: Windows gives the keys themselves.
    #[must_use]
    pub fn begin() -> Self {
        Self {}
    }
}

/// A line of stdin, without its break.
#[cfg(unix)]
pub(super) fn read_line() -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::new());
    let _ = std::io::stdin().read_line(&mut line);
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    line
}

#[cfg(windows)]
pub(super) fn read_line() -> Zeroizing<String> {
    Zeroizing::new(console::Term::stderr().read_secure_line().unwrap_or_default())
}
