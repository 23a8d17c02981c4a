//! AMS v2, the predecessor of Media Services v3: its OData service (locators, assets, access policies), and the classic
//! management call that hands it a storage key. Retired on 2024-06-30; custom clouds and simulations remain.
//!
//! Where the facts come from: API dossier, section 3; "Media Services operations REST API overview" (2.19).

mod certificate;
mod jobs;
mod locators;
pub mod management;
mod streaming;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

pub use certificate::{ClientCertificate, PASSWORD_MISSING};
pub use jobs::Job;
pub use streaming::Manifest;
pub use wire::{Listed, Listing};

/// The Resource Manager version that tells a v2 account's address.
const ACCOUNTS: &str = "2015-10-01";

/// The OData service of one account. Clones are the same.
#[derive(Clone, Debug)]
pub struct MediaV2 {
    client: Client,
    /// Where it answers, a slash at the end. Replaced once by where a redirect led to.
    base: Arc<Mutex<Url>>,
}

impl MediaV2 {
    /// The service at this address (`https://ACCOUNT.restv2.REGION.media.azure.net/api/`).
    ///
    /// # Errors
    /// Usage, when it is not an https URL of AMS v2 in this cloud: a token would go there.
    pub fn at(client: Client, endpoint: &str) -> Result<Self, Problem> {
        let mut base = Url::parse(endpoint).map_err(|_| not_media(endpoint, &client))?;
        if !client.cloud().owns(Audience::Media, &base) || base.query().is_some() || base.fragment().is_some() {
            return Err(not_media(endpoint, &client));
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&if path.is_empty() { "/api/".to_owned() } else { format!("{path}/") });
        Ok(Self { client, base: Arc::new(Mutex::new(base)) })
    }

    /// Where the service answers, as far as is known.
    #[must_use]
    pub fn endpoint(&self) -> Url {
        self.base.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call on a path beneath the service's address. `path` is already encoded.
    fn call(&self, method: Method, path: &str, effect: Effect) -> Call {
        let mut url = self.endpoint();
        let whole = format!("{}{path}", url.path());
        url.set_path(&whole);
        Call::new(method, url, effect, Audience::Media)
            .header("x-ms-version", "2.19")
            .header("dataserviceversion", "3.0")
            .header("maxdataserviceversion", "3.0")
    }

    /// Sends a call. Where a redirect was followed, later calls go to the new address at once. A problem of the kind not found is
    /// the service's own word: a 404 of anybody else says nothing of what is there, nor of what became of a change.
    async fn send(&self, call: Call) -> Result<Answer, Problem> {
        let (asked, effect) = (call.url.clone(), call.effect);
        let (subject, answer) = self.client.exchange_following(call).await?;
        let is_strangers = answer.status == 404 && !wire::is_error(&answer.body);
        let answer = self.client.judged(&subject, answer).map_err(|problem| match effect {
            _ if !is_strangers => problem,
            Effect::Once => Problem { http_status: Some(404), ..subject.unknown().because("a 404 that is not the service's") },
            _ => Problem { http_status: Some(404), ..wire::malformed("a 404").because(problem) },
        })?;
        if answer.url.origin() != asked.origin() {
            let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
            let mut moved = answer.url.clone();
            moved.set_path(base.path());
            moved.set_query(None);
            *base = moved;
        }
        Ok(answer)
    }
}

fn not_media(endpoint: &str, client: &Client) -> Problem {
    let cloud = client.cloud();
    let example = cloud.media_suffixes.first().map(|suffix| format!("https://ACCOUNT.restv2.REGION.{suffix}/api/"));
    let problem = Problem::usage("notAMediaEndpoint", format!("`{endpoint}` is not an endpoint of AMS v2 in {}", cloud.name));
    match example {
        Some(example) => problem.hint(format!("write it as {example}")),
        None => problem.hint("this cloud names no AMS v2: add `mediaResourceId` and `mediaSuffix` to its file"),
    }
}

impl Client {
    /// Where the OData service of a media account answers, as Resource Manager tells it (2015-10-01, `apiEndpoints`).
    ///
    /// # Errors
    /// As [`Client::send`]; not found when the account has no v2 address.
    pub async fn media_v2_endpoint(&self, account: &ResourceId) -> Result<String, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Endpoint {
            endpoint: String,
            major_version: Option<Value>,
        }
        let url = self.resource_manager_url(account.as_str(), ACCOUNTS);
        let answer = self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let body: Value = answer.parse()?;
        let listed = body["properties"]["apiEndpoints"].as_array().cloned().unwrap_or_default();
        let mut endpoints = listed.into_iter().filter_map(|item| serde_json::from_value::<Endpoint>(item).ok());
        let is_v2 = |endpoint: &Endpoint| endpoint.major_version.as_ref().is_none_or(|version| version == "2" || version == 2);
        endpoints.find(is_v2).map(|endpoint| endpoint.endpoint).ok_or_else(|| {
            Problem::not_found("noMediaEndpoint", format!("{} has no AMS v2 endpoint", account.name()))
                .hint("name it with --endpoint, or use the commands for Media Services v3")
        })
    }
}
