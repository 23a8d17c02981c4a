//! Lists that come in pages.

use std::collections::HashSet;

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::domain::problem::Problem;

use super::call::Call;
use super::client::Client;
use super::loopback;

/// More pages than any list of Azure has: a vault's pages hold 25 secrets, Resource Manager's up to 1,000 resources.
const MOST_PAGES: usize = 10_000;

/// One page. Media Services says `@odata.nextLink` (dossier, trap 11); a link may be null or empty at the end.
#[derive(Deserialize)]
struct Page {
    value: Option<Vec<Value>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.nextLink")]
    odata_next_link: Option<String>,
}

/// Reads all pages.
pub(super) async fn list(client: &Client, call: Call) -> Result<Vec<Value>, Problem> {
    let mut items = Vec::new();
    let take = |item| {
        items.push(item);
        Ok(())
    };
    each(client, call, take).await?;
    Ok(items)
}

/// Reads all pages, following each link as it is: it already carries the api-version. Items are handed over as their pages arrive: as
/// JSON an item takes many times what it is.
pub(super) async fn each(client: &Client, call: Call, mut take: impl FnMut(Value) -> Result<(), Problem>) -> Result<(), Problem> {
    let first = call.url.clone();
    let template = Call { method: Method::Get, body: Vec::new(), ..call.clone() };
    let mut call = call;
    let mut seen = HashSet::from([first.to_string()]);
    for _ in 0..MOST_PAGES {
        let answer = client.send(call).await?;
        let page: Page = answer.parse()?;
        // A page without the member at all is no page; taken for an empty list it would hide what is there. Null is empty.
        if page.value.is_none() && !has_null_value(&answer.body) {
            return Err(refused(&first, "answered a page without `value`"));
        }
        page.value.into_iter().flatten().try_for_each(&mut take)?;
        let Some(link) = page.next_link.or(page.odata_next_link).filter(|link| !link.is_empty()) else {
            return Ok(());
        };
        let next = answer.url.join(&link).map_err(|_| refused(&first, "answered a next link that is not a URL"))?;
        if !loopback::same_origin(&first, &next) {
            return Err(refused(&first, "answered a next link to another host, which is not followed"));
        }
        if !seen.insert(next.to_string()) {
            return Err(refused(&first, "answered the same next link twice, so the list never ends"));
        }
        call = Call { url: next, ..template.clone() };
    }
    Err(refused(&first, "answered more pages than any list has"))
}

fn has_null_value(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|page| page.get("value").is_some_and(Value::is_null))
}

fn refused(first: &Url, what: &str) -> Problem {
    let place = format!("{}{}", first.host_str().unwrap_or_default(), first.path());
    Problem::failed("listBroken", format!("the list {place} {what}"))
}
