//! The rows of AMS v2's OData service, and what they mean.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::domain::locator::{AccessPolicy, Locator, LocatorKind};
use crate::domain::problem::Problem;

/// A locator as the service answers it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LocatorRow {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(rename = "Type")]
    kind: u32,
    asset_id: String,
    access_policy_id: String,
    #[serde(default)]
    start_time: Option<String>,
    expiration_date_time: String,
    #[serde(default)]
    path: Option<String>,
}

/// A locator, and the address of a SAS locator, which is a secret.
#[derive(Clone)]
pub struct Listed {
    /// The locator.
    pub locator: Locator,
    /// The signed address; none of an origin locator.
    pub address: Option<Zeroizing<String>>,
}

/// What a list of locators holds.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Locators of the two kinds that can be made.
    pub locators: Vec<Listed>,
    /// Ids of rows of another type, and the type.
    pub others: Vec<(String, u32)>,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("locator", &self.locator).finish_non_exhaustive()
    }
}

/// A row is a locator of a known kind, or only an id with its type.
pub(super) fn locator(row: Value) -> Result<Result<Listed, (String, u32)>, Problem> {
    let row: LocatorRow = serde_json::from_value(row).map_err(|_| malformed("a locator"))?;
    let kind = match row.kind {
        1 => LocatorKind::Sas,
        2 => LocatorKind::OnDemandOrigin,
        other => return Ok(Err((row.id, other))),
    };
    let start = row.start_time.map(|text| moment(&text)).transpose()?;
    let expires = moment(&row.expiration_date_time)?;
    let (path, address) = match kind {
        LocatorKind::Sas => (None, row.path.map(Zeroizing::new)),
        LocatorKind::OnDemandOrigin | LocatorKind::Streaming => (row.path, None),
    };
    let locator = Locator {
        id: row.id,
        name: row.name,
        kind,
        asset: row.asset_id,
        policy: row.access_policy_id,
        start,
        expires,
        path,
        streaming: None,
    };
    Ok(Ok(Listed { locator, address }))
}

/// An access policy.
pub(super) fn policy(row: Value) -> Result<AccessPolicy, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: String,
        duration_in_minutes: f64,
        permissions: u32,
    }
    let row: Row = serde_json::from_value(row).map_err(|_| malformed("an access policy"))?;
    let duration = Duration::try_from_secs_f64(row.duration_in_minutes * 60.0).map_err(|_| malformed("an access policy"))?;
    Ok(AccessPolicy { id: row.id, duration, permissions: row.permissions })
}

/// The id of a row.
pub(super) fn id(row: &Value) -> Result<String, Problem> {
    row["Id"].as_str().map(str::to_owned).ok_or_else(|| malformed("a row without an id"))
}

/// The body that makes a locator.
pub(super) fn creation(locator: &Locator, policy: &str, start: Option<OffsetDateTime>) -> Result<Value, Problem> {
    let kind = match locator.kind {
        LocatorKind::Sas => 1,
        LocatorKind::OnDemandOrigin => 2,
        LocatorKind::Streaming => return Err(malformed("a streaming locator")),
    };
    let start = start.map(text).transpose()?;
    Ok(json!({
        "Id": locator.id, "AccessPolicyId": policy, "AssetId": locator.asset, "StartTime": start, "Type": kind,
        "Name": locator.name,
    }))
}

/// The body that puts a locator's times right.
pub(super) fn times(locator: &Locator) -> Result<Value, Problem> {
    let mut body = json!({ "ExpirationDateTime": text(locator.expires)? });
    if let Some(start) = locator.start {
        body["StartTime"] = json!(text(start)?);
    }
    Ok(body)
}

fn text(time: OffsetDateTime) -> Result<String, Problem> {
    time.to_offset(time::UtcOffset::UTC)
        .format(&Rfc3339)
        .map_err(|_| Problem::failed("unusableTime", "a time of a locator cannot be written"))
}

/// Times come with `Z`, with an offset, and in places without either, which means UTC.
fn moment(text: &str) -> Result<OffsetDateTime, Problem> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339));
    parsed.map(|time| time.to_offset(time::UtcOffset::UTC)).map_err(|_| malformed("a time"))
}

/// Whether a body is an error of an `OData` service: an object with a code, which may be empty, and a message with its language
/// (`OData` version 3, "JSON error response").
pub(super) fn is_error(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut errors = [&body["odata.error"], &body["error"]].into_iter();
    errors.any(|error| error["code"].is_string() && error["message"]["value"].is_string())
}

