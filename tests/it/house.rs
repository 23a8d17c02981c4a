//! The house rules that no compiler holds: layers, file lengths, and that no test file is forgotten.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers of the design, top first: a module uses only modules above it.
const LAYERS: [&str; 9] = ["domain", "contract", "sim", "azure", "dependents", "rotation", "render", "surface", "cli"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The layers that a source text names as `crate::LAYER`, also in grouped imports (`use crate::{azure, domain}`).
fn layers_named(text: &str) -> Vec<&'static str> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let text = code.join("\n");
    let mut named = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let group =
            if let Some(inside) = rest.strip_prefix('{') { &inside[..inside.find("};").unwrap_or(inside.len())] } else { rest };
        for layer in LAYERS {
            let begins = |part: &str| {
                let part = part.trim_start();
                part.strip_prefix(layer).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            let found = if rest.starts_with('{') { group.split(',').any(begins) } else { begins(rest) };
            if found {
                named.push(layer);
            }
        }
    }
    named
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let mut wrong = Vec::new();
    for (place, layer) in LAYERS.iter().enumerate() {
        let mut files = rust_files(&root().join("src").join(layer));
        assert!(!files.is_empty(), "{layer} has no files");
        files.sort();
        for file in files {
            for named in layers_named(&fs::read_to_string(&file).expect("a source file")) {
                let below = LAYERS.iter().position(|known| *known == named).expect("a layer") > place;
                // The simulator must not share a belief with what it tests, nor be used by it.
                let simulated = named == "sim" && matches!(*layer, "azure" | "dependents" | "rotation");
                if below || simulated {
                    wrong.push(format!("{} uses {named}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layer_check_sees_grouped_and_single_imports() {
    assert_eq!(layers_named("use crate::cli::run;"), ["cli"]);
    assert_eq!(layers_named("use crate::{azure::client, domain};"), ["domain", "azure"]);
    assert!(layers_named("use crate::client;\n/// As [`crate::cli`] does.").is_empty());
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<(usize, PathBuf)> = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .map(|file| (fs::read_to_string(&file).expect("a source file").lines().count(), file))
        .collect();
    lengths.sort();
    let long: Vec<_> = lengths.iter().filter(|(length, _)| *length > 500).collect();
    assert!(long.is_empty(), "files over 500 lines: {long:?}");
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= 150, "the median file has {median} lines");
}

#[test]
fn no_story_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/it/main.rs")).expect("the list of stories");
    for entry in fs::read_dir(root().join("tests/it")).expect("the stories") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(name == "main" || main.contains(&format!("mod {name};")), "{name} is not listed in tests/it/main.rs");
    }
}

#[test]
fn nothing_of_one_machine_is_committed() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", ".ci"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).expect("a source file");
            if text.contains(concat!("/wo", "rk/")) || text.contains(concat!("/ro", "ot/")) {
                wrong.push(file);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
