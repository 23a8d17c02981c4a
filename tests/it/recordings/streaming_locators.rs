//! Streaming locators as they were recorded, through the client: what is read of them, and what a PUT says.

use keyroll::azure::client::Client;
use keyroll::azure::streaming_locators::StreamingLocators;
use keyroll::domain::locator::streaming::{ContentKey, ContentKeyValue, Streaming};
use keyroll::domain::locator::{Locator, LocatorKind};
use keyroll::domain::problem::Problem;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::operations::id;
use super::replay::Exchange;

/// Sends the operation and checks what the client makes of the answer.
pub(super) async fn send(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    let media = StreamingLocators::of(client.clone(), id(exchange, 8));
    let named = exchange.path.split('/').nth(10).unwrap_or_default();
    // Where nothing is there, that is no success either.
    let gone = || Problem { http_status: Some(404), ..Problem::not_found("gone", "it is not there") };
    if exchange.status == 404 && exchange.source.starts_with("examples") {
        // An example has no body; a real answer has, and what is no answer of the service's says nothing.
        assert_eq!(media.described(named).await.expect_err("no body").code, "unexpectedAnswer", "{}", exchange.source);
        return Ok(());
    }
    match name {
        "locator list" => {
            let listed = media.list().await?;
            let answer = exchange.json();
            let rows = answer["value"].as_array().expect("a list");
            assert_eq!(listed.len(), rows.len(), "{}", exchange.source);
            // Trap 3: lists hide content keys.
            let keys = rows.iter().filter_map(|row| row["properties"]["contentKeys"].as_array());
            assert!(exchange.source.starts_with("examples") || keys.flatten().next().is_none(), "{}", exchange.source);
        }
        "locator get" => {
            let found = media.described(named).await?.ok_or_else(gone)?;
            let answer = exchange.json();
            let told = answer["properties"]["contentKeys"].as_array().map_or(0, Vec::len);
            assert_eq!(found.content_keys().len(), told, "{}", exchange.source);
            assert_eq!(found.is_for_ever(), answer["properties"]["endTime"].as_str().is_none_or(|end| end.starts_with("9999")));
            assert!(found.content_keys().iter().all(|key| key.value.is_none()), "{}", exchange.source);
        }
        "locator put" => media.create(&asked(named, exchange.request.as_ref().expect("recorded"))).await?,
        "locator delete" => assert_eq!(media.delete(named).await?, exchange.status != 204),
        "locator listContentKeys" => {
            let keys = media.content_keys(named).await?.ok_or_else(gone)?;
            let answer = exchange.json();
            let told = answer["contentKeys"].as_array().expect("keys");
            assert_eq!(keys.len(), told.len(), "{}", exchange.source);
            for (key, told) in keys.iter().zip(told) {
                assert_eq!(key.value.as_ref().map(ContentKeyValue::expose), told["value"].as_str(), "{}", exchange.source);
                assert_eq!(key.label.as_deref(), told["labelReferenceInStreamingPolicy"].as_str(), "{}", exchange.source);
            }
        }
        "locator contentKeyPolicy" => assert!(media.has_content_key_policy(named).await?, "{}", exchange.source),
        _ => {
            let labels = media.policy_labels(named).await?.ok_or_else(gone)?;
            let answer = exchange.json().to_string();
            assert_eq!(labels.is_empty(), !answer.contains("\"label\""), "{}", exchange.source);
        }
    }
    Ok(())
}

/// The end that the service tells of a locator whose PUT named none.
fn for_ever() -> OffsetDateTime {
    OffsetDateTime::parse("9999-12-31T23:59:59.997Z", &Rfc3339).expect("a time")
}

/// The locator that a recorded PUT makes.
fn asked(name: &str, body: &Value) -> Locator {
    let body = &body["properties"];
    let text = |member: &str| body[member].as_str().map(str::to_owned);
    let time = |member: &str| body[member].as_str().map(|text| OffsetDateTime::parse(text, &Rfc3339).expect("a time"));
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let key = |key: &Value| ContentKey {
        id: key["id"].as_str().unwrap_or_default().to_owned(),
        label: key["labelReferenceInStreamingPolicy"].as_str().map(str::to_owned),
        value: key["value"].as_str().map(|value| ContentKeyValue::new(Zeroizing::new(value.to_owned()))),
        sealed: None,
    };
    Locator {
        id: name.to_owned(),
        name: None,
        kind: LocatorKind::Streaming,
        asset: text("assetName").unwrap_or_default(),
        policy: text("streamingPolicyName").unwrap_or_default(),
        start: time("startTime"),
        expires: time("endTime").unwrap_or_else(for_ever),
        path: None,
        streaming: Some(Box::new(Streaming {
            streaming_locator_id: text("streamingLocatorId").unwrap_or_default(),
            default_content_key_policy: text("defaultContentKeyPolicyName"),
            alternative_media_id: text("alternativeMediaId"),
            filters: texts(&body["filters"]),
            content_keys: body["contentKeys"].as_array().into_iter().flatten().map(key).collect(),
            created: None,
        })),
    }
}

/// A recorded body as it compares: people wrote milliseconds that are none, and left out an id that the service then chose.
pub(super) fn comparable(body: &Value) -> Value {
    let mut body = body.clone();
    for member in ["startTime", "endTime"] {
        if let Some(text) = body["properties"][member].as_str() {
            body["properties"][member] = text.replace(".000Z", "Z").into();
        }
    }
    if body["properties"]["streamingLocatorId"].is_null() {
        body["properties"]["streamingLocatorId"] = "".into();
    }
    body
}