pub(super) fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("AMS v2 answered {what} that is not of the documented shape"))
        .hint("check that --endpoint is the account's OData endpoint, which ends in /api/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ams-v2-http-samples.http`, exchange 2 ("Publish Azure Media Services content using REST").
    const RECORDED: &str = r#"{"odata.metadata":"https://media.windows.net/api/$metadata#Locators/@Element",
        "Id":"nb:lid:UUID:be245661-2bbd-4fc6-b14f-9cf9a1492e5e","ExpirationDateTime":"2015-03-20T06:34:47.267872+00:00","Type":2,
        "Path":"http://amstest1.streaming.mediaservices.windows.net/be245661-2bbd-4fc6-b14f-9cf9a1492e5e/",
        "BaseUri":"http://amstest1.streaming.mediaservices.windows.net","ContentAccessComponent":"be245661-2bbd-4fc6-b14f-9cf9a1492e5e",
        "AccessPolicyId":"nb:pid:UUID:1480030d-c481-430a-9687-535c6a5cb272","AssetId":"nb:cid:UUID:cc1e445d-1500-80bd-538e-f1e4b71b465e",
        "StartTime":"2015-02-18T06:34:47.267872+00:00","Name":null}"#;

    #[test]
    fn the_recorded_locator_is_read_and_written_back() {
        let listed = locator(serde_json::from_str(RECORDED).expect("JSON")).expect("a locator").expect("a known kind");
        let one = &listed.locator;
        assert_eq!(one.expires - one.start.expect("a start"), time::Duration::days(30));
        assert!(!one.is_moved_by(Duration::from_secs(43_200 * 60)));
        let body = creation(one, &one.policy, one.start).expect("times");
        assert_eq!(
            body,
            json!({
                "Id": "nb:lid:UUID:be245661-2bbd-4fc6-b14f-9cf9a1492e5e", "AccessPolicyId": "nb:pid:UUID:1480030d-c481-430a-9687-535c6a5cb272",
                "AssetId": "nb:cid:UUID:cc1e445d-1500-80bd-538e-f1e4b71b465e", "StartTime": "2015-02-18T06:34:47.267872Z", "Type": 2,
                "Name": null,
            })
        );
        assert_eq!(times(one).expect("times")["ExpirationDateTime"], "2015-03-20T06:34:47.267872Z");
    }

    #[test]
    fn a_signed_address_stays_out_of_the_locator_and_of_debug_output() {
        let mut row: Value = serde_json::from_str(RECORDED).expect("JSON");
        row["Type"] = json!(1);
        row["Path"] = json!("https://st.blob.core.windows.net/asset-1?sv=1&sig=secret");
        let listed = locator(row).expect("a locator").expect("a known kind");
        assert!(listed.locator.path.is_none() && listed.address.is_some());
        assert!(!format!("{listed:?}").contains("secret"));
    }

    #[test]
    fn another_type_is_told_apart_and_another_shape_refused() {
        let mut row: Value = serde_json::from_str(RECORDED).expect("JSON");
        row["Type"] = json!(0);
        assert_eq!(locator(row.clone()).expect("a row").expect_err("no kind").1, 0);
        row["ExpirationDateTime"] = json!("soon");
        row["Type"] = json!(2);
        assert_eq!(locator(row).expect_err("no time").code, "unexpectedAnswer");
    }

    #[test]
    fn only_an_error_of_odata_is_the_services_own_word() {
        for own in [
            r#"{"odata.error":{"code":"","message":{"lang":"en-US","value":"Resource Locator not found"}}}"#,
            r#"{"error":{"code":"ResourceNotFound","message":{"lang":"en-US","value":"Resource not found."}}}"#,
        ] {
            assert!(is_error(own.as_bytes()), "{own}");
            assert!(!is_error(&own.as_bytes()[..own.len() - 9]), "cut off");
        }
        let resource_manager = r#"{"error":{"code":"NotFound","message":"The requested resource was not found."}}"#;
        for other in ["", "<html>404</html>", r#"{"message":"no route"}"#, "[]", "null", resource_manager] {
            assert!(!is_error(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_policy_counts_in_minutes() {
        let row = json!({ "Id": "nb:pid:UUID:1", "Name": "access policy", "DurationInMinutes": 43_200.0, "Permissions": 1 });
        assert_eq!(policy(row).expect("a policy").duration, Duration::from_secs(30 * 86_400));
    }
}
