//! The management certificate of a command: from a file, or from the host of a conversation.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::azure::media_v2::{ClientCertificate, PASSWORD_MISSING};
use crate::domain::problem::Problem;
use crate::domain::text::visible;
use crate::render::no_echo::NoEcho;

use super::next::quoted;
use super::session::Session;

/// Options of every command that may speak to classic service management.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct CertificateOptions {
    /// Management certificate with its private key, as PEM or .pfx; from the host in a conversation
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// File whose first line is the password of the certificate; - for standard input
    #[arg(long, value_name = "FILE|-")]
    certificate_password_file: Option<PathBuf>,
}

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

impl CertificateOptions {
    /// Whether there is one: a file, or the host's.
    #[must_use]
    pub(super) fn given(&self, session: &Session) -> bool {
        self.certificate.is_some() || session.secrets().client_certificate().is_some()
    }

    /// The options as they would be written again. What a host hands over, only that host can hand over again.
    #[must_use]
    pub(super) fn written(&self) -> Vec<String> {
        let path = |option: &str, place: &PathBuf| format!("{option} {}", quoted(&place.display().to_string()));
        let certificate = self.certificate.iter().map(|place| path("--certificate", place));
        let password = self.certificate_password_file.iter().map(|place| path("--certificate-password-file", place));
        certificate.chain(password).collect()
    }

    /// Reads the certificate. Where it is encrypted and no password was given, a person at a terminal is asked for it.
    ///
    /// # Errors
    /// Usage, when there is none or its password is missing; not found; and as [`ClientCertificate::read`].
    pub(super) async fn read(&self, session: &Session) -> Result<ClientCertificate, Problem> {
        if !self.given(session) {
            return Err(missing());
        }
        let password = self.password(session)?;
        let password = password.as_ref().map(|password| password.as_str());
        let (name, content) = if let Some(place) = &self.certificate {
            (named(place), bytes(session, place, "the client certificate")?)
        } else {
            let text = session.secrets().client_certificate().unwrap_or_default();
            ("the client certificate of the host".to_owned(), Zeroizing::new(text.as_bytes().to_vec()))
        };
        match ClientCertificate::read(&name, &content, password) {
            Err(problem) if problem.code == PASSWORD_MISSING && session.host.is_none() && session.printer.can_ask() => {
                let printer = session.printer.clone();
                let question = format!("Password of {name}:");
                // Elsewhere than on this thread, so that a signal is heard while nobody answers.
                // Given up by a signal, this future is dropped, and the terminal shows again what is typed.
                let hidden = NoEcho::begin();
                let asked = tokio::task::spawn_blocking(move || printer.ask_secret(&question)).await;
                drop(hidden);
                ClientCertificate::read(&name, &content, asked.ok().as_ref().map(|password| password.as_str()))
            }
            read => read,
        }
    }

    fn password(&self, session: &Session) -> Result<Option<Zeroizing<String>>, Problem> {
        let Some(place) = &self.certificate_password_file else {
            return Ok(session.secrets().client_certificate_password().map(|password| Zeroizing::new(password.to_owned())));
        };
        let text = if place.as_os_str() == "-" {
            if session.host.is_some() {
                return Err(Problem::usage(
                    "passwordFromConversation",
                    "standard input is the host's conversation, not a password",
                )
                .hint("hand it over as `clientCertificatePassword` in `secrets`"));
            }
            let mut text = Zeroizing::new(Vec::new());
            io::stdin().take(LARGEST).read_to_end(&mut text).map_err(|error| {
                Problem::usage("fileNotRead", "the password of the client certificate cannot be read").because(error)
            })?;
            text
        } else {
            bytes(session, place, "the password file")?
        };
        let text = std::str::from_utf8(&text).map_err(|_| {
            Problem::usage("binaryFile", format!("the password file {} is not UTF-8 text", visible(&place.display().to_string())))
        })?;
        let line = text.strip_prefix('\u{feff}').unwrap_or(text).lines().next().unwrap_or_default();
        Ok(Some(Zeroizing::new(line.to_owned())))
    }
}

fn named(place: &Path) -> String {
    format!("the client certificate {}", visible(&place.display().to_string()))
}

/// Reads a secret file, and says when others may read it too.
fn bytes(session: &Session, place: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let shown = visible(&place.display().to_string());
    let refused = |error: io::Error| {
        let message = format!("{what} {shown} cannot be read");
        if error.kind() == io::ErrorKind::NotFound {
            Problem::not_found("noSuchFile", message).because(error).hint("check the path; it is relative to the current folder")
        } else {
            Problem::usage("fileNotRead", message).because(error)
        }
    };
    let file = File::open(place).map_err(refused)?;
    if read_by_others(&file) {
        session.printer.urgent(&format!("warning: others may read {what} {shown}; chmod 600 keeps them out"));
    }
    let mut content = Zeroizing::new(Vec::new());
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(refused)?;
    if content.len() as u64 > LARGEST {
        return Err(Problem::usage("fileNotRead", format!("{what} {shown} is larger than 1 MiB")).hint("check the path"));
    }
    Ok(content)
}

#[cfg(unix)]
fn read_by_others(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const GROUP_AND_OTHERS_READ: u32 = 0o044;
    // A pipe (`<(command)`) has a mode, and no name that others could open it by.
    file.metadata().is_ok_and(|file| file.is_file() && file.mode() & GROUP_AND_OTHERS_READ != 0)
}

#[cfg(not(unix))]
fn read_by_others(_: &File) -> bool {
    false
}

fn missing() -> Problem {
    Problem::usage("certificateMissing", "classic service management asks for a certificate, and none was named")
        .hint("add --certificate FILE: a management certificate of the subscription with its private key, as PEM or .pfx")
        .hint("a host hands it over as `clientCertificate` in `secrets`")
}
