//! Worlds, faults and deaths drawn from a seed: what the deterministic simulation runs against.

mod dependents;
mod faults;

use crate::contract::world::{
    ContainerSas, HandedOutSas, Lock, ManagedStorageAccount, MediaHolds, ResyncTakes, SlotSeed, Span, StorageAccount,
    Subscription, SystemDatastores, Unknowns, World,
};

use super::random::Random;
use dependents::{Habit, batch_account, media_account, media_v2_account, streams, vault, workspace};

pub use faults::{deaths, faults};

const SUBSCRIPTIONS: [&str; 2] = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];

/// The id of the account that is rolled in every seeded world.
#[must_use]
pub fn storage_account() -> String {
    id(0, "Microsoft.Storage/storageAccounts", "stroll")
}

fn id(subscription: usize, kind: &str, name: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/rg-{subscription}/providers/{kind}/{name}", SUBSCRIPTIONS[subscription % 2])
}

/// The world of a seed, without faults.
#[must_use]
pub fn world(seed: u64) -> World {
    let mut random = Random::for_purpose(seed, "world");
    let random = &mut random;
    let rolled = storage_account();
    let other = id(1, "Microsoft.Storage/storageAccounts", "stother");
    let accounts = vec![rolled_account(random, &rolled), StorageAccount::new(&other)];
    let only_blobs = accounts[0].kind == "BlobStorage";
    let habit = Habit { usual: (*random.pick(&["key1", "key1", "key2"])).into(), mixed: random.chance(0.2), only_blobs };
    let mut world = World {
        seed,
        subscriptions: vec![
            Subscription { id: SUBSCRIPTIONS[0].into(), name: "Production \u{1b}[31m\u{202e}".into() },
            Subscription { id: SUBSCRIPTIONS[1].into(), name: "Others".into() },
        ],
        storage_accounts: accounts,
        unknowns: unknowns(random),
        ..World::default()
    };
    world.caller.token_lifetime_seconds = *random.pick(&[600, 3600]);
    for number in 0..random.between(0, 2) {
        world.media_accounts.push(media_account(random, number, &rolled, &other));
    }
    for number in 0..random.between(0, 2) {
        let workspace = workspace(random, number, &rolled, &other, &habit);
        world.workspaces.push(workspace);
    }
    if let [hub, project] = world.workspaces.as_mut_slice()
        && random.chance(0.3)
    {
        hub.kind = "Hub".into();
        project.kind = "Project".into();
        project.hub = Some(hub.id.clone());
        project.storage_account.clone_from(&hub.storage_account);
        project.system_datastores_auth_mode.clone_from(&hub.system_datastores_auth_mode);
        let system = hub.datastores.iter().take(4).cloned();
        let own: Vec<_> = project.datastores.drain(..).skip(4).collect();
        project.datastores = system.chain(own).collect();
    }
    for number in 0..random.between(0, 2) {
        world.vaults.push(vault(random, number, &rolled, &habit));
    }
    draw_batch(&mut Random::for_purpose(seed, "batch"), &mut world);
    draw_streams(&mut Random::for_purpose(seed, "streams"), &mut world);
    draw_media_v2(&mut Random::for_purpose(seed, "media v2"), &mut world);
    if random.chance(0.1) {
        world.locks.push(Lock { scope: rolled.clone(), name: "do not delete".into(), level: "CanNotDelete".into() });
    }
    rarely_blocked(random, &mut world, &rolled);
    world
}

fn rolled_account(random: &mut Random, id: &str) -> StorageAccount {
    let mut account = StorageAccount::new(id);
    let age = |random: &mut Random| SlotSeed {
        value: None,
        age_days: random.chance(0.85).then(|| u32::try_from(random.between(3, 700)).unwrap_or(3)),
    };
    account.key1 = age(random);
    account.key2 = age(random);
    account.key_expiration_days = random.chance(0.4).then_some(90);
    match random.between(0, 12) {
        0 | 1 => account.kind = "BlobStorage".into(),
        2 | 3 => account.blocked_services = vec![(*random.pick(&["file", "queue", "table", "blob"])).into()],
        _ => {}
    }
    if random.chance(0.3) {
        let slot = (*random.pick(&["key1", "key2"])).into();
        account.handed_out.push(HandedOutSas { holder: "a partner".into(), slot, expires_in_days: 90 });
    }
    account
}

