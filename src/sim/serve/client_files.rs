//! The files that a client of a served world needs: the cloud, tokens, and the world's clock.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::contract::world::World;
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;
use crate::sim::scaled_clock::ScaledClock;
use crate::sim::token::Token;

/// Writes the cloud's file, the tokens' file and the clock's file, in this order.
///
/// # Errors
/// When one of them cannot be written.
pub(super) fn write(directory: &Path, world: &World, clock: ScaledClock) -> Result<[PathBuf; 3], Problem> {
    let endpoints = &world.endpoints;
    let url = |authority: &str| format!("{}://{authority}/", endpoints.scheme);
    let cloud = json!({
        "name": "simulated",
        "resourceManager": url(&endpoints.resource_manager),
        "login": url(&endpoints.login),
        "resourceManagerAudience": endpoints.resource_manager_audience,
        "keyVaultAudience": endpoints.key_vault_audience,
        "keyVaultSuffix": endpoints.key_vault_suffix,
        "storageSuffix": endpoints.storage_suffix,
        "management": url(&endpoints.classic_management),
        "mediaResourceId": endpoints.media_audience,
        "mediaSuffix": endpoints.media_suffix,
        "streamingSuffixes": [endpoints.streaming_suffix, endpoints.streaming_suffix_v2],
    });
    let expires = clock.now() + time::Duration::days(3650);
    let tokens: Vec<Value> = [&endpoints.resource_manager_audience, &endpoints.key_vault_audience, &endpoints.media_audience]
        .into_iter()
        .map(|audience| {
            let token = Token::of(world, audience, expires).text(0);
            json!({ "token": token, "scope": format!("{audience}/.default"), "expiresOn": expires.unix_timestamp() })
        })
        .collect();
    Ok([
        place(directory, "cloud.json", &cloud.to_string())?,
        place(directory, "tokens.json", &json!(tokens).to_string())?,
        place(directory, "clock.json", &serde_json::to_value(clock).unwrap_or_default().to_string())?,
    ])
}

/// Writes one file for its owner's eyes only, and the folder before it: secrets are secret, simulated ones too. Its
/// absolute path comes back, because the client may run elsewhere.
///
/// # Errors
/// When it cannot be written.
pub(super) fn place(directory: &Path, name: &str, content: &str) -> Result<PathBuf, Problem> {
    let path = directory.join(name);
    let path = std::path::absolute(&path).unwrap_or(path);
    std::fs::create_dir_all(directory)
        .and_then(|()| write_private(&path, content.as_bytes()))
        .map(|()| path.clone())
        .map_err(|error| Problem::failed("fileNotWritten", format!("{} cannot be written", path.display())).because(error))
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(content)
}
