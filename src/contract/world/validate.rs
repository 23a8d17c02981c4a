//! Contradictions in a world, told before it begins.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::account::Service;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::{FaultKind, Placeholder, World};

impl World {
    /// Checks what types cannot: ids, references between resources, slots, numbers.
    ///
    /// # Errors
    /// A usage problem with one cause per contradiction.
    pub fn validate(&self) -> Result<(), Problem> {
        let mut found = Vec::new();
        self.check_times_and_numbers(&mut found);
        self.check_ids(&mut found);
        self.check_accounts(&mut found);
        self.check_references(&mut found);
        self.check_templates(&mut found);
        if found.is_empty() {
            return Ok(());
        }
        let count = found.len();
        let noun = if count == 1 { "place" } else { "places" };
        let problem = Problem::usage("contradictoryWorld", format!("the world contradicts itself in {count} {noun}"));
        let problem = problem.hint("correct the world's file in what is named as the cause");
        Err(found.into_iter().fold(problem, Problem::because))
    }

    fn check_times_and_numbers(&self, found: &mut Vec<String>) {
        if OffsetDateTime::parse(&self.now, &Rfc3339).is_err() {
            found.push(format!("`{}` is not a time in RFC 3339", self.now));
        }
        let unknowns = &self.unknowns;
        for (name, span) in [
            ("acceptSeconds", unknowns.accept_seconds),
            ("refuseSeconds", unknowns.refuse_seconds),
            ("latencyMilliseconds", unknowns.latency_milliseconds),
        ] {
            if span.min > span.max {
                found.push(format!("unknowns.{name} begins at {} and ends at {}", span.min, span.max));
            }
        }
        if unknowns.front_ends == 0 {
            found.push("unknowns.frontEnds is 0, so no service could answer".into());
        }
        if unknowns.page_size == 0 {
            found.push("unknowns.pageSize is 0, so no list could be read".into());
        }
        for lock in &self.locks {
            if !matches!(lock.level.as_str(), "ReadOnly" | "CanNotDelete") {
                found.push(format!(
                    "the lock {} has the level `{}`, which is not ReadOnly or CanNotDelete",
                    lock.name, lock.level
                ));
            }
        }
        for fault in &self.faults {
            if !fault.means_something() {
                found.push(format!("a fault is scheduled on `{}`, which is no route", fault.route));
            }
            if let FaultKind::OthersRegenerate { slot } | FaultKind::OthersDeploy { slot } = &fault.kind
                && slot.parse::<Slot>().is_err()
            {
                found.push(format!("a fault on {} names the slot `{slot}`", fault.route));
            }
            if fault.nth == Some(0) {
                found.push(format!("a fault on {} counts calls from 0, but they are counted from 1", fault.route));
            }
            if !(0.0..=1.0).contains(&fault.probability) {
                found.push(format!("a fault on {} has the probability {}", fault.route, fault.probability));
            }
        }
    }

    fn check_ids(&self, found: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        let typed = [
            ("Microsoft.Storage/storageAccounts", self.storage_accounts.iter().map(|it| &it.id).collect::<Vec<_>>()),
            ("Microsoft.Media/mediaservices", self.media_accounts.iter().map(|it| &it.id).collect()),
            ("Microsoft.MachineLearningServices/workspaces", self.workspaces.iter().map(|it| &it.id).collect()),
            ("Microsoft.Batch/batchAccounts", self.batch_accounts.iter().map(|it| &it.id).collect()),
            ("Microsoft.KeyVault/vaults", self.vaults.iter().map(|it| &it.id).collect()),
        ];
        for (kind, ids) in typed {
            for text in ids {
                match ResourceId::parse_as(text, kind) {
                    Err(problem) => found.push(problem.message),
                    Ok(id) => {
                        if !self.subscriptions.iter().any(|known| known.id.eq_ignore_ascii_case(id.subscription())) {
                            found.push(format!(
                                "{} lies in the subscription {}, which is not listed",
                                id.name(),
                                id.subscription()
                            ));
                        }
                        if !seen.insert(id.lowercase()) {
                            found.push(format!("{text} is there twice"));
                        }
                    }
                }
            }
        }
    }

    fn check_accounts(&self, found: &mut Vec<String>) {
        for account in &self.storage_accounts {
            for (slot, seed) in [(Slot::Key1, &account.key1), (Slot::Key2, &account.key2)] {
                if let Some(value) = &seed.value
                    && StorageKey::new(value.clone()).decode().is_err()
                {
                    found.push(format!("the {slot} given for {} is not base64 of 64 bytes", account.id));
                }
            }
            for service in &account.blocked_services {
                if Service::from_name(service).is_none() {
                    found.push(format!("{} blocks `{service}`, which is not blob, file, queue or table", account.id));
                }
            }
            for sas in &account.handed_out {
                if !matches!(sas.slot.as_str(), "key1" | "key2") {
                    found.push(format!("the SAS of {} is signed by `{}`, which is not key1 or key2", sas.holder, sas.slot));
                }
            }
        }
    }

