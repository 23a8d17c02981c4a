//! What holds locators: the OData service of AMS v2, or a media account of AMS v3 in Resource Manager.

use std::collections::HashMap;
use std::time::Duration;

use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::azure::media_v2::{Listed, MediaV2};
use crate::azure::streaming_locators::StreamingLocators;
use crate::domain::locator::Locator;
use crate::domain::locator::order::{Item, Order};
use crate::domain::problem::{Kind, Problem};

use super::streaming_surroundings::StreamingSurroundings;
use super::surroundings::Surroundings;

/// What locators hang on, as it was at one moment.
#[derive(Debug)]
pub(super) enum HangsOn {
    V2(Surroundings),
    V3(StreamingSurroundings),
}

impl HangsOn {
    /// Why a locator that was judged before could not be made again now, if so. `made` is the policy that this run made for it.
    pub(super) fn hindrance_since(&self, item: &Item, made: Option<&str>) -> Option<String> {
        match self {
            Self::V2(surroundings) => surroundings.hindrance_since(item, made),
            Self::V3(surroundings) => surroundings.hindrance(&item.locator),
        }
    }
}

/// Makes sure that whoever may delete streaming locators may also make them again.
///
/// # Errors
/// Permission, with everything that is missing.
pub(super) async fn may_make_again(media: &StreamingLocators) -> Result<(), Problem> {
    const NEEDED: [&str; 4] = [
        "Microsoft.Media/mediaservices/streamingLocators/delete",
        "Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action",
        "Microsoft.Media/mediaservices/streamingLocators/read",
        "Microsoft.Media/mediaservices/streamingLocators/write",
    ];
    let missing = media.permissions().await?.missing(&NEEDED);
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("this sign-in lacks {}, and nothing more is deleted", missing.join(", "));
    Err(Problem::new(Kind::Permission, "missingPermissions", message)
        .hint("assign a role that has them: keyroll doctor --role locators prints one"))
}

/// The calls that recreating a locator takes, whatever holds it.
#[derive(Debug)]
pub(super) enum Media {
    V2(MediaV2),
    V3(StreamingLocators),
}

impl Media {
    /// What holds the locators of an order.
    ///
    /// # Errors
    /// When it names no address of AMS v2 in this cloud.
    pub(super) fn of(order: &Order, client: Client) -> Result<Self, Problem> {
        match order.media_account()? {
            Some(account) => Ok(Self::V3(StreamingLocators::of(client, account))),
            None => MediaV2::at(client, &order.endpoint).map(Self::V2),
        }
    }

    /// One locator, complete; nothing when it is not there.
    pub(super) async fn locator(&self, id: &str) -> Result<Option<Listed>, Problem> {
        match self {
            Self::V2(media) => media.locator(id).await,
            Self::V3(media) => Ok(media.complete(id).await?.map(|locator| Listed { locator, address: None })),
        }
    }

    /// Says whether it was there.
    pub(super) async fn delete_locator(&self, id: &str) -> Result<bool, Problem> {
        match self {
            Self::V2(media) => media.delete_locator(id).await,
            Self::V3(media) => media.delete(id).await,
        }
    }

    /// What was made, where the answer tells it completely. Policy and start are those of AMS v2: a streaming locator has its own.
    pub(super) async fn create_locator(
        &self,
        locator: &Locator,
        policy: &str,
        start: Option<OffsetDateTime>,
    ) -> Result<Option<Listed>, Problem> {
        match self {
            Self::V2(media) => media.create_locator(locator, policy, start).await.map(Some),
            Self::V3(media) => media.create(locator).await.map(|()| None),
        }
    }

    /// Gives an origin locator the times of this one.
    pub(super) async fn merge_times(&self, locator: &Locator) -> Result<(), Problem> {
        self.v2()?.merge_times(locator).await
    }

    /// The id of the access policy of this name, if there is one.
    pub(super) async fn policy_named(&self, name: &str) -> Result<Option<String>, Problem> {
        self.v2()?.policy_named(name).await
    }

    /// Makes an access policy, and gives its id.
    pub(super) async fn create_policy(&self, name: &str, duration: Duration, permissions: u32) -> Result<String, Problem> {
        self.v2()?.create_policy(name, duration, permissions).await
    }

    /// The ids of the locators that an asset has.
    pub(super) async fn locators_of(&self, asset: &str) -> Result<Vec<String>, Problem> {
        let all: Vec<Locator> = match self {
            Self::V2(media) => media.locators().await?.locators.into_iter().map(|listed| listed.locator).collect(),
            Self::V3(media) => media.list().await?,
        };
        Ok(all.into_iter().filter(|locator| locator.asset.eq_ignore_ascii_case(asset)).map(|locator| locator.id).collect())
    }

    /// What the locators of this order hang on now. Of streaming locators, also whether this sign-in may still make what it deletes:
    /// the question is put before a delete, and another process may have put it long ago.
    pub(super) async fn surroundings(&self, order: &Order) -> Result<HangsOn, Problem> {
        match self {
            Self::V2(media) => Surroundings::read(media).await.map(HangsOn::V2),
            Self::V3(media) => {
                may_make_again(media).await?;
                let locators: Vec<&Locator> = order.recreated().map(|item| &item.locator).collect();
                let on_asset = media.count_on_assets().await?;
                StreamingSurroundings::read(media, on_asset, &locators, order.concurrency).await.map(HangsOn::V3)
            }
        }
    }

    /// What a locator names that is not there any more, if something is. `policy` is that of AMS v2.
    pub(super) async fn gone(&self, locator: &Locator, policy: &str) -> Result<Option<String>, Problem> {
        let media = match self {
            Self::V2(media) => media,
            Self::V3(media) => return Ok(StreamingSurroundings::read(media, HashMap::new(), &[locator], 1).await?.gone(locator)),
        };
        if !media.access_policies().await?.iter().any(|known| known.id.eq_ignore_ascii_case(policy)) {
            return Ok(Some(format!("its policy {policy} is gone")));
        }
        let has_asset = media.assets().await?.iter().any(|known| known.eq_ignore_ascii_case(&locator.asset));
        Ok((!has_asset).then(|| format!("its asset {} is gone", locator.asset)))
    }

    /// Streaming locators know neither merges nor access policies, and nothing decides to use them there.
    fn v2(&self) -> Result<&MediaV2, Problem> {
        match self {
            Self::V2(media) => Ok(media),
            Self::V3(_) => {
                Err(Problem::failed("notOfStreamingLocators", "a streaming locator has no access policy and no merge"))
            }
        }
    }
}
