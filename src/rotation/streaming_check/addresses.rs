//! Which URLs stand for a locator, and which locators stand for an account.

use std::collections::{HashMap, HashSet};

use futures::stream::{self, StreamExt as _};
use url::Url;

use crate::azure::client::Client;
use crate::azure::cloud::Cloud;
use crate::azure::media_v2::MediaV2;
use crate::azure::streaming::StreamingEndpoint;
use crate::domain::locator::{Locator, LocatorKind};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::streaming::{Addresses, StreamingUrl};

use super::AT_ONCE;

/// Up to this many assets, the files of each are asked for; beyond, those of the whole account.
const FEW_ASSETS: usize = 10;
/// Why a locator has no URL where nothing streams.
pub const NOTHING_RUNS: &str = "no streaming endpoint of the account is running";
/// The code of the problem of an account of which there is nothing to ask.
pub const NOTHING_STREAMS: &str = "nothingStreams";

/// At most `bound` of these, spread evenly, and how many were left out.
#[must_use]
pub fn sample<T>(items: &[T], bound: usize) -> (Vec<&T>, usize) {
    if items.len() <= bound {
        return (items.iter().collect(), 0);
    }
    let chosen: Vec<&T> = (0..bound).filter_map(|place| items.get(place * items.len() / bound)).collect();
    let left_out = items.len() - chosen.len();
    (chosen, left_out)
}

/// The URLs of origin locators of AMS v2, one for each: its path with the manifest of its asset, or its path alone where no manifest
/// is known. At most `bound` locators; SAS locators do not stream and are no part of it.
///
/// Where files cannot be listed, no locator has a URL, and that is told. Endpoints that cannot be listed cost certainty only: the
/// baseline tells which URLs are worth something.
pub async fn of_v2_locators(client: &Client, media: &MediaV2, locators: &[Locator], bound: usize) -> Addresses {
    let origins: Vec<&Locator> = locators.iter().filter(|locator| locator.kind == LocatorKind::OnDemandOrigin).collect();
    let (chosen, left_out) = sample(&origins, bound);
    let mut addresses = Addresses { left_out, ..Addresses::default() };
    if chosen.is_empty() {
        return addresses;
    }
    let endpoints = media.streaming_endpoints().await.unwrap_or_default();
    let assets: HashSet<&str> = chosen.iter().map(|locator| locator.asset.as_str()).collect();
    let mut assets: Vec<&str> = assets.into_iter().collect();
    assets.sort_unstable();
    let few = if assets.len() <= FEW_ASSETS { assets.as_slice() } else { &[] };
    let manifests = match media.manifests(few).await {
        Ok(manifests) => manifests,
        Err(problem) => {
            let why = format!("the files of the assets cannot be listed: {}", problem.message);
            addresses.without = chosen.into_iter().map(|locator| (locator.id.clone(), why.clone())).collect();
            return addresses;
        }
    };
    let manifests: HashMap<String, String> =
        manifests.into_iter().map(|manifest| (manifest.asset.to_ascii_lowercase(), manifest.name)).collect();
    for locator in chosen {
        let manifest = manifests.get(&locator.asset.to_ascii_lowercase());
        match v2_url(client.cloud(), &endpoints, locator, manifest.map(String::as_str)) {
            Ok(url) => addresses.urls.push(StreamingUrl { locator: locator.id.clone(), url }),
            Err(why) => addresses.without.push((locator.id.clone(), why)),
        }
    }
    addresses
}

