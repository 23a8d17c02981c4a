//! What a test asks of a served world from outside, on `control.localhost`.

use crate::contract::world::{Fault, FaultKind};
use crate::domain::problem::Problem;
use crate::sim::message::{Incoming, Reply};
use crate::sim::simulator::Simulator;

/// The host under which the world itself is asked.
pub(super) const HOST: &str = "control.localhost";

/// Answers `GET /audit`, `POST /faults` and `POST /stop`, for which `stop` is called.
pub(super) fn answer(simulator: &Simulator, stop: impl FnOnce(), incoming: &Incoming) -> Reply {
    match (incoming.method, incoming.url.path()) {
        ("GET", "/audit") => Reply::json(200, &serde_json::to_value(simulator.audit()).unwrap_or_default()),
        ("POST", "/faults") => match serde_json::from_slice::<Fault>(&incoming.body) {
            Ok(fault) => match refuse_crash(&fault) {
                Ok(()) => {
                    simulator.add_fault(fault);
                    Reply::empty(204)
                }
                Err(problem) => Reply::error(400, "Refused", &problem.message),
            },
            Err(error) => Reply::error(400, "MalformedFault", &error.to_string()),
        },
        ("POST", "/stop") => {
            stop();
            Reply::empty(204)
        }
        _ => Reply::error(404, "NotFound", "GET /audit, POST /faults or POST /stop"),
    }
}

/// A served world's caller is another process: it is killed with a signal, not from here.
pub(super) fn refuse_crash(fault: &Fault) -> Result<(), Problem> {
    if matches!(fault.kind, FaultKind::Crash { .. }) {
        return Err(Problem::usage("crashNotServed", "a served world cannot end the process that calls it")
            .hint("kill the client with a signal instead"));
    }
    Ok(())
}
