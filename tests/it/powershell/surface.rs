//! The module's functions against the command tree: one definition, two surfaces.

use std::collections::BTreeSet;

use keyroll::cli::command_tree;
use keyroll::surface;
use keyroll::surface::powershell::{CMDLETS, Cmdlet, DROP_IN, OF_POWERSHELL, OF_THE_HOST, VALUES_OF_THE_ARTICLE};

use super::script::{Function, Parameter, Script};
use super::{module, scripts_in};
use crate::binary::text;

/// Parameters of this side alone.
const OF_THE_MODULE: [&str; 8] =
    ["AccessToken", "AsJob", "CertificatePassword", "CertificateThumbprint", "DefaultProfile", "Detailed", "Force", "PassThru"];

/// Commands that the module does without.
const WITHOUT: [(&str, &str); 0] = [];

pub fn functions() -> Vec<Function> {
    let mut functions = Vec::new();
    for script in scripts_in("Public") {
        let stem = script.path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let found = script.functions();
        assert_eq!(found.iter().map(|function| &function.name).collect::<Vec<_>>(), [&stem], "one function a file, of its name");
        functions.extend(found);
    }
    functions
}

fn function(name: &str) -> Function {
    functions().into_iter().find(|function| function.name == name).unwrap_or_else(|| panic!("there is no function {name}"))
}

/// The quoted names of a list in the manifest.
fn manifest_list(name: &str) -> Vec<String> {
    let manifest = text(&module().join("KeyRoll.psd1"));
    let line = manifest.lines().position(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
    let rest: String = manifest.lines().skip(line).collect::<Vec<_>>().join("\n");
    let list = rest.split_once('=').expect("a value").1.trim_start();
    let end = if list.starts_with("@(") { list.find(')') } else { list.find('\n') };
    let quoted = list[..end.expect("an end")].split('\'').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

#[test]
fn the_generated_table_is_what_the_program_says() {
    let written = surface::powershell::table(&command_tree());
    let file = module().join("generated/Surface.ps1");
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, &written).expect("the table");
    }
    assert!(text(&file) == written, "module/generated/Surface.ps1 is out of date: run the tests with SNAPSHOTS=overwrite");
    assert!(Script::of(&file, written).errors().is_empty());
}

#[test]
fn the_manifest_exports_every_function_and_nothing_else() {
    let mut written: Vec<String> = functions().into_iter().map(|function| function.name).collect();
    written.sort();
    assert_eq!(manifest_list("FunctionsToExport"), written);
    let mut aliases: Vec<String> = functions().into_iter().flat_map(|function| function.aliases).collect();
    aliases.sort();
    assert_eq!(manifest_list("AliasesToExport"), aliases);
    for none in ["CmdletsToExport", "VariablesToExport"] {
        assert!(manifest_list(none).is_empty(), "{none}");
    }
    let manifest = text(&module().join("KeyRoll.psd1"));
    assert!(!manifest.contains('*') && !manifest.contains("RequiredModules"), "explicit, and loadable without Az");
}

#[test]
fn every_command_that_a_host_may_use_has_a_cmdlet() {
    let document = surface::document(&command_tree());
    for command in document["commands"].as_array().expect("commands") {
        let path = command["path"].as_str().expect("a path");
        let taken: Vec<&Cmdlet> = CMDLETS.iter().filter(|cmdlet| cmdlet.command == path).collect();
        let excused = command["hostOwned"] == true || WITHOUT.iter().any(|(known, _)| *known == path);
        assert_eq!(taken.is_empty(), excused, "{path}");
        if excused {
            continue;
        }
        let members: BTreeSet<String> =
            taken.iter().flat_map(|cmdlet| cmdlet.parameters(&document)).map(|parameter| parameter.member).collect();
        for option in command["options"].as_array().expect("options") {
            let (name, member) = (option["name"].as_str().expect("a name"), option["member"].as_str().expect("a member"));
            let long = name.trim_start_matches('-');
            let excused = VALUES_OF_THE_ARTICLE.contains(&long) || OF_POWERSHELL.contains(&long);
            assert!(members.contains(member) || excused, "no cmdlet of {path} takes {member}");
        }
    }
    let used: BTreeSet<String> = CMDLETS.iter().flat_map(|cmdlet| cmdlet.parameters(&document)).map(|one| one.member).collect();
    for option in document["globalOptions"].as_array().expect("options") {
        let name = option["name"].as_str().expect("a name").trim_start_matches('-');
        let member = option["member"].as_str().expect("a member");
        assert_ne!(used.contains(member), OF_THE_HOST.contains(&name), "{name}");
    }
}

#[test]
fn every_function_has_the_parameters_of_its_command() {
    let document = surface::document(&command_tree());
    for cmdlet in CMDLETS {
        let function = function(cmdlet.name);
        let mut expected: BTreeSet<String> = BTreeSet::new();
        for parameter in cmdlet.parameters(&document) {
            let name = &parameter.name;
            let declared = function.parameter(name).unwrap_or_else(|| panic!("{} has no parameter {name}", function.name));
            let types: &[&str] = match parameter.takes.as_str() {
                "switch" => &["switch"],
                "values" if cmdlet.name == DROP_IN => &["string"],
                "values" => &["string[]"],
                _ => &["string", "object"],
            };
            assert!(types.contains(&declared.type_name.as_str()), "{} -{name} is a {}", function.name, declared.type_name);
            if !parameter.values.is_empty() {
                let set =
                    declared.attribute("ValidateSet").unwrap_or_else(|| panic!("{} -{name} takes any value", function.name));
                let values: Vec<&String> = set.arguments.iter().map(|argument| &argument.value).collect();
                assert_eq!(values, parameter.values.iter().collect::<Vec<_>>(), "{} -{name}", function.name);
            }
            expected.insert(name.clone());
        }
        for declared in &function.parameters {
            let known = expected.contains(&declared.name) || OF_THE_MODULE.contains(&declared.name.as_str());
            assert!(known, "{} -{} is no option of {}", function.name, declared.name, cmdlet.command);
        }
        let signs_in = function.parameter("Auth").is_some();
        for own in ["AccessToken", "DefaultProfile"] {
            assert_eq!(function.parameter(own).is_some(), signs_in, "{} {own}", function.name);
        }
    }
}

