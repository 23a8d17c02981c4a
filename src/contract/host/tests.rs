//! Every frame as literal JSON.

use serde_json::json;

use super::*;
use crate::domain::problem::Problem;

const REQUEST: &str = r#"{"v":1,"id":"1","command":"sync-keys ml","arguments":{"name":"ml-a"},"confirmed":true,"surface":"00ff",
    "context":{"auth":"host","cloud":{"name":"Sim"},"subscription":"s","tenant":"t","clientRequestId":"c"},
    "secrets":{"clientCertificate":"-----BEGIN CERTIFICATE-----","clientCertificatePassword":"hush-hush","sealKey":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
    "tokens":[{"scope":"https://management.azure.com/.default","token":"eyJhb","expiresOn":1800000000}],"later":[1]}"#;

fn read(line: &str) -> Line {
    Line::read(line.as_bytes(), 3).unwrap_or_else(|refused| panic!("{refused:?} in {line}"))
}

#[test]
fn a_request_has_these_members() {
    let Line::Request(request) = read(REQUEST) else { panic!("it has a command") };
    assert_eq!((request.id.as_str(), request.command.as_str(), request.confirmed), ("1", "sync-keys ml", true));
    assert_eq!((&request.arguments["name"], request.surface.as_deref()), (&json!("ml-a"), Some("00ff")));
    let context = &request.context;
    assert_eq!((context.auth.as_deref(), context.subscription.as_deref()), (Some("host"), Some("s")));
    assert_eq!((context.tenant.as_deref(), context.client_request_id.as_deref()), (Some("t"), Some("c")));
    assert_eq!(context.cloud, Some(json!({ "name": "Sim" })));
    assert_eq!(request.secrets.client_certificate(), Some("-----BEGIN CERTIFICATE-----"));
    assert_eq!(request.secrets.client_certificate_password(), Some("hush-hush"));
    assert_eq!(request.secrets.seal_key(), Some(&(0..32).collect::<Vec<u8>>()[..]));
    let token = &request.tokens[0];
    assert!(token.is_for("https://management.azure.com") && token.expires_on == 1_800_000_000);
    assert_eq!(token.token.secret(), "eyJhb");
}

#[test]
fn a_request_needs_only_its_id_and_command_and_shows_no_secret() {
    let Line::Request(least) = read(r#"{"v":1,"id":"1","command":"status"}"#) else { panic!("it has a command") };
    assert!(least.arguments.is_empty() && least.tokens.is_empty() && !least.confirmed && least.context.auth.is_none());
    assert_eq!((least.secrets.client_certificate(), least.secrets.seal_key()), (None, None));
    let shown = format!("{:?}", read(REQUEST));
    assert!(
        !shown.contains("eyJhb") && !shown.contains("AAECAw") && !shown.contains("BEGIN") && !shown.contains("hush"),
        "{shown}"
    );
}

#[test]
fn answers_cancels_and_introductions_have_these_members() {
    let Line::Token(id, Ok(token)) = read(r#"{"v":1,"id":"1","token":{"token":"eyJhb","expiresOn":1800000000}}"#) else {
        panic!("a token");
    };
    assert_eq!(id, "1");
    assert!(token.answering("https://vault.azure.net/.default").is_for("https://vault.azure.net"));
    let Line::Token(_, Err(why)) = read(r#"{"v":1,"id":"1","token":null,"message":"signed out\n"}"#) else { panic!("none") };
    assert_eq!(why, "signed out");
    assert!(matches!(read(r#"{"v":1,"id":"1","cancel":true}"#), Line::Cancel(id) if id == "1"));
    assert!(matches!(read(r#"{"v":1,"hello":"az","surface":"00ff"}"#), Line::Hello(Some(surface)) if surface == "00ff"));
}

#[test]
fn frames_are_this_json() {
    assert_eq!(hello("0.1.0 (abc)", "00ff"), r#"{"v":1,"hello":"keyroll","version":"0.1.0 (abc)","surface":"00ff"}"#);
    assert_eq!(
        event(Some("a\"b"), r#"{"schema":"keyroll.event/1"}"#),
        r#"{"v":1,"id":"a\"b","event":{"schema":"keyroll.event/1"}}"#
    );
    assert_eq!(
        event(None, &notice("warning", "anotherSurface", "an older host")),
        r#"{"v":1,"event":{"schema":"keyroll.notice/1","event":"warning","code":"anotherSurface","message":"an older host"}}"#
    );
    assert_eq!(
        token_needed("1", "s/.default", Some("t")),
        r#"{"v":1,"id":"1","tokenNeeded":{"scope":"s/.default","tenant":"t"}}"#
    );
    assert_eq!(token_needed("1", "s/.default", None), r#"{"v":1,"id":"1","tokenNeeded":{"scope":"s/.default"}}"#);
    assert_eq!(result("1", r#"{"schema":"x"}"#, 8), r#"{"v":1,"id":"1","result":{"schema":"x"},"exitCode":8}"#);
    let frame: Value = serde_json::from_str(&problem(None, Some(3), &Problem::usage("lineNotJson", "no"))).expect("JSON");
    let problem = json!({ "schema": "keyroll.problem/1", "code": "lineNotJson", "kind": "usage", "message": "no", "causes": [], "hints": [], "exitCode": 2 });
    assert_eq!(frame, json!({ "v": 1, "line": 3, "problem": problem }));
}

#[test]
fn whatever_is_read_fits_the_schema_and_what_is_not_does_not() {
    use crate::contract::schema::{ALL, validation::Validation};
    let validation = Validation::of(&ALL);
    let fits = |line: &str| validation.check("host-line", &serde_json::from_str(line).expect("JSON")).is_ok();
    for line in [
        r#"{"v":1,"id":"1","command":"status"}"#,
        r#"{"v":1,"id":"1","command":"status","context":{"cloud":"AzureCloud"}}"#,
        r#"{"v":1,"id":"1","token":{"token":"t","expiresOn":1}}"#,
        r#"{"v":1,"id":"1","token":null}"#,
        r#"{"v":1,"id":"1","cancel":true}"#,
        r#"{"v":1,"hello":"az","surface":"00ff"}"#,
    ] {
        assert!(fits(line) && Line::read(line.as_bytes(), 1).is_ok(), "{line}");
    }
    for line in [
        r#"{"v":2,"id":"1","command":"status"}"#,
        r#"{"v":1,"command":"status"}"#,
        r#"{"v":1,"id":"1"}"#,
        r#"{"v":1,"id":1,"command":"status"}"#,
        r#"{"v":1,"id":"1","command":"status","tokens":[{"token":"t"}]}"#,
        r#"{"v":1,"id":"1","command":"status","arguments":[]}"#,
    ] {
        assert!(!fits(line) && Line::read(line.as_bytes(), 1).is_err(), "{line}");
    }
}
