//! `keyroll exec`, byte by byte: requests, tokens, confirmation, events.

mod endings;
mod lines;
mod long_waits;
mod request_ids;
mod secrets;

use serde_json::{Value, json};

use crate::binary::{Place, text};
use crate::host::{Host, RESOURCE_MANAGER, token};
use crate::served::{Azure, lonely, with_secret};

/// The description of a served world, as a host hands it over.
fn cloud(azure: &Azure) -> Value {
    serde_json::from_str(&text(&azure.place.path("azure/cloud.json"))).expect("JSON")
}

/// A request for the keys of the account, with nothing but this beside it.
fn keys(azure: &Azure, id: &str, tokens: &[Value]) -> Value {
    json!({
        "v": 1, "id": id, "command": "list-keys", "arguments": { "storageAccount": "stprod" },
        "context": { "auth": "host", "cloud": cloud(azure) }, "tokens": tokens,
    })
}

/// A request for a roll, in a conversation that is signed in already.
fn rotate(id: &str, run: &str, accept: &Value, confirmed: bool) -> Value {
    let arguments = json!({ "storageAccount": "stprod", "runId": run, "accept": accept });
    json!({ "v": 1, "id": id, "command": "rotate", "arguments": arguments, "confirmed": confirmed })
}

/// The names that a roll needs, as the problem tells them that asks for confirmation.
#[track_caller]
fn open_names(host: &mut Host, id: &str) -> Value {
    let asked = host.ask(&rotate(id, "names", &Value::Null, false));
    assert_eq!(asked["problem"]["code"], "confirmationRequired", "{asked}");
    asked["problem"]["accept"].clone()
}

#[test]
fn several_requests_are_answered_in_order_with_the_tokens_that_were_handed_over() {
    let azure = Azure::serve(lonely(), 1);
    let place = Place::new();
    let mut host = Host::start(&place);
    let first = keys(&azure, "1", &[token(RESOURCE_MANAGER, 3600)]);
    let second = json!({ "v": 1, "id": "two", "command": "status" });
    host.write(format!("\u{feff}{first}\r\n\r\n{second}\r\n").as_bytes());
    let hello = host.frame();
    let digest = keyroll::cli::surface_digest();
    assert_eq!(hello, json!({ "v": 1, "hello": "keyroll", "version": keyroll::cli::version(), "surface": digest }));
    let keys = host.frame();
    assert_eq!((&keys["v"], &keys["id"], &keys["exitCode"]), (&json!(1), &json!("1"), &json!(0)), "{keys}");
    assert_eq!(keys["result"]["schema"], "keyroll.keys/1", "{keys}");
    let status = host.frame();
    assert_eq!((&status["id"], &status["result"]["runs"]), (&json!("two"), &json!([])), "{status}");
    let heard = host.heard.join("\n");
    let ended = host.end();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""), "{ended:?}");
    azure.leaks_nothing(&[&heard]);
}

#[test]
fn a_token_is_asked_for_where_none_was_handed_over_and_when_it_is_refused() {
    let azure = Azure::serve(lonely(), 1);
    let mut host = Host::greet(&Place::new());
    // Azure refuses it, whatever its expiry says: another one is asked for, once.
    let stale = json!({ "scope": RESOURCE_MANAGER, "token": "eyJ.stale.token", "expiresOn": 4_000_000_000_i64 });
    host.say(&keys(&azure, "1", &[stale]));
    let needed = host.frame();
    assert_eq!(needed, json!({ "v": 1, "id": "1", "tokenNeeded": { "scope": RESOURCE_MANAGER } }));
    host.say(&json!({ "v": 1, "id": "1", "token": token(RESOURCE_MANAGER, 3600) }));
    assert_eq!(host.answer()["result"]["schema"], "keyroll.keys/1");

    // One that is over is passed over, and the answer needs no scope: the question named it.
    let mut answer = token(RESOURCE_MANAGER, 3600);
    let secret = answer["token"].as_str().expect("text").to_owned();
    answer.as_object_mut().expect("an object").remove("scope");
    host.say(&keys(&azure, "2", &[token(RESOURCE_MANAGER, -1)]));
    assert_eq!(host.frame()["tokenNeeded"]["scope"], RESOURCE_MANAGER);
    host.say(&json!({ "v": 1, "id": "2", "token": answer }));
    assert_eq!(host.answer()["exitCode"], 0);
    let heard = host.heard.join("\n");
    let ended = host.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    assert!(!heard.contains("stale") && !heard.contains(&secret), "{heard}");
}