/// The URL of one origin locator, on the host in its path if that endpoint runs, else on one that does.
fn v2_url(cloud: &Cloud, endpoints: &[StreamingEndpoint], locator: &Locator, manifest: Option<&str>) -> Result<String, String> {
    let path = locator.path.as_deref().ok_or_else(|| "it has no address".to_owned())?;
    let mut url = cloud.streaming_url(path)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let running = endpoints.iter().find(|endpoint| endpoint.is_running());
    let runs = match endpoints.iter().find(|endpoint| is_named(&url, &endpoint.host)) {
        Some(own) => own.is_running(),
        // The list may be incomplete: what is not in it is asked, unless nothing in it runs.
        None => endpoints.is_empty() || running.is_some(),
    };
    if !runs {
        let other = running.ok_or_else(|| NOTHING_RUNS.to_owned())?;
        let elsewhere = Url::parse(&format!("{}://{}{}", url.scheme(), other.host, url.path()));
        url = cloud.streaming_url(elsewhere.map_err(|_| format!("{host} does not run"))?.as_str())?;
    }
    if let Some(manifest) = manifest
        && let Ok(mut segments) = url.path_segments_mut()
    {
        segments.pop_if_empty().push(manifest).push("Manifest");
    }
    Ok(url.into())
}

/// Whether a URL is at this host, which may name its port.
fn is_named(url: &Url, host: &str) -> bool {
    let own = url.host_str().unwrap_or_default();
    host.eq_ignore_ascii_case(own) || url.port().is_some_and(|port| host.eq_ignore_ascii_case(&format!("{own}:{port}")))
}

/// The URLs of streaming locators of v3 by name: one for each protocol, on each running endpoint. At most `bound` locators. What cannot
/// be listed leaves locators without a URL, and is told.
pub async fn of_v3_locators(client: &Client, account: &ResourceId, names: &[String], bound: usize) -> Addresses {
    let (chosen, left_out) = sample(names, bound);
    if chosen.is_empty() {
        return Addresses { left_out, ..Addresses::default() };
    }
    match running_endpoints(client, account).await {
        Ok(running) => Addresses { left_out, ..on_endpoints(client, account, &running, &chosen).await },
        Err(problem) => {
            let without = chosen.into_iter().map(|name| (name.clone(), problem.message.clone())).collect();
            Addresses { without, left_out, ..Addresses::default() }
        }
    }
}

/// The streaming endpoints of a media account of v3 that run, at least one.
///
/// # Errors
/// As [`Client::streaming_endpoints`]; `nothingStreams` when none of them runs.
pub(super) async fn running_endpoints(client: &Client, account: &ResourceId) -> Result<Vec<StreamingEndpoint>, Problem> {
    let mut endpoints = client.streaming_endpoints(account).await.map_err(|problem| {
        let message = format!("the streaming endpoints cannot be listed: {}", problem.message);
        Problem { message, ..problem }
    })?;
    endpoints.retain(StreamingEndpoint::is_running);
    if endpoints.is_empty() { Err(Problem::blocked(NOTHING_STREAMS, NOTHING_RUNS)) } else { Ok(endpoints) }
}

/// The URLs of these streaming locators of v3: one for each protocol, on each of these endpoints.
pub(super) async fn on_endpoints(
    client: &Client,
    account: &ResourceId,
    running: &[StreamingEndpoint],
    names: &[&String],
) -> Addresses {
    let mut addresses = Addresses::default();
    let list = |name: String| async move {
        let paths = client.streaming_paths(account, &name).await;
        (name, paths)
    };
    let names: Vec<_> = names.iter().map(|name| list((*name).clone())).collect();
    let listed: Vec<_> = stream::iter(names).buffered(AT_ONCE).collect().await;
    for (name, paths) in listed {
        let paths = match paths {
            Ok(paths) => paths,
            Err(problem) => {
                addresses.without.push((name, format!("its paths cannot be listed: {}", problem.message)));
                continue;
            }
        };
        let mut protocols = HashSet::new();
        let first = paths.iter().filter(|row| protocols.insert(row.protocol.clone())).filter_map(|row| row.paths.first());
        let first: Vec<&String> = first.collect();
        if first.is_empty() {
            addresses.without.push((name, "it has no streaming path".to_owned()));
            continue;
        }
        for endpoint in running {
            for path in &first {
                match v3_url(client.cloud(), &endpoint.host, path) {
                    Ok(url) => addresses.urls.push(StreamingUrl { locator: name.clone(), url }),
                    Err(why) => addresses.without.push((name.clone(), why)),
                }
            }
        }
    }
    addresses
}

