use clap::{Args, CommandFactory};

use super::Cli;
use super::end::End;
use super::session::Session;

/// Print completions for a shell
///
/// Example: `keyroll completion bash > /etc/bash_completion.d/keyroll`
#[derive(Args, Clone, Debug)]
pub(super) struct Completion {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: clap_complete::Shell,
}

impl Completion {
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub(super) async fn run(&self, session: &Session) -> End {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "keyroll", &mut script);
        session.printer.raw(String::from_utf8_lossy(&script).trim_end());
        Ok(0)
    }
}
