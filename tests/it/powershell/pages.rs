//! The module's reference in the form of Azure PowerShell's: `module/docs`, generated from the functions and held here;
//! `module/tests` compares it with what PowerShell itself says of each function.

use std::fmt::Write as _;

use super::module;
use super::script::{Function, Parameter};
use super::surface::functions;
use crate::binary::text;

#[test]
fn every_function_has_a_page() {
    let folder = module().join("docs");
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite");
    let mut pages: Vec<(String, String)> =
        functions().iter().map(|function| (format!("{}.md", function.name), page(function))).collect();
    pages.push(("KeyRoll.md".to_owned(), overview(&functions())));
    for (name, page) in &pages {
        let file = folder.join(name);
        if overwrite {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&file, page).expect("a page");
        }
        assert!(text(&file) == *page, "module/docs/{name} is out of date: run the tests with SNAPSHOTS=overwrite");
    }
    let known = |name: &str| pages.iter().any(|(page, _)| page == name);
    for entry in std::fs::read_dir(folder).expect("the pages") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        assert!(known(&name), "module/docs/{name} is of a function that is no more");
    }
}

fn overview(functions: &[Function]) -> String {
    let mut text = front_matter();
    text.push_str("\n# KeyRoll Module\n\n## Description\n\nRolls the access keys of Azure Storage accounts without breaking what depends on them.\n\n## KeyRoll Cmdlets\n");
    for function in functions {
        let _ = write!(text, "\n### [{0}]({0}.md)\n\n{1}\n", function.name, function.help.synopsis);
    }
    text
}

fn page(function: &Function) -> String {
    let help = &function.help;
    let mut text = front_matter();
    let _ = write!(text, "\n# {}\n\n## SYNOPSIS\n\n{}\n", function.name, help.synopsis);
    let _ = write!(text, "\n## SYNTAX\n\n```\n{}\n```\n", syntax(function));
    let _ = write!(text, "\n## DESCRIPTION\n\n{}\n", help.description);
    text.push_str("\n## EXAMPLES\n");
    for (number, (example, does)) in help.examples.iter().enumerate() {
        let _ = write!(text, "\n### Example {}\n\n```powershell\n{example}\n```\n\n{does}\n", number + 1);
    }
    text.push_str("\n## PARAMETERS\n");
    for parameter in &function.parameters {
        let said = help.parameters.iter().find(|(name, _)| *name == parameter.name).map_or("", |(_, said)| said);
        let _ = write!(text, "\n### -{}\n\n{said}\n\n{}", parameter.name, facts(parameter));
    }
    if function.bound("SupportsShouldProcess").is_some() {
        for (name, alias, said) in [
            ("Confirm", "cf", "Prompts you for confirmation before running the cmdlet."),
            ("WhatIf", "wi", "Shows what would happen if the cmdlet runs. Nothing is sent."),
        ] {
            let _ = write!(
                text,
                "\n### -{name}\n\n{said}\n\n{}",
                yaml("System.Management.Automation.SwitchParameter", alias, false, "Named", "False")
            );
        }
    }
    text.push_str("\n### CommonParameters\n\nThis cmdlet supports the common parameters. For more information, see about_CommonParameters.\n");
    let _ = write!(text, "\n## OUTPUTS\n\n### {}\n", help.outputs);
    text
}

fn front_matter() -> String {
    "---\nexternal help file: KeyRoll-help.xml\nModule Name: KeyRoll\nonline version:\nschema: 2.0.0\n---\n".to_owned()
}

/// `Name [-A] <String> [-B <String[]>] [-C] [<CommonParameters>]`
fn syntax(function: &Function) -> String {
    let mut line = function.name.clone();
    for parameter in &function.parameters {
        let (name, kind) = (&parameter.name, short_type(parameter));
        let position = parameter.bound("Position").is_some();
        let written = match (position, kind.as_str()) {
            (_, "SwitchParameter") => format!("-{name}"),
            (true, _) => format!("[-{name}] <{kind}>"),
            (false, _) => format!("-{name} <{kind}>"),
        };
        let mandatory = parameter.bound("Mandatory").is_some();
        let _ = if mandatory { write!(line, " {written}") } else { write!(line, " [{written}]") };
    }
    if function.bound("SupportsShouldProcess").is_some() {
        line.push_str(" [-WhatIf] [-Confirm]");
    }
    line + " [<CommonParameters>]"
}

fn facts(parameter: &Parameter) -> String {
    let pipeline = if parameter.bound("ValueFromPipelineByPropertyName").is_some() { "True (ByPropertyName)" } else { "False" };
    let kind = full_type(parameter);
    yaml(
        &kind,
        &parameter.aliases().join(", "),
        parameter.bound("Mandatory").is_some(),
        parameter.bound("Position").unwrap_or("Named"),
        pipeline,
    )
}

fn yaml(kind: &str, aliases: &str, required: bool, position: &str, pipeline: &str) -> String {
    let required = if required { "True" } else { "False" };
    let aliases = if aliases.is_empty() { String::new() } else { format!(" {aliases}") };
    format!(
        "```yaml\nType: {kind}\nParameter Sets: (All)\nAliases:{aliases}\n\nRequired: {required}\nPosition: {position}\nDefault value: None\nAccept pipeline input: {pipeline}\nAccept wildcard characters: False\n```\n"
    )
}

fn full_type(parameter: &Parameter) -> String {
    match parameter.type_name.as_str() {
        "string" => "System.String",
        "string[]" => "System.String[]",
        "switch" => "System.Management.Automation.SwitchParameter",
        "securestring" => "System.Security.SecureString",
        "object" => "System.Object",
        other => panic!("-{} is a {other}, which the pages do not know", parameter.name),
    }
    .to_owned()
}

fn short_type(parameter: &Parameter) -> String {
    let full = full_type(parameter);
    full.rsplit('.').next().unwrap_or(&full).to_owned()
}
