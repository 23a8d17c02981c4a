//! A slow, careful roll by hand, against many seeded worlds: it shows that these worlds can be rolled without anybody
//! who is pushed to failing, and how long those who are only told must fail. A harness without this would blame its
//! engine for worlds that nobody could roll.

use azure_core::http::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::holder::HolderKind;
use super::super::sas::Sas;
use super::super::seed;
use super::Caller;
use crate::contract::world::World;
use crate::domain::key::{Slot, StorageKey};

const DAY: u64 = 86_400;

/// The world with what a roll by hand has to know of it.
struct Roll {
    caller: Caller,
    world: World,
    account: String,
    /// Every key that there was, to be found in values.
    known: Vec<String>,
}

impl Roll {
    fn key(&mut self, slot: Slot) -> String {
        let key = self.caller.azure.key(&self.account, slot).expect("a key").expose().to_owned();
        self.known.push(key.clone());
        key
    }

    /// Tells everybody who can only be told.
    fn tell(&self) {
        let media = self.world.media_accounts.iter().filter(|media| media.storage_authentication == "System");
        for media in media.filter(|media| media.storage_accounts.iter().any(|attached| attached.id == self.account)) {
            let body = json!({ "id": self.account }).to_string();
            let got = self.caller.arm(Method::Post, &format!("{}/syncStorageKeys?api-version=2021-11-01", media.id), &body);
            assert!((200..300).contains(&got.status), "{}", got.text);
        }
        for workspace in self.world.workspaces.iter().filter(|it| it.storage_account == self.account && it.hub.is_none()) {
            let got = self.caller.arm(Method::Post, &format!("{}/resyncKeys?api-version=2024-04-01", workspace.id), "");
            assert!((200..300).contains(&got.status), "{}", got.text);
        }
        for batch in &self.world.batch_accounts {
            let auto = batch.auto_storage.as_ref().filter(|auto| auto.storage_account_id == self.account);
            if auto.is_some_and(|auto| auto.authentication_mode.as_deref() != Some("BatchAccountManagedIdentity")) {
                let url = format!("{}/syncAutoStorageKeys?api-version=2024-02-01", batch.id);
                assert_eq!(self.caller.arm(Method::Post, &url, "").status, 204);
            }
        }
    }

    /// Writes a key into every datastore for which `which` answers yes.
    fn push_stores(&self, key: &str, which: impl Fn(&str) -> bool) {
        for workspace in &self.world.workspaces {
            for store in workspace.datastores.iter().filter(|store| which(&store.name)) {
                if store.properties["accountName"] != "stroll" {
                    continue;
                }
                let path = format!("{}/datastores/{}", workspace.id, store.name);
                let mut properties =
                    self.caller.arm(Method::Get, &format!("{path}?api-version=2024-04-01"), "").json()["properties"].clone();
                let secrets = match store.credentials.kind.as_str() {
                    "AccountKey" => json!({ "secretsType": "AccountKey", "key": key }),
                    "Sas" => {
                        let old = self.caller.arm(Method::Post, &format!("{path}/listSecrets?api-version=2024-04-01"), "").json();
                        let container = store.properties["containerName"].as_str().expect("a container");
                        let sas = sign_again(old["sasToken"].as_str().expect("a SAS"), container, key);
                        json!({ "secretsType": "Sas", "sasToken": sas })
                    }
                    _ => continue,
                };
                properties["credentials"] = json!({ "credentialsType": store.credentials.kind, "secrets": secrets });
                let body = json!({ "properties": properties }).to_string();
                let got = self.caller.arm(Method::Put, &format!("{path}?api-version=2024-04-01&skipValidation=true"), &body);
                assert!((200..300).contains(&got.status), "{}", got.text);
            }
        }
    }

    /// Writes a key into every secret that holds one.
    fn push_secrets(&self, key: &str, slot: Slot) {
        for vault in &self.world.vaults {
            for secret in vault.secrets.iter().filter(|secret| secret.tags.contains_key("ProviderAddress")) {
                let name = vault.id.rsplit('/').next().expect("a name");
                let url = format!("https://{name}.vault.azure.net/secrets/{}?api-version=7.4", secret.name);
                let old = self.caller.vault(Method::Get, &url, "").json();
                let value = old["value"].as_str().expect("a value");
                let value = match value.split_once('?') {
                    Some((place, _)) => {
                        format!("{place}?{}", sign_again(value, place.rsplit('/').next().expect("a container"), key))
                    }
                    None => self.known.iter().fold(value.to_owned(), |text, known| text.replace(known, key)),
                };
                let mut tags = old["tags"].clone();
                tags["CredentialId"] = json!(slot.name());
                let mut body = json!({ "value": value, "tags": tags });
                body["contentType"] = old["contentType"].clone();
                if let Some(expiry) = old["attributes"]["exp"].as_i64() {
                    body["attributes"] = json!({ "exp": expiry });
                }
                assert_eq!(self.caller.vault(Method::Put, &url, &body.to_string()).status, 200);
            }
        }
    }

