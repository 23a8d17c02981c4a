//! Faults and deaths drawn from a seed.

use crate::contract::world::{Fault, FaultKind, Moment};

use super::super::random::Random;

/// Routes on which faults are drawn, the changes more often than the reads.
const ROUTES: [&str; 25] = [
    "storage.regenerateKey",
    "storage.regenerateKey",
    "storage.regenerateKey",
    "storage.listKeys",
    "storage.listKeys",
    "storage.get",
    "media.syncStorageKeys",
    "media.syncStorageKeys",
    "media.listContainerSas",
    "media.get",
    "workspace.resyncKeys",
    "workspace.resyncKeys",
    "workspace.operation",
    "workspace.listKeys",
    "datastore.put",
    "datastore.put",
    "datastore.listSecrets",
    "datastore.list",
    "secret.put",
    "secret.put",
    "secret.get",
    "graph.query",
    "lock.list",
    "data.blob",
    "*",
];

/// The faults of a seed: most of them pass, a few are somebody's deed.
#[must_use]
pub fn faults(seed: u64) -> Vec<Fault> {
    let mut random = Random::for_purpose(seed, "schedule of faults");
    let count = random.between(0, 6);
    let mut faults: Vec<Fault> = (0..count)
        .map(|_| {
            let route = *random.pick(&ROUTES);
            let nth = random.between(1, if route == "*" { 120 } else { 6 });
            let (kind, times) = fault_kind(&mut random, route);
            Fault { times, ..Fault::at(route, nth, kind) }
        })
        .collect();
    // Drawn apart, so that everything else of a seed stays what it was before there was AMS v2.
    let mut random = Random::for_purpose(seed, "faults of media v2");
    if random.chance(0.15) {
        let route = *random.pick(&["classic.putKey", "classic.putKey", "odata.jobs"]);
        let kind = random
            .pick(&[
                FaultKind::ResetBefore,
                FaultKind::ResetAfter,
                FaultKind::Status { code: 503 },
                FaultKind::StatusAfter { code: 500 },
                FaultKind::Throttle { retry_after: 20 },
            ])
            .clone();
        faults.push(Fault { times: random.between(1, 3), ..Fault::at(route, random.between(1, 3), kind) });
    }
    faults
}

fn fault_kind(random: &mut Random, route: &str) -> (FaultKind, u64) {
    let slot = (*random.pick(&["key1", "key2"])).to_owned();
    if random.chance(0.12) {
        let deed = match random.between(0, 7) {
            0 => FaultKind::OthersRegenerate { slot },
            1 => FaultKind::OthersDeploy { slot },
            2 => FaultKind::LockAppears,
            3 => FaultKind::PermissionLost,
            4 => FaultKind::ClockJump { seconds: if random.chance(0.5) { 7200 } else { -7200 } },
            5 => FaultKind::Outage { seconds: 3600 },
            6 if route == "storage.regenerateKey" => FaultKind::WrongSlot,
            7 if route == "storage.regenerateKey" => FaultKind::BothSlots,
            _ => FaultKind::HugeError,
        };
        return (deed, 1);
    }
    let times = random.between(1, 3);
    let kind = match random.between(0, 13) {
        0 => FaultKind::Throttle { retry_after: random.between(1, 60) },
        1 => FaultKind::ThrottleInText { seconds: random.between(1, 60) },
        2 => FaultKind::Status { code: *random.pick(&[408, 500, 502, 503, 504]) },
        3 => FaultKind::ConnectionRefused,
        4 => FaultKind::ResetBefore,
        5 | 6 => FaultKind::ResetAfter,
        7 if route == "storage.regenerateKey" => FaultKind::LateEffect,
        8 => FaultKind::StatusAfter { code: *random.pick(&[408, 500, 503, 504]) },
        9 if random.chance(0.5) => FaultKind::StaleRead,
        9 => FaultKind::TruncatedBody,
        10 => FaultKind::WrongBody,
        11 => FaultKind::Slow { seconds: random.between(5, 50) },
        12 if route == "workspace.resyncKeys" => FaultKind::EndlessOperation,
        12 if route.starts_with("datastore") || route.starts_with("secret") => FaultKind::DuplicateDelivery,
        _ => FaultKind::ExpiredToken,
    };
    (kind, times)
}

/// When the caller's process dies: for each of its lives, the number of the call and the moment in it.
#[must_use]
pub fn deaths(seed: u64) -> Vec<(u64, Moment)> {
    let mut random = Random::for_purpose(seed, "deaths");
    let count = random.between(0, 3);
    (0..count).map(|_| (random.between(1, 150), *random.pick(&[Moment::Before, Moment::After]))).collect()
}
