//! The calls on locators, access policies and assets.

use std::collections::HashSet;
use std::time::Duration;

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::azure::call::Effect;
use crate::azure::transport::CARRIED_METHOD;
use crate::domain::locator::{AccessPolicy, ID_PREFIX, Locator};
use crate::domain::problem::{Kind, Problem};

use super::MediaV2;
use super::wire::{self, Listed, Listing};

/// How many rows are asked for at once: the service gives no more.
const PAGE: usize = 1000;
/// More pages than any account has: a million rows.
const MOST_PAGES: usize = 1000;
/// What keyroll was pointed at may be no AMS v2 at all.
const CHECK_ENDPOINT: &str = "check that --endpoint is the account's OData endpoint, which ends in /api/";

impl MediaV2 {
    /// Every locator of the account. All ids are collected before anything is changed: a list that is paged with `$skip` skips
    /// rows when others vanish from it.
    ///
    /// # Errors
    /// As [`Client::send`](crate::azure::client::Client::send), and for rows of an unknown shape.
    pub async fn locators(&self) -> Result<Listing, Problem> {
        let mut listing = Listing::default();
        let take = |row| {
            match wire::locator(row)? {
                Ok(listed) => listing.locators.push(listed),
                Err(other) => listing.others.push(other),
            }
            Ok(())
        };
        self.each_row("Locators", None, take).await?;
        Ok(listing)
    }