    /// A placeholder that nothing could replace would silently be a secret of its own.
    fn check_templates(&self, found: &mut Vec<String>) {
        let stores = self.workspaces.iter().flat_map(|it| &it.datastores);
        let stores = stores.filter_map(|store| Some((store.name.as_str(), store.credentials.secret.as_deref()?)));
        let keys = self.workspaces.iter().filter_map(|it| Some((it.id.as_str(), it.storage_key.as_deref()?)));
        let secrets = self.vaults.iter().flat_map(|it| &it.secrets).map(|secret| (secret.name.as_str(), secret.value.as_str()));
        for (owner, template) in stores.chain(keys).chain(secrets) {
            let _ = Placeholder::replace(template, |inside| {
                let placeholder = Placeholder::parse(inside);
                let known = |id: &str| self.storage_accounts.iter().any(|account| account.id.eq_ignore_ascii_case(id));
                if inside.contains(" of ") && !placeholder.is_some_and(|it| known(&it.account)) {
                    found.push(format!("{owner} holds `{{{inside}}}`, which means nothing in this world"));
                }
                None
            });
        }
    }

    fn check_references(&self, found: &mut Vec<String>) {
        let exists = |text: &str| self.storage_accounts.iter().any(|account| account.id.eq_ignore_ascii_case(text));
        for media in &self.media_accounts {
            let primaries = media.storage_accounts.iter().filter(|attached| attached.primary).count();
            if primaries != 1 && !media.storage_accounts.is_empty() {
                found.push(format!("{} has {primaries} primary storage accounts instead of one", media.id));
            }
            for attached in &media.storage_accounts {
                if !exists(&attached.id) {
                    found.push(format!("{} uses {}, which is not in the world", media.id, attached.id));
                }
            }
            for locator in &media.streaming_locators {
                if !media.assets.iter().any(|asset| asset.name == locator.asset_name) {
                    let (name, asset) = (&locator.name, &locator.asset_name);
                    found.push(format!("the streaming locator {name} streams {asset}, which {} does not have", media.id));
                }
            }
            for asset in &media.assets {
                let name = |id: &str| id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                let wanted = asset.storage_account_name.to_ascii_lowercase();
                if !media.storage_accounts.iter().any(|attached| name(&attached.id) == wanted) {
                    found.push(format!("the asset {} lives in {wanted}, which {} does not use", asset.name, media.id));
                }
            }
        }
        for account in &self.media_v2_accounts {
            if !self.media_accounts.iter().any(|media| media.id.eq_ignore_ascii_case(&account.id)) {
                found.push(format!("{} is in mediaV2Accounts and not in mediaAccounts", account.id));
            }
            for key in &account.keys {
                if !exists(&key.storage_account) || key.slot.parse::<Slot>().is_err() {
                    found.push(format!(
                        "{} was given {} of {}, which is not in the world",
                        account.id, key.slot, key.storage_account
                    ));
                }
            }
        }
        for batch in &self.batch_accounts {
            if let Some(auto) = &batch.auto_storage
                && !exists(&auto.storage_account_id)
            {
                found.push(format!("{} uses {}, which is not in the world", batch.id, auto.storage_account_id));
            }
        }
        for workspace in &self.workspaces {
            if !workspace.storage_account.is_empty() && !exists(&workspace.storage_account) {
                found.push(format!("{} uses {}, which is not in the world", workspace.id, workspace.storage_account));
            }
            if let Some(hub) = &workspace.hub
                && !self.workspaces.iter().any(|known| known.id.eq_ignore_ascii_case(hub))
            {
                found.push(format!("the hub {hub} of {} is not in the world", workspace.id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AttachedStorage, Fault, MediaAccount, Secret, StorageAccount, Subscription, Vault};
    use super::*;

    #[test]
    fn every_contradiction_is_told_at_once() {
        let storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";
        let media = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/m";
        let mut account = StorageAccount::new(storage);
        account.key1.value = Some("short".into());
        account.blocked_services = vec!["blobs".into()];
        let mut media = MediaAccount::new(media, storage);
        media.storage_accounts.push(AttachedStorage { id: storage.replace("/st", "/other"), primary: true, synced: true });
        let mut world = World {
            subscriptions: vec![Subscription { id: "s".into(), name: String::new() }],
            storage_accounts: vec![account],
            media_accounts: vec![media],
            ..World::default()
        };
        world.unknowns.front_ends = 0;
        world.faults = vec![Fault::at("storage.regenerateKeys", 1, FaultKind::ResetAfter)];
        world.vaults = vec![Vault::new("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv")];
        world.vaults[0].secrets = vec![Secret::new("n", "{key3 of /x}"), Secret::new("m", "{\"json\": 1}")];
        let problem = world.validate().expect_err("seven contradictions");
        assert_eq!(problem.code, "contradictoryWorld");
        assert_eq!(problem.causes.len(), 7, "{:?}", problem.causes);
        assert!(problem.message.contains("7 places"));
    }
}
