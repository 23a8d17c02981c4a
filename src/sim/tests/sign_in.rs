//! The directory and the identities: who gets a token, in which form, and whom it opens a door for.

use azure_core::http::Method;
use serde_json::{Value, json};

use super::super::sign_in::SignIn;
use super::{Caller, Got, one_account, storage_id};
use crate::contract::world::World;

const LOGIN: &str = "https://login.microsoftonline.com";
const MANAGEMENT: &str = "https://management.core.windows.net/";

fn tenant() -> String {
    World::default().tenant
}

fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A form with the right identifier and secret of the application, where a pair given does not say otherwise.
fn ask(caller: &Caller, path: &str, pairs: &[(&str, &str)]) -> Got {
    let own = World::default().caller;
    let mut all = vec![
        ("grant_type", "client_credentials"),
        ("client_id", own.client_id.as_str()),
        ("client_secret", own.client_secret.as_str()),
    ];
    all.retain(|(name, _)| !pairs.iter().any(|(given, _)| given == name));
    all.extend_from_slice(pairs);
    all.retain(|(_, value)| !value.is_empty());
    let url = format!("{LOGIN}/{path}");
    caller.send(Method::Post, &url, &[], &form(&all)).expect("the caller lives").expect("the connection holds")
}

fn get(caller: &Caller, url: &str, headers: &[(&str, String)]) -> Got {
    caller.send(Method::Get, url, headers, "").expect("the caller lives").expect("the connection holds")
}

fn opens(caller: &Caller, token: &str) -> Got {
    let url = format!("https://management.azure.com{}", storage_id());
    get(caller, &url, &[("authorization", format!("Bearer {token}"))])
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {value}"))
}

#[test]
fn both_versions_give_tokens_that_open_resource_manager() {
    let caller = Caller::new(one_account());
    let old = ask(&caller, &format!("{}/oauth2/token", tenant()), &[("resource", MANAGEMENT)]).json();
    assert_eq!((text(&old, "expires_in"), text(&old, "resource")), ("3600", MANAGEMENT), "numbers are strings");
    assert!(text(&old, "expires_on").parse::<u64>().is_ok());
    let scope = format!("{MANAGEMENT}/.default");
    let new = ask(&caller, &format!("{}/oauth2/v2.0/token", tenant()), &[("scope", &scope)]).json();
    assert_eq!(new["expires_in"], 3600, "numbers are numbers");
    for answer in [&old, &new] {
        assert_eq!(opens(&caller, text(answer, "access_token")).status, 200);
        assert!(answer["refresh_token"].is_null(), "an application has none");
    }
    let secrets = caller.azure.audit().secrets;
    assert!(secrets.iter().any(|secret| secret == text(&new, "access_token")), "leak searches know it");
    assert!(secrets.contains(&World::default().caller.client_secret));
}

#[test]
fn every_refusal_has_the_directorys_own_number() {
    let caller = Caller::new(one_account());
    let home = format!("{}/oauth2/v2.0/token", tenant());
    let scope = ("scope", "https://vault.azure.net/.default");
    for (path, pairs, status, error, number) in [
        (home.as_str(), vec![scope, ("client_secret", "wrong")], 401, "invalid_client", 7_000_215),
        (&home, vec![scope, ("client_secret", "")], 401, "invalid_client", 7_000_218),
        (&home, vec![scope, ("client_id", "somebody")], 400, "unauthorized_client", 700_016),
        (&home, vec![("scope", "https://example.org/.default")], 400, "invalid_resource", 500_011),
        (&home, vec![], 400, "invalid_request", 900_144),
        (&home, vec![scope, ("grant_type", "telepathy")], 400, "unsupported_grant_type", 70003),
        (&home, vec![scope, ("grant_type", "password"), ("username", "x"), ("password", "y")], 400, "invalid_grant", 50126),
        (&home, vec![scope, ("grant_type", "refresh_token"), ("refresh_token", "x")], 400, "invalid_grant", 9_002_313),
        (&home, vec![scope, ("client_secret", ""), ("client_assertion", "a.b")], 401, "invalid_client", 700_027),
        ("nowhere/oauth2/v2.0/token", vec![scope], 400, "invalid_tenant", 90002),
    ] {
        let got = ask(&caller, path, &pairs);
        let body = got.json();
        assert_eq!((got.status, text(&body, "error")), (status, error), "{body}");
        assert_eq!(body["error_codes"], json!([number]));
        assert!(text(&body, "error_description").starts_with(&format!("AADSTS{number}: ")));
    }
}

