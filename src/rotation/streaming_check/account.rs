//! The streaming URLs that show whether an account of Media Services v3 follows when the keys of one of its storage accounts change: a
//! few locators of the assets that lie there, on the endpoints that run.
//!
//! Each of them rests on the one copy of the keys that the origins hold for that storage account, so that a few stand for all.

use std::collections::HashSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::azure::streaming_locators::StreamingLocators;
use crate::domain::dependent::{Extent, NotInspected};
use crate::domain::locator::Locator;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::streaming::Addresses;

use super::AT_ONCE;
use super::addresses::{NOTHING_STREAMS, on_endpoints, running_endpoints, sample};

/// Of how many locators the URLs are asked at most.
pub const ASKED: usize = 5;
/// Of how many locators it is looked up at most where their assets lie.
const LOOKED_UP: usize = 4 * ASKED;

/// The streaming URLs of a media account that rest on the keys of this storage account.
///
/// # Errors
/// What keeps them from being known, `nothingStreams` when there are none.
pub async fn of_account(
    client: &Client,
    media: &ResourceId,
    storage: &ResourceId,
    now: OffsetDateTime,
) -> Result<Addresses, Problem> {
    let running = running_endpoints(client, media).await?;
    let listed = StreamingLocators::of(client.clone(), media.clone()).list().await;
    let mut locators = listed.map_err(|problem| because("the streaming locators cannot be listed", problem))?;
    locators.retain(|locator| !locator.has_expired(now) && locator.start.is_none_or(|start| start <= now));
    let (candidates, not_looked_up) = sample(&locators, LOOKED_UP);
    let looked_up = candidates.len();
    let here = assets_in(client, media, storage, &candidates).await?;
    let own: Vec<&Locator> = candidates.into_iter().filter(|locator| here.contains(&locator.asset)).collect();
    if own.is_empty() {
        let message = match not_looked_up {
            0 => format!("nothing streams from {}", storage.name()),
            more => format!("none of {looked_up} locators streams from {}; {more} more were not looked at", storage.name()),
        };
        return Err(Problem::blocked(NOTHING_STREAMS, message));
    }
    let (chosen, more) = sample(&own, ASKED);
    let names: Vec<&String> = chosen.into_iter().map(|locator| &locator.id).collect();
    let left_out = not_looked_up + more;
    Ok(Addresses { left_out, ..on_endpoints(client, media, &running, &names).await })
}

/// Which of the assets of these locators lie in a storage account.
async fn assets_in(
    client: &Client,
    media: &ResourceId,
    storage: &ResourceId,
    locators: &[&Locator],
) -> Result<HashSet<String>, Problem> {
    let mut assets: Vec<&String> = locators.iter().map(|locator| &locator.asset).collect();
    assets.sort_unstable();
    assets.dedup();
    let look = |name: String| async move {
        let asset = client.asset(media, &name).await;
        let asset = asset.map_err(|problem| because("the assets cannot be read", problem))?;
        Ok(asset.filter(|asset| asset.is_in(storage.name())).map(|_| name))
    };
    let looks: Vec<_> = assets.into_iter().cloned().map(look).collect();
    stream::iter(looks).buffered(AT_ONCE).try_filter_map(|found| async move { Ok(found) }).try_collect().await
}

fn because(what: &str, problem: Problem) -> Problem {
    Problem { message: format!("{what}: {}", problem.message), ..problem }
}

/// What the streaming URLs of an account are called where it is told what was not looked at.
#[must_use]
pub fn what(name: &str) -> String {
    format!("streaming URLs of {name}")
}

/// What of the streaming URLs of an account is not looked at, if anything (design, promise P9).
#[must_use]
pub fn not_inspected(name: &str, unchecked: Option<&str>, without: &[(String, String)], left_out: usize) -> Option<NotInspected> {
    let told = |extent, why: String| Some(NotInspected { what: what(name), extent, why, acceptance: None });
    if let Some(why) = unchecked {
        return told(Extent::Unavailable, why.to_owned());
    }
    let left_out = (left_out > 0).then(|| format!("{left_out} more locators stream, and a few stand for all"));
    let without = without.first().map(|(locator, why)| match without.len() {
        1 => format!("{locator}: {why}"),
        all => format!("{locator} and {} more: {why}", all - 1),
    });
    let whys: Vec<String> = without.into_iter().chain(left_out).collect();
    if whys.is_empty() { None } else { told(Extent::Partial, whys.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_told_with_its_reason() {
        let told = |unchecked, without: &[(String, String)], left_out| {
            not_inspected("ams1", unchecked, without, left_out).map(|unseen| (unseen.what, unseen.extent, unseen.why))
        };
        let what = || "streaming URLs of ams1".to_owned();
        let without: Vec<_> = ["loc1", "loc2"].map(|name| (name.to_owned(), "it has no streaming path".to_owned())).into();
        assert_eq!(told(None, &[], 0), None);
        assert_eq!(told(Some("nothing runs"), &without, 3), Some((what(), Extent::Unavailable, "nothing runs".into())));
        let why = "loc1 and 1 more: it has no streaming path; 3 more locators stream, and a few stand for all";
        assert_eq!(told(None, &without, 3), Some((what(), Extent::Partial, why.into())));
        assert_eq!(told(None, &without[..1], 0), Some((what(), Extent::Partial, "loc1: it has no streaming path".into())));
    }
}
