//! What tells the streaming URL of a locator: the manifest among an asset's files, and which streaming endpoints run.
//!
//! Sources: `AssetFile` and `StreamingEndpoint` of the AMS v2 REST reference (2.19).

use serde_json::Value;

use crate::azure::streaming::StreamingEndpoint;
use crate::domain::problem::Problem;

use super::MediaV2;
use super::wire;

/// What the name of a manifest ends in.
const MANIFEST: &str = ".ism";

/// The manifest of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The asset's id.
    pub asset: String,
    /// The file's name, as the server tells it.
    pub name: String,
}

impl MediaV2 {
    /// The streaming endpoints of the account.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn streaming_endpoints(&self) -> Result<Vec<StreamingEndpoint>, Problem> {
        let text = |row: &Value, member: &str| row[member].as_str().unwrap_or_default().to_owned();
        let mut endpoints = Vec::new();
        let take = |row: Value| {
            endpoints.push(StreamingEndpoint {
                name: text(&row, "Name"),
                host: text(&row, "HostName").to_ascii_lowercase(),
                state: text(&row, "State"),
            });
            Ok(())
        };
        self.each_row("StreamingEndpoints", None, take).await?;
        Ok(endpoints)
    }

    /// The manifests of these assets, one for each that has one; of every asset of the account where none is named. Filtered here
    /// as well, because nothing says that the service filters.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn manifests(&self, of: &[&str]) -> Result<Vec<Manifest>, Problem> {
        let mut manifests: Vec<Manifest> = Vec::new();
        let mut take = |row: Value| {
            let (Some(asset), Some(name)) = (row["ParentAssetId"].as_str(), row["Name"].as_str()) else {
                return Err(wire::malformed("a file"));
            };
            let meant = of.is_empty() || of.iter().any(|wanted| wanted.eq_ignore_ascii_case(asset));
            if meant && name.to_ascii_lowercase().ends_with(MANIFEST) {
                manifests.push(Manifest { asset: asset.to_owned(), name: name.to_owned() });
            }
            Ok(())
        };
        if of.is_empty() {
            self.each_row("Files", None, &mut take).await?;
        }
        for asset in of {
            let plain = asset.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'));
            if plain {
                self.each_row("Files", Some(&format!("ParentAssetId eq '{asset}'")), &mut take).await?;
            }
        }
        manifests.sort_by_cached_key(|manifest| (manifest.asset.to_ascii_lowercase(), manifest.name.clone()));
        manifests.dedup_by(|one, other| one.asset.eq_ignore_ascii_case(&other.asset));
        Ok(manifests)
    }
}
