//! Where a served simulation is, for whoever started it.

use std::path::PathBuf;

use serde::Serialize;

/// The schema of this document.
pub const SCHEMA: &str = "keyroll.served/1";

/// A simulation on this machine, and the files that a client of it needs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServedDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// For `--cloud`.
    pub cloud_file: PathBuf,
    /// For `--auth token-file=PATH`.
    pub token_file: PathBuf,
    /// The world's clock.
    pub clock_file: PathBuf,
}