#[test]
fn a_token_that_the_host_cannot_get_or_that_is_of_no_use_is_a_problem_of_its_own() {
    use base64::Engine as _;
    let azure = Azure::serve(lonely(), 1);
    let mut host = Host::greet(&Place::new());
    let jwt = |claims: Value| {
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
        json!({ "scope": RESOURCE_MANAGER, "token": format!("eyJh.{payload}.c2ln"), "expiresOn": 4_000_000_000_i64 })
    };
    let tenant = "aaaaaaaa-0000-4000-8000-000000000001";
    let mut over = jwt(json!({ "tid": tenant }));
    over["expiresOn"] = json!(1_000_000_000);
    for (number, (answer, code, says)) in [
        (json!({ "token": null, "message": "the user closed the\u{1b} window" }), "tokenRefused", "has no token"),
        (json!({ "token": null }), "tokenRefused", "has no token"),
        (
            json!({ "token": token("https://vault.azure.net/.default", 3600) }),
            "tokenOfAnotherAudience",
            "https://vault.azure.net",
        ),
        (
            json!({ "token": jwt(json!({ "aud": "https://graph.microsoft.com" })) }),
            "tokenOfAnotherAudience",
            "graph.microsoft.com",
        ),
        (json!({ "token": jwt(json!({ "tid": "bbbbbbbb-0000-4000-8000-000000000002" })) }), "tokenOfAnotherTenant", tenant),
        (json!({ "token": over }), "tokenExpired", "expired at"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        let mut request = keys(&azure, &id, &[]);
        request["context"]["tenant"] = json!(tenant);
        host.say(&request);
        assert_eq!(host.frame()["tokenNeeded"], json!({ "scope": RESOURCE_MANAGER, "tenant": tenant }));
        let mut answer = answer;
        answer["v"] = json!(1);
        answer["id"] = json!(id);
        let refused = host.ask(&answer);
        let problem = &refused["problem"];
        assert_eq!((&problem["code"], &problem["exitCode"], &problem["kind"]), (&json!(code), &json!(4), &json!("permission")));
        assert!(problem["message"].as_str().expect("text").contains(says), "{problem}");
        assert!(!refused.to_string().contains("eyJh"), "{refused}");
    }
    assert!(host.heard.iter().any(|frame| frame.contains("the user closed the\u{fffd} window")));
    assert_eq!(host.end().code, 0);
}

#[test]
fn what_cannot_be_undone_is_asked_of_the_host_and_then_told_as_it_happens() {
    let azure = Azure::serve(lonely(), 200);
    let mut host = Host::greet(&azure.place);
    let asked = host.ask(&rotate("1", "chg1", &Value::Null, false));
    let problem = &asked["problem"];
    assert_eq!((&problem["code"], &problem["exitCode"]), (&json!("confirmationRequired"), &json!(12)), "{asked}");
    assert!(problem["question"].as_str().expect("text").contains("key2 and then key1 of stprod will be regenerated"));
    let names = problem["accept"].clone();
    assert!(names.as_array().is_some_and(|names| !names.is_empty()), "{problem}");

    let half = host.ask(&rotate("2", "chg1", &Value::Null, true));
    assert_eq!(
        (&half["problem"]["code"], &half["problem"]["accept"]),
        (&json!("acceptanceNeeded"), &names),
        "yes accepts no name"
    );
    let unconfirmed = host.ask(&rotate("3", "chg1", &names, false));
    assert_eq!((&unconfirmed["problem"]["code"], unconfirmed["problem"].get("accept")), (&json!("confirmationRequired"), None));
    assert_eq!(azure.regenerates(), 0);

    host.say(&rotate("4", "chg1", &names, true));
    let started = host.event("runStarted");
    assert_eq!((&started["id"], &started["event"]["schema"]), (&json!("4"), &json!("keyroll.event/1")), "{started}");
    host.event("finished");
    let done = host.answer();
    assert_eq!((&done["id"], &done["result"]["state"], &done["exitCode"]), (&json!("4"), &json!("done"), &json!(0)), "{done}");
    assert_eq!(azure.regenerates(), 2);
    let again = host.ask(&rotate("5", "chg1", &names, true));
    assert_eq!(again["result"], done["result"], "the stored report");
    assert_eq!(azure.regenerates(), 2, "and nothing was changed twice");
    let heard = host.heard.join("\n");
    let ended = host.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    azure.leaks_nothing(&[&heard, &ended.stderr]);
}

#[test]
fn a_plan_goes_through_the_conversation_as_text_however_it_was_written_again() {
    let azure = Azure::serve(lonely(), 200);
    let mut host = Host::greet(&azure.place);
    let planned = host.ask(&json!({ "v": 1, "id": "1", "command": "plan", "arguments": { "storageAccount": "stprod" } }));
    let plan = &planned["result"];
    let names: Vec<&Value> = plan["acceptances"].as_array().expect("names").iter().map(|needed| &needed["name"]).collect();
    let arguments = json!({ "plan": format!("{plan:#}"), "accept": names, "runId": "chg1" });
    let done = host.ask(&json!({ "v": 1, "id": "2", "command": "rotate", "arguments": arguments, "confirmed": true }));
    assert_eq!(done["result"]["state"], "done", "{done}");
    let path = azure.place.file("p.json", format!("\u{feff}{plan}"));
    let arguments = json!({ "plan": path, "accept": names, "runId": "chg1" });
    let again = host.ask(&json!({ "v": 1, "id": "3", "command": "rotate", "arguments": arguments, "confirmed": true }));
    assert_eq!(again["result"], done["result"], "the same plan is the same request: {again}");
    assert_eq!(azure.regenerates(), 2);
    assert_eq!(host.end().code, 0);
}

#[test]
fn a_run_that_waits_is_cancelled_safely_and_goes_on_in_the_same_conversation() {
    let azure = Azure::serve(with_secret(), 6000);
    let mut host = Host::greet(&azure.place);
    let names = open_names(&mut host, "0");
    host.say(&rotate("1", "chg1", &names, true));
    host.event("waiting");
    host.say(&json!({ "v": 1, "id": "1", "cancel": true }));
    let cancelled = host.answer();
    let problem = &cancelled["problem"];
    assert_eq!((&problem["kind"], &problem["exitCode"]), (&json!("interrupted"), &json!(130)), "{cancelled}");
    assert_eq!(azure.regenerates(), 1);

    let resumed = host.ask(&json!({ "v": 1, "id": "2", "command": "resume", "arguments": { "runId": "chg1" } }));
    assert_eq!((&resumed["result"]["state"], &resumed["exitCode"]), (&json!("done"), &json!(0)), "{resumed}");
    assert_eq!(azure.regenerates(), 2);
    let verified = host.ask(&json!({ "v": 1, "id": "3", "command": "report", "arguments": { "verify": true, "runId": "chg1" } }));
    assert_eq!(verified["result"]["tornBytes"], 0, "{verified}");
    assert_eq!(host.end().code, 0);
}