/// Drawn apart, so that everything else of a seed stays what it was before there was Batch.
fn draw_batch(random: &mut Random, world: &mut World) {
    for number in 0..random.between(0, 1) {
        let [rolled, other] = [0, 1].map(|place| world.storage_accounts[place].id.clone());
        world.batch_accounts.push(batch_account(random, number, &rolled, &other));
    }
    world.unknowns.batch_holds = *random.pick(&[MediaHolds::Both, MediaHolds::Key1, MediaHolds::FirstValid]);
    world.unknowns.batch_sync_seconds = *random.pick(&[0, 0, 3, 40]);
}

/// Drawn apart, as Batch. It was given either key, and nobody knows which; jobs that are at work then are told in the plan.
fn draw_media_v2(random: &mut Random, world: &mut World) {
    if !random.chance(0.3) {
        return;
    }
    let rolled = world.storage_accounts[0].id.clone();
    let (media, face) = media_v2_account(random, &rolled);
    world.media_accounts.push(media);
    world.media_v2_accounts.push(face);
    world.unknowns.media_v2_key_status = *random.pick(&[200, 202, 204]);
}

/// Drawn apart, as Batch: what streams from media accounts.
fn draw_streams(random: &mut Random, world: &mut World) {
    for media in &mut world.media_accounts {
        streams(random, media);
    }
}

/// Now and then something forbids the roll; then nothing may have changed.
fn rarely_blocked(random: &mut Random, world: &mut World, rolled: &str) {
    if random.chance(0.02) {
        world.storage_accounts[0].allow_shared_key_access = Some(false);
    }
    if random.chance(0.02) {
        world.locks.push(Lock {
            scope: rolled.rsplit_once("/providers").map_or(rolled, |it| it.0).into(),
            name: "freeze".into(),
            level: "ReadOnly".into(),
        });
    }
    if random.chance(0.02) {
        world.caller.missing_actions.push("Microsoft.Storage/storageAccounts/regeneratekey/action".into());
    }
    if random.chance(0.02)
        && let Some(vault) = world.vaults.first_mut()
    {
        let managed = ManagedStorageAccount { name: "managed".into(), resource_id: rolled.to_owned(), auto_regenerate_key: true };
        vault.managed_storage_accounts.push(managed);
    }
    if random.chance(0.03)
        && let Some(vault) = world.vaults.last_mut()
    {
        vault.forbidden = true;
    }
}

