//! The options that every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::render::printer::{Format, Wishes};

const HEADING: &str = "Global options";

/// The options that every command takes.
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[expect(clippy::doc_markdown, reason = "help for people, without backticks")]
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub(super) struct Global {
    /// Resource group of the command's own resource
    #[arg(short = 'g', long, global = true, value_name = "GROUP")]
    pub resource_group: Option<String>,

    /// Subscription id or name; repeat it or separate with commas. Without it: all that the sign-in sees
    #[arg(long, global = true, value_name = "ID", value_delimiter = ',')]
    pub subscription: Vec<String>,

    /// Storage account, by name or by full resource id
    #[arg(long, global = true, value_name = "NAME|ID")]
    pub storage_account: Option<String>,

    /// How to write the result: table on a terminal, JSON otherwise
    #[arg(short = 'o', long, global = true, value_name = "FORMAT", value_enum)]
    pub output: Option<Output>,

    /// Write the journal's events to stdout as JSON Lines, the result last
    #[arg(long, global = true)]
    pub events: bool,

    /// Take the options from a JSON object in FILE (`-` for stdin): long options in lowerCamelCase. JSON Lines run one after the
    /// other; on stdin, envelopes {id?, arguments} are answered as they come
    #[arg(long, global = true, value_name = "FILE")]
    pub input: Option<String>,

    /// With several requests in --input: go on after one that failed
    #[arg(long, global = true)]
    pub continue_on_error: bool,

    /// Cloud: AzureCloud, AzureChinaCloud, AzureUSGovernment, or a JSON file that describes another
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub cloud: Option<String>,

    /// Sign-in: az, managed-identity, workload-identity, client-secret, client-certificate, pipelines, token-file=PATH or auto
    #[arg(long, global = true, value_name = "HOW")]
    pub auth: Option<String>,

    /// Certificate authorities to trust in addition, as PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,

    /// Folder that keeps runs, plans and locks
    #[arg(long, global = true, value_name = "FOLDER", env = "KEYROLL_STATE", hide_env_values = true)]
    pub state: Option<PathBuf>,

    /// The run; given twice, the same run goes on and nothing is changed twice
    #[arg(long, global = true, value_name = "ID")]
    pub run_id: Option<String>,

    /// Your change reference, kept in the journal
    #[arg(long, global = true, value_name = "TEXT")]
    pub change_reference: Option<String>,

    /// Consequences that you accept, by the names that the plan gives them
    #[arg(long, global = true, value_name = "NAME", value_delimiter = ',')]
    pub accept: Vec<String>,

    /// Answer the question with yes; accepts no name
    #[arg(short = 'y', long, global = true)]
    pub yes: bool,

    /// Say more on stderr; twice for the requests
    #[arg(short = 'v', long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing on stderr but problems
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Share the time of a served simulation: the clock file that `simulate serve` wrote
    #[cfg(feature = "serve")]
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    pub(super) clock: Option<PathBuf>,

    /// Exit 8 while a run waits, and 10 for a plan with changes
    #[arg(long, global = true)]
    pub detailed_exitcode: bool,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl Global {
    /// What the printer has to know.
    #[must_use]
    pub(super) fn wishes(&self) -> Wishes {
        let format = self.output.map(|output| match output {
            Output::Table => Format::Table,
            Output::Json => Format::Json,
        });
        Wishes { format, events: self.events, quiet: self.quiet }
    }
}
