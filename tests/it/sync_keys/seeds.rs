//! Drawn worlds, drawn faults, a death on the way: a sync that is run until it ends leaves everybody with a living key.

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::dependent::Extent;
use keyroll::domain::sync::SyncState;
use keyroll::sim::seed;

use super::*;

/// Faults that time or another try mends, and nobody else at work.
fn mendable(kind: &FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Throttle { .. }
            | FaultKind::ThrottleInText { .. }
            | FaultKind::Status { code: 500..=504 }
            | FaultKind::ResetBefore
            | FaultKind::ResetAfter
            | FaultKind::StatusAfter { .. }
            | FaultKind::TruncatedBody
            | FaultKind::Slow { .. }
            | FaultKind::DuplicateDelivery
            | FaultKind::ExpiredToken
            | FaultKind::Crash { .. }
    )
}

/// Enough here: each seed syncs up to six times, and the seeds of the roll go through the same adapters.
const MANY: u64 = 400;

/// Whether anything that could have been read was not.
fn left_unread(report: &SyncReport) -> bool {
    report.not_inspected.iter().any(|missed| missed.extent == Extent::Unavailable)
}

#[test]
fn every_seed_ends_with_living_keys() {
    let seeds = std::env::var("KEYROLL_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_u64).min(MANY);
    for number in 0..seeds {
        let mut world = seed::world(number);
        let shut = world.locks.iter().any(|lock| lock.level == "ReadOnly")
            || world.storage_accounts[0].allow_shared_key_access == Some(false)
            || world.vaults.iter().any(|vault| vault.forbidden);
        if shut {
            continue;
        }
        world.caller.missing_actions.clear();
        world.unknowns.pulls_read_stale = false;
        // In the first seconds after a regenerate a stale list is all that anybody could see.
        world.unknowns.stale_list_keys_seconds = 0;
        world.faults = seed::faults(number).into_iter().filter(|fault| mendable(&fault.kind)).collect();
        let slot = if number % 2 == 0 { "key1" } else { "key2" };
        world.faults.push(Fault::at("storage.get", 1, FaultKind::OthersRegenerate { slot: slot.into() }));
        let rig = Rig::new(world);
        let mut state = None;
        for _ in 0..6 {
            match rig.run(rig.engine().sync(&[everything(&rig)], &plainly())) {
                // What could not be read is named and left: whoever sees that looks again.
                Some(Ok(report)) if report.state() == SyncState::Done && !left_unread(&report) => {
                    state = Some(report);
                    break;
                }
                Some(_) => {}
                None => {
                    rig.azure.crash_switch().reset();
                    rig.azure.forget_crash();
                    rig.memory.release_locks();
                }
            }
            rig.clock.advance(std::time::Duration::from_secs(60));
        }
        assert!(state.is_some(), "seed {number} never ended");
        // A 200 only means "taken".
        rig.clock.advance(std::time::Duration::from_secs(600));
        let audit = rig.azure.audit();
        let kept = |kind| {
            matches!(
                kind,
                HolderKind::Consumer
                    | HolderKind::PinnedConsumer
                    | HolderKind::MediaOrigin
                    | HolderKind::Viewer
                    | HolderKind::HandedOutSas
            )
        };
        for held in audit.holders.iter().filter(|held| !kept(held.kind)) {
            let ours = held.generations.iter().all(|text| text.starts_with("stroll"));
            assert!(held.current || !ours, "seed {number}: {held:?} {state:#?} {:#?}", audit.trace);
        }
        assert_eq!((audit.losses.len(), audit.overlapping_writes.len(), rig.heard.lies().len()), (0, 0, 0), "seed {number}");
    }
}
