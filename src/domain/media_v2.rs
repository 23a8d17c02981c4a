//! AMS v2 accounts as a user names them: a search cannot tell them from accounts of Media Services v3.

use super::dependent::Movement;
use super::key::Slot;

/// What stands before an account's name in the id of one that only classic service management knows.
const CLASSIC: &str = "/services/mediaservices/Accounts/";

/// An AMS v2 account that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaV2Account {
    /// The resource id; where Resource Manager does not know the account, its path in classic service management.
    pub id: String,
    /// The address of its OData service, where that is known: locators and jobs are looked for there.
    pub endpoint: Option<String>,
    /// Push, where a client certificate opens classic service management, so that we choose the key; otherwise pull, by
    /// the call of Media Services v3.
    pub movement: Movement,
    /// The slot whose key it holds at present, where the user said so: nobody can read it.
    pub holds: Option<Slot>,
}

impl MediaV2Account {
    /// The id of an account that only classic service management knows.
    #[must_use]
    pub fn classic_id(subscription: &str, name: &str) -> String {
        format!("/subscriptions/{subscription}{CLASSIC}{name}")
    }

    /// Whether this is such an id.
    #[must_use]
    pub fn is_classic(id: &str) -> bool {
        id.contains(CLASSIC)
    }

    /// The account's name in an id of either form.
    #[must_use]
    pub fn name_in(id: &str) -> &str {
        id.rsplit('/').next().unwrap_or(id)
    }

    /// The subscription in an id of either form.
    #[must_use]
    pub fn subscription_in(id: &str) -> &str {
        id.split('/').nth(2).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_id_tell_name_and_subscription() {
        let classic = MediaV2Account::classic_id("s1", "ams1");
        let resource = "/subscriptions/s1/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams1";
        for id in [classic.as_str(), resource] {
            assert_eq!((MediaV2Account::subscription_in(id), MediaV2Account::name_in(id)), ("s1", "ams1"));
        }
        assert!(MediaV2Account::is_classic(&classic) && !MediaV2Account::is_classic(resource));
    }
}