#[test]
fn whatever_changes_something_asks_as_powershell_asks() {
    for cmdlet in CMDLETS {
        let (function, effect) = (function(cmdlet.name), cmdlet.effect());
        assert_eq!(function.bound("SupportsShouldProcess").is_some(), effect.changes, "{}", function.name);
        let written = effect.changes && cmdlet.name != DROP_IN;
        let impact = written.then_some(if effect.irreversible { "High" } else { "Medium" });
        assert_eq!(function.bound("ConfirmImpact"), impact, "{}", function.name);
        // What only sometimes cannot be undone is asked with ShouldContinue, which needs -Force too.
        let may_ask = effect.irreversible || cmdlet.command == "customer-key apply";
        assert_eq!(function.parameter("Force").is_some(), may_ask, "{}", function.name);
    }
    for function in functions() {
        let reserved = ["Confirm", "WhatIf", "Verbose", "Debug", "ErrorAction", "WarningAction", "ProgressAction"];
        assert!(function.parameters.iter().all(|parameter| !reserved.contains(&parameter.name.as_str())), "{}", function.name);
    }
}

#[test]
fn storage_accounts_come_through_the_pipeline() {
    for cmdlet in CMDLETS {
        let function = function(cmdlet.name);
        let Some(account) = function.parameter("StorageAccount").filter(|account| account.bound("Position").is_some()) else {
            continue;
        };
        assert!(account.bound("ValueFromPipelineByPropertyName").is_some(), "{}", function.name);
        // The id comes before the name: it is unambiguous, and knows its subscription.
        let aliases = ["ResourceId", "Id", "StorageAccountId", "StorageAccountName", "AccountName", "Name"];
        assert_eq!(account.aliases(), aliases, "{}", function.name);
    }
}

#[test]
fn every_function_is_explained_with_examples_that_it_takes() {
    for function in functions() {
        let (name, help) = (&function.name, &function.help);
        assert!(help.synopsis.ends_with('.') && !help.synopsis.contains('\n'), "{name}: {}", help.synopsis);
        assert!(!help.description.is_empty() && !help.examples.is_empty(), "{name}");
        assert_eq!(Some(&help.outputs), function.output.as_ref(), "{name}");
        let explained: Vec<&String> = help.parameters.iter().map(|(name, _)| name).collect();
        let declared: Vec<&String> = function.parameters.iter().map(|parameter| &parameter.name).collect();
        assert_eq!(explained, declared, "{name}");
        assert!(
            help.parameters.iter().all(|(_, text)| text.ends_with('.') || text.ends_with('…')),
            "{name}: {:?}",
            help.parameters
        );
        for (example, does) in &help.examples {
            assert!(!does.is_empty() && example.contains(name.as_str()), "{name}: {example}");
            assert!(Script::of("example".as_ref(), example.clone()).errors().is_empty(), "{example}");
            check_example(example);
        }
    }
}

/// Every parameter of our own commands in an example is one that the command has.
fn check_example(example: &str) {
    let script = Script::of("example".as_ref(), example.to_owned());
    let own = functions();
    for command in script.nodes().into_iter().filter(|node| node.kind() == "command") {
        let words: Vec<&str> = script.text_of(command).split_whitespace().collect();
        let Some(function) =
            own.iter().find(|function| function.name == words[0] || function.aliases.iter().any(|alias| alias == words[0]))
        else {
            continue;
        };
        let common = ["Verbose", "WhatIf", "Confirm", "Debug", "ErrorAction"];
        for word in words.iter().filter(|word| word.starts_with('-') && word[1..].starts_with(char::is_alphabetic)) {
            let named = word.trim_start_matches('-').split(':').next().expect("a name");
            let own = |parameter: &Parameter| parameter.name == named || parameter.aliases().contains(&named);
            let known = function.parameters.iter().any(own) || common.contains(&named);
            assert!(known, "{} takes no -{named} in `{example}`", function.name);
        }
    }
}

#[test]
fn times_that_the_module_knows_are_all_times_of_our_documents() {
    let result = Script::read(&module().join("Private/Result.ps1"));
    let list = result.text.lines().find(|line| line.starts_with("$script:KeyRollTimes")).expect("the list of times");
    let known: BTreeSet<&str> = list.split('\'').skip(1).step_by(2).collect();
    let contract = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/contract");
    let mut said = BTreeSet::new();
    for file in ["report.rs", "keys.rs", "dependent.rs", "plan/document.rs"] {
        for line in text(&contract.join(file)).lines() {
            let line = line.trim().trim_start_matches("pub ");
            if let Some((name, kind)) = line.split_once(": ")
                && ["Time,", "Option<Time>,"].contains(&kind)
                && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
            {
                said.insert(name.to_owned());
            }
        }
    }
    assert!(said.len() > 5, "{said:?}");
    let member = |name: &String| keyroll::contract::request::member_name(&name.replace('_', "-"));
    for name in said.iter().map(member) {
        assert!(known.contains(name.as_str()), "{name} is a time and stays a text");
    }
}

#[test]
fn the_versions_agree() {
    let manifest = text(&module().join("KeyRoll.psd1"));
    assert!(manifest.contains(&format!("'{}'", env!("CARGO_PKG_VERSION"))));
}