/// Every parameter that nothing readable tells.
fn unknowns(random: &mut Random) -> Unknowns {
    let accept = random.between(0, 240);
    let refuse = random.between(0, 300);
    Unknowns {
        resync_takes: *random.pick(&[ResyncTakes::Key1, ResyncTakes::Keep, ResyncTakes::FirstValid]),
        resync_rewrites: *random.pick(&[SystemDatastores::All, SystemDatastores::BlobAndFile, SystemDatastores::None]),
        resync_seconds: *random.pick(&[None, Some(5), Some(30), Some(200)]),
        workspace_refresh_minutes: random.chance(0.5).then_some(60),
        media_holds: *random.pick(&[MediaHolds::Both, MediaHolds::Both, MediaHolds::Key1, MediaHolds::FirstValid]),
        container_sas: *random.pick(&[
            ContainerSas::EachKey,
            ContainerSas::EachKey,
            ContainerSas::FirstKey,
            ContainerSas::SecondUnverifiable,
        ]),
        media_sync_status: *random.pick(&[200, 200, 202, 204]),
        media_sync_seconds: *random.pick(&[0, 0, 10, 120]),
        origin_cache_minutes: random.between(0, 55),
        // Nothing that a roll does depends on it.
        content_key_ids_stay_taken: false,
        datastore_put_status: *random.pick(&[200, 201]),
        front_ends: u8::try_from(random.between(1, 4)).unwrap_or(1),
        accept_seconds: Span::new(accept / 4, accept),
        refuse_seconds: Span::new(refuse / 4, refuse),
        stale_list_keys_seconds: *random.pick(&[0, 0, 5, 60]),
        list_keys_flaps: random.chance(0.5),
        pulls_read_stale: random.chance(0.3),
        late_effect_seconds: *random.pick(&[0, 5, 60, 240]),
        secret_lag_seconds: *random.pick(&[0, 0, 10]),
        datastore_lag_seconds: *random.pick(&[0, 0, 15, 90]),
        respells_ids: random.chance(0.3),
        permissions_spelling: (*random.pick(&["FULL", "Full"])).into(),
        latency_milliseconds: Span::new(20, 400),
        page_size: usize::try_from(random.between(1, 30)).unwrap_or(1),
        ..Unknowns::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::world::World;

    #[test]
    fn every_seeded_world_is_sound_and_survives_its_file() {
        for seed in 0..300 {
            let world = World { faults: faults(seed), ..world(seed) };
            world.validate().unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
            assert_eq!(World::parse(&world.to_json()).expect("our own JSON"), world, "seed {seed}");
        }
    }

    #[test]
    fn seeds_reach_every_kind_of_fault_and_every_parameter() {
        let kinds: BTreeSet<&str> = (0..3000).flat_map(faults).map(|fault| fault.kind.name()).collect();
        for kind in [
            "throttle",
            "throttleInText",
            "status",
            "connectionRefused",
            "resetBefore",
            "resetAfter",
            "lateEffect",
            "statusAfter",
            "staleRead",
            "truncatedBody",
            "wrongBody",
            "hugeError",
            "slow",
            "endlessOperation",
            "duplicateDelivery",
            "expiredToken",
            "lockAppears",
            "permissionLost",
            "wrongSlot",
            "bothSlots",
            "othersRegenerate",
            "othersDeploy",
            "outage",
            "clockJump",
        ] {
            assert!(kinds.contains(kind), "{kind} is never drawn");
        }
        let worlds: Vec<World> = (0..500).map(world).collect();
        let some = |test: &dyn Fn(&World) -> bool| worlds.iter().filter(|world| test(world)).count();
        for (what, count) in [
            ("a SAS", some(&|it| it.to_json().contains("container sas"))),
            ("a project of a hub", some(&|it| it.workspaces.iter().any(|workspace| workspace.hub.is_some()))),
            ("a forbidden vault", some(&|it| it.vaults.iter().any(|vault| vault.forbidden))),
            (
                "an unsynced media account",
                some(&|it| it.media_accounts.iter().any(|media| media.storage_accounts.iter().any(|it| !it.synced))),
            ),
            (
                "a media account that streams",
                some(&|it| it.media_accounts.iter().any(|media| !media.streaming_locators.is_empty())),
            ),
            (
                "a streaming endpoint that does not run",
                some(&|it| it.media_accounts.iter().any(|media| media.streaming_endpoints[0].state == "Stopped")),
            ),
            ("a read-only lock", some(&|it| it.locks.iter().any(|lock| lock.level == "ReadOnly"))),
            ("keys that were never rotated", some(&|it| it.storage_accounts[0].key1.age_days.is_none())),
            ("a blob account", some(&|it| it.storage_accounts[0].kind == "BlobStorage")),
            (
                "nothing that depends",
                some(&|it| it.media_accounts.is_empty() && it.workspaces.is_empty() && it.vaults.is_empty()),
            ),
        ] {
            assert!(count > 0, "{what} is never drawn");
        }
        assert_eq!(world(7), world(7));
        assert!((0..100).any(|seed| deaths(seed).len() == 3));
    }
}
