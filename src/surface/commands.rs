//! What clap does not know of a command.

use serde::Serialize;

/// What a host has to know before it calls a command.
#[expect(clippy::struct_excessive_bools, reason = "a table of independent facts")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Traits {
    /// It may change something in Azure.
    pub changes: bool,
    /// What it changes cannot be undone: it asks first.
    pub irreversible: bool,
    /// It may run for minutes or days, and a first signal lets it end safely.
    pub long_running: bool,
    /// It belongs to this program alone and is left out of the other surfaces.
    pub host_owned: bool,
}

const LOOKS: Traits = Traits { changes: false, irreversible: false, long_running: false, host_owned: false };
const ROLLS: Traits = Traits { changes: true, irreversible: true, long_running: true, host_owned: false };
const GOES_ON: Traits = Traits { changes: true, irreversible: false, long_running: true, host_owned: false };
/// It changes what may be synced again at any time, and asks nothing.
const SYNCS: Traits = Traits { changes: true, irreversible: false, long_running: true, host_owned: false };
const OWN: Traits = Traits { host_owned: true, ..LOOKS };

/// One row for each command path.
const TABLE: &[(&str, Traits)] = &[
    ("abort", GOES_ON),
    ("completion", OWN),
    ("customer-key apply", GOES_ON),
    ("customer-key remove", ROLLS),
    ("customer-key roll", GOES_ON),
    ("customer-key show", LOOKS),
    ("demo", LOOKS),
    ("dependents", LOOKS),
    ("doctor", LOOKS),
    ("exec", Traits { long_running: true, ..OWN }),
    ("list-keys", LOOKS),
    ("plan", LOOKS),
    ("recreate-locators media", ROLLS),
    ("recreate-locators media-v2", ROLLS),
    ("regenerate-key", ROLLS),
    ("report", LOOKS),
    ("resume", GOES_ON),
    ("rotate", ROLLS),
    ("schema", OWN),
    ("simulate serve", OWN),
    ("status", LOOKS),
    ("step", GOES_ON),
    ("sync-keys all", SYNCS),
    ("sync-keys batch", SYNCS),
    ("sync-keys media", SYNCS),
    ("sync-keys media-v2", SYNCS),
    ("sync-keys ml", SYNCS),
    ("update-datastores", SYNCS),
    ("wait", Traits { long_running: true, ..LOOKS }),
];

/// The traits of the command with this path, if the table has it.
#[must_use]
pub fn traits(path: &str) -> Option<&'static Traits> {
    TABLE.iter().find(|(known, _)| *known == path).map(|(_, traits)| traits)
}

/// Every path of the table.
#[must_use]
pub fn paths() -> Vec<&'static str> {
    TABLE.iter().map(|(path, _)| *path).collect()
}