    /// Every access policy of the account.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn access_policies(&self) -> Result<Vec<AccessPolicy>, Problem> {
        let mut policies = Vec::new();
        self.each_row("AccessPolicies", None, |row| wire::policy(row).map(|policy| policies.push(policy))).await?;
        Ok(policies)
    }

    /// The id of the access policy of this name, if there is one.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn policy_named(&self, name: &str) -> Result<Option<String>, Problem> {
        let mut found = None;
        let take = |row: Value| {
            if found.is_none() && row["Name"] == name {
                found = Some(wire::id(&row)?);
            }
            Ok(())
        };
        self.each_row("AccessPolicies", None, take).await?;
        Ok(found)
    }

    /// The ids of every asset of the account.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn assets(&self) -> Result<Vec<String>, Problem> {
        let mut assets = Vec::new();
        self.each_row("Assets", None, |row| wire::id(&row).map(|id| assets.push(id))).await?;
        Ok(assets)
    }

    /// The ids of every asset of the account, each with the name of the storage account that it lives in, where it tells.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn assets_and_accounts(&self) -> Result<Vec<(String, Option<String>)>, Problem> {
        let account = |row: &Value| row["StorageAccountName"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        let mut assets = Vec::new();
        self.each_row("Assets", None, |row| wire::id(&row).map(|id| assets.push((id, account(&row))))).await?;
        Ok(assets)
    }

    /// One locator; nothing when it is not there.
    ///
    /// # Errors
    /// As [`Self::locators`].
    pub async fn locator(&self, id: &str) -> Result<Option<Listed>, Problem> {
        let call = self.call(Method::Get, &entity(id)?, Effect::Read);
        match self.send(call).await {
            Ok(answer) => wire::locator(answer.parse()?)?.map(Some).map_err(|_| wire::malformed("a locator of another type")),
            Err(problem) if problem.kind == Kind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Deletes a locator. Says whether it was there.
    ///
    /// # Errors
    /// As [`Client::send`](crate::azure::client::Client::send); `outcomeUnknown` when the answer was lost.
    pub async fn delete_locator(&self, id: &str) -> Result<bool, Problem> {
        match self.send(self.call(Method::Delete, &entity(id)?, Effect::Once)).await {
            Ok(answer) if answer.body.is_empty() => Ok(true),
            // Somebody in between answered.
            Ok(_) => {
                Err(Problem::new(Kind::OutcomeUnknown, "outcomeUnknown", "the answer to deleting a locator is not the service's"))
            }
            Err(problem) if problem.kind == Kind::NotFound => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Makes a locator with the id, name, type and asset of this one, with this policy and start, and gives back what the service
    /// made of it.
    ///
    /// # Errors
    /// As [`Self::delete_locator`]; `conflict` when the id is in use or the asset has five locators.
    pub async fn create_locator(
        &self,
        locator: &Locator,
        policy: &str,
        start: Option<OffsetDateTime>,
    ) -> Result<Listed, Problem> {
        entity(&locator.id)?;
        let call = self.call(Method::Post, "Locators", Effect::Once).json(&wire::creation(locator, policy, start)?);
        let answer = self.send(call).await?;
        let made = answer.parse().and_then(wire::locator).ok().and_then(Result::ok);
        // The locator is there; only its description cannot be read.
        made.ok_or_else(|| Problem::new(Kind::OutcomeUnknown, "outcomeUnknown", "the answer to making a locator cannot be read"))
    }

    /// Gives an origin locator the times of this one. The service refuses it for SAS locators.
    ///
    /// # Errors
    /// As [`Client::send`](crate::azure::client::Client::send).
    pub async fn merge_times(&self, locator: &Locator) -> Result<(), Problem> {
        let call = self.call(Method::Post, &entity(&locator.id)?, Effect::Idempotent).json(&wire::times(locator)?);
        self.send(call.header(CARRIED_METHOD.as_str(), "MERGE")).await.map(|_| ())
    }

    /// Makes an access policy, and gives its id.
    ///
    /// # Errors
    /// As [`Self::delete_locator`].
    pub async fn create_policy(&self, name: &str, duration: Duration, permissions: u32) -> Result<String, Problem> {
        let minutes = duration.as_secs_f64() / 60.0;
        let body = json!({ "Name": name, "DurationInMinutes": minutes, "Permissions": permissions });
        let answer = self.send(self.call(Method::Post, "AccessPolicies", Effect::Once).json(&body)).await?;
        wire::id(&answer.parse()?)
    }

    /// Every row of a set, or every one that a filter lets through, each once, as their pages arrive: as JSON a row takes many times
    /// what it is.
    pub(super) async fn each_row(
        &self,
        set: &str,
        filter: Option<&str>,
        mut take: impl FnMut(Value) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        #[derive(Deserialize)]
        struct Page {
            value: Vec<Value>,
        }
        let mut seen = HashSet::new();
        let mut skip = 0;
        for _ in 0..MOST_PAGES {
            let mut call = self.call(Method::Get, set, Effect::Read);
            call.url.set_query(Some(&format!("$skip={skip}&$top={PAGE}")));
            if let Some(filter) = filter {
                call.url.query_pairs_mut().append_pair("$filter", filter);
            }
            let page = self.send(call).await.map_err(|problem| self.not_there(problem))?.parse::<Page>();
            let page = page.map_err(|problem| problem.hint(CHECK_ENDPOINT))?;
            if page.value.is_empty() {
                return Ok(());
            }
            skip += page.value.len();
            for row in page.value {
                if seen.insert(wire::id(&row)?.to_ascii_lowercase()) {
                    take(row)?;
                }
            }
        }
        Err(Problem::failed("listBroken", format!("the list {set} of AMS v2 never ends")))
    }

    /// Every account has its lists: where one is not found, there is no account.
    fn not_there(&self, problem: Problem) -> Problem {
        if problem.http_status != Some(404) {
            return problem;
        }
        let status = problem.http_status;
        let not_there = Problem::not_found("noMediaService", format!("no AMS v2 account answers at {}", self.endpoint()));
        Problem { http_status: status, ..not_there.because(problem).hint(CHECK_ENDPOINT) }
    }
}

/// The address of one locator.
fn entity(id: &str) -> Result<String, Problem> {
    let own = id.get(..ID_PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(ID_PREFIX));
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'));
    if own && plain && id.len() > ID_PREFIX.len() {
        return Ok(format!("Locators('{id}')"));
    }
    Err(Problem::usage("malformedLocatorId", format!("`{id}` is not the id of a locator"))
        .hint(format!("write it as {ID_PREFIX}xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")))
}
