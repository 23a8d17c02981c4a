//! Who uses which version, and whether what is encrypted with it can still be read: the judge of `customer-key`.

use super::super::state::State;

impl State {
    /// Vault, name and version in a key's identifier.
    pub(super) fn key_named(&self, identifier: &str) -> Option<(String, String, Option<String>)> {
        let (base, rest) = identifier.split_once("/keys/")?;
        let host = base.split("://").last()?.to_ascii_lowercase();
        let vault = host.strip_suffix(&format!(".{}", self.world.endpoints.key_vault_suffix.to_ascii_lowercase()))?.to_owned();
        let mut parts = rest.trim_end_matches('/').split('/');
        let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
        Some((vault, name, parts.next().map(str::to_owned)))
    }

    /// The version that a service sees which looks again after `delay`: the newest enabled one that is older than that.
    pub(super) fn version_seen(&self, vault: &str, name: &str, delay: time::Duration) -> Option<String> {
        let key = self.customer_keys.vaults.get(vault)?.keys.iter().find(|key| key.name.eq_ignore_ascii_case(name))?;
        let old = key.versions.iter().rfind(|version| version.created + delay <= self.now);
        old.or(key.versions.first()).map(|version| version.id.clone())
    }

    /// The newest version of a key, or the one that its identifier names.
    pub(super) fn newest_version(&self, identifier: &str) -> Option<String> {
        let (vault, name, pinned) = self.key_named(identifier)?;
        pinned.or_else(|| self.version_seen(&vault, &name, time::Duration::ZERO))
    }

    /// The version that a media account uses.
    pub(super) fn media_version(&self, id: &str) -> Option<String> {
        let record = self.customer_keys.media.get(id)?;
        let (vault, name, pinned) = self.key_named(record.key.as_ref()?)?;
        if pinned.is_some() {
            return pinned;
        }
        let seen = self.version_seen(&vault, &name, record.pick_up)?;
        let versions =
            &self.customer_keys.vaults.get(&vault)?.keys.iter().find(|key| key.name.eq_ignore_ascii_case(&name))?.versions;
        let place = |wanted: &str| versions.iter().position(|version| version.id == wanted);
        // It began with what was newest then, and never goes back.
        if place(&seen) < place(&record.first_version) { Some(record.first_version.clone()) } else { Some(seen) }
    }

    /// Why a media account may not be encrypted with a key by this identity.
    pub(super) fn may_encrypt_with(&self, identifier: &str, opener: Option<&str>) -> Result<(), String> {
        let (vault, name, pinned) = self.key_named(identifier).ok_or("The key identifier is not valid.")?;
        let record = self
            .customer_keys
            .vaults
            .get(&vault)
            .filter(|record| record.deleted.is_none())
            .ok_or("The key vault was not found.")?;
        if !record.soft_delete || !record.purge_protection {
            return Err("The key vault must have soft delete and purge protection enabled.".into());
        }
        let key = record.keys.iter().find(|key| key.deleted.is_none() && key.name.eq_ignore_ascii_case(&name));
        let key = key.filter(|key| key.kind.starts_with("RSA")).ok_or("The key was not found or is not an RSA key.")?;
        let version = match &pinned {
            Some(wanted) => key.versions.iter().find(|version| version.id == *wanted),
            None => key.versions.last(),
        };
        if !version.is_some_and(|version| version.enabled) {
            return Err("The key version is disabled or was not found.".into());
        }
        let opener = opener.ok_or("The account has no such managed identity.")?;
        let may = ["get", "wrapKey", "unwrapKey"].iter().all(|permission| self.may_with_key(&vault, opener, permission));
        if may { Ok(()) } else { Err("The managed identity does not have access to the key.".into()) }
    }

    /// Why a media account cannot be read now, if it cannot.
    pub(super) fn is_unreadable(&self, id: &str) -> Option<String> {
        let record = self.customer_keys.media.get(id)?;
        let identifier = record.key.as_ref()?;
        let (vault, name, _) = self.key_named(identifier)?;
        let version = self.media_version(id);
        let opener = record
            .key_identity
            .as_ref()
            .map_or_else(|| record.system.clone().unwrap_or_default(), |user| self.user_principal(user));
        self.key_failure(&vault, &name, version.as_deref())
            .or_else(|| (!self.may_with_key(&vault, &opener, "unwrapKey")).then(|| "its identity may not unwrap".to_owned()))
    }

    fn key_failure(&self, vault: &str, name: &str, version: Option<&str>) -> Option<String> {
        let Some(record) = self.customer_keys.vaults.get(vault).filter(|record| record.deleted.is_none()) else {
            return Some(format!("vault {vault} is gone"));
        };
        let Some(key) = record.keys.iter().find(|key| key.deleted.is_none() && key.name.eq_ignore_ascii_case(name)) else {
            return Some(format!("key {name} is gone"));
        };
        let used = key.versions.iter().find(|known| Some(known.id.as_str()) == version);
        match used {
            None => Some(format!("the version of key {name} is gone")),
            Some(used) if !used.enabled => Some(format!("the version of key {name} in use is disabled")),
            Some(_) => None,
        }
    }

    /// Everything that cannot be read now.
    pub(in crate::sim) fn unreadable_now(&self) -> Vec<String> {
        let media = self.customer_keys.media.keys().filter_map(|id| Some(format!("{id}: {}", self.is_unreadable(id)?)));
        let storage = (0..self.accounts.len()).filter(|at| !self.is_gone(&self.accounts[*at].id)).filter_map(|at| {
            let account = &self.accounts[at];
            let (vault, name, _) = self.key_named(account.given.customer_key.as_ref()?)?;
            let why = self.key_failure(&vault, &name, self.storage_version(at).as_deref())?;
            Some(format!("{}: {why}", account.id.lowercase()))
        });
        media.chain(storage).collect()
    }

    /// Writes down what cannot be read after a change.
    pub(super) fn note_unreadable(&mut self) {
        let now = self.unreadable_now();
        self.customer_keys.unreadable.extend(now);
    }
}
