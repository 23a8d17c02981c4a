//! Which token is given out when, and which is refused.

use azure_core::credentials::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::tests::{Frozen, NOW};
use super::*;

const SCOPE: &str = "https://management.azure.com/.default";

/// Gives what it is told to, and remembers what it was asked.
#[derive(Debug, Default)]
struct Told {
    answers: Mutex<Vec<HandedToken>>,
    asked: Mutex<Vec<(String, Option<String>)>>,
}

#[async_trait]
impl TokenSource for Told {
    async fn ask(&self, scope: &str, tenant: Option<&str>) -> Result<HandedToken, Problem> {
        self.asked.lock().expect("lock").push((scope.to_owned(), tenant.map(str::to_owned)));
        Ok(self.answers.lock().expect("lock").remove(0))
    }
}

fn token(scope: &str, text: &str, seconds: i64) -> HandedToken {
    HandedToken::new(scope.to_owned(), Secret::new(text.to_owned()), NOW + seconds)
}

fn claiming(claims: &str) -> HandedToken {
    token(SCOPE, &format!("eyJh.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)), 3600)
}

fn tokens(told: &Arc<Told>, handed: Vec<HandedToken>, tenant: Option<&str>) -> HandedTokens {
    HandedTokens::new(told.clone(), Arc::new(Frozen::default()), handed, tenant.map(str::to_owned))
}

async fn given(tokens: &HandedTokens) -> Result<String, Problem> {
    tokens.token(SCOPE).await.map(|token| token.token.secret().to_owned())
}

#[tokio::test]
async fn each_handed_token_is_given_out_once_the_longest_first_and_then_the_host_is_asked() {
    let told = Arc::new(Told::default());
    *told.answers.lock().expect("lock") = vec![token(SCOPE, "asked", 3600)];
    let other = "https://vault.azure.net/.default";
    let handed =
        [(SCOPE, "short", 400), (other, "vault", 9000), (SCOPE, "long", 4000), (SCOPE, "ends", 299), (SCOPE, "over", -1)];
    let tokens = tokens(&told, handed.map(|(scope, text, seconds)| token(scope, text, seconds)).to_vec(), None);
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(given(&tokens).await.expect("a token"));
    }
    assert_eq!(texts, ["long", "short", "asked"]);
    assert_eq!(*told.asked.lock().expect("lock"), [(SCOPE.to_owned(), None)]);
}

#[tokio::test]
async fn all_tokens_of_a_request_are_of_one_tenant() {
    const ONE: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const OTHER: &str = "bbbbbbbb-0000-4000-8000-000000000002";
    let of = |tenant: &str| claiming(&format!(r#"{{"tid":"{tenant}"}}"#));
    let told = Arc::new(Told::default());
    *told.answers.lock().expect("lock") = vec![of(OTHER), of(&ONE.to_uppercase())];
    let tokens_of_one = tokens(&told, vec![of(ONE)], None);
    given(&tokens_of_one).await.expect("the first names the tenant");
    let problem = given(&tokens_of_one).await.expect_err("another tenant");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("tokenOfAnotherTenant", 4));
    given(&tokens_of_one).await.expect("the same tenant");
    assert_eq!(told.asked.lock().expect("lock")[0].1.as_deref(), Some(ONE), "the host is told which tenant is needed");
    given(&tokens(&told, vec![of(OTHER)], Some("contoso.onmicrosoft.com"))).await.expect("a domain tells no id");
}

#[tokio::test]
async fn an_audience_is_judged_only_where_it_certainly_is_another() {
    for (audience, fits) in [
        ("https://management.azure.com/", true),
        ("https://MANAGEMENT.azure.com", true),
        ("https://management.core.windows.net/", true),
        ("797f4846-ba00-4fd7-ba43-dac1f8f63013", true),
        ("https://vault.azure.net", false),
        ("https://management.core.chinacloudapi.cn/", false),
    ] {
        let told = Arc::new(Told::default());
        let end = given(&tokens(&told, vec![claiming(&format!(r#"{{"aud":"{audience}"}}"#))], None)).await;
        assert_eq!(end.is_ok(), fits, "{audience}: {end:?}");
        if let Err(problem) = end {
            assert_eq!((problem.code.as_str(), problem.exit_code()), ("tokenOfAnotherAudience", 4));
        }
    }
}

#[tokio::test]
async fn milliseconds_are_no_expiry() {
    let told = Arc::new(Told::default());
    let handed = HandedToken::new(SCOPE.to_owned(), Secret::new("t"), NOW * 1000);
    let problem = given(&tokens(&told, vec![handed], None)).await.expect_err("the year 59009");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("tokenInvalid", 2));
    assert!(problem.hints[0].contains("milliseconds"));
}
