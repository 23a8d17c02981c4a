//! What a host may get wrong, line by line.

use serde_json::{Value, json};

use crate::binary::Place;
use crate::host::Host;
use crate::served::{Azure, lonely};

fn status(id: &str) -> Value {
    json!({ "v": 1, "id": id, "command": "status" })
}

/// The problem that these bytes are answered with.
#[track_caller]
fn problem(host: &mut Host, bytes: &[u8], code: &str) -> Value {
    host.write(bytes);
    let frame = host.frame();
    let problem = &frame["problem"];
    assert_eq!((&problem["code"], &problem["exitCode"]), (&json!(code), &json!(2)), "{frame}");
    let message = problem["message"].as_str().expect("a sentence");
    assert!(!message.ends_with('.') && !message.contains('\n'), "{message}");
    assert!(!problem["hints"].as_array().expect("hints").is_empty(), "a way out of `{message}`");
    assert!(!frame.to_string().contains("hush"), "{frame}");
    frame
}

#[test]
fn a_line_that_is_not_understood_is_named_and_the_conversation_goes_on_and_ends_with_2() {
    let mut host = Host::greet(&Place::new());
    for (number, (bytes, code, id)) in [
        (&b"{\"v\":1,\"id\":\"a\",\n"[..], "lineNotJson", None),
        (b"keyroll status hush\n", "lineNotJson", None),
        (b"[1]\n", "lineMalformed", None),
        (b"\xff\xfe{}\n", "lineNotText", None),
        (b"{\"v\":1,\"id\":\"b\"}\n", "lineMalformed", Some("b")),
        (b"{\"v\":1,\"command\":\"status\"}\n", "lineMalformed", None),
        (b"{\"v\":1,\"id\":7,\"command\":\"status\"}\n", "lineMalformed", None),
        (b"{\"v\":1,\"id\":\"c\",\"command\":\"status\",\"arguments\":[\"hush\"]}\n", "lineMalformed", Some("c")),
        (
            b"{\"v\":1,\"id\":\"d\",\"command\":\"status\",\"tokens\":[{\"token\":\"hush\",\"expiresOn\":\"hush\"}]}\n",
            "lineMalformed",
            Some("d"),
        ),
        (
            b"{\"v\":1,\"id\":\"e\",\"command\":\"status\",\"tokens\":[{\"token\":\"hush\",\"expiresOn\":1}]}\n",
            "lineMalformed",
            Some("e"),
        ),
        (b"{\"v\":1,\"id\":\"f\",\"command\":\"status\",\"secrets\":{\"sealKey\":\"hush\"}}\n", "sealKeyInvalid", Some("f")),
        (
            b"{\"v\":1,\"id\":\"g\",\"command\":\"status\",\"secrets\":{\"clientCertificate\":\"hush\"}}\n",
            "clientCertificateInvalid",
            Some("g"),
        ),
        (b"{\"v\":2,\"id\":\"h\",\"order\":\"status\"}\n", "anotherVersion", Some("h")),
        (b"{\"id\":\"i\",\"command\":\"status\"}\n", "anotherVersion", Some("i")),
    ]
    .into_iter()
    .enumerate()
    {
        let frame = problem(&mut host, bytes, code);
        assert_eq!((frame["line"].as_u64(), frame["id"].as_str()), (Some(number as u64 + 1), id), "{frame}");
    }
    assert_eq!(host.ask(&status("1"))["exitCode"], 0, "the conversation goes on");
    let ended = host.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (2, ""), "{ended:?}");
}

#[test]
fn a_request_that_is_wrong_is_answered_by_its_id_and_breaks_nothing() {
    let mut host = Host::greet(&Place::new());
    let request = |id: &str, command: &str, arguments: Value| {
        format!(
            "{}\n",
            json!({ "v": 1, "id": id, "command": command, "arguments": arguments, "later": { "members": "ignored" } })
        )
    };
    for (command, arguments, code) in [
        ("rotat", json!({}), "unknownCommand"),
        ("sync-keys", json!({}), "unknownCommand"),
        ("exec", json!({}), "commandNotForHosts"),
        ("completion", json!({}), "commandNotForHosts"),
        ("status", json!({ "storageAcount": "st" }), "unknownMembers"),
        ("status", json!({ "input": "-" }), "unknownMembers"),
        ("status", json!({ "storageAccount": ["st"] }), "wrongMembers"),
        ("rotate", json!({ "plan": "{}", "standbyOnly": true }), "usage"),
        ("list-keys", json!({ "storageAccount": "st", "auth": "guess" }), "unknownAuth"),
        ("list-keys", json!({ "storageAccount": "st", "cloud": "AzureGermanCloud" }), "unknownCloud"),
    ] {
        let id = format!("{command} {arguments}");
        let frame = problem(&mut host, request(&id, command, arguments).as_bytes(), code);
        assert_eq!((&frame["id"], frame.get("line")), (&json!(id), None), "{frame}");
    }
    for (context, code) in [
        (json!({ "cloud": { "name": "Sim" } }), "cloudFileInvalid"),
        (json!({ "cloud": 3 }), "cloudInvalid"),
        (json!({ "clientRequestId": "a b" }), "clientRequestIdInvalid"),
    ] {
        let line = json!({ "v": 1, "id": code, "command": "status", "context": context });
        problem(&mut host, format!("{line}\n").as_bytes(), code);
    }
    assert_eq!(host.end().code, 0);
}

