//! `Sync-AzMediaServiceStorageKey` as Az.Media 1.0 to 1.1.2 had it. The facts were read in `Azure/azure-powershell`:
//! `src/Media/Media/ServiceKey/SyncAzureRmMediaServiceStorageKeys.cs` and `src/Media/Media/Az.Media.psd1`.

use keyroll::surface::powershell::DROP_IN;

use super::script::{Attribute, Function};
use super::{module, surface::functions};
use crate::binary::text;

fn drop_in() -> Function {
    functions().into_iter().find(|function| function.name == DROP_IN).expect("the drop-in")
}

fn values(attribute: Option<&Attribute>) -> Vec<&str> {
    attribute.map(|attribute| attribute.arguments.iter().map(|argument| argument.value.as_str()).collect()).unwrap_or_default()
}

#[test]
fn it_has_the_name_and_the_alias_of_the_original() {
    let function = drop_in();
    assert_eq!(function.name, "Sync-AzMediaServiceStorageKey");
    assert_eq!(function.aliases, ["Sync-AzMediaServiceStorageKeys"]);
    // The other alias of that module belongs to a cmdlet that we do not have.
    assert!(!text(&module().join("KeyRoll.psd1")).contains("Get-AzMediaServiceKeys"));
    // The name of a cmdlet that exists in Az today is never taken.
    assert!(functions().iter().all(|function| function.name != "Sync-AzMLWorkspaceKey"));
}

#[test]
fn three_parameters_are_mandatory_in_this_order_and_come_through_the_pipeline() {
    let function = drop_in();
    for (position, name, aliases) in
        [("0", "ResourceGroupName", &[][..]), ("1", "AccountName", &["Name", "ResourceName"]), ("2", "StorageAccountId", &["Id"])]
    {
        let parameter = function.parameter(name).expect(name);
        assert_eq!(parameter.type_name, "string", "{name}");
        assert_eq!(parameter.bound("Mandatory"), Some(""), "{name}");
        assert_eq!(parameter.bound("Position"), Some(position), "{name}");
        assert_eq!(parameter.bound("ValueFromPipelineByPropertyName"), Some(""), "{name}");
        assert_eq!(parameter.aliases(), aliases, "{name}");
        assert!(parameter.attribute("ValidateNotNullOrEmpty").is_some(), "{name}");
    }
    let mandatory = function.parameters.iter().filter(|parameter| parameter.bound("Mandatory").is_some()).count();
    assert_eq!(mandatory, 3, "whatever else there is may be left out");
}

#[test]
fn account_names_are_checked_as_in_the_original() {
    let function = drop_in();
    let account = function.parameter("AccountName").expect("an account");
    assert_eq!(values(account.attribute("ValidateLength")), ["3", "26"]);
    assert_eq!(values(account.attribute("ValidatePattern")), ["^[a-z0-9]+$"]);
    assert!(function.parameter("ResourceGroupName").expect("a group").attribute("ArgumentCompleter").is_some());
}

#[test]
fn it_asks_as_the_original_and_gives_true() {
    let function = drop_in();
    assert_eq!(function.bound("SupportsShouldProcess"), Some(""));
    assert_eq!(function.bound("ConfirmImpact"), None, "the default, which asks nothing");
    assert_eq!(function.output.as_deref(), Some("System.Boolean"));
    let source = text(&module().join("Public").join(format!("{DROP_IN}.ps1")));
    for line in [
        "Action         = 'Sync MediaService storage keys'",
        "Target         = $AccountName",
        "Arguments      = @{ always = $true }",
    ] {
        assert!(source.contains(line), "{line}");
    }
}

#[test]
fn both_styles_of_calling_are_taken() {
    let function = drop_in();
    let profile = function.parameter("DefaultProfile").expect("a profile");
    assert_eq!(profile.aliases(), ["AzContext", "AzureRmContext", "AzureCredential"]);
    // Those of the generated module 0.1.0, and ours.
    assert_eq!(function.parameter("SubscriptionId").expect("a subscription").type_name, "string");
    assert_eq!(function.parameter("PassThru").expect("a switch").type_name, "switch");
    assert_eq!(function.parameter("Detailed").expect("a switch").type_name, "switch");
}
