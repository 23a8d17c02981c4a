//! What `report --verify` found of a journal whose chain holds.

use serde::Serialize;

/// The schema of this document.
pub const SCHEMA: &str = "keyroll.verification/1";

/// The chain of a journal that holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerificationDocument<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The run.
    pub run_id: &'a str,
    /// How many entries the chain has.
    pub entries: usize,
    /// SHA-256 of the last line: whoever noted it earlier can tell that nothing was changed since.
    pub last_digest: &'a str,
    /// Bytes after the last whole line: what a crash left of a line.
    pub torn_bytes: u64,
}
