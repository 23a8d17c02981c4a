//! The command line: one file per command, whose doc comment is its help. Arguments are parsed here, then a command is carried out
//! over a `session::Session`.

mod abort;
mod ask;
mod carry_out;
mod certificate;
mod completion;
mod connect;
mod customer_key;
mod demo;
mod dependents;
mod doctor;
mod end;
mod exec;
mod global;
mod input;
mod lines;
mod list_keys;
mod locator_runs;
mod media_v2_accounts;
mod next;
mod panic;
mod plan;
mod recreate_locators;
mod regenerate_key;
mod report;
mod resume;
mod role;
mod roll_options;
mod rotate;
mod schema;
mod seal_keys;
mod session;
mod signals;
#[cfg(feature = "serve")]
mod simulate;
mod status;
mod step;
mod sync_keys;
mod sync_options;
mod together;
mod update_datastores;
mod usage;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use futures::future::{Either, select};

use crate::domain::problem::{Kind, Problem};
use crate::render;
use crate::render::printer::Printer;
use crate::rotation::Cancel;
use crate::surface;
use end::End;
use global::Global;
use input::Input;
use session::Session;

/// Rolls the access keys of Azure Storage accounts without breaking what depends on them
///
/// It finds the dependents, moves each one to the fresh key, proves that each one works, and only then retires the old key. It can
/// be stopped, killed or throttled anywhere and carries on.
///
/// Begin with `keyroll demo`, then `keyroll plan -g GROUP --storage-account NAME`.
#[derive(Clone, Debug, Parser)]
#[command(name = "keyroll", version = version(), disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    ListKeys(list_keys::ListKeys),
    RegenerateKey(regenerate_key::RegenerateKey),
    #[command(subcommand)]
    RecreateLocators(recreate_locators::RecreateLocators),
    Dependents(dependents::Dependents),
    Plan(plan::Plan),
    Rotate(rotate::Rotate),
    Step(step::Step),
    Resume(resume::Resume),
    Wait(wait::Wait),
    Status(status::Status),
    Abort(abort::Abort),
    Report(report::Report),
    #[command(subcommand)]
    CustomerKey(customer_key::CustomerKey),
    Doctor(doctor::Doctor),
    Demo(demo::Demo),
    #[command(subcommand)]
    SyncKeys(sync_keys::SyncKeys),
    UpdateDatastores(update_datastores::UpdateDatastores),
    Completion(completion::Completion),
    Exec(exec::Exec),
    Schema(schema::Schema),
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Simulate(simulate::Simulate),
}

impl Command {
    async fn run(&self, session: &Session) -> End {
        match self {
            Self::ListKeys(command) => command.run(session).await,
            Self::RegenerateKey(command) => command.run(session).await,
            Self::RecreateLocators(command) => command.run(session).await,
            Self::Dependents(command) => command.run(session).await,
            Self::Plan(command) => command.run(session).await,
            Self::Rotate(command) => command.run(session).await,
            Self::Step(command) => command.run(session).await,
            Self::Resume(command) => command.run(session).await,
            Self::Wait(command) => command.run(session).await,
            Self::Status(command) => command.run(session).await,
            Self::Abort(command) => Box::pin(command.run(session)).await,
            Self::Report(command) => command.run(session).await,
            Self::CustomerKey(command) => command.run(session).await,
            Self::Doctor(command) => command.run(session).await,
            Self::Demo(command) => command.run(session).await,
            Self::SyncKeys(command) => command.run(session).await,
            Self::UpdateDatastores(command) => command.run(session).await,
            Self::Completion(command) => command.run(session).await,
            Self::Exec(command) => command.run(session).await,
            Self::Schema(command) => command.run(session).await,
            #[cfg(feature = "serve")]
            Self::Simulate(command) => command.run(session).await,
        }
    }
}

/// The version with the commit that it was built from: `0.1.0 (7dfb3861a2c4)`.
#[must_use]
pub fn version() -> &'static str {
    env!("KEYROLL_VERSION")
}

/// SHA-256 of the command tree (design, section 5).
#[must_use]
pub fn surface_digest() -> String {
    surface::digest(&Cli::command())
}

/// The command tree, for the other surfaces and the reference.
#[must_use]
pub fn command_tree() -> clap::Command {
    Cli::command()
}

/// The whole program: arguments in, exit code out.
#[must_use]
pub fn main() -> ExitCode {
    panic::speak_plainly();
    ExitCode::from(run(&std::env::args_os().collect::<Vec<_>>()))
}

fn run(args: &[OsString]) -> u8 {
    let (cli, path) = match parse(args) {
        Ok(parsed) => parsed,
        Err(error) => return usage::answer(args, &error),
    };
    let printer = Printer::new(cli.global.wishes());
    if cli.global.verbose > 1 {
        render::printer::log_requests();
    }
    let session = Session::new(cli.global.clone(), printer.clone(), Cancel::new());
    let end = in_runtime(async {
        match &cli.global.input {
            Some(place) => Input { args, path: &path, session: &session }.run(place).await,
            None => carry_out(&cli, &session).await,
        }
    });
    end.unwrap_or_else(|problem| {
        render::problem::show(&printer, &problem);
        problem.exit_code()
    })
}

/// The parsed arguments, and the path of the command (`simulate serve`).
fn parse(args: &[OsString]) -> Result<(Cli, String), clap::Error> {
    let matches = Cli::command().try_get_matches_from(args)?;
    let mut path = Vec::new();
    let mut below = matches.subcommand();
    while let Some((name, matches)) = below {
        path.push(name.to_owned());
        below = matches.subcommand();
    }
    Ok((Cli::from_arg_matches(&matches)?, path.join(" ")))
}

/// Runs the whole program on this thread.
fn in_runtime(program: impl Future<Output = End>) -> End {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("noRuntime", "this machine gives the program no timer or socket").because(error))?;
    let end = runtime.block_on(program);
    // A question that nobody answered may still be reading stdin.
    runtime.shutdown_background();
    end
}

/// Carries out one command. A first signal lets a run end at a safe place; a second, or the first before any run has begun, ends the
/// command where it stands.
async fn carry_out(cli: &Cli, session: &Session) -> End {
    let command = Box::pin(cli.command.run(session));
    // The demonstration never lets go of this thread, so that a signal has to take its usual course. For all others, signals
    // are heard before the command takes its first step.
    let heard = if matches!(cli.command, Command::Demo(_)) { None } else { signals::Signals::listen() };
    // A conversation ends safely whatever it is about; its own requests know whether a run is at work.
    let converses = matches!(cli.command, Command::Exec(_));
    let at_work = || converses || session.progress.run_id().is_some();
    let signals = Box::pin(signals::until_at_once(heard, &session.cancel, at_work));
    let end = match select(command, signals).await {
        Either::Left((end, _)) => end,
        Either::Right((signal, _)) => Err(interrupted(session, signal)),
    };
    end.map_err(|problem| next::reachable(problem, session))
}

fn interrupted(session: &Session, signal: u8) -> Problem {
    session.progress.clear();
    let problem = |message: &str| Problem::new(Kind::Interrupted(signal), "interrupted", message);
    match session.progress.run_id() {
        Some(run) => {
            problem("the run was ended at once; its journal is intact").hint(format!("go on with keyroll resume --run-id {run}"))
        }
        None => problem("the command was ended; it had changed nothing"),
    }
}