#[test]
fn an_id_is_used_once() {
    let mut host = Host::greet(&Place::new());
    assert_eq!(host.ask(&status("1"))["exitCode"], 0);
    let frame = problem(&mut host, format!("{}\n", status("1")).as_bytes(), "idUsedTwice");
    // Under that id another request was answered already.
    assert_eq!((frame.get("id"), &frame["line"]), (None, &json!(2)), "{frame}");
    assert!(frame["problem"]["message"].as_str().expect("text").contains("`1`"));
    assert_eq!(host.end().code, 2);
}

#[test]
fn a_line_of_megabytes_is_taken_and_one_beyond_all_measure_is_not() {
    let mut host = Host::greet(&Place::new());
    let mut long = status("1");
    long["arguments"] = json!({ "changeReference": "x".repeat(3 << 20) });
    assert_eq!(host.ask(&long)["exitCode"], 0);
    let endless = vec![b'x'; (64 << 20) + 7];
    host.write(&endless);
    problem(&mut host, b"\n", "lineTooLong");
    assert_eq!(host.ask(&status("2"))["exitCode"], 0, "the next line is heard");
    assert_eq!(host.end().code, 2);
}

#[test]
fn a_line_comes_byte_by_byte_or_many_at_once() {
    let mut host = Host::greet(&Place::new());
    for byte in format!("{}\r\n", status("1")).bytes() {
        host.write(&[byte]);
    }
    assert_eq!(host.answer()["id"], "1");
    let many: Vec<String> = (2..42).map(|id| status(&id.to_string()).to_string()).collect();
    host.write(format!("{}\n", many.join("\n")).as_bytes());
    for id in 2..42 {
        assert_eq!(host.answer()["id"], id.to_string());
    }
    assert_eq!(host.end().code, 0);
}

#[test]
fn a_host_of_another_surface_is_told_once_and_served() {
    let mut host = Host::greet(&Place::new());
    let with = |id: &str, surface: &str| json!({ "v": 1, "id": id, "command": "status", "surface": surface });
    host.say(&with("1", &keyroll::cli::surface_digest()));
    assert!(host.frame().get("result").is_some(), "the same surface");
    host.say(&with("2", "0123"));
    let warning = host.frame();
    let event = &warning["event"];
    assert_eq!((&warning["id"], &event["schema"]), (&json!("2"), &json!("keyroll.notice/1")), "{warning}");
    assert_eq!((&event["event"], &event["code"]), (&json!("warning"), &json!("anotherSurface")), "{warning}");
    assert!(host.frame().get("result").is_some());
    host.say(&with("3", "4567"));
    assert!(host.frame().get("result").is_some(), "once is enough");
    assert_eq!(host.end().code, 0);

    let mut host = Host::greet(&Place::new());
    host.say(&json!({ "v": 1, "hello": "KeyRoll", "surface": "0123" }));
    assert_eq!(host.frame()["event"]["code"], "anotherSurface");
    assert_eq!(host.end().code, 0);
}

#[test]
fn what_waits_is_told_to_the_host() {
    use keyroll::contract::world::{Fault, FaultKind};
    let mut world = lonely();
    world.faults = vec![Fault::at("storage.listKeys", 1, FaultKind::Throttle { retry_after: 17 })];
    let azure = Azure::serve(world, 200);
    let mut host = Host::greet(&azure.place);
    host.say(&json!({ "v": 1, "id": "1", "command": "list-keys", "arguments": { "storageAccount": "stprod" } }));
    let waits = host.event("notice");
    assert!(waits["event"]["message"].as_str().expect("text").contains("throttled, continuing in"), "{waits}");
    assert_eq!(host.answer()["exitCode"], 0);
    assert_eq!(host.end().code, 0);
}
