//! The file that describes a custom cloud (`--cloud FILE`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::problem::Problem;

/// A custom cloud: where it answers and whom its tokens are for. All members but `schema` and the four of Media Services
/// (`management`, `mediaResourceId`, `mediaSuffix`, `streamingSuffixes`) are required.
///
/// ```json
/// {
///   "schema": 1,
///   "name": "Sim",
///   "resourceManager": "http://127.0.0.1:8080/",
///   "login": "http://127.0.0.1:8080/",
///   "resourceManagerAudience": "https://management.azure.com",
///   "keyVaultAudience": "https://vault.azure.net",
///   "keyVaultSuffix": "vault.localhost:8080",
///   "storageSuffix": "core.localhost:8080",
///   "management": "http://classic.localhost:8080/",
///   "mediaResourceId": "https://rest.media.azure.net",
///   "mediaSuffix": "media.localhost:8080",
///   "streamingSuffixes": ["streaming.media.localhost:8080", "streaming.mediaservices.localhost:8080"]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CloudFile {
    /// The version of this contract; absent means 1.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// The name that messages use.
    pub name: String,
    /// The endpoint of Resource Manager. Plain http is taken for loopback hosts only, here and in `login`.
    pub resource_manager: String,
    /// The endpoint of Microsoft Entra ID, without a tenant.
    pub login: String,
    /// The audience of Resource Manager tokens, without `/.default`.
    pub resource_manager_audience: String,
    /// The audience of Key Vault tokens, without `/.default`.
    pub key_vault_audience: String,
    /// The domain of vaults (`vault.azure.net`), for loopback clouds with the port.
    pub key_vault_suffix: String,
    /// The domain of storage endpoints (`core.windows.net`), for loopback clouds with the port.
    pub storage_suffix: String,
    /// The endpoint of classic service management, which takes the storage keys of AMS v2 accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management: Option<String>,
    /// The audience of AMS v2 tokens, without `/.default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_resource_id: Option<String>,
    /// The domain of AMS v2 endpoints (`media.azure.net`), for loopback clouds with the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_suffix: Option<String>,
    /// The domains of streaming endpoints (`streaming.media.azure.net`), for loopback clouds with the port. Without them no stream
    /// is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streaming_suffixes: Vec<String>,
    /// Whatever else the file holds; [`Self::read`] refuses it by name.
    #[serde(flatten, skip_serializing)]
    #[cfg_attr(test, schemars(skip))]
    unknown: BTreeMap<String, Value>,
}

impl CloudFile {
    /// Reads the text of a cloud file, which may begin with a byte order mark.
    ///
    /// # Errors
    /// When it is not JSON, a member is missing or of another type, the version is from the future, or there are members
    /// that nobody knows: all of those are named.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let file: Self = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            Problem::usage("cloudFileInvalid", "the cloud file is not the JSON of a cloud")
                .because(error)
                .hint("name AzureCloud, AzureChinaCloud or AzureUSGovernment, or a JSON file with the members of a cloud")
        })?;
        if file.schema != first_schema() {
            return Err(Problem::usage(
                "cloudFileVersion",
                format!("the cloud file has schema {}, and this version knows only schema 1", file.schema),
            ));
        }
        if !file.unknown.is_empty() {
            let names: Vec<String> = file.unknown.keys().map(|name| format!("`{name}`")).collect();
            return Err(Problem::usage("unknownMembers", format!("the cloud file has unknown members: {}", names.join(", ")))
                .hint("remove them, or correct their spelling"));
        }
        Ok(file)
    }
}

fn first_schema() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIM: &str = r#"{"name":"Sim","resourceManager":"http://127.0.0.1:1/","login":"http://127.0.0.1:1/",
        "resourceManagerAudience":"a","keyVaultAudience":"b","keyVaultSuffix":"vault.localhost:1","storageSuffix":"core.localhost:1"}"#;

    #[test]
    fn every_unknown_member_is_named() {
        let text = SIM.replacen('{', r#"{"kayVaultSuffix":1,"audience":{},"#, 1);
        let problem = CloudFile::read(&text).expect_err("two unknown members");
        assert_eq!(problem.message, "the cloud file has unknown members: `audience`, `kayVaultSuffix`");
        assert_eq!(problem.exit_code(), 2);
    }

    #[test]
    fn a_missing_member_a_foreign_version_and_no_json_are_told_apart() {
        assert_eq!(CloudFile::read(&format!("\u{feff}{SIM}")).expect("complete").name, "Sim");
        let missing = CloudFile::read(&SIM.replace("login", "logIn")).expect_err("login is missing");
        assert!(missing.to_string().contains("missing field `login`"), "{missing}");
        let version = CloudFile::read(&SIM.replacen('{', r#"{"schema":2,"#, 1)).expect_err("version");
        assert_eq!(version.code, "cloudFileVersion");
        assert_eq!(CloudFile::read("\0\u{1}").expect_err("binary").code, "cloudFileInvalid");
    }
}
