//! `--input`: options as a JSON object, or several requests as JSON Lines.

use std::ffi::OsString;
use std::io::Read as _;

use clap::CommandFactory;
use serde_json::{Value, json};

use crate::contract;
use crate::contract::request::{self, Request};
use crate::domain::problem::Problem;
use crate::render::printer::Printer;
use crate::surface;

use super::end::End;
use super::global::Global;
use super::session::Session;
use super::{Cli, carry_out_one, parse, usage};

/// Runs a command with the options of `--input` added to those of the command line.
pub(super) fn run(args: &[OsString], path: &str, global: &Global, place: &str, printer: &Printer) -> End {
    let requests = request::parse(&read(place)?)?;
    // Everything is checked before anything is done.
    let commands = requests.iter().map(|request| command(args, path, request)).collect::<Result<Vec<_>, _>>()?;
    if let ([cli], [Request { id: None, .. }]) = (commands.as_slice(), requests.as_slice()) {
        return carry_out_one(cli, printer.clone());
    }
    if global.events {
        return Err(Problem::usage("eventsOfSeveral", "--events shows one run, and the input holds several requests")
            .hint("leave --events out, or give one request at a time"));
    }
    let mut code = 0;
    for (position, (cli, request)) in commands.iter().zip(&requests).enumerate() {
        let (captured, output) = Printer::captured(cli.global.wishes());
        let end = carry_out_one(cli, captured);
        let mut line = json!({ "line": position + 1 });
        if let Some(id) = &request.id {
            line["id"] = id.clone();
        }
        let ended = match end {
            Ok(ended) => {
                line["result"] = serde_json::from_str(&output.text()).unwrap_or_else(|_| Value::String(output.text()));
                ended
            }
            Err(problem) => {
                line["problem"] = contract::problem::document(&problem);
                problem.exit_code()
            }
        };
        printer.json_line(&line.to_string());
        if code == 0 {
            code = ended;
        }
        if ended != 0 && !global.continue_on_error {
            break;
        }
    }
    Ok(code)
}

fn read(place: &str) -> Result<Vec<u8>, Problem> {
    if place != "-" {
        return Session::read_text(std::path::Path::new(place)).map(String::into_bytes);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::usage("inputNotRead", "stdin cannot be read").because(error))?;
    Ok(bytes)
}

fn command(args: &[OsString], path: &str, request: &Request) -> Result<Cli, Problem> {
    let path: Vec<&str> = path.split(' ').collect();
    let known = surface::known_options(&Cli::command(), &path);
    let more = request::argv(&request.arguments, &known)?;
    let mut all = args.to_vec();
    all.extend(more.into_iter().map(OsString::from));
    parse(&all).map(|(cli, _)| cli).map_err(|error| usage::problem(&all, &error))
}
