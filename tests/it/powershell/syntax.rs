//! Every script parses, and none steps into what Windows PowerShell 5.1 does not have.

use tree_sitter::Node;

use super::script::Script;
use super::{scripts, sources};

/// Commands, methods and members that 5.1 lacks or that do something else there, and why.
const TRAPS: [(&str, &str); 16] = [
    ("ArgumentList", "ProcessStartInfo has it only since .NET Core"),
    ("Kill($true)", "a tree is killed only since .NET Core"),
    ("StandardInputEncoding", "only since .NET Core"),
    ("-AsHashtable", "ConvertFrom-Json has it since 6"),
    ("-AsArray", "ConvertTo-Json has it since 7"),
    ("-NoEnumerate", "ConvertFrom-Json has it since 7"),
    ("-DateKind", "ConvertFrom-Json has it since 7.5"),
    ("-AsPlainText", "ConvertFrom-SecureString has it since 7"),
    ("Test-Json", "since 6"),
    ("Start-ThreadJob", "since 7"),
    ("-Parallel", "ForEach-Object has it since 7"),
    ("PtrToStringAuto", "reads UTF-8 on Linux, and a BSTR is UTF-16"),
    ("$IsWindows", "a missing variable in 5.1, which strict mode makes an error"),
    ("$IsLinux", "a missing variable in 5.1, which strict mode makes an error"),
    ("$IsMacOS", "a missing variable in 5.1, which strict mode makes an error"),
    ("ExportPkcs8PrivateKey", "only since .NET Core 3"),
];

#[test]
fn every_script_of_the_module_is_powershell() {
    let scripts = scripts();
    assert!(scripts.len() > 20, "only {} scripts were found", scripts.len());
    // The grammar does not know classes with a base; PowerShell runs that one.
    let known = scripts.iter().filter(|script| !script.path.ends_with("tests/Answering.ps1"));
    let errors: Vec<String> = known.flat_map(Script::errors).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn what_is_installed_is_ascii() {
    for script in sources() {
        // Windows PowerShell takes a file without a byte order mark for one of the system's old code page.
        assert!(script.text.is_ascii(), "{} holds other characters than ASCII", script.path.display());
    }
}

#[test]
fn no_source_steps_into_a_trap_of_windows_powershell() {
    let found: Vec<String> = sources().iter().flat_map(traps).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_traps_are_seen() {
    let seen = |text: &str| traps(&Script::of("x.ps1".as_ref(), text.to_owned())).len();
    for trap in [
        "$a = $b ? 1 : 2",
        "$a = $b ?? 2",
        "$a ??= 2",
        "Get-Item x && Get-Item y",
        "Get-Item x || Get-Item y",
        "Join-Path $a b c",
        "Join-Path -Path $a -ChildPath b -AdditionalChildPath c",
        "& $exe status",
        "& './keyroll' status",
        "$start.ArgumentList.Add('x')",
        "$process.Kill($true)",
        "ConvertFrom-Json -AsHashtable $x",
        "if ($IsWindows) { }",
        "Invoke-Expression $x",
        "Write-Host x",
        "ConvertTo-Json $x",
        "class Frame { }",
    ] {
        assert!(seen(trap) > 0, "{trap}");
    }
    for fine in [
        "$a = 'b ? c : d && e'",
        "Join-Path $a b",
        "Get-Item x # $a ?? 2",
        "ConvertTo-Json -InputObject $x -Depth 9",
        "Start-Job -ArgumentList $x",
    ] {
        assert_eq!(seen(fine), 0, "{fine}");
    }
}

/// Every trap in a script, with its line.
fn traps(script: &Script) -> Vec<String> {
    let mut found = Vec::new();
    for node in script.nodes() {
        if let Some(why) = trap(script, node) {
            found.push(format!("{}:{}: {why}", script.path.display(), node.start_position().row + 1));
        }
    }
    if !script.errors().is_empty() {
        found.extend(script.errors().into_iter().map(|place| format!("{place}: is no PowerShell that 5.1 knows")));
    }
    found
}

fn trap(script: &Script, node: Node<'_>) -> Option<String> {
    let text = script.text_of(node);
    let code =
        matches!(node.kind(), "member_access" | "invokation_expression" | "command_parameter" | "command_name" | "variable");
    if code {
        let is_member = node.kind() == "member_access" || node.kind() == "invokation_expression";
        for (trap, why) in TRAPS {
            let hit = if trap == "ArgumentList" {
                is_member && text.contains(".ArgumentList")
            } else {
                text.eq_ignore_ascii_case(trap) || (is_member && text.contains(trap))
            };
            if hit {
                return Some(format!("{trap}: {why}"));
            }
        }
    }
    match node.kind() {
        "command" => command_trap(text),
        "??=" | "??" | "?" | "&&" | "||" => Some(format!("`{text}` is an operator of PowerShell 7")),
        "class_statement" => Some("classes of a module cannot be loaded anew in 5.1".to_owned()),
        _ => None,
    }
}

fn command_trap(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.first().copied().unwrap_or_default();
    match name {
        // One of our own functions, by its name.
        _ if text.starts_with('&')
            && !["& $Command @Parameters", "& $WithoutProgram -Cmdlet"].iter().any(|own| text.starts_with(own)) =>
        {
            Some(format!("`{text}`: programs are started by the bridge alone"))
        }
        "Join-Path" => {
            let places = words[1..].iter().filter(|word| !word.starts_with('-')).count();
            (places > 2 || text.contains("-AdditionalChildPath")).then(|| "Join-Path takes two parts in 5.1".to_owned())
        }
        "ConvertTo-Json" if !(text.contains("-Depth") && text.contains("-InputObject")) => {
            Some("ConvertTo-Json cuts at depth 2 and unrolls what is piped: give -Depth and -InputObject".to_owned())
        }
        "Invoke-Expression" | "Write-Host" | "Write-Error" | "Add-Type" => Some(format!("{name} has no place in this module")),
        _ => None,
    }
}
