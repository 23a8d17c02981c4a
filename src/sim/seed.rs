//! Worlds, faults and deaths drawn from a seed: what the deterministic simulation runs against.

use serde_json::json;

use crate::contract::world::{
    Asset, Consumer, ContainerSas, Datastore, Fault, FaultKind, HandedOutSas, Lock, ManagedStorageAccount, MediaAccount,
    MediaHolds, Moment, ResyncTakes, Secret, SlotSeed, Span, StorageAccount, Subscription, SystemDatastores, Unknowns, Vault,
    Workspace, World,
};

use super::random::Random;

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
    for number in 0..random.between(0, 2) {
        world.media_accounts.push(media_account(random, number, &rolled, &other));
    }
    for number in 0..random.between(0, 2) {
        let workspace = workspace(random, number, &rolled, &other, &habit);
        world.workspaces.push(workspace);
    }
    for number in 0..random.between(0, 2) {
        world.vaults.push(vault(random, number, &rolled, &habit));
    }
    if random.chance(0.1) {
        world.locks.push(Lock { scope: rolled.clone(), name: "do not delete".into(), level: "CanNotDelete".into() });
    }
    rarely_blocked(random, &mut world, &rolled);
    world
}

/// Which slot the drawn dependents hold.
struct Habit {
    usual: String,
    mixed: bool,
    only_blobs: bool,
}

impl Habit {
    fn slot(&self, random: &mut Random) -> String {
        if self.mixed { (*random.pick(&["key1", "key2"])).into() } else { self.usual.clone() }
    }
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
    if random.chance(0.15) {
        account.kind = "BlobStorage".into();
    } else if random.chance(0.15) {
        account.blocked_services = vec![(*random.pick(&["file", "queue", "table", "blob"])).into()];
    }
    if random.chance(0.3) {
        let slot = (*random.pick(&["key1", "key2"])).into();
        account.handed_out.push(HandedOutSas { holder: "a partner".into(), slot, expires_in_days: 90 });
    }
    account
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

fn media_account(random: &mut Random, number: u64, rolled: &str, other: &str) -> MediaAccount {
    let primary = if random.chance(0.8) { rolled } else { other };
    let mut media = MediaAccount::new(&id(0, "Microsoft.Media/mediaservices", &format!("ams{number}")), primary);
    if primary == other && random.chance(0.7) {
        media.storage_accounts.push(crate::contract::world::AttachedStorage { id: rolled.to_owned(), primary: false });
        media.assets.push(Asset {
            name: "second".into(),
            storage_account_name: "stroll".into(),
            container: "asset-second".into(),
        });
    }
    if random.chance(0.2) {
        media.assets.clear();
    }
    if random.chance(0.1) {
        media.storage_authentication = "ManagedIdentity".into();
    }
    media.synced = random.chance(0.9);
    media
}

fn workspace(random: &mut Random, number: u64, rolled: &str, other: &str, habit: &Habit) -> Workspace {
    let storage = if random.chance(0.8) && !habit.only_blobs { rolled } else { other };
    let slot = habit.slot(random);
    let name = format!("ml-{number}");
    let mut workspace =
        Workspace::new(&id(0, "Microsoft.MachineLearningServices/workspaces", &name), storage).with_system_datastores(&slot);
    workspace.storage_key = Some(format!("{{{slot} of {storage}}}"));
    workspace.system_datastores_auth_mode =
        (*random.pick(&[Some("accesskey"), Some("accesskey"), None, Some("identity")])).map(Into::into);
    if workspace.system_datastores_auth_mode.as_deref() == Some("identity") {
        for store in &mut workspace.datastores {
            store.credentials = crate::contract::world::Credentials { kind: "None".into(), secret: None };
        }
    }
    for number in 0..random.between(0, 4) {
        workspace.datastores.push(datastore(random, number, rolled, habit));
    }
    workspace
}

fn datastore(random: &mut Random, number: u64, rolled: &str, habit: &Habit) -> Datastore {
    let name = format!("store{number}");
    let slot = habit.slot(random);
    let mut store = match random.between(0, 9) {
        0..=3 => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name).with_key(&slot, rolled),
        4 if !habit.only_blobs => Datastore::new(&name, "AzureFile", rolled, "fileShareName", &name).with_key(&slot, rolled),
        5 | 6 => Datastore::new(&name, "AzureDataLakeGen2", rolled, "filesystem", &name).with_key(&slot, rolled),
        7 => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name).with_sas(&slot, rolled, &name),
        8 => {
            let mut store = Datastore::new(&name, "AzureDataLakeGen2", rolled, "filesystem", &name);
            store.credentials.kind = "ServicePrincipal".into();
            store.credentials.secret = Some(format!("client secret of {name}, long enough"));
            store
        }
        _ => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name),
    };
    if random.chance(0.5) {
        store.properties.insert("tags".into(), json!({ "note": "\u{1b}[2Jraw\r\ndata" }));
        store.properties.insert("description".into(), json!("kept by hand"));
    }
    if random.chance(0.3) {
        store.properties.insert("serviceDataAccessAuthIdentity".into(), json!("WorkspaceSystemAssignedIdentity"));
    }
    store
}

