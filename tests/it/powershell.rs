//! The PowerShell module without PowerShell: its scripts as syntax, its surface against the program's, and the bytes of its bridge
//! against `keyroll exec`. `module/tests` runs it in a real PowerShell.

mod bridge;
mod drop_in;
mod pages;
mod script;
mod surface;
mod syntax;

use std::path::{Path, PathBuf};

use script::Script;

fn module() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("module")
}

/// Every script file below `module/`.
fn scripts() -> Vec<Script> {
    let mut files = Vec::new();
    collect(&module(), &mut files);
    files.iter().map(|path| Script::read(path)).collect()
}

/// The scripts that are installed: without tests.
fn sources() -> Vec<Script> {
    scripts().into_iter().filter(|script| !script.path.starts_with(module().join("tests"))).collect()
}

/// The scripts of one folder of the module.
fn scripts_in(folder: &str) -> Vec<Script> {
    scripts().into_iter().filter(|script| script.path.parent() == Some(&module().join(folder))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the module") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| ["ps1", "psm1", "psd1"].iter().any(|known| extension == *known)) {
            files.push(path);
        }
    }
    files.sort();
}
