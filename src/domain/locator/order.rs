//! What a run is to do with each locator of an account, decided before anything is deleted.

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::streaming::Addresses;

use super::Locator;

/// What is to become of a locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is deleted and made again.
    Recreate,
    /// It is left as it is.
    Leave {
        /// Why, in one clause that follows its id.
        why: String,
    },
}

/// One locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// As it was listed.
    pub locator: Locator,
    /// How long its access policy lets it work; zero where that is gone, and of AMS v3.
    pub duration: Duration,
    /// What its access policy permits; nothing of AMS v3.
    pub permissions: u32,
    /// What is to become of it.
    pub verdict: Verdict,
}

/// A whole order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The media account, by name or id.
    pub account: String,
    /// Where its OData service answers; of AMS v3 the account's resource id.
    pub endpoint: String,
    /// When the locators were listed.
    pub created: OffsetDateTime,
    /// The file that old and new addresses of SAS locators go to.
    pub address_file: Option<String>,
    /// On how many assets is worked at once.
    pub concurrency: usize,
    /// The locators that were asked for.
    pub items: Vec<Item>,
    /// The streaming URLs that are asked before and after; nothing where that is not to be checked.
    pub streams: Option<Addresses>,
}

impl Order {
    /// The media account, where the locators are those of AMS v3.
    ///
    /// # Errors
    /// When what stands there is no resource id.
    pub fn media_account(&self) -> Result<Option<ResourceId>, Problem> {
        self.endpoint.starts_with('/').then(|| self.endpoint.parse()).transpose()
    }

    /// The locators that are recreated.
    pub fn recreated(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.verdict == Verdict::Recreate)
    }
}
