//! The request id that a host gave arrives with every call, so that Azure's logs are found by it.

use keyroll::contract::world::Span;
use serde_json::json;

use super::open_names;
use crate::host::Host;
use crate::locators::rig::{certificate, world};
use crate::served::{Azure, with_secret};

/// The calls that arrived from the `from`th on and carried another request id than this.
fn others(azure: &Azure, from: usize, wanted: &str) -> Vec<String> {
    let audit = azure.simulator.audit();
    assert!(audit.trace.len() > from, "something was sent");
    let calls = audit.trace.iter().zip(&audit.client_request_ids).skip(from);
    calls.filter(|(_, id)| *id != wanted).map(|(call, id)| format!("{id:?}: {call}")).collect()
}

#[test]
fn every_call_of_a_request_carries_the_id_of_the_host_and_no_call_of_the_next() {
    const OURS: &str = "0d9bd06c-6b5d-4a5c-9a7d-5bbd4a3bc2ee";
    // Otherwise the first wait may be for the new key to be accepted, before anything is written.
    let mut world = with_secret();
    world.unknowns.accept_seconds = Span::new(0, 0);
    let azure = Azure::serve(world, 200);
    let mut host = Host::greet(&azure.place);
    let names = open_names(&mut host, "0");
    let before = azure.simulator.audit().trace.len();
    let arguments = json!({ "storageAccount": "stprod", "runId": "chg1", "accept": names, "noWait": true });
    let done = host.ask(&json!({
        "v": 1, "id": "1", "command": "rotate", "arguments": arguments, "confirmed": true, "context": { "clientRequestId": OURS },
    }));
    assert_eq!(done["result"]["state"], "waiting", "{done}");
    let audit = azure.simulator.audit();
    for route in ["storage.regenerateKey", "secret.put"] {
        assert_eq!(audit.calls_of(route), 1, "{route} was reached");
    }
    assert!(audit.calls.keys().any(|route| route.starts_with("data.")), "and so was the data plane: {:?}", audit.calls);
    assert_eq!(others(&azure, before, OURS), [] as [&str; 0]);

    let before = audit.trace.len();
    let keys = host.ask(&json!({ "v": 1, "id": "2", "command": "list-keys", "arguments": { "storageAccount": "stprod" } }));
    assert_eq!(keys["exitCode"], 0, "{keys}");
    let audit = azure.simulator.audit();
    assert!(audit.client_request_ids[before..].iter().all(|id| id != OURS && !id.is_empty()), "{:?}", audit.client_request_ids);
    assert_eq!(host.end().code, 0);
}

#[test]
fn classic_management_and_media_services_are_told_it_too() {
    let azure = Azure::serve(world(1, 1), 600);
    let mut host = Host::greet(&azure.place);
    let done = host.ask(&json!({
        "v": 1, "id": "1", "command": "sync-keys media-v2", "secrets": { "clientCertificate": certificate(2090) },
        "arguments": { "accountName": "media-v2", "storageAccount": "stprod", "key": "primary" },
        "context": { "clientRequestId": "change-4711" },
    }));
    assert_eq!(done["exitCode"], 0, "{done}");
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 1);
    let done = host.ask(&json!({
        "v": 1, "id": "2", "command": "recreate-locators media-v2", "confirmed": true,
        "arguments": { "accountName": "media-v2", "resourceGroup": "prod" }, "context": { "clientRequestId": "change-4711" },
    }));
    assert_eq!(done["result"]["state"], "done", "{done}");
    assert_eq!(others(&azure, 0, "change-4711"), [] as [&str; 0]);
    assert_eq!(host.end().code, 0);
}
