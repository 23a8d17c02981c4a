//! How long `keyroll --version` and `keyroll --help` take, as a ratio to a program that does nothing, and how large the binary
//! is: `cargo bench --bench startup`.
//!
//! The three programs take turns, so that whatever else the machine does happens to all of them, and medians are compared.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KEYROLL: &str = env!("CARGO_BIN_EXE_keyroll");
const ROUNDS: usize = 200;
const LIMIT_RATIO: f64 = 2.5;
const LIMIT_MB: f64 = 8.0;

fn main() -> Result<(), Box<dyn Error>> {
    let empty = empty_program()?;
    let contestants: [(&str, &Path, &[&str]); 3] = [
        ("empty program", &empty, &[]),
        ("keyroll --version", Path::new(KEYROLL), &["--version"]),
        ("keyroll --help", Path::new(KEYROLL), &["--help"]),
    ];
    let mut times = [const { Vec::new() }; 3];
    // The first round brings the programs into memory and does not count.
    for round in 0..=ROUNDS {
        for (times, (_, program, arguments)) in times.iter_mut().zip(contestants) {
            let took = run(program, arguments)?;
            if round > 0 {
                times.push(took);
            }
        }
    }
    let medians = times.map(median);
    let mut missed = Vec::new();
    for ((name, _, _), median) in contestants.iter().zip(medians) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("{name:18} median {:6.2} ms  ratio {ratio:.2} (limit {LIMIT_RATIO})", median.as_secs_f64() * 1e3);
        if ratio > LIMIT_RATIO {
            missed.push(format!("{name} takes {ratio:.2} times as long as an empty program"));
        }
    }
    let megabytes = f64::from(u32::try_from(fs::metadata(KEYROLL)?.len())?) / 1e6;
    println!("{:18} {megabytes:.2} MB (limit {LIMIT_MB} MB)", "binary");
    if megabytes > LIMIT_MB {
        missed.push(format!("the binary has {megabytes:.2} MB"));
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ").into()) }
}

/// A Rust program that does nothing, built as keyroll is.
fn empty_program() -> Result<PathBuf, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
    fs::write(&source, "fn main() {}\n")?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let options = ["--edition=2024", "-Copt-level=s", "-Clto=fat", "-Ccodegen-units=1", "-Cpanic=abort", "-Cstrip=symbols"];
    let built = Command::new(rustc).args(options).arg(&source).arg("-o").arg(&program).status()?;
    if built.success() { Ok(program) } else { Err("the empty program could not be built".into()) }
}

fn run(program: &Path, arguments: &[&str]) -> Result<Duration, Box<dyn Error>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let took = began.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{} ended with {status}", program.display()).into()) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
