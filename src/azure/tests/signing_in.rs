//! Where tokens go, when they are renewed, and who never sees one.

use azure_core::http::Method;
use time::Duration;

use crate::azure::call::{Audience, Call, Effect};
use crate::azure::cloud::Cloud;
use crate::domain::problem::Kind;

use super::script::{Reply, Stage};

fn tokens(stage: &Stage) -> Vec<String> {
    stage.received().into_iter().map(|request| request.authorization.unwrap_or_default()).collect()
}

async fn get(stage: &Stage) {
    stage.client.send(Stage::call(Method::Get, Effect::Read)).await.expect("an answer");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_repeated_even_a_once_call() {
    for effect in [Effect::Read, Effect::Idempotent, Effect::Once] {
        let stage = Stage::new([Reply::status(401), Reply::json(200, "{}")]);
        stage.client.send(Stage::call(Method::Post, effect)).await.expect("the renewed token is taken");
        assert_eq!(tokens(&stage), ["Bearer token-1", "Bearer token-2"]);
    }
    let stage = Stage::new([Reply::status(401)]);
    let problem = stage.client.send(Stage::call(Method::Post, Effect::Once)).await.expect_err("it is refused for good");
    assert_eq!((stage.sent(), problem.kind), (2, Kind::Permission));
}

#[tokio::test]
async fn a_token_is_kept_until_five_minutes_before_it_expires() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    get(&stage).await;
    crate::domain::clock::Clock::sleep(&*stage.clock, std::time::Duration::from_secs(54 * 60)).await;
    get(&stage).await;
    assert_eq!(stage.credential.asked(), 1);
    crate::domain::clock::Clock::sleep(&*stage.clock, std::time::Duration::from_secs(60)).await;
    get(&stage).await;
    assert_eq!(tokens(&stage), ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_used_while_it_lasts() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    get(&stage).await;
    stage.credential.set_lifetime(None);
    crate::domain::clock::Clock::sleep(&*stage.clock, std::time::Duration::from_secs(56 * 60)).await;
    get(&stage).await;
    crate::domain::clock::Clock::sleep(&*stage.clock, std::time::Duration::from_secs(4 * 60)).await;
    let problem = stage.client.send(Stage::call(Method::Get, Effect::Read)).await.expect_err("it has expired");
    assert_eq!((problem.kind, problem.code.as_str()), (Kind::Permission, "signInFailed"));
    assert!(problem.causes.iter().any(|cause| cause.contains("the session is over")), "{problem:?}");
    assert_eq!(stage.sent(), 2);
}

#[tokio::test]
async fn a_token_that_seems_expired_is_tried_because_the_clock_may_be_wrong() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    stage.credential.set_lifetime(Some(Duration::ZERO));
    stage.client.send(Stage::call(Method::Get, Effect::Read)).await.expect("the service takes it");
    assert_eq!(stage.sent(), 1);
}

#[tokio::test]
async fn many_calls_at_once_ask_for_one_token() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    futures::future::join_all((0..20).map(|_| get(&stage))).await;
    assert_eq!((stage.credential.asked(), stage.sent()), (1, 20));
}

#[tokio::test]
async fn each_audience_has_its_own_token() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    get(&stage).await;
    let url = "https://kv1.vault.azure.net/secrets?api-version=7.4".parse().expect("URL");
    stage.client.send(Call::new(Method::Get, url, Effect::Read, Audience::KeyVault)).await.expect("an answer");
    assert_eq!(stage.credential.scopes(), ["https://management.azure.com/.default", "https://vault.azure.net/.default"]);
    assert_eq!(tokens(&stage), ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn nothing_is_sent_to_a_foreign_host_or_without_https() {
    for (url, audience, code) in [
        ("https://evil.example/subscriptions", Audience::ResourceManager, "foreignHost"),
        ("https://kv1.vault.azure.net.evil.example/secrets", Audience::KeyVault, "foreignHost"),
        ("http://management.azure.com/subscriptions", Audience::ResourceManager, "insecureUrl"),
        ("http://st1.blob.core.windows.net/?sig=secret", Audience::None, "insecureUrl"),
    ] {
        let stage = Stage::new([Reply::json(200, "{}")]);
        let call = Call::new(Method::Get, url.parse().expect("URL"), Effect::Read, audience);
        let problem = stage.client.send(call).await.expect_err("refused");
        assert_eq!((problem.code.as_str(), stage.sent(), stage.credential.asked()), (code, 0, 0), "{url}");
        assert!(!format!("{problem:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_call_that_signs_itself_carries_no_token() {
    let stage = Stage::new([Reply::json(200, "{}")]);
    let url = "https://st1.blob.core.windows.net/?comp=list".parse().expect("URL");
    let call = Call::new(Method::Get, url, Effect::Read, Audience::None).header("Authorization", "SharedKey st1:c2ln");
    stage.client.send(call).await.expect("an answer");
    assert_eq!(tokens(&stage), ["SharedKey st1:c2ln"]);
    assert_eq!(stage.credential.asked(), 0);
}

#[tokio::test]
async fn a_cloud_on_this_machine_gets_its_token_over_http() {
    let text = r#"{"name":"Sim","resourceManager":"http://127.0.0.1:8080/","login":"http://127.0.0.1:8080/",
        "resourceManagerAudience":"https://management.azure.com","keyVaultAudience":"https://vault.azure.net",
        "keyVaultSuffix":"vault.localhost:8080","storageSuffix":"core.localhost:8080"}"#;
    let stage = Stage::in_cloud(Cloud::from_file(text).expect("a cloud"), [Reply::json(200, "{}")]);
    let url = stage.client.resource_manager_url("/subscriptions", "2022-12-01");
    stage.client.send(Stage::get(url.as_str())).await.expect("an answer");
    assert_eq!(tokens(&stage), ["Bearer token-1"]);
}
