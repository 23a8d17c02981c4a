//! Tells the program which commit it was built from, and stops a build whose surfaces disagree on the version.

use std::path::Path;
use std::process::Command;

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).map_or_else(String::new, |commit| format!(" ({commit})"));
    println!("cargo::rustc-env=KEYROLL_VERSION={version}{commit}");
    if let Some(head) = git(&["rev-parse", "--git-path", "HEAD"]) {
        println!("cargo::rerun-if-changed={head}");
    }
    if let Some(branch) = git(&["symbolic-ref", "-q", "HEAD"]).and_then(|branch| git(&["rev-parse", "--git-path", &branch])) {
        println!("cargo::rerun-if-changed={branch}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    for (file, before) in [("module/KeyRoll.psd1", "ModuleVersion"), ("azext/setup.py", "VERSION")] {
        println!("cargo::rerun-if-changed={file}");
        let Some(other) = version_in(Path::new(file), before) else { continue };
        assert!(other == version, "{file} says version {other}, and Cargo.toml says {version}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The quoted version on the line that begins with this name; nothing when the file is not there.
fn version_in(file: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().map(str::trim).find(|line| line.starts_with(name));
    let quoted = line.and_then(|line| line.split(['\'', '"']).nth(1));
    Some(quoted.unwrap_or("none").to_owned())
}
