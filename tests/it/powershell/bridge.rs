//! The exact bytes of the module's bridge against the real `keyroll exec`: every line that the bridge can write is taken from its
//! source, filled in, and sent.

use std::collections::BTreeMap;

use keyroll::cli::command_tree;
use keyroll::surface;
use keyroll::surface::powershell::CMDLETS;
use serde_json::{Value, json};

use super::module;
use super::script::Script;
use crate::binary::Place;
use crate::host::{Host, RESOURCE_MANAGER, token};
use crate::served::{Azure, lonely};

/// The lines of `Private/Bridge.ps1`, by name.
fn lines() -> BTreeMap<String, String> {
    let bridge = Script::read(&module().join("Private/Bridge.ps1"));
    let table = bridge.text.split_once("$script:KeyRollLines = @{").expect("the table of lines").1;
    let table = table.split_once("\n}").expect("its end").0;
    let entries = table.lines().filter_map(|line| line.split_once('='));
    entries
        .map(|(name, line)| (name.trim().to_owned(), line.trim().trim_matches('\'').to_owned()))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

/// One line as the bridge fills it in: names between % signs become JSON.
fn line(name: &str, values: &[(&str, &str)]) -> String {
    let mut line = lines().remove(name).unwrap_or_else(|| panic!("the bridge has no line {name}"));
    for (name, value) in values {
        let mark = format!("%{name}%");
        assert!(line.contains(&mark), "{line} has no {mark}");
        line = line.replace(&mark, value);
    }
    assert!(!line.contains('%'), "{line}");
    line
}

fn request(command: &str, arguments: &Value, confirmed: bool, context: &Value) -> String {
    line(
        "Request",
        &[
            ("command", &json!(command).to_string()),
            ("arguments", &arguments.to_string()),
            ("confirmed", &confirmed.to_string()),
            ("context", &context.to_string()),
            ("secrets", ""),
            ("tokens", ""),
        ],
    )
}

/// The answer to a question for a token.
fn renewal(seconds: i64) -> String {
    let given = token(RESOURCE_MANAGER, seconds);
    let token = line(
        "Token",
        &[
            ("scope", &given["scope"].to_string()),
            ("secret", given["token"].as_str().expect("a token")),
            ("expiresOn", &given["expiresOn"].to_string()),
        ],
    );
    line("Renewal", &[("token", &token)])
}

/// Tokens from the host alone, whatever the place of a world says.
fn of_the_host() -> Value {
    json!({ "auth": "host" })
}

#[test]
fn the_bridge_has_these_lines_and_no_other_place_writes() {
    let names: Vec<String> = lines().into_keys().collect();
    assert_eq!(names, ["Cancel", "Refusal", "Renewal", "Request", "Secret", "Token"]);
    for script in super::sources() {
        let is_bridge = script.path.ends_with("Private/Bridge.ps1");
        let speaks =
            script.text.contains("StandardInput") || script.text.contains("WriteAsync") || script.text.contains("'exec'");
        assert_eq!(speaks, is_bridge, "{}", script.path.display());
    }
}

#[test]
fn a_request_is_understood_with_a_byte_order_mark_with_crlf_and_without() {
    let place = Place::new();
    let plain = request("status", &json!({}), false, &json!({"auth": "host", "clientRequestId": "c1"}));
    for bytes in [format!("{plain}\n"), format!("\u{feff}{plain}\n"), format!("{plain}\r\n"), format!("\u{feff}{plain}\r\n")] {
        let mut host = Host::greet(&place);
        host.write(bytes.as_bytes());
        let answer = host.answer();
        assert_eq!((&answer["id"], &answer["result"]["schema"]), (&json!("1"), &json!("keyroll.runs/1")), "{answer}");
        assert_eq!(host.end().code, 0);
    }
}

#[test]
fn the_result_is_the_text_between_its_name_and_the_exit_code() {
    let mut host = Host::greet(&Place::new());
    host.write(format!("{}\n", request("demo", &json!({}), false, &json!({}))).as_bytes());
    let answer = host.answer();
    let text = host.heard.last().expect("the answer");
    // As Get-KeyRollResultText cuts it.
    let from = text.find("\"result\":").expect("its name") + "\"result\":".len();
    let to = text.rfind(",\"exitCode\":").expect("the exit code");
    assert_eq!(serde_json::from_str::<Value>(&text[from..to]).expect("JSON"), answer["result"]);
}

#[test]
fn tokens_are_asked_for_and_renewed() {
    // Six seconds of this machine's time, so that a token is still good when it arrives, also on a machine that does much else.
    let azure = Azure::serve(lonely(), 600);
    let mut host = Host::greet(&azure.place);
    let arguments = json!({"storageAccount": "stprod", "accept": names(&azure), "runId": "r1", "retireAfter": "2h"});
    host.write(format!("{}\n", request("rotate", &arguments, true, &of_the_host())).as_bytes());
    let mut asked = 0;
    let answer = loop {
        let frame = host.frame();
        if !frame["tokenNeeded"].is_null() {
            assert_eq!(frame["tokenNeeded"]["scope"], RESOURCE_MANAGER);
            asked += 1;
            // An hour: the run takes longer in the world's time, and asks again.
            host.write(format!("{}\n", renewal(if asked == 1 { 3600 } else { 400_000 })).as_bytes());
        } else if frame.get("result").is_some() || frame.get("problem").is_some() {
            break frame;
        }
    };
    assert_eq!(answer["result"]["state"], "done", "{answer}");
    assert!(asked > 1, "no token was renewed");
    assert_eq!(azure.regenerates(), 2);
    let ended = host.end();
    azure.leaks_nothing(&[&ended.stdout, &ended.stderr]);
}

#[test]
fn a_token_that_cannot_be_had_is_a_problem_of_permission() {
    let azure = Azure::serve(lonely(), 1);
    let mut host = Host::greet(&azure.place);
    host.write(format!("{}\n", request("list-keys", &json!({"storageAccount": "stprod"}), false, &of_the_host())).as_bytes());
    assert_eq!(host.frame()["tokenNeeded"]["scope"], RESOURCE_MANAGER);
    host.write(format!("{}\n", line("Refusal", &[("message", "\"run Connect-AzAccount\"")])).as_bytes());
    let problem = host.answer()["problem"].clone();
    assert_eq!(
        (&problem["code"], &problem["kind"], &problem["exitCode"]),
        (&json!("tokenRefused"), &json!("permission"), &json!(4))
    );
    assert!(problem.to_string().contains("run Connect-AzAccount"), "{problem}");
}

#[test]
fn a_question_comes_back_and_its_answer_begins_the_run() {
    let azure = Azure::serve(lonely(), 6000);
    let arguments = json!({"storageAccount": "stprod", "accept": names(&azure), "noWait": true});
    let ask = |confirmed: bool| {
        let mut host = Host::greet(&azure.place);
        host.write(format!("{}\n", request("rotate", &arguments, confirmed, &of_the_host())).as_bytes());
        loop {
            let frame = host.frame();
            if !frame["tokenNeeded"].is_null() {
                host.write(format!("{}\n", renewal(400_000)).as_bytes());
            } else if frame.get("result").is_some() || frame.get("problem").is_some() {
                return frame;
            }
        }
    };
    let problem = ask(false)["problem"].clone();
    assert_eq!(problem["code"], "confirmationRequired", "{problem}");
    assert!(problem["question"].as_str().is_some_and(|question| question.contains("cannot be undone")), "{problem}");
    assert_eq!((azure.regenerates(), azure.place.has_runs()), (0, false));
    assert!(ask(true).get("result").is_some());
    assert!(azure.place.has_runs());
}

#[test]
fn a_cancel_and_the_end_of_input_leave_a_run_that_can_be_resumed() {
    for cancels in [true, false] {
        let azure = Azure::serve(lonely(), 1);
        let mut host = Host::greet(&azure.place);
        let arguments = json!({"storageAccount": "stprod", "accept": names(&azure), "runId": "r1", "retireAfter": "7d"});
        host.write(format!("{}\n", request("rotate", &arguments, true, &of_the_host())).as_bytes());
        loop {
            let frame = host.frame();
            if !frame["tokenNeeded"].is_null() {
                host.write(format!("{}\n", renewal(400_000)).as_bytes());
            } else if frame["event"]["event"] == "stepStarted" {
                break;
            }
        }
        if cancels {
            host.write(format!("{}\n", line("Cancel", &[])).as_bytes());
        } else {
            host.hang_up();
        }
        let problem = host.answer()["problem"].clone();
        assert_eq!((&problem["kind"], &problem["exitCode"]), (&json!("interrupted"), &json!(130)), "{problem}");
        host.end();
        let journal = crate::binary::text(&azure.place.path("state/runs/r1/journal.jsonl"));
        assert!(journal.lines().last().is_some_and(|line| line.contains("\"event\":\"interrupted\"")), "{journal}");
    }
}

#[test]
fn a_certificate_goes_along_as_a_secret() {
    let pem = r"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let secret = line("Secret", &[("name", "\"clientCertificate\""), ("secret", pem)]);
    let mut request = request("status", &json!({}), false, &json!({}));
    request = request.replace("\"secrets\":{}", &format!("\"secrets\":{{{secret}}}"));
    let mut host = Host::greet(&Place::new());
    host.write(format!("{request}\n").as_bytes());
    assert!(host.answer().get("result").is_some());
}

