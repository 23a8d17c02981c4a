//! What handing a storage key to an AMS v2 account came to.

use serde::Serialize;
use time::OffsetDateTime;

use crate::contract::name::Named;
use crate::contract::time::Time;
use crate::domain::key::{Fingerprint, Slot};
use crate::domain::resource_id::ResourceId;

/// The schema of the document.
const SCHEMA: &str = "keyroll.mediaKey/1";

/// A key that a media account was given.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaKeyDocument<'a> {
    schema: &'static str,
    media_account: &'a str,
    storage_account: &'a str,
    slot: Named<Slot>,
    fingerprint: Named<Fingerprint>,
    /// What classic service management answered; any 2xx means that the key was taken.
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// From when on locators may be recreated.
    settled: Time,
}

impl<'a> MediaKeyDocument<'a> {
    /// The document.
    #[must_use]
    pub fn new(
        media_account: &'a str,
        storage_account: &'a ResourceId,
        (slot, fingerprint): (Slot, Fingerprint),
        (http_status, request_id): (u16, Option<String>),
        settled: OffsetDateTime,
    ) -> Self {
        let (slot, fingerprint, settled) = (Named(slot), Named(fingerprint), Time(settled));
        let storage_account = storage_account.as_str();
        Self { schema: SCHEMA, media_account, storage_account, slot, fingerprint, http_status, request_id, settled }
    }

    /// As JSON text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_that_was_handed_over_is_this_json() {
        let storage: ResourceId =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st".parse().expect("an id");
        let settled = crate::contract::time::parse("2026-11-22T02:35:00Z").expect("a time");
        let print = Fingerprint::from_text("1:0123456789abcdef");
        let document = MediaKeyDocument::new("ams1", &storage, (Slot::Key2, print), (204, Some("r".into())), settled);
        assert_eq!(
            serde_json::to_value(&document).expect("JSON"),
            json!({
                "schema": "keyroll.mediaKey/1", "mediaAccount": "ams1", "storageAccount": storage.as_str(), "slot": "key2",
                "fingerprint": "1:0123456789abcdef", "httpStatus": 204, "requestId": "r", "settled": "2026-11-22T02:35:00Z"
            })
        );
    }
}
