//! What is repeated, how often, after how long, and what a problem then says.

use azure_core::error::ErrorKind;
use azure_core::http::Method;

use crate::azure::call::Effect;
use crate::domain::problem::{Kind, Problem};

use super::script::{Reply, Stage};

async fn failing(replies: impl IntoIterator<Item = Reply>, effect: Effect) -> (Stage, Problem) {
    let stage = Stage::new(replies);
    let problem = stage.client.send(Stage::call(Method::Post, effect)).await.expect_err("the script never succeeds");
    (stage, problem)
}

#[tokio::test]
async fn a_once_call_is_sent_once_when_the_outcome_is_unknown() {
    for reply in [408, 500, 501, 502, 503, 504, 599].map(Reply::status).into_iter().chain([Reply::reset(), Reply::Torn(200)]) {
        let (stage, problem) = failing([reply.clone()], Effect::Once).await;
        assert_eq!((stage.sent(), problem.kind, problem.code.as_str()), (1, Kind::OutcomeUnknown, "outcomeUnknown"), "{reply:?}");
        assert!(stage.notices().is_empty(), "nothing is waited for");
    }
}

#[tokio::test]
async fn a_once_call_that_was_certainly_not_done_is_repeated() {
    for reply in [Reply::status(429), Reply::no_connection()] {
        let stage = Stage::new([reply.clone(), reply, Reply::json(200, "{}")]);
        stage.client.send(Stage::call(Method::Post, Effect::Once)).await.expect("the third try succeeds");
        assert_eq!(stage.sent(), 3);
    }
}

#[tokio::test]
async fn a_once_call_that_was_never_done_is_not_called_unknown() {
    for (reply, kind, code, sent) in [
        (Reply::status(429), Kind::Failed, "throttled", 6),
        (Reply::no_connection(), Kind::Failed, "cannotConnect", 6),
        (Reply::status(400), Kind::Failed, "requestRefused", 1),
        (Reply::status(401), Kind::Permission, "notSignedIn", 2),
        (Reply::status(403), Kind::Permission, "permissionDenied", 1),
        (Reply::status(404), Kind::NotFound, "notFound", 1),
        (Reply::status(409), Kind::Failed, "conflict", 1),
        (Reply::status(412), Kind::Failed, "preconditionFailed", 1),
    ] {
        let (stage, problem) = failing([reply], Effect::Once).await;
        assert_eq!((stage.sent(), problem.kind, problem.code.as_str()), (sent, kind, code));
    }
}

#[tokio::test]
async fn a_failure_after_a_refusal_leaves_a_once_call_unknown() {
    let (stage, problem) = failing([Reply::status(429), Reply::no_connection(), Reply::reset()], Effect::Once).await;
    assert_eq!((stage.sent(), problem.kind), (3, Kind::OutcomeUnknown));
}

