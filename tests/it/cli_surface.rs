//! The command tree and what is made of it.

use std::path::PathBuf;

use keyroll::cli::command_tree;
use keyroll::surface;

use crate::binary::{Place, text};

#[test]
fn every_command_has_a_row_and_every_row_a_command() {
    let tree = command_tree();
    let mut commands: Vec<String> = surface::leaves(&tree).into_iter().map(|(path, _)| path).collect();
    let mut rows: Vec<String> = surface::commands::paths().into_iter().map(str::to_owned).collect();
    commands.sort();
    rows.sort();
    if !cfg!(feature = "serve") {
        rows.retain(|row| row != "simulate serve");
    }
    assert_eq!(commands, rows);
}

#[test]
fn every_command_and_option_has_help_and_every_command_an_example() {
    let document = surface::document(&command_tree());
    let commands = document["commands"].as_array().expect("commands");
    let globals = document["globalOptions"].as_array().expect("options");
    let own = commands.iter().flat_map(|command| command["options"].as_array().expect("options"));
    for option in own.chain(globals) {
        assert!(option["help"].as_str().is_some_and(|help| !help.is_empty()), "{option}");
    }
    for command in commands {
        let help = format!("{} {}", command["about"], command["help"]);
        assert!(help.contains("Example: `keyroll "), "{command}");
    }
}

#[test]
fn no_option_holds_a_secret() {
    let document = surface::document(&command_tree());
    let commands = document["commands"].as_array().expect("commands");
    let own = commands.iter().flat_map(|command| command["options"].as_array().expect("options"));
    for option in own.chain(document["globalOptions"].as_array().expect("options")) {
        let name = option["name"].as_str().expect("a name").to_lowercase();
        // A file may hold a secret; its name is none.
        let names_a_file = name.ends_with("-file") && option["valueName"].as_str().is_none_or(|value| value.starts_with("FILE"));
        for word in ["password", "account-key", "accountkey", "sas-token", "client-secret-value"] {
            assert!(names_a_file || !name.contains(word), "{option}");
        }
    }
}

#[test]
fn the_reference_is_what_the_program_says() {
    let mut tree = command_tree();
    if !cfg!(feature = "serve") {
        return;
    }
    tree = tree.mut_subcommand("simulate", |command| command.hide(true));
    let written = surface::reference::markdown(&tree);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, &written).expect("the reference");
    }
    assert!(text(&file) == written, "docs/reference.md is out of date: run the tests with SNAPSHOTS=overwrite");
}

#[test]
fn the_az_extension_has_the_commands_of_the_program() {
    let tree = command_tree();
    let written = surface::az::tables(&tree);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("azext/azext_keyroll/generated/tables.py");
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, &written).expect("the tables");
    }
    assert!(text(&file) == written, "the tables of the az extension are out of date: run the tests with SNAPSHOTS=overwrite");
}

#[test]
fn help_version_and_completions_are_answers() {
    let place = Place::new();
    for line in
        ["--help", "-h", "rotate --help", "plan -h", "--version", "completion bash", "completion powershell", "doctor --role"]
    {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{line}: {ended:?}");
        assert!(!ended.stdout.is_empty(), "{line}");
    }
    assert!(place.run("--version").stdout.starts_with(concat!("keyroll ", env!("CARGO_PKG_VERSION"))));
    let bare = place.run("");
    assert_eq!((bare.code, bare.stdout.as_str()), (2, ""), "{bare:?}");
    assert!(bare.stderr.contains("Usage: keyroll"), "{bare:?}");
}

#[test]
fn roles_are_json_for_az() {
    let place = Place::new();
    let roles = place.run("doctor --role --subscription s1").json();
    assert_eq!(roles.as_array().map(Vec::len), Some(2));
    let rolling = place.run("doctor --role rolling --subscription s1").json();
    assert_eq!(rolling["AssignableScopes"][0], "/subscriptions/s1");
    assert_eq!(roles[1], rolling);
    assert_eq!(place.run("doctor --role customer-key").json()["Name"], "keyroll key keeper");
    assert_eq!(place.run("doctor --role locators").json()["Name"], "keyroll locator keeper");
}

#[test]
fn the_demonstration_rolls_both_keys_and_ends_with_a_report() {
    let place = Place::new();
    let ended = place.run("demo");
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.json();
    assert_eq!((report["state"].as_str(), report["regenerated"].as_array().map(Vec::len)), (Some("done"), Some(2)));
    assert!(ended.stderr.contains("throttled, continuing in 17 s"), "{}", ended.stderr);
    assert!(ended.stderr.contains("the answer to regenerating key2 was lost"), "{}", ended.stderr);
    let table = place.run("demo -o table --quiet");
    assert_eq!(table.stderr, "");
    for part in ["done · key2, then key1 regenerated", "9 proven", "not inspected: ", "for support"] {
        assert!(table.stdout.contains(part), "{part} is missing in {}", table.stdout);
    }
    assert!(!place.has_runs(), "nothing is kept");
}