#[test]
fn a_person_gets_a_refresh_token_that_is_no_access_token() {
    let caller = Caller::new(one_account());
    let own = World::default().caller;
    let scope = format!("{MANAGEMENT}/user_impersonation openid profile offline_access");
    let password = [
        ("grant_type", "password"),
        ("username", own.user_name.as_str()),
        ("password", own.password.as_str()),
        ("scope", scope.as_str()),
    ];
    let first = ask(&caller, "organizations/oauth2/v2.0/token", &password).json();
    assert_eq!(opens(&caller, text(&first, "access_token")).status, 200);
    assert_eq!(text(&first, "id_token").split('.').count(), 3);
    let refresh = text(&first, "refresh_token");
    assert_eq!(opens(&caller, refresh).status, 401, "it is for no service");
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", "https://vault.azure.net/.default")];
    let vault = ask(&caller, "common/oauth2/v2.0/token", &renew).json();
    assert_eq!(opens(&caller, text(&vault, "access_token")).code(), "InvalidAuthenticationTokenAudience");
}

#[test]
fn a_token_of_another_tenant_opens_nothing() {
    let stranger = Caller::new(World { tenant: "ffffffff-0000-4000-8000-00000000000f".into(), ..one_account() });
    let path = "ffffffff-0000-4000-8000-00000000000f/oauth2/token";
    let foreign = ask(&stranger, path, &[("resource", MANAGEMENT)]).json();
    let caller = Caller::new(one_account());
    let got = opens(&caller, text(&foreign, "access_token"));
    assert_eq!((got.status, got.code().as_str()), (401, "InvalidAuthenticationTokenTenant"));
    assert!(got.header("www-authenticate").contains(&tenant()), "the way to the right one");
}

#[test]
fn the_identity_of_a_machine_and_of_an_app_need_their_headers() {
    let caller = Caller::new(one_account());
    let resource = "resource=https%3A%2F%2Fmanagement.azure.com%2F";
    let machine = format!("http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&{resource}");
    assert_eq!(get(&caller, &machine, &[]).status, 400);
    let token = get(&caller, &machine, &[("metadata", "true".into())]).json();
    assert_eq!(text(&token, "expires_in"), "3600");
    assert_eq!(opens(&caller, text(&token, "access_token")).status, 200);
    let app = format!("http://127.0.0.1:9/msi/token?api-version=2019-08-01&{resource}");
    let secret = super::super::sign_in::IDENTITY_HEADER.to_owned();
    assert_eq!(get(&caller, &app, &[("x-identity-header", "guess".into())]).status, 401);
    for header in ["x-identity-header", "secret"] {
        let token = get(&caller, &app, &[(header, secret.clone())]).json();
        assert_eq!(opens(&caller, text(&token, "access_token")).status, 200);
    }
    let other = get(&caller, &format!("{app}&client_id=somebody"), &[("x-identity-header", secret)]);
    assert_eq!((other.status, text(&other.json(), "error_description")), (400, "Identity not found"));
}

#[test]
fn a_cloud_tells_where_it_is_to_whoever_asks_it_where() {
    let caller = Caller::new(one_account());
    let path = "/metadata/endpoints?api-version=";
    let list = get(&caller, &format!("https://management.azure.com{path}2019-05-01"), &[]).json();
    assert_eq!(list[0]["authentication"]["loginEndpoint"], LOGIN);
    let here = get(&caller, &format!("https://127.0.0.1:18443{path}2022-09-01"), &[]).json();
    assert_eq!(here["resourceManager"], "https://127.0.0.1:18443");
    assert_eq!(here["authentication"]["audiences"][0], MANAGEMENT);
    let config = get(&caller, &format!("{LOGIN}/{}/v2.0/.well-known/openid-configuration", tenant()), &[]).json();
    assert_eq!(text(&config, "token_endpoint"), format!("{LOGIN}/{}/oauth2/v2.0/token", tenant()));
    let instance = get(&caller, &format!("{LOGIN}/common/discovery/instance?api-version=1.1"), &[]).json();
    assert_eq!(instance["metadata"][0]["aliases"], json!(["login.microsoftonline.com"]));
    assert_eq!(caller.azure.audit().calls_of(SignIn::Discovery.name()), 2);
}