#[test]
fn every_member_of_every_cmdlet_is_taken() {
    let document = surface::document(&command_tree());
    for cmdlet in CMDLETS {
        let mut host = Host::greet(&Place::new());
        // All members at once, each of a type that none takes: whatever is not known would be named instead.
        let members = cmdlet.parameters(&document).into_iter().map(|parameter| (parameter.member, json!({})));
        let arguments: Value = Value::Object(members.collect());
        host.write(format!("{}\n", request(cmdlet.command, &arguments, false, &json!({}))).as_bytes());
        let answer = host.answer();
        let code = &answer["problem"]["code"];
        assert!(arguments == json!({}) || *code == json!("wrongMembers"), "{}: {answer}", cmdlet.name);
    }
}

/// The names that a plan of the account wants accepted.
fn names(azure: &Azure) -> Value {
    let mut host = Host::greet(&azure.place);
    host.write(format!("{}\n", request("plan", &json!({"storageAccount": "stprod"}), false, &of_the_host())).as_bytes());
    loop {
        let frame = host.frame();
        if !frame["tokenNeeded"].is_null() {
            host.write(format!("{}\n", renewal(400_000)).as_bytes());
        } else if let Some(plan) = frame.get("result") {
            let names = plan["acceptances"].as_array().expect("names").iter().map(|needed| needed["name"].clone());
            return Value::Array(names.collect());
        }
    }
}
