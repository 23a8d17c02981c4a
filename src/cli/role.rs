//! Least-privilege role definitions, as `az role definition create --role-definition` takes them.

use serde_json::{Value, json};

use crate::domain::dependent::DependentKind;
use crate::rotation::inventory::{needed_actions, useful_actions};

/// What every search needs: where to look, and what stands in the way.
const SEARCH: [&str; 6] = [
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.ResourceGraph/resources/read",
    "Microsoft.Authorization/locks/read",
    "Microsoft.Authorization/permissions/read",
    "Microsoft.KeyVault/vaults/read",
];

/// What a Key Vault with role-based access demands on its data plane.
const SECRETS_READ: [&str; 2] =
    ["Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"];

/// A role that can look: `list-keys`, `dependents`, `plan`.
#[must_use]
pub(super) fn reading(subscriptions: &[String]) -> Value {
    let actions: Vec<&str> = every_action().into_iter().filter(|action| !changes(action)).collect();
    let description =
        "Looks for what depends on a storage account and plans a roll of its keys. It can list keys, which a plan compares.";
    definition("keyroll reader", description, &actions, &SECRETS_READ, subscriptions)
}

/// A role that can roll.
#[must_use]
pub(super) fn rolling(subscriptions: &[String]) -> Value {
    let mut secrets = SECRETS_READ.to_vec();
    secrets.push("Microsoft.KeyVault/vaults/secrets/setSecret/action");
    let description = "Rolls the keys of storage accounts and moves what depends on them.";
    definition("keyroll operator", description, &every_action(), &secrets, subscriptions)
}

/// A role for `customer-key`: what its steps need in Resource Manager, and on the data plane of vaults that decide by roles.
#[must_use]
pub(super) fn customer_key(subscriptions: &[String]) -> Value {
    let mut actions = SEARCH.to_vec();
    actions.extend([
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.KeyVault/deletedVaults/read",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.KeyVault/vaults/delete",
        "Microsoft.KeyVault/vaults/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
        "Microsoft.ManagedIdentity/userAssignedIdentities/read",
        "Microsoft.Media/mediaservices/delete",
        "Microsoft.Media/mediaservices/read",
        "Microsoft.Media/mediaservices/write",
        "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        "Microsoft.Storage/storageAccounts/delete",
        "Microsoft.Storage/storageAccounts/fileServices/shares/read",
        "Microsoft.Storage/storageAccounts/listkeys/action",
        "Microsoft.Storage/storageAccounts/queueServices/queues/read",
        "Microsoft.Storage/storageAccounts/read",
        "Microsoft.Storage/storageAccounts/tableServices/tables/read",
        "Microsoft.Storage/storageAccounts/write",
    ]);
    actions.sort_unstable();
    let keys = [
        "Microsoft.KeyVault/vaults/keys/create/action",
        "Microsoft.KeyVault/vaults/keys/delete",
        "Microsoft.KeyVault/vaults/keys/read",
        "Microsoft.KeyVault/vaults/keys/recover/action",
        "Microsoft.KeyVault/vaults/keys/update/action",
    ];
    let description = "Brings about, rolls and removes the customer-managed key of a media account.";
    definition("keyroll key keeper", description, &actions, &keys, subscriptions)
}

/// A role for `recreate-locators media`: streaming locators with their content keys, and a secret that seals.
#[must_use]
pub(super) fn locators(subscriptions: &[String]) -> Value {
    let actions = [
        "Microsoft.Authorization/permissions/read",
        "Microsoft.Media/mediaservices/accountFilters/read",
        "Microsoft.Media/mediaservices/assets/assetFilters/read",
        "Microsoft.Media/mediaservices/assets/read",
        "Microsoft.Media/mediaservices/contentKeyPolicies/read",
        "Microsoft.Media/mediaservices/read",
        "Microsoft.Media/mediaservices/streamingEndpoints/read",
        "Microsoft.Media/mediaservices/streamingLocators/delete",
        "Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action",
        "Microsoft.Media/mediaservices/streamingLocators/listPaths/action",
        "Microsoft.Media/mediaservices/streamingLocators/read",
        "Microsoft.Media/mediaservices/streamingLocators/write",
        "Microsoft.Media/mediaservices/streamingPolicies/read",
        "Microsoft.Resources/subscriptions/read",
    ];
    let description = "Recreates the streaming locators of a media account with their content keys.";
    definition("keyroll locator keeper", description, &actions, &SECRETS_READ[..1], subscriptions)
}

fn definition(name: &str, description: &str, actions: &[&str], data_actions: &[&str], subscriptions: &[String]) -> Value {
    let scopes: Vec<String> = if subscriptions.is_empty() {
        vec!["/subscriptions/SUBSCRIPTION".to_owned()]
    } else {
        subscriptions.iter().map(|id| format!("/subscriptions/{id}")).collect()
    };
    json!({
        "Name": name,
        "Description": description,
        "IsCustom": true,
        "Actions": actions,
        "NotActions": [],
        "DataActions": data_actions,
        "NotDataActions": [],
        "AssignableScopes": scopes,
    })
}

fn every_action() -> Vec<&'static str> {
    let kinds = std::iter::once(None).chain(DependentKind::ALL.into_iter().map(Some));
    let of_kinds = kinds.flat_map(|kind| needed_actions(kind).iter().chain(useful_actions(kind)).copied());
    let mut actions: Vec<&str> = of_kinds.chain(SEARCH).collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn changes(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    ["/write", "/delete", "regeneratekey/action", "syncstoragekeys/action", "resynckeys/action", "syncautostoragekeys/action"]
        .iter()
        .any(|end| action.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(role: &Value) -> Vec<&str> {
        let of = |member: &str| role[member].as_array().expect("an array").iter().filter_map(Value::as_str);
        of("Actions").chain(of("DataActions")).collect()
    }

    #[test]
    fn reading_changes_nothing_and_rolling_needs_no_more_than_it_uses() {
        let (reading, rolling) = (reading(&["s".to_owned()]), rolling(&[]));
        let changing = |action: &&str| changes(action) || action.ends_with("setSecret/action");
        assert!(!actions(&reading).iter().any(changing), "{reading}");
        assert!(actions(&rolling).contains(&"Microsoft.Storage/storageAccounts/regeneratekey/action"), "{rolling}");
        assert!(actions(&reading).iter().all(|action| actions(&rolling).contains(action)));
        assert!(actions(&rolling).iter().all(|action| !action.contains('*')), "no wildcards: {rolling}");
        for streams in ["streamingEndpoints/read", "streamingLocators/read", "streamingLocators/listPaths/action"] {
            let action = format!("Microsoft.Media/mediaservices/{streams}");
            assert!(actions(&reading).contains(&action.as_str()), "a plan looks at streams: {reading}");
        }
        assert_eq!(reading["AssignableScopes"], json!(["/subscriptions/s"]));
    }
}
