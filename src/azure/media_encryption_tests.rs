//! Reading and replacing a media account whole.

use super::*;

fn recorded() -> Value {
    json!({
        "name": "ams", "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams",
        "type": "Microsoft.Media/mediaservices", "location": "Central US", "tags": { "a": "b" },
        "properties": {
            "mediaServiceId": "aa8eb2be", "provisioningState": "Succeeded", "privateEndpointConnections": [],
            "storageAccounts": [
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/two", "type": "Secondary" },
                { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/one", "type": "Primary", "status": "ok" }
            ],
            "storageAuthentication": "System", "keyDelivery": { "accessControl": { "defaultAction": "Deny", "ipAllowList": ["1.2.3.4"] } },
            "encryption": { "type": "CustomerKey", "status": "CustomerKeyAccessible", "keyVaultProperties": {
                "keyIdentifier": "https://kv.vault.azure.net/keys/k", "currentKeyIdentifier": "https://kv.vault.azure.net/keys/k/v1" } }
        },
        "identity": { "type": "SystemAssigned", "principalId": "p", "tenantId": "t" }, "systemData": {}
    })
}

#[test]
fn an_account_tells_its_key_and_who_opens_it() {
    let account = account(&recorded()).expect("an account");
    assert_eq!(account.storage.iter().map(ResourceId::name).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(account.current.expect("a version").version.as_deref(), Some("v1"));
    assert_eq!((account.system.as_deref(), account.key_identity), (Some("p"), None));
}

#[test]
fn what_is_sent_back_is_everything_but_what_only_the_service_writes() {
    let sent = writable(&recorded());
    assert_eq!(sent["properties"]["keyDelivery"]["accessControl"]["ipAllowList"], json!(["1.2.3.4"]));
    assert_eq!(sent["properties"]["storageAccounts"].as_array().map(Vec::len), Some(2));
    let text = sent.to_string();
    for member in ["principalId", "currentKeyIdentifier", "status", "mediaServiceId", "provisioningState", "systemData"] {
        assert!(!text.contains(member), "{member}");
    }
}

#[test]
fn a_lost_member_is_named_and_case_and_spaces_are_not_differences() {
    let sent = writable(&recorded());
    let mut after = sent.clone();
    after["location"] = json!("centralus");
    after["properties"]["minimumTlsVersion"] = json!("Tls12");
    assert!(differences(&sent, &after).is_empty());
    after["properties"]["storageAccounts"].as_array_mut().expect("a list").pop();
    remove(&mut after, "tags");
    assert_eq!(differences(&sent, &after), ["properties.storageAccounts", "tags"]);
}

#[test]
fn an_identity_is_added_to_those_that_are_there() {
    let user: ResourceId =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u".parse().expect("an id");
    let both = identities(&json!({ "type": "SystemAssigned" }), &Identity::User(user.clone()));
    assert_eq!(both["type"], "SystemAssigned,UserAssigned");
    let again = identities(&both, &Identity::System);
    assert_eq!(
        (again["type"].as_str(), again["userAssignedIdentities"].as_object().map(Map::len)),
        (both["type"].as_str(), Some(1))
    );
    assert_eq!(identities(&Value::Null, &Identity::System), json!({ "type": "SystemAssigned" }));
}
