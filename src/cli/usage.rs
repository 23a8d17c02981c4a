//! What clap refuses, as a problem like any other: one sentence, a hint, exit code 2. Help and version are answers.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::domain::problem::Problem;
use crate::render;
use crate::render::printer::{Format, Printer, Wishes};

use super::Cli;

/// Shows help, the version, or what is wrong with the arguments.
pub(super) fn answer(args: &[OsString], error: &clap::Error) -> u8 {
    let printer = Printer::new(Wishes { format: format_asked_for(args), ..Wishes::default() });
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printer.raw(error.render().ansi().to_string().trim_end());
            0
        }
        // The environment may have set an option, so that clap does not see that nothing was asked for.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand if args.len() <= 1 => {
            printer.urgent(Cli::command().render_help().ansi().to_string().trim_end());
            2
        }
        _ => {
            let problem = problem(args, error);
            render::problem::show(&printer, &problem);
            problem.exit_code()
        }
    }
}

/// A refusal as a problem.
pub(super) fn problem(args: &[OsString], error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let sentence: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let sentence = sentence.join(" ");
    let mut problem = Problem::usage("usage", sentence.strip_prefix("error: ").unwrap_or(&sentence));
    for tip in text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")) {
        problem = problem.hint(tip);
    }
    let command = named_command(args).map_or_else(String::new, |name| format!(" {name}"));
    problem.hint(format!("see `keyroll{command} --help`"))
}

fn named_command(args: &[OsString]) -> Option<String> {
    let root = Cli::command();
    let mut words = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let first = root.find_subcommand(words.find(|word| root.find_subcommand(word).is_some())?)?;
    let second = words.find_map(|word| first.find_subcommand(word));
    Some(std::iter::once(first).chain(second).map(clap::Command::get_name).collect::<Vec<_>>().join(" "))
}

/// `-o json` counts even where the rest is wrong.
fn format_asked_for(args: &[OsString]) -> Option<Format> {
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let value = args.iter().enumerate().find_map(|(position, arg)| match *arg {
        "-o" | "--output" => args.get(position + 1).copied(),
        _ => arg.strip_prefix("--output=").or_else(|| arg.strip_prefix("-o")),
    });
    match value {
        Some("json" | "=json") => Some(Format::Json),
        Some("table" | "=table") => Some(Format::Table),
        _ => None,
    }
}
