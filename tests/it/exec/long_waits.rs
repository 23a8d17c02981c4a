//! A run outlives the tokens that it began with: the host is asked for others, and no call goes out with one that is over.

use keyroll::domain::clock::Clock as _;
use keyroll::sim::scaled_clock::ScaledClock;
use keyroll::sim::token::token_text;
use serde_json::{Value, json};

use super::open_names;
use crate::binary::text;
use crate::host::{Host, KEY_VAULT, RESOURCE_MANAGER};
use crate::served::{Azure, with_secret};

/// Tokens as a host gets them in a world whose time runs faster than the machine's.
struct Tokens {
    clock: ScaledClock,
    given: u64,
}

impl Tokens {
    fn of(azure: &Azure) -> Self {
        let clock = serde_json::from_str(&text(&azure.place.path("azure/clock.json"))).expect("a clock");
        Self { clock, given: 0 }
    }

    /// A token for this scope that no other one equals, good for so many of the world's hours.
    fn give(&mut self, scope: &str, hours: i64) -> Value {
        self.given += 1;
        let expires = self.clock.now() + time::Duration::hours(hours);
        json!({ "scope": scope, "token": token_text(scope, expires, self.given), "expiresOn": expires.unix_timestamp() })
    }
}

/// A roll whose consumers are given a day, with tokens that are over before.
fn begin(azure: &Azure) -> (Host, Tokens) {
    let mut host = Host::greet(&azure.place);
    let names = open_names(&mut host, "0");
    let mut tokens = Tokens::of(azure);
    host.say(&json!({
        "v": 1, "id": "1", "command": "rotate", "confirmed": true, "context": { "auth": "host" },
        "arguments": { "storageAccount": "stprod", "runId": "chg1", "accept": names },
        "tokens": [tokens.give(RESOURCE_MANAGER, 20), tokens.give(KEY_VAULT, 20)],
    }));
    (host, tokens)
}

/// The run is whole, and goes on with other tokens.
#[track_caller]
fn goes_on(azure: &Azure, host: &mut Host, tokens: &mut Tokens) {
    assert_eq!(azure.regenerates(), 1);
    let verified = host.ask(&json!({ "v": 1, "id": "2", "command": "report", "arguments": { "verify": true, "runId": "chg1" } }));
    assert_eq!(verified["result"]["tornBytes"], 0, "{verified}");
    let resumed = host.ask(&json!({
        "v": 1, "id": "3", "command": "resume", "arguments": { "runId": "chg1" }, "context": { "auth": "host" },
        "tokens": [tokens.give(RESOURCE_MANAGER, 720), tokens.give(KEY_VAULT, 720)],
    }));
    assert_eq!((&resumed["result"]["state"], &resumed["exitCode"]), (&json!("done"), &json!(0)), "{resumed}");
    assert_eq!(azure.regenerates(), 2);
}

#[test]
fn a_run_that_waits_longer_than_its_tokens_live_asks_for_others_and_is_done() {
    let azure = Azure::serve(with_secret(), 6000);
    let (mut host, mut tokens) = begin(&azure);
    let (mut asked, mut waited) = (Vec::new(), false);
    let done = loop {
        let frame = host.frame();
        if let Some(scope) = frame["tokenNeeded"]["scope"].as_str() {
            assert!(waited, "what was handed over is used first: {frame}");
            // All tokens of a request are of the tenant of the first.
            assert!(frame["tokenNeeded"]["tenant"].is_string(), "{frame}");
            host.say(&json!({ "v": 1, "id": "1", "token": tokens.give(scope, 720) }));
            asked.push(scope.to_owned());
        } else if frame.get("result").is_some() || frame.get("problem").is_some() {
            break frame;
        } else {
            waited |= frame["event"]["event"] == "waiting";
        }
    };
    assert_eq!((&done["result"]["state"], &done["exitCode"]), (&json!("done"), &json!(0)), "{done}");
    asked.sort();
    assert_eq!(asked, [RESOURCE_MANAGER, KEY_VAULT], "each was asked for once");
    let trace = azure.simulator.audit().trace;
    let refused: Vec<_> = trace.iter().filter(|call| call.contains(" 401 ")).collect();
    assert!(refused.is_empty(), "a token that was over went out: {refused:?}");
    assert_eq!(azure.regenerates(), 2);
    assert_eq!(host.end().code, 0);
}

#[test]
fn a_host_that_cannot_renew_in_a_long_wait_ends_the_request_and_the_run_goes_on_later() {
    let azure = Azure::serve(with_secret(), 6000);
    let (mut host, mut tokens) = begin(&azure);
    let ended = loop {
        let frame = host.frame();
        if frame.get("tokenNeeded").is_some() {
            host.say(&json!({ "v": 1, "id": "1", "token": null, "message": "nobody is signed in any more" }));
        } else if frame.get("result").is_some() || frame.get("problem").is_some() {
            break frame;
        }
    };
    let problem = &ended["problem"];
    assert_eq!((&problem["code"], &problem["exitCode"]), (&json!("tokenRefused"), &json!(4)), "{ended}");
    goes_on(&azure, &mut host, &mut tokens);
    assert_eq!(host.end().code, 0);
}

#[test]
fn a_cancel_instead_of_a_token_ends_a_run_safely() {
    let azure = Azure::serve(with_secret(), 6000);
    let (mut host, mut tokens) = begin(&azure);
    while host.frame().get("tokenNeeded").is_none() {}
    let cancelled = host.ask(&json!({ "v": 1, "id": "1", "cancel": true }));
    let problem = &cancelled["problem"];
    assert_eq!((&problem["kind"], &problem["exitCode"]), (&json!("interrupted"), &json!(130)), "{cancelled}");
    goes_on(&azure, &mut host, &mut tokens);
    let journal = text(&azure.place.path("state/runs/chg1/journal.jsonl"));
    assert!(journal.contains("\"event\":\"interrupted\"") && journal.contains("\"event\":\"resumed\""), "{journal}");
    assert_eq!(host.end().code, 0);
}