    /// Regenerates a slot; tells everybody at once and again when the key has spread; writes what a resync left alone.
    fn regenerate(&mut self, slot: Slot) {
        let got = self.caller.regenerate(&self.account, slot.name()).expect("lives").expect("holds");
        assert_eq!(got.status, 200, "{}", got.text);
        self.tell();
        self.caller.wait(600);
        self.tell();
        self.caller.wait(300);
        let key = self.key(slot);
        self.push_stores(&key, |name| name.starts_with("workspace"));
        self.caller.wait(2 * 3600);
    }
}

fn sign_again(old: &str, container: &str, key: &str) -> String {
    let old = Sas::read(old).expect("a SAS");
    let expiry = OffsetDateTime::parse(old.field("se"), &Rfc3339).expect("an expiry");
    Sas::for_container("stroll", container, old.field("sp"), expiry, &StorageKey::new(key.to_owned())).expect("signs").query()
}

fn can_be_rolled(world: &World) -> bool {
    world.storage_accounts[0].allow_shared_key_access != Some(false)
        && world.caller.missing_actions.is_empty()
        && !world.locks.iter().any(|lock| lock.level == "ReadOnly")
        && !world.vaults.iter().any(|vault| vault.forbidden)
}

/// The roll; returns how long each kind was down at most, for those who were told.
fn roll(number: u64) -> Vec<(HolderKind, i64)> {
    let world = seed::world(number);
    if !can_be_rolled(&world) {
        return Vec::new();
    }
    let caller = Caller::new(world.clone());
    let mut roll = Roll { caller, world, account: seed::storage_account(), known: Vec::new() };
    let user = |name: &str| !name.starts_with("workspace");
    roll.key(Slot::Key2);
    let key1 = roll.key(Slot::Key1);
    roll.tell();
    roll.push_stores(&key1, |_| true);
    roll.push_secrets(&key1, Slot::Key1);
    roll.caller.wait(2 * DAY);
    let ready = roll.caller.azure.audit().seconds;
    roll.regenerate(Slot::Key2);
    let key2 = roll.key(Slot::Key2);
    roll.push_stores(&key2, user);
    roll.push_secrets(&key2, Slot::Key2);
    roll.caller.wait(2 * DAY);
    roll.regenerate(Slot::Key1);
    let audit = roll.caller.azure.audit();
    assert_eq!(audit.losses, [] as [&str; 0], "seed {number}");
    let mut told = Vec::new();
    for down in audit.downtimes.iter().filter(|down| down.from_seconds + down.seconds > ready) {
        let seconds = down.seconds;
        match down.kind {
            HolderKind::PinnedConsumer | HolderKind::HandedOutSas | HolderKind::Viewer => {}
            // Nobody hands over keys here: such accounts are told.
            kind if kind.is_told() || kind == HolderKind::MediaV2Account => {
                assert!(!down.lasting, "seed {number}: {down:?}");
                told.push((kind, seconds));
            }
            _ => panic!("seed {number}: {down:?}\n{}", audit.trace.join("\n")),
        }
    }
    let outside = |kind| matches!(kind, HolderKind::PinnedConsumer | HolderKind::HandedOutSas | HolderKind::Viewer);
    for held in audit.holders.iter().filter(|held| !outside(held.kind)) {
        let other = held.generations.iter().any(|text| !text.starts_with("stroll"));
        assert!(held.current || other, "seed {number}: {held:?}");
    }
    told
}

#[test]
fn seeded_worlds_can_be_rolled_and_only_those_who_are_told_have_windows() {
    let mut longest: Vec<(HolderKind, i64)> = Vec::new();
    for number in 0..200 {
        for (kind, seconds) in roll(number) {
            match longest.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, most)) => *most = (*most).max(seconds),
                None => longest.push((kind, seconds)),
            }
        }
    }
    let most = |kind| longest.iter().find(|(known, _)| *known == kind).map_or(0, |(_, seconds)| *seconds);
    assert!(most(HolderKind::MediaAccount) > 0, "windows are part of these worlds: {longest:?}");
    for (kind, bound) in [
        (HolderKind::MediaAccount, 900),
        (HolderKind::Workspace, 900),
        (HolderKind::BatchAccount, 900),
        (HolderKind::SystemDatastore, 1000),
        (HolderKind::MediaOrigin, 900 + 55 * 60),
    ] {
        assert!(most(kind) <= bound, "{longest:?}");
    }
}
