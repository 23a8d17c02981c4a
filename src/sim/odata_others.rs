//! What other people do to an AMS v2 account while nobody looks.

use super::odata::MediaV2;
use super::simulator::Simulator;

impl Simulator {
    /// Somebody deletes an access policy. Locators that were made with it stay.
    pub fn others_delete_access_policy(&self, id: &str) {
        self.others_change(|face| face.policies.remove(&id.to_ascii_lowercase()).is_some());
    }

    /// Somebody puts another access policy in the place of one.
    pub fn others_change_access_policy(&self, id: &str, permissions: u32) {
        self.others_change(|face| {
            face.policies.get_mut(&id.to_ascii_lowercase()).map(|(policy, _)| policy.permissions = permissions).is_some()
        });
    }

    /// Somebody deletes an asset. Its locators are left behind.
    pub fn others_delete_asset(&self, id: &str) {
        self.others_change(|face| face.assets.remove(&id.to_ascii_lowercase()).is_some());
    }

    /// Changes the first account that has what is changed.
    fn others_change(&self, change: impl FnMut(&mut MediaV2) -> bool) {
        self.control().state.media_v2.iter_mut().any(change);
    }
}
