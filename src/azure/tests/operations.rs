//! Long-running operations, in every form that has been recorded.

use azure_core::http::Method;

use crate::azure::call::{Answer, Audience, Call, Effect};
use crate::domain::problem::{Kind, Problem};

use super::script::{Reply, Stage};

const RESOURCE: &str = "https://management.azure.com/subscriptions/s/resourceGroups/g?api-version=2021-04-01";
/// A signed URL whose escapes no parser may touch.
const STATUS: &str =
    "https://management.azure.com/subscriptions/s/operations/1?api-version=2021-04-01&t=1&c=MII%2b%7e|x&s=a-_b&h=%3D";
const RESULT: &str = "https://management.azure.com/subscriptions/s/results/1?api-version=2021-04-01&h=1";

async fn run(method: Method, effect: Effect, replies: Vec<Reply>) -> (Stage, Result<Answer, Problem>) {
    let stage = Stage::new(replies);
    let answer = stage.client.send(Stage::call(method, effect)).await.expect("the first answer is a success");
    let end = stage.client.finish(answer).await;
    (stage, end)
}

fn urls(stage: &Stage) -> Vec<String> {
    stage.received().into_iter().skip(1).map(|request| format!("{} {}", request.method.as_ref(), request.url)).collect()
}

fn state(text: &str) -> Reply {
    Reply::json(200, &format!(r#"{{"status":"{text}"}}"#))
}

#[tokio::test]
async fn an_answer_without_an_operation_is_final() {
    for (method, reply) in [
        (Method::Post, Reply::json(200, "")),
        (Method::Post, Reply::status(204)),
        (Method::Post, Reply::json(200, "{}").with("location", "https://elsewhere.example/created")),
        (Method::Put, Reply::json(200, r#"{"properties":{"provisioningState":"Succeeded"}}"#)),
        (Method::Put, Reply::json(201, r#"{"id":"x"}"#).with("location", "https://management.azure.com/created")),
        (Method::Put, Reply::json(201, r#"{"id":"x"}"#).with("location", "https://elsewhere.example/created")),
    ] {
        let (stage, end) = run(method, Effect::Idempotent, vec![reply]).await;
        end.expect("final");
        assert_eq!(stage.sent(), 1);
    }
}

#[tokio::test]
async fn a_status_document_is_polled_and_the_resource_read_at_the_end() {
    // Trap 14: a 201 with `InProgress` in its body and all three headers.
    let first = Reply::json(201, r#"{"properties":{"provisioningState":"InProgress"}}"#)
        .with("azure-asyncoperation", STATUS)
        .with("location", RESULT)
        .with("retry-after", "30");
    let done = Reply::json(200, r#"{"properties":{"provisioningState":"Succeeded"}}"#);
    let (stage, end) = run(Method::Put, Effect::Idempotent, vec![first, state("InProgress"), state("Succeeded"), done]).await;
    assert!(String::from_utf8_lossy(&end.expect("it succeeds").body).contains("Succeeded"));
    assert_eq!(urls(&stage), [format!("GET {STATUS}"), format!("GET {STATUS}"), format!("GET {RESOURCE}")]);
    assert_eq!(stage.waits(), [30.0, 5.0]);
}

#[tokio::test]
async fn the_streaming_endpoints_error_none_is_not_a_failure() {
    // Trap 13, as recorded: the error object is there from the beginning.
    let poll = |status: &str| {
        let error = r#"{"code":"None","message":null,"target":null,"details":null,"innererror":null}"#;
        Reply::json(200, &format!(r#"{{"name":"1","status":"{status}","error":{error}}}"#)).with("azure-asyncoperation", STATUS)
    };
    let first = Reply::status(202).with("azure-asyncoperation", STATUS);
    let (stage, end) = run(Method::Post, Effect::Idempotent, vec![first, poll("InProgress"), poll("Succeeded")]).await;
    end.expect("it succeeds");
    assert_eq!(stage.sent(), 3);
}

#[tokio::test]
async fn a_failed_operation_says_why() {
    for word in ["Failed", "Canceled", "failed"] {
        let first = Reply::status(202).with("azure-asyncoperation", STATUS);
        let failed = Reply::json(
            200,
            &format!(r#"{{"status":"{word}","error":{{"code":"KeyNotFound","message":"The key is gone.","details":[{{"code":"Inner"}}]}}}}"#),
        )
        .with("x-ms-correlation-request-id", "c-2");
        let (_, end) = run(Method::Post, Effect::Once, vec![first, failed]).await;
        let problem = end.expect_err("it fails");
        assert_eq!((problem.kind, problem.code.as_str()), (Kind::Failed, "operationFailed"));
        assert_eq!((problem.message.as_str(), problem.service_code.as_deref()), ("The key is gone", Some("KeyNotFound")));
        assert_eq!(problem.correlation_id.as_deref(), Some("c-2"));
        assert!(problem.causes.contains(&"Inner".to_owned()));
    }
}

#[tokio::test]
async fn the_newest_location_is_followed() {
    // Trap 16: each poll hands out another signed URL, and no Retry-After (trap 17).
    let pending = |link: &str| Reply::status(202).with("location", link);
    let second = RESULT.replace("h=1", "h=2");
    let script = vec![pending(RESULT), pending(&second), pending(&second), Reply::json(200, r#"{"answer":42}"#)];
    let (stage, end) = run(Method::Post, Effect::Idempotent, script).await;
    assert_eq!(end.expect("it succeeds").body, br#"{"answer":42}"#);
    assert_eq!(urls(&stage), [format!("GET {RESULT}"), format!("GET {second}"), format!("GET {second}")]);
    assert_eq!(stage.waits(), [5.0, 7.5, 11.25]);
}

#[tokio::test]
async fn polling_slows_down_to_a_quarter_of_a_minute() {
    let mut script = vec![Reply::status(202).with("azure-asyncoperation", STATUS)];
    script.extend(std::iter::repeat_n(state("Running"), 5));
    script.push(state("Succeeded"));
    let (stage, end) = run(Method::Delete, Effect::Idempotent, script).await;
    end.expect("it succeeds");
    assert_eq!(stage.waits(), [5.0, 7.5, 11.25, 15.0, 15.0, 15.0]);
}

#[tokio::test]
async fn a_put_that_was_only_accepted_is_read_back_when_its_location_is_done() {
    let script = vec![
        Reply::status(202).with("location", RESULT).with("retry-after", "17"),
        Reply::status(202),
        Reply::json(200, r#"{"from":"location"}"#),
        Reply::json(200, r#"{"from":"resource"}"#),
    ];
    let (stage, end) = run(Method::Put, Effect::Idempotent, script).await;
    assert_eq!(end.expect("it succeeds").body, br#"{"from":"resource"}"#);
    assert_eq!(urls(&stage), [format!("GET {RESULT}"), format!("GET {RESULT}"), format!("GET {RESOURCE}")]);
}

#[tokio::test]
async fn a_posts_result_comes_from_its_location_unless_it_is_gone() {
    // ML's resync: both headers, and a Location that may still be pending when the status says `Succeeded`.
    let first = || Reply::status(202).with("azure-asyncoperation", STATUS).with("location", RESULT);
    let second = RESULT.replace("h=1", "h=2");
    let script = vec![
        first(),
        state("Succeeded"),
        Reply::status(202).with("location", second.as_str()),
        Reply::json(200, r#"{"id":"workspace"}"#),
    ];
    let (stage, end) = run(Method::Post, Effect::Idempotent, script).await;
    assert_eq!(end.expect("it succeeds").body, br#"{"id":"workspace"}"#);
    assert_eq!(urls(&stage), [format!("GET {STATUS}"), format!("GET {RESULT}"), format!("GET {second}")]);

    let (_, end) = run(Method::Post, Effect::Idempotent, vec![first(), state("Succeeded"), Reply::status(404)]).await;
    assert_eq!(end.expect("the operation succeeded").body, br#"{"status":"Succeeded"}"#);
}

#[tokio::test]
async fn a_resource_without_headers_is_watched_by_its_provisioning_state() {
    let resource = |state: &str| Reply::json(200, &format!(r#"{{"properties":{{"provisioningState":"{state}"}}}}"#));
    let script = vec![resource("Updating"), resource("ResolvingDns"), resource("Succeeded")];
    let (stage, end) = run(Method::Patch, Effect::Idempotent, script).await;
    end.expect("it succeeds");
    assert_eq!(urls(&stage), [format!("GET {RESOURCE}"), format!("GET {RESOURCE}")]);

    let (_, end) = run(Method::Put, Effect::Idempotent, vec![resource("Creating"), resource("Failed")]).await;
    assert_eq!(end.expect_err("it fails").code, "operationFailed");
}

#[tokio::test]
async fn a_token_that_expires_in_the_middle_is_renewed_and_the_same_poll_repeated() {
    // Trap 25.
    let expired = Reply::json(401, r#"{"error":{"code":"ExpiredAuthenticationToken","message":"Expired."}}"#);
    let first = Reply::status(202).with("azure-asyncoperation", STATUS);
    let (stage, end) =
        run(Method::Delete, Effect::Idempotent, vec![first, state("InProgress"), expired, state("Succeeded")]).await;
    end.expect("it succeeds");
    let tokens: Vec<_> = stage.received().into_iter().filter_map(|request| request.authorization).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    assert_eq!(urls(&stage), [format!("GET {STATUS}"), format!("GET {STATUS}"), format!("GET {STATUS}")]);
}

#[tokio::test]
async fn a_failing_poll_is_repeated_even_for_a_once_call() {
    let first = Reply::status(202).with("azure-asyncoperation", STATUS);
    let script = vec![first, Reply::status(503), Reply::reset(), Reply::status(429), state("Succeeded")];
    let (stage, end) = run(Method::Delete, Effect::Once, script).await;
    end.expect("it succeeds");
    assert_eq!(stage.sent(), 5);
}

#[tokio::test]
async fn an_operation_elsewhere_gets_no_token() {
    for header in ["azure-asyncoperation", "location"] {
        for (effect, code) in [(Effect::Idempotent, "foreignHost"), (Effect::Once, "outcomeUnknown")] {
            let first = Reply::status(202).with(header, "https://evil.example/1?h=signature");
            let (stage, end) = run(Method::Post, effect, vec![first]).await;
            let problem = end.expect_err("it is not followed");
            assert_eq!((problem.code.as_str(), stage.sent()), (code, 1));
            assert!(!format!("{problem:?}").contains("signature"));
        }
    }
}

#[tokio::test]
async fn an_operation_elsewhere_is_not_asked_even_without_a_token() {
    for header in ["azure-asyncoperation", "location"] {
        let stage = Stage::new([Reply::status(202).with(header, "https://evil.example/1"), state("Succeeded")]);
        let call = Call { audience: Audience::None, ..Stage::call(Method::Post, Effect::Idempotent) };
        let answer = stage.client.send(call).await.expect("accepted");
        let problem = stage.client.finish(answer).await.expect_err("it is not followed");
        assert_eq!((problem.code.as_str(), stage.sent()), ("foreignHost", 1));
    }
}

#[tokio::test]
async fn an_operation_without_an_end_is_left_after_an_hour() {
    let first = Reply::status(202).with("azure-asyncoperation", STATUS);
    let (stage, end) = run(Method::Put, Effect::Idempotent, vec![first, state("Running")]).await;
    let problem = end.expect_err("it never ends");
    assert_eq!(problem.code, "operationTooLong");
    let waited: f64 = stage.waits().iter().sum();
    assert!(waited > 3500.0 && waited <= 3600.0, "{waited}");
}

#[tokio::test]
async fn no_problem_of_a_poll_tells_its_url() {
    let first = Reply::status(202).with("azure-asyncoperation", STATUS);
    for reply in [Reply::status(403), Reply::status(500), Reply::no_connection(), Reply::json(200, "{}")] {
        let (_, end) = run(Method::Put, Effect::Idempotent, vec![first.clone(), reply]).await;
        let problem = format!("{:?}", end.expect_err("the poll fails"));
        assert!(!problem.contains("MII") && !problem.contains("a-_b"), "{problem}");
    }
}
