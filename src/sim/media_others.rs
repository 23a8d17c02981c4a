//! What other people do to a media account of AMS v3, and to who may do what with it, while nobody looks.

use super::simulator::Simulator;

impl Simulator {
    /// Somebody deletes a content key policy. Locators that name it stay.
    pub fn others_delete_content_key_policy(&self, name: &str) {
        for media in &mut self.control().state.media {
            media.given.content_key_policies.retain(|known| known != name);
        }
    }

    /// Somebody deletes a filter wherever it is. Locators that name it stay.
    pub fn others_delete_filter(&self, name: &str) {
        for media in &mut self.control().state.media {
            media.given.account_filters.retain(|known| known != name);
            media.given.asset_filters.values_mut().for_each(|filters| filters.retain(|known| known != name));
        }
    }

    /// Somebody takes an action away from the caller, everywhere.
    pub fn others_take_permission(&self, action: &str) {
        self.control().state.lost_actions.insert(action.to_owned());
    }

    /// Somebody gives it back.
    pub fn others_give_permission(&self, action: &str) {
        self.control().state.lost_actions.remove(action);
    }
}