#[tokio::test]
async fn reads_and_idempotent_calls_are_repeated_after_every_failure_of_the_server() {
    for effect in [Effect::Read, Effect::Idempotent] {
        for reply in [408, 429, 500, 502, 503, 504].map(Reply::status).into_iter().chain([
            Reply::reset(),
            Reply::no_connection(),
            Reply::Torn(200),
            Reply::Torn(503),
        ]) {
            let stage = Stage::new([reply.clone(), reply, Reply::json(200, "{}")]);
            stage.client.send(Stage::call(Method::Put, effect)).await.expect("the third try succeeds");
            assert_eq!(stage.sent(), 3);
        }
        for status in [301, 400, 403, 404, 409, 412, 418] {
            let (stage, _) = failing([Reply::status(status)], effect).await;
            assert_eq!(stage.sent(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn an_hour_of_503_ends_after_six_tries_and_a_minute() {
    let (stage, problem) = failing([Reply::status(503)], Effect::Read).await;
    assert_eq!((stage.sent(), problem.code.as_str(), problem.http_status), (6, "serviceFailed", Some(503)));
    let waited: f64 = stage.waits().iter().sum();
    assert!((24.8..=37.2).contains(&waited), "{waited}");
    assert_eq!(stage.notices()[0].message, format!("answered 503, trying again in {} s", stage.notices()[0].seconds));
}

#[tokio::test]
async fn a_throttled_call_says_when_it_goes_on() {
    let throttled = Reply::status(429).with("retry-after", "17");
    let stage = Stage::new([throttled, Reply::json(200, "{}")]);
    stage.client.send(Stage::call(Method::Get, Effect::Read)).await.expect("the second try succeeds");
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].message.as_str(), notices[0].seconds), ("throttled, continuing in 17 s", 17));
    assert_eq!(notices[0].host, "management.azure.com");
    assert_eq!(stage.waits(), [17.0]);
}

#[tokio::test]
async fn a_wait_that_is_only_in_the_text_is_honoured_and_capped() {
    let body = r#"{"error":{"code":"ResourceRequestsThrottled","message":"Please try again after '372' seconds."}}"#;
    let rest = Reply::status(429).with("retry-after", "72");
    let stage = Stage::new([Reply::json(429, body), rest, Reply::json(200, "{}")]);
    stage.client.send(Stage::call(Method::Post, Effect::Once)).await.expect("the third try succeeds");
    assert_eq!(stage.waits(), [300.0, 72.0]);
}

#[tokio::test]
async fn a_service_that_asks_for_a_year_is_told_as_a_problem_with_the_time() {
    let (stage, problem) = failing([Reply::status(429).with("retry-after", "31536000")], Effect::Read).await;
    assert_eq!(stage.waits(), [300.0, 300.0]);
    assert_eq!(problem.code, "throttled");
    assert_eq!(problem.hints, ["come back after 08:10:00 UTC on 2028-01-15"]);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_final_at_once() {
    for effect in [Effect::Read, Effect::Idempotent, Effect::Once] {
        let fault = Reply::Fault(ErrorKind::Connection, "invalid peer certificate: UnknownIssuer");
        let (stage, problem) = failing([fault], effect).await;
        assert_eq!((stage.sent(), problem.code.as_str()), (1, "certificateNotTrusted"));
        assert_eq!(problem.message, "the certificate of management.azure.com is not trusted");
        assert!(problem.hints[0].contains("--ca-bundle"), "{problem:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stage, problem) = failing([Reply::status(307).with("location", "https://evil.example/")], Effect::Read).await;
    assert_eq!((stage.sent(), problem.code.as_str(), problem.http_status), (1, "redirected", Some(307)));
}

#[tokio::test]
async fn a_problem_carries_what_support_asks_for_and_no_query() {
    let refusal = Reply::json(403, r#"{"error":{"code":"AuthorizationFailed","message":"The client has no authorization."}}"#)
        .with("x-ms-correlation-request-id", "c-1");
    let (_, problem) = failing([refusal], Effect::Idempotent).await;
    assert_eq!(problem.message, "The client has no authorization");
    assert_eq!(problem.service_code.as_deref(), Some("AuthorizationFailed"));
    assert_eq!(problem.correlation_id.as_deref(), Some("c-1"));
    assert_eq!(
        problem.causes,
        ["POST management.azure.com/subscriptions/s/resourceGroups/g was answered 403 (AuthorizationFailed)"]
    );
    assert_eq!(problem.exit_code(), 4);
}

#[tokio::test]
async fn a_million_characters_of_error_make_a_short_problem() {
    for body in [format!(r#"{{"error":{{"code":"X","message":"{}"}}}}"#, "y".repeat(1_000_000)), "<html>".repeat(200_000)] {
        let (_, problem) = failing([Reply::json(400, &body)], Effect::Read).await;
        assert!(format!("{problem:?}").len() < 2_000, "{}", format!("{problem:?}").len());
    }
}

#[tokio::test]
async fn every_repetition_carries_the_same_request_id_and_body() {
    let stage = Stage::new([Reply::status(503), Reply::status(401), Reply::json(200, "{}"), Reply::json(200, "{}")]);
    for _ in 0..2 {
        let call = Stage::call(Method::Put, Effect::Idempotent).json(&serde_json::json!({"a": 1}));
        stage.client.send(call).await.expect("it succeeds in the end");
    }
    let received = stage.received();
    let ids: Vec<_> = received.iter().map(|request| request.request_id.clone().expect("an id")).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    assert!(received.iter().all(|request| request.body == br#"{"a":1}"#));
}

#[tokio::test]
async fn a_subscription_of_another_tenant_says_where_to_sign_in() {
    let body = r#"{"error":{"code":"InvalidAuthenticationTokenTenant","message":"The access token is from the wrong issuer."}}"#;
    let (_, problem) = failing([Reply::json(401, body)], Effect::Read).await;
    assert_eq!(problem.exit_code(), 4);
    assert!(problem.hints[0].contains("az login --tenant"), "{problem:?}");
}
