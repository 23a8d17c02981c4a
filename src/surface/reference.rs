//! The reference in Markdown: `docs/reference.md`, generated and held by a test.

use std::fmt::Write as _;

use clap::Command;
use serde_json::Value;

/// The reference of a command tree.
#[must_use]
pub fn markdown(root: &Command) -> String {
    let surface = super::document(root);
    let mut text = String::from(
        "# keyroll: the command line\n\nGenerated from the program; `SNAPSHOTS=overwrite tests/run` writes it anew.\n\n",
    );
    for command in items(&surface, "commands") {
        let path = string(command, "path");
        let _ = writeln!(text, "- [`keyroll {path}`](#{}): {}", anchor(&path), first_sentence(&string(command, "about")));
    }
    text.push_str("\nEvery command also takes the [global options](#global-options).\n");
    for command in items(&surface, "commands") {
        section(&mut text, command);
    }
    text.push_str("\n## Global options\n\n");
    options(&mut text, items(&surface, "globalOptions"));
    text
}

fn section(text: &mut String, command: &Value) {
    let _ = write!(text, "\n## keyroll {}\n\n{}.\n", string(command, "path"), string(command, "about"));
    let help = string(command, "help");
    if !help.is_empty() {
        let _ = write!(text, "\n{help}\n");
    }
    let says = [
        ("changes", "may change something in Azure"),
        ("irreversible", "cannot be undone, asks first"),
        ("longRunning", "may run long"),
        ("hostOwned", "not in the other surfaces"),
    ];
    let says: Vec<&str> =
        says.into_iter().filter(|(name, _)| command[*name] == Value::Bool(true)).map(|(_, says)| says).collect();
    let _ = write!(text, "\n{}.\n", if says.is_empty() { "Changes nothing".to_owned() } else { capital(&says.join("; ")) });
    let own = items(command, "options");
    if !own.is_empty() {
        text.push('\n');
        options(text, own);
    }
}

fn options(text: &mut String, options: &[Value]) {
    text.push_str("| option | in JSON | what it does |\n| --- | --- | --- |\n");
    for option in options {
        let short = option["short"].as_str().map_or_else(String::new, |short| format!("`-{short}`, "));
        let value = option["valueName"].as_str().map_or_else(String::new, |value| format!(" {value}"));
        let values: Vec<&str> = items(option, "values").iter().filter_map(Value::as_str).collect();
        let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
        let kind = match option["takes"].as_str() {
            Some("switch") => "true",
            Some("values") => "[…]",
            _ => "\"…\"",
        };
        let aliases = items(option, "aliases").iter().filter_map(Value::as_str).map(|alias| format!(", `{alias}`"));
        let aliases = aliases.collect::<String>();
        let row = format!(
            "| {short}`{}{value}`{aliases} | `{}`: `{kind}` | {}{values} |",
            string(option, "name"),
            string(option, "member"),
            string(option, "help")
        );
        text.push_str(&cell_safe(&row));
        text.push('\n');
    }
}

/// A bar within a cell (`NAME|ID`) would end it.
fn cell_safe(row: &str) -> String {
    let inner = row.trim_start_matches("| ").trim_end_matches(" |");
    let cells: Vec<String> = inner.split(" | ").map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |", cells.join(" | "))
}

fn items<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn string(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn anchor(path: &str) -> String {
    format!("keyroll-{}", path.replace(' ', "-"))
}