fn vault(random: &mut Random, number: u64, rolled: &str, habit: &Habit) -> Vault {
    let mut vault =
        Vault::new(&id(usize::try_from(number).unwrap_or_default(), "Microsoft.KeyVault/vaults", &format!("kv-{number}")));
    for number in 0..random.between(0, 4) {
        let (name, slot) = (format!("secret{number}"), habit.slot(random));
        let mut secret = match random.between(0, 6) {
            0..=2 => Secret::dual_credential(&name, &slot, rolled),
            3 => Secret::new(&name, &format!("{{connection string {slot} of {rolled}}}")),
            4 => Secret::new(
                &name,
                &format!("https://stroll.blob.core.windows.net/{name}?{{container sas {name} {slot} of {rolled}}}"),
            ),
            5 => Secret { soft_deleted: true, ..Secret::new(&name, "something else") },
            _ => Secret::new(&name, "something else"),
        };
        if !secret.value.starts_with("something") {
            secret.tags.insert("ProviderAddress".into(), rolled.to_owned());
            secret.tags.insert("CredentialId".into(), slot);
            secret.content_type = random.chance(0.5).then(|| "text/plain".into());
        }
        let cache_hours = random.between(0, 23);
        secret.consumers = vec![Consumer { name: "app".into(), cache_hours, pinned: random.chance(0.05) }];
        vault.secrets.push(secret);
    }
    vault
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
        datastore_put_status: *random.pick(&[200, 201]),
        front_ends: u8::try_from(random.between(1, 4)).unwrap_or(1),
        accept_seconds: Span::new(accept / 4, accept),
        refuse_seconds: Span::new(refuse / 4, refuse),
        stale_list_keys_seconds: *random.pick(&[0, 0, 5, 60]),
        list_keys_flaps: random.chance(0.5),
        pulls_read_stale: random.chance(0.3),
        late_effect_seconds: *random.pick(&[0, 5, 60, 240]),
        secret_lag_seconds: *random.pick(&[0, 0, 10]),
        permissions_spelling: (*random.pick(&["FULL", "Full"])).into(),
        latency_milliseconds: Span::new(20, 400),
        page_size: usize::try_from(random.between(1, 30)).unwrap_or(1),
    }
}

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
    (0..count)
        .map(|_| {
            let route = *random.pick(&ROUTES);
            let nth = random.between(1, if route == "*" { 120 } else { 6 });
            let (kind, times) = fault_kind(&mut random, route);
            Fault { times, ..Fault::at(route, nth, kind) }
        })
        .collect()
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
        0 | 1 => FaultKind::Throttle { retry_after: random.between(1, 60) },
        2 => FaultKind::Status { code: *random.pick(&[408, 500, 502, 503, 504]) },
        3 => FaultKind::ConnectionRefused,
        4 => FaultKind::ResetBefore,
        5 | 6 => FaultKind::ResetAfter,
        7 if route == "storage.regenerateKey" => FaultKind::LateEffect,
        8 => FaultKind::StatusAfter { code: *random.pick(&[408, 500, 503, 504]) },
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
            "status",
            "connectionRefused",
            "resetBefore",
            "resetAfter",
            "lateEffect",
            "statusAfter",
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
            ("a forbidden vault", some(&|it| it.vaults.iter().any(|vault| vault.forbidden))),
            ("an unsynced media account", some(&|it| it.media_accounts.iter().any(|media| !media.synced))),
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
