//! Contradictions in a world, told before it begins.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::account::Service;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::World;

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
        if found.is_empty() {
            return Ok(());
        }
        let count = found.len();
        let noun = if count == 1 { "place" } else { "places" };
        let problem = Problem::usage("contradictoryWorld", format!("the world contradicts itself in {count} {noun}"));
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
        for fault in &self.faults {
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

    fn check_references(&self, found: &mut Vec<String>) {
        let exists = |text: &str| self.storage_accounts.iter().any(|account| account.id.eq_ignore_ascii_case(text));
        for media in &self.media_accounts {
            let primaries = media.storage_accounts.iter().filter(|attached| attached.primary).count();
            if primaries != 1 {
                found.push(format!("{} has {primaries} primary storage accounts instead of one", media.id));
            }
            for attached in &media.storage_accounts {
                if !exists(&attached.id) {
                    found.push(format!("{} uses {}, which is not in the world", media.id, attached.id));
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
        for workspace in &self.workspaces {
            if !exists(&workspace.storage_account) {
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
    use super::super::{AttachedStorage, MediaAccount, StorageAccount, Subscription};
    use super::*;

    #[test]
    fn every_contradiction_is_told_at_once() {
        let storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";
        let media = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/m";
        let mut account = StorageAccount::new(storage);
        account.key1.value = Some("short".into());
        account.blocked_services = vec!["blobs".into()];
        let mut media = MediaAccount::new(media, storage);
        media.storage_accounts.push(AttachedStorage { id: storage.replace("/st", "/other"), primary: true });
        let mut world = World {
            subscriptions: vec![Subscription { id: "s".into(), name: String::new() }],
            storage_accounts: vec![account],
            media_accounts: vec![media],
            ..World::default()
        };
        world.unknowns.front_ends = 0;
        let problem = world.validate().expect_err("five contradictions");
        assert_eq!(problem.code, "contradictoryWorld");
        assert_eq!(problem.causes.len(), 5, "{:?}", problem.causes);
        assert!(problem.message.contains("5 places"));
    }
}
