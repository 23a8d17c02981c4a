//! A person at a terminal is asked for the password, and nobody who looks over a shoulder reads it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::Pair;
use crate::binary::Place;
use crate::processes::until;

/// The binary at a terminal, and everything that the terminal showed.
struct Terminal {
    keyboard: File,
    screen: OwnedFd,
    shown: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    fn start(place: &Place, line: &str) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).and_then(|()| unlockpt(&keyboard)).expect("a terminal");
        let name = ptsname(&keyboard, Vec::new()).expect("a name");
        let screen = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("a terminal");
        let end = || screen.try_clone().expect("one more");
        let mut command = place.command(line);
        let child = command.env("TERM", "xterm").stdin(end()).stderr(end()).spawn().expect("the binary runs");
        let keyboard = File::from(keyboard);
        let (mut reader, shown) = (keyboard.try_clone().expect("one more"), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                log.lock().expect("no panic").extend_from_slice(&bytes[..length]);
            }
        });
        Self { keyboard, screen, shown, child }
    }

    fn shows(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.shown.lock().expect("no panic")).contains(text)
    }

    /// Whether it shows what is typed.
    fn echoes(&self) -> bool {
        tcgetattr(&self.screen).expect("a terminal").local_modes.contains(LocalModes::ECHO)
    }

    fn wait_for(&self, text: &str) {
        until(text, || self.shows(text).then_some(()));
    }

    fn end(&mut self) -> Option<i32> {
        until("it ends", || self.child.try_wait().expect("a child")).code()
    }
}

/// A file that opens with `hush`; `None` where there is no openssl.
fn locked(place: &Place) -> Option<String> {
    let pem = place.file("ams.pem", Pair::valid(2020, 2090).pem());
    let file = place.path("ams.pfx");
    let mut command = Command::new("openssl");
    command.args(["pkcs12", "-export", "-in", &pem, "-inkey", &pem, "-passout", "pass:hush", "-out"]).arg(&file);
    if command.output().is_err() {
        eprintln!("skipped: there is no openssl");
        return None;
    }
    Some(file.to_str().expect("UTF-8").to_owned())
}

#[test]
fn a_password_is_asked_for_and_not_shown_and_ctrl_c_leaves_the_terminal_as_it_was() {
    let place = Place::new();
    let Some(file) = locked(&place) else { return };
    let line = format!(
        "sync-keys media-v2 --account-name a --storage-account st --key key1 --auth token-file=none --certificate {file}"
    );
    let question = "Password of the client certificate";
    for (typed, told, exit) in
        [("guess", "the password does not open the client certificate", 4), ("hush", "token file none cannot be read", 4)]
    {
        let mut terminal = Terminal::start(&place, &line);
        terminal.wait_for(question);
        until("it hides", || (!terminal.echoes()).then_some(()));
        writeln!(terminal.keyboard, "{typed}").expect("typed");
        assert_eq!(terminal.end(), Some(exit));
        terminal.wait_for(told);
        assert!(terminal.echoes() && !terminal.shows(typed));
    }
    let mut terminal = Terminal::start(&place, &line);
    terminal.wait_for(question);
    until("it hides", || (!terminal.echoes()).then_some(()));
    let pid = i32::try_from(terminal.child.id()).ok().and_then(Pid::from_raw).expect("an id");
    kill_process(pid, Signal::INT).expect("sent");
    assert_eq!(terminal.end(), Some(130));
    assert!(terminal.echoes(), "whoever types next sees it");
}
