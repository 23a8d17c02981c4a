//! Every way to sign in, from what is declared to what is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use time::OffsetDateTime;

use crate::azure::cloud::Cloud;
use crate::azure::observer::Unobserved;
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::environment::{
    CLIENT_CERTIFICATE_PATH, CLIENT_ID, CLIENT_SECRET, Environment, FEDERATED_TOKEN_FILE, IDENTITY_ENDPOINT, OIDC_REQUEST_URI,
    SERVICE_CONNECTION_ID, SYSTEM_ACCESS_TOKEN, TENANT_ID,
};
use super::{Auth, SignIn, SignedIn};

/// A login endpoint that fails as often as it is told, and then gives a token.
#[derive(Debug, Default)]
pub(super) struct Login {
    failures: Mutex<u32>,
    refusal: Option<&'static str>,
    received: Mutex<Vec<String>>,
}

impl Login {
    /// The URL and body of each request.
    pub(super) fn received(&self) -> Vec<String> {
        self.received.lock().expect("lock").clone()
    }
}

#[async_trait]
impl HttpClient for Login {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else { panic!("credentials send bytes") };
        self.received.lock().expect("lock").push(format!("{} {}", request.url(), String::from_utf8_lossy(body)));
        let mut failures = self.failures.lock().expect("lock");
        let (status, text) = match self.refusal {
            _ if *failures > 0 => {
                *failures -= 1;
                (StatusCode::ServiceUnavailable, "")
            }
            Some(refusal) => (StatusCode::Unauthorized, refusal),
            // The login endpoint counts seconds in a number, the machine's own endpoint gives the time in a string.
            None => (
                StatusCode::Ok,
                r#"{"token_type":"Bearer","expires_in":3600,"expires_on":"1800003600","resource":"r","access_token":"granted"}"#,
            ),
        };
        Ok(AsyncRawResponse::from_bytes(status, Headers::new(), text.as_bytes().to_vec()))
    }
}

/// Stands still, and counts waits.
#[derive(Debug, Default)]
pub(super) struct Frozen(Mutex<u32>);

pub(super) const NOW: i64 = 1_800_000_000;

#[async_trait]
impl Clock for Frozen {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).expect("a time")
    }

    async fn sleep(&self, _: Duration) {
        *self.0.lock().expect("lock") += 1;
    }
}

pub(super) fn sign_in(login: Arc<Login>, variables: &[(&str, &str)]) -> SignIn {
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    SignIn {
        cloud: Cloud::named("AzureChinaCloud").expect("a cloud"),
        environment: Environment::read(lookup),
        transport: login.clone(),
        direct: login,
        clock: Arc::new(Frozen::default()),
        observer: Arc::new(Unobserved),
        tenant: None,
        subscription: None,
    }
}

pub(super) async fn token(credential: &dyn TokenCredential) -> Result<String, Problem> {
    match credential.get_token(&["https://management.azure.com/.default"], None).await {
        Ok(token) => Ok(token.token.secret().to_owned()),
        Err(error) => Err(error.downcast_ref::<Problem>().expect("our credentials fail with problems").clone()),
    }
}

const PRINCIPAL: [(&str, &str); 3] = [(TENANT_ID, "t-1"), (CLIENT_ID, "c-1"), (CLIENT_SECRET, "hush")];

#[test]
fn each_way_has_a_name_that_can_be_read_back() {
    for name in [
        "auto",
        "az",
        "managed-identity",
        "workload-identity",
        "client-secret",
        "client-certificate",
        "pipelines",
        "token-file=/x=y",
    ] {
        assert_eq!(name.parse::<Auth>().expect(name).to_string(), name);
    }
    for name in ["", "AZ", "token-file", "token-file=", "browser"] {
        let problem = name.parse::<Auth>().expect_err(name);
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("unknownAuth", 2));
    }
}

#[tokio::test]
async fn a_client_secret_goes_to_the_clouds_own_login_and_nowhere_else() {
    let login = Arc::new(Login::default());
    let SignedIn { credential, auth, why } = sign_in(login.clone(), &PRINCIPAL).prepare(&Auth::Auto).expect("declared");
    assert_eq!((auth, why.as_str()), (Auth::ClientSecret, "AZURE_CLIENT_SECRET is set"));
    assert_eq!(token(&*credential).await.expect("a token"), "granted");
    let received = login.received();
    assert_eq!(received.len(), 1);
    assert!(
        received[0].starts_with("https://login.chinacloudapi.cn/t-1/oauth2/v2.0/token client_id=c-1&client_secret=hush&"),
        "{received:?}"
    );
    assert!(!format!("{credential:?}").contains("hush"));
}

#[tokio::test]
async fn a_credential_is_asked_anew_each_time_and_repeats_on_our_clock() {
    let login = Arc::new(Login { failures: Mutex::new(2), ..Login::default() });
    let sign_in = sign_in(login.clone(), &PRINCIPAL);
    let credential = sign_in.prepare(&Auth::ClientSecret).expect("declared").credential;
    token(&*credential).await.expect("the third try");
    token(&*credential).await.expect("asked again: azure_identity's own cache is not in between");
    assert_eq!(login.received().len(), 4);
}

