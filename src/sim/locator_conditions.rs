//! What a streaming locator names beside its asset and its streaming policy: a content key policy, and filters of the account or of
//! the asset. Shapes as recorded (2018-07-01 to 2021-11-01).

use serde_json::{Value, json};

use crate::contract::world;

use super::media::not_found;
use super::message::Reply;
use super::random::Random;
use super::route::Target;
use super::state::State;

impl State {
    pub(super) fn get_content_key_policy(&self, media: usize, name: &str) -> Reply {
        let Some(name) = named(&self.media[media].given.content_key_policies, name) else { return not_found() };
        let id = |purpose: &str| Random::for_purpose(self.world.seed, &format!("{purpose} {name}")).uuid();
        Reply::json(
            200,
            &json!({
                "name": name, "id": self.media[media].id.child("contentKeyPolicies", name).as_str(),
                "type": "Microsoft.Media/mediaservices/contentKeyPolicies",
                "properties": {
                    "policyId": id("content key policy"), "created": Self::stamp(self.start), "lastModified": Self::stamp(self.start),
                    "options": [{
                        "policyOptionId": id("its option"), "name": format!("{name} for everybody"),
                        "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration" },
                        "restriction": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction" },
                    }],
                },
                "systemData": Self::system_data(self.start, self.start),
            }),
        )
    }

    pub(super) fn get_account_filter(&self, media: usize, name: &str) -> Reply {
        let found = named(&self.media[media].given.account_filters, name);
        found.map_or_else(not_found, |name| {
            let id = self.media[media].id.child("accountFilters", name);
            Reply::json(200, &filter(name, id.as_str(), "Microsoft.Media/mediaservices/accountFilters"))
        })
    }

    pub(super) fn get_asset_filter(&self, media: usize, asset: &str, target: &Target) -> Reply {
        let name = target.names.get(2).map(String::as_str).unwrap_or_default();
        let filters = self.media[media].given.asset_filters.get(asset);
        filters.and_then(|filters| named(filters, name)).map_or_else(not_found, |name| {
            let id = self.media[media].id.child("assets", asset).child("assetFilters", name);
            Reply::json(200, &filter(name, id.as_str(), "Microsoft.Media/mediaservices/assets/assetFilters"))
        })
    }

    /// Why a locator cannot be made with the content key policy and the filters that it names, if so.
    pub(super) fn unmet_condition(&self, media: usize, given: &world::StreamingLocator) -> Option<Reply> {
        let account = &self.media[media].given;
        let missing = |what: &str, name: &str| Some(Reply::error(404, "NotFound", &format!("{what} '{name}' was not found.")));
        if let Some(policy) = &given.default_content_key_policy_name
            && named(&account.content_key_policies, policy).is_none()
        {
            return missing("Content key policy", policy);
        }
        let own = account.asset_filters.get(&given.asset_name).map_or(&[][..], Vec::as_slice);
        let has = |name: &str| named(&account.account_filters, name).is_some() || named(own, name).is_some();
        given.filters.iter().find(|filter| !has(filter)).and_then(|filter| missing("Filter", filter))
    }
}

/// The name as it was given, whatever its case.
fn named<'a>(names: &'a [String], wanted: &str) -> Option<&'a str> {
    names.iter().find(|name| name.eq_ignore_ascii_case(wanted)).map(String::as_str)
}

fn filter(name: &str, id: &str, kind: &str) -> Value {
    json!({ "name": name, "id": id, "type": kind, "properties": { "firstQuality": { "bitrate": 420_000 }, "tracks": [] } })
}