/// A path of a locator on an endpoint's host. Both are what a server said.
fn v3_url(cloud: &Cloud, host: &str, path: &str) -> Result<String, String> {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['?', '#', '\\']);
    if !own {
        return Err("one of its paths is none".to_owned());
    }
    let url = format!("https://{host}{path}");
    let loopback = Url::parse(&url).is_ok_and(|url| crate::azure::loopback::is_loopback(&url));
    let url = if loopback { format!("{}://{host}{path}", cloud.resource_manager.scheme()) } else { url };
    cloud.streaming_url(&url).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::tests::locator;

    fn endpoint(host: &str, state: &str) -> StreamingEndpoint {
        StreamingEndpoint { name: "default".into(), host: host.into(), state: state.into() }
    }

    fn origin() -> Locator {
        let path = "http://a.streaming.mediaservices.windows.net/be245661/".to_owned();
        Locator { path: Some(path), ..locator(LocatorKind::OnDemandOrigin) }
    }

    #[test]
    fn a_sample_is_spread_and_what_it_leaves_out_is_counted() {
        let all: Vec<usize> = (0..10).collect();
        assert_eq!(sample(&all, 20), (all.iter().collect(), 0));
        assert_eq!(sample(&all, 3), (vec![&0, &3, &6], 7));
        assert_eq!(sample(&all, 0), (Vec::new(), 10));
    }

    #[test]
    fn a_v2_url_is_the_path_with_the_manifest_on_a_host_that_runs() {
        let cloud = Cloud::public();
        let own = "a.streaming.mediaservices.windows.net";
        let other = "b-a.streaming.mediaservices.windows.net";
        let url = |endpoints: &[StreamingEndpoint], manifest| v2_url(&cloud, endpoints, &origin(), manifest);
        assert_eq!(
            url(&[], Some("my film.ism")).as_deref(),
            Ok("https://a.streaming.mediaservices.windows.net/be245661/my%20film.ism/Manifest")
        );
        assert_eq!(url(&[], None).as_deref(), Ok("https://a.streaming.mediaservices.windows.net/be245661/"));
        assert_eq!(url(&[endpoint(own, "Running")], None), url(&[], None));
        assert_eq!(url(&[endpoint(own, "Stopped")], None), Err(NOTHING_RUNS.to_owned()));
        let moved = url(&[endpoint(own, "Stopped"), endpoint(other, "Running")], None);
        assert_eq!(moved.as_deref(), Ok("https://b-a.streaming.mediaservices.windows.net/be245661/"));
        let foreign = url(&[endpoint(own, "Stopped"), endpoint("evil.example", "Running")], None).expect_err("foreign");
        assert!(foreign.contains("evil.example is no streaming host"), "{foreign}");
    }

    #[test]
    fn a_file_cannot_lead_out_of_its_locator() {
        for (name, end) in [("../x.ism", "/be245661/..%2Fx.ism/Manifest"), ("a?b#c.ism", "/be245661/a%3Fb%23c.ism/Manifest")] {
            let url = v2_url(&Cloud::public(), &[], &origin(), Some(name)).expect("a URL");
            assert!(url.ends_with(end) && url.starts_with("https://a.streaming.mediaservices.windows.net/"), "{url}");
        }
    }

    #[test]
    fn a_v3_url_stays_on_the_endpoints_host() {
        let url = |host: &str, path: &str| v3_url(&Cloud::public(), host, path);
        let host = "a-usea.streaming.media.azure.net";
        assert_eq!(
            url(host, "/g/f.ism/manifest(format=m3u8-aapl)").as_deref(),
            Ok("https://a-usea.streaming.media.azure.net/g/f.ism/manifest(format=m3u8-aapl)")
        );
        for path in ["", "g", "//evil.example/g", "@evil.example/g", ":1/g", ".evil.example/g", "/g?sig=s", "/g#f", "\\evil"] {
            assert!(url(host, path).is_err(), "{path}");
        }
        assert!(url("evil.example", "/g").is_err() && url("evil.example/", "/g").is_err() && url("", "/g").is_err());
    }
}