#[tokio::test]
async fn a_refused_sign_in_says_why_and_what_to_check() {
    let refusal = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret is provided.\\r\\nTrace ID: 1\",\"error_codes\":[7000215]}";
    let login = Arc::new(Login { refusal: Some(refusal), ..Login::default() });
    let credential = sign_in(login, &PRINCIPAL).prepare(&Auth::ClientSecret).expect("declared").credential;
    let problem = token(&*credential).await.expect_err("refused");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("signInFailed", 4));
    assert_eq!(problem.message, "signing in with client-secret failed");
    assert!(problem.causes.iter().any(|cause| cause.contains("AADSTS7000215")), "{problem:?}");
    assert!(!format!("{problem:?}").contains("hush"));
}

#[test]
fn what_is_not_declared_is_named() {
    let login = Arc::new(Login::default());
    for (auth, variables, missing) in [
        (Auth::ClientSecret, &PRINCIPAL[..2], CLIENT_SECRET),
        (Auth::ClientSecret, &PRINCIPAL[1..], TENANT_ID),
        (Auth::Auto, &PRINCIPAL[2..], TENANT_ID),
        (Auth::ClientCertificate, &PRINCIPAL[..2], CLIENT_CERTIFICATE_PATH),
        (Auth::WorkloadIdentity, &PRINCIPAL[..2], FEDERATED_TOKEN_FILE),
        (Auth::Pipelines, &PRINCIPAL[..2], OIDC_REQUEST_URI),
        (
            Auth::Pipelines,
            &[(OIDC_REQUEST_URI, "https://o"), (TENANT_ID, "t"), (CLIENT_ID, "c"), (SERVICE_CONNECTION_ID, "s")],
            SYSTEM_ACCESS_TOKEN,
        ),
    ] {
        let problem = sign_in(login.clone(), variables).prepare(&auth).expect_err(missing);
        assert_eq!(problem.code, "signInIncomplete");
        assert!(problem.message.ends_with(&format!("needs {missing}, which is not set")), "{problem}");
    }
}

#[test]
fn a_service_principal_is_not_sent_over_http() {
    let mut sign_in = sign_in(Arc::new(Login::default()), &PRINCIPAL);
    sign_in.cloud.login = "http://127.0.0.1:8080/".parse().expect("URL");
    let problem = sign_in.prepare(&Auth::ClientSecret).expect_err("http");
    assert_eq!(problem.code, "loginNeedsHttps");
    assert_eq!(problem.hints, ["hand over tokens with --auth token-file=PATH"]);
}

#[tokio::test]
async fn a_managed_identity_is_asked_directly_and_by_its_client_id() {
    let (login, machine) = (Arc::new(Login::default()), Arc::new(Login::default()));
    let mut sign_in = sign_in(login.clone(), &[(CLIENT_ID, "c-1"), (IDENTITY_ENDPOINT, "declared")]);
    sign_in.direct = machine.clone();
    let SignedIn { credential, auth, .. } = sign_in.prepare(&Auth::Auto).expect("declared");
    assert_eq!(auth, Auth::ManagedIdentity);
    assert_eq!(token(&*credential).await.expect("a token"), "granted");
    let received = machine.received();
    // azure_identity reads this process's environment, which declares none of App Service's: the metadata service it is.
    assert!(received[0].starts_with("http://169.254.169.254/metadata/identity/oauth2/token?"), "{received:?}");
    assert!(
        received[0].contains("client_id=c-1") && received[0].contains("resource=https%3A%2F%2Fmanagement.azure.com"),
        "{received:?}"
    );
    assert!(login.received().is_empty());
}

#[tokio::test]
async fn a_federated_token_is_read_anew_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    let variables = [(TENANT_ID, "t-1"), (CLIENT_ID, "c-1"), (FEDERATED_TOKEN_FILE, path.to_str().expect("UTF-8"))];
    let login = Arc::new(Login::default());
    let problem = sign_in(login.clone(), &variables).prepare(&Auth::WorkloadIdentity).expect_err("no file");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("signInFailed", 4));

    std::fs::write(&path, "first").expect("written");
    let credential = sign_in(login.clone(), &variables).prepare(&Auth::WorkloadIdentity).expect("there").credential;
    token(&*credential).await.expect("a token");
    std::fs::write(&path, "second").expect("written");
    token(&*credential).await.expect("a token");
    let received = login.received();
    assert!(received[0].contains("client_assertion=first&") && received[1].contains("client_assertion=second&"), "{received:?}");
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_is_needed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let credential =
        sign_in(Arc::new(Login::default()), &[]).prepare(&Auth::TokenFile(path.clone())).expect("nothing is read yet").credential;
    assert_eq!(token(&*credential).await.expect_err("no file").code, "tokenFileUnreadable");

    let write = |token: &str, expires: i64| {
        let text = format!(
            r#"[{{"scope":"https://vault.azure.net","token":"other","expiresOn":{0}}},
            {{"scope":"https://management.azure.com/","token":"{token}","expiresOn":{expires}}}]"#,
            NOW + 9
        );
        std::fs::write(&path, text).expect("written");
    };
    write("first", NOW + 3600);
    assert_eq!(token(&*credential).await.expect("a token"), "first");
    write("second", NOW + 3600);
    assert_eq!(token(&*credential).await.expect("a token"), "second");

    write("third", NOW);
    let problem = token(&*credential).await.expect_err("expired");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("tokenExpired", 4));
    assert!(!format!("{problem:?}").contains("third"));
    write("fourth", NOW * 1_000_000);
    assert_eq!(token(&*credential).await.expect_err("microseconds").code, "tokenFileInvalid");
    std::fs::write(&path, "[]").expect("written");
    assert_eq!(token(&*credential).await.expect_err("empty").code, "tokenMissing");
}
