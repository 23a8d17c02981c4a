//! Tells the program which commit it was built from, packs the schemas that it prints, and stops a build whose surfaces disagree
//! on the version.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;

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
    println!("cargo::rerun-if-changed=schemas");
    pack_schemas().expect("the schemas are packed");
    for (file, before) in [("module/KeyRoll.psd1", "ModuleVersion"), ("azext/setup.py", "VERSION")] {
        println!("cargo::rerun-if-changed={file}");
        let Some(other) = version_in(Path::new(file), before) else { continue };
        assert!(other == version, "{file} says version {other}, and Cargo.toml says {version}");
    }
}

/// All schemas in one file, as `contract/schema.rs` reads it: as they are they would be a twentieth of the program.
fn pack_schemas() -> io::Result<()> {
    let mut files = fs::read_dir("schemas")?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    files.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    let place = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("schemas");
    let mut packed = DeflateEncoder::new(File::create(place)?, Compression::best());
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        write!(packed, "{name}\n{}\0", fs::read_to_string(&file)?)?;
    }
    packed.finish().map(drop)
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
