//! Tokens of Azure Policy: asked for before each change, never for a secret.

use azure_core::http::Method;
use serde_json::{Value, json};

use crate::azure::call::Effect;
use crate::azure::policy_token::PolicyTokens;

use super::script::{Reply, Stage};

fn tokens() -> PolicyTokens {
    PolicyTokens { change_reference: Some("CHG1".into()) }
}

#[tokio::test]
async fn a_change_is_shown_to_azure_policy_first() {
    let stage = Stage::new([Reply::json(200, r#"{"token":"t1"}"#), Reply::json(200, "{}")]);
    let call = Stage::call(Method::Post, Effect::Once).json(&json!({ "keyName": "key2" })).without_secret();
    let uri = call.url.to_string();
    stage.client.clone().with_policy_tokens(tokens()).send(call).await.expect("both answer");
    let received = stage.received();
    let question: Value = serde_json::from_slice(&received[0].body).expect("JSON");
    assert!(
        received[0].url.ends_with("/subscriptions/s/providers/Microsoft.Authorization/acquirePolicyToken?api-version=2025-11-01")
    );
    assert_eq!(
        question,
        json!({ "operation": { "uri": uri, "httpMethod": "POST", "content": { "keyName": "key2" } }, "changeReference": "CHG1" })
    );
    assert_eq!(received.iter().map(|request| request.policy_token.as_deref()).collect::<Vec<_>>(), [None, Some("t1")]);
}

#[tokio::test]
async fn what_may_hold_a_secret_is_never_shown_and_never_sent() {
    let stage = Stage::new([Reply::json(200, r#"{"token":"t1"}"#)]);
    let call = Stage::call(Method::Put, Effect::Idempotent).json(&json!({ "key": "secret" }));
    let problem = stage.client.clone().with_policy_tokens(tokens()).send(call).await.expect_err("refused");
    assert_eq!((stage.sent(), problem.code.as_str(), problem.exit_code()), (0, "policyTokenWithSecret", 2));
}

#[tokio::test]
async fn reading_needs_no_token_and_an_answer_without_one_stops_the_change() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    let client = stage.client.clone().with_policy_tokens(PolicyTokens::default());
    client.send(Stage::call(Method::Post, Effect::Read)).await.expect("only read");
    assert_eq!(stage.sent(), 1);
    let problem = client.send(Stage::call(Method::Post, Effect::Once)).await.expect_err("no token");
    assert_eq!((stage.sent(), problem.code.as_str()), (2, "policyTokenMissing"));
}
