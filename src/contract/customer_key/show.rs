//! How an account is encrypted, for programs.

use serde::Serialize;

use crate::domain::customer_key::{Account, KeyFound, User, VaultFound};

/// The schema of what `customer-key show` tells.
const SCHEMA: &str = "keyroll.customerKeyShow/1";

/// How a media account is encrypted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document<'a> {
    schema: &'static str,
    account: &'a str,
    encryption: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_principal: Option<&'a str>,
    user_identities: Vec<IdentityDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key: Option<String>,
    follows_new_versions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vault: Option<VaultDocument<'a>>,
    key_state: &'static str,
    users: Vec<UserDocument<'a>>,
    would_break: &'a [String],
    findings: &'a [String],
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct IdentityDocument<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VaultDocument<'a> {
    id: &'a str,
    location: &'a str,
    access: &'static str,
    soft_delete: bool,
    purge_protection: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UserDocument<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    follows: bool,
}

/// What there is as JSON text, `schema` first.
#[must_use]
pub fn show_text(
    account: &Account,
    vault: &VaultFound,
    key: &KeyFound,
    users: &[User],
    would_break: &[String],
    findings: &[String],
) -> String {
    let document = Document {
        schema: SCHEMA,
        account: account.id.as_str(),
        encryption: if account.key.is_some() { "customerKey" } else { "systemKey" },
        system_principal: account.system.as_deref(),
        user_identities: account
            .users
            .iter()
            .map(|(id, principal)| IdentityDocument { id: id.as_str(), principal: principal.as_deref() })
            .collect(),
        key: account.key.as_ref().map(ToString::to_string),
        current_key: account.current.as_ref().map(ToString::to_string),
        follows_new_versions: account.key.as_ref().is_some_and(|key| key.version.is_none()),
        status: account.status.as_deref(),
        vault: vault.present().map(|vault| VaultDocument {
            id: vault.id.as_str(),
            location: &vault.location,
            access: vault.access.name(),
            soft_delete: vault.soft_delete,
            purge_protection: vault.purge_protection,
        }),
        key_state: key_state(key),
        users: users
            .iter()
            .map(|user| UserDocument { id: &user.id, version: user.version(), follows: user.pinned.is_none() })
            .collect(),
        would_break,
        findings,
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn key_state(key: &KeyFound) -> &'static str {
    match key {
        KeyFound::Unknown => "unknown",
        KeyFound::Forbidden { .. } => "forbidden",
        KeyFound::Missing => "missing",
        KeyFound::Deleted { .. } => "deleted",
        KeyFound::Present(key) if key.enabled => "enabled",
        KeyFound::Present(_) => "disabled",
    }
}
