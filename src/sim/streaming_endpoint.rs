//! Streaming endpoints as Resource Manager (2022-11-01) and AMS v2's OData service list them, and the files of v2 assets.

use serde_json::{Value, json};

use crate::contract::world::{Endpoints, StreamingEndpoint};

use super::media::not_found;
use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::state::State;

/// An operation on streaming endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StreamingCall {
    /// The endpoints of an account.
    List,
    /// One endpoint.
    Get,
    /// What a player does: anything at the host of an endpoint.
    Stream,
}

impl StreamingCall {
    /// All of them, in the order of the routes' names.
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self::List, Self::Get, Self::Stream];

    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "media.streamingEndpoints",
            Self::Get => "media.streamingEndpoint",
            Self::Stream => "streaming.get",
        }
    }

    /// The action that the caller needs; anybody may stream.
    pub(super) fn action(self) -> Option<&'static str> {
        match self {
            Self::List | Self::Get => Some("Microsoft.Media/mediaservices/streamingEndpoints/read"),
            Self::Stream => None,
        }
    }

    /// Whether an authority is that of a streaming endpoint.
    pub(super) fn is_for(authority: &str, endpoints: &Endpoints) -> bool {
        [&endpoints.streaming_suffix, &endpoints.streaming_suffix_v2]
            .into_iter()
            .any(|suffix| authority.ends_with(&format!(".{}", suffix.to_ascii_lowercase())))
    }
}

impl State {
    pub(super) fn streaming(&mut self, incoming: &Incoming, target: &Target, call: StreamingCall) -> Reply {
        if call == StreamingCall::Stream {
            return self.stream(incoming, target);
        }
        if let Some(reply) = self.retired() {
            return reply;
        }
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let endpoints = &self.media[media].given.streaming_endpoints;
        if call == StreamingCall::List {
            let rows = endpoints.iter().map(|endpoint| self.describe_endpoint(media, endpoint));
            return self.page(incoming, target, rows, "@odata.nextLink", "$skiptoken");
        }
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        let found = endpoints.iter().find(|endpoint| endpoint.name.eq_ignore_ascii_case(name));
        found.map_or_else(not_found, |endpoint| Reply::json(200, &self.describe_endpoint(media, endpoint)))
    }

    fn describe_endpoint(&self, media: usize, endpoint: &StreamingEndpoint) -> Value {
        let media = &self.media[media];
        let host = self.endpoint_hosts(media.id.name(), endpoint)[0].clone();
        json!({
            "name": endpoint.name, "id": media.id.child("streamingendpoints", &endpoint.name).as_str(),
            "type": "Microsoft.Media/mediaservices/streamingEndpoints", "location": media.given.location, "tags": {},
            "properties": {
                "description": "", "scaleUnits": 0, "availabilitySetName": null, "cdnEnabled": false, "cdnProvider": null,
                "cdnProfile": null, "maxCacheAge": null, "customHostNames": [], "accessControl": null, "crossSiteAccessPolicies": null,
                "hostName": endpoint.host_name.as_ref().unwrap_or(&host), "freeTrialEndTime": "0001-01-01T00:00:00Z",
                "provisioningState": "Succeeded", "resourceState": endpoint.state, "created": Self::stamp(self.start),
                "lastModified": Self::stamp(self.start),
            },
            "systemData": Self::system_data(self.start, self.start), "sku": { "name": "Standard", "capacity": 0 },
        })
    }

    /// The hosts that an endpoint answers at: as v3 names it, and as the addresses of v2 do.
    pub(super) fn endpoint_hosts(&self, account: &str, endpoint: &StreamingEndpoint) -> [String; 2] {
        let name = match endpoint.name.as_str() {
            "default" => account.to_owned(),
            other => format!("{other}-{account}"),
        };
        let endpoints = &self.world.endpoints;
        [format!("{name}-euwe.{}", endpoints.streaming_suffix), format!("{name}.{}", endpoints.streaming_suffix_v2)]
            .map(|host| host.to_ascii_lowercase())
    }

    /// The endpoints of the account of this id: those that the world gives its v3 face, or the one that every account has.
    pub(super) fn endpoints_of(&self, account: &str) -> Vec<StreamingEndpoint> {
        let media = self.media.iter().find(|media| media.id.as_str().eq_ignore_ascii_case(account));
        media.map_or_else(|| vec![StreamingEndpoint::named("default")], |media| media.given.streaming_endpoints.clone())
    }

    pub(super) fn v2_streaming_endpoints(&self, account: usize) -> Vec<Value> {
        let id = &self.media_v2[account].id;
        let describe = |endpoint: StreamingEndpoint| {
            let host = self.endpoint_hosts(id.name(), &endpoint)[1].clone();
            let uuid = Random::for_purpose(self.world.seed, &format!("{id} {}", endpoint.name)).uuid();
            json!({
                "Id": format!("nb:oid:UUID:{uuid}"), "Name": endpoint.name, "Description": "", "State": endpoint.state,
                "HostName": endpoint.host_name.unwrap_or(host), "ScaleUnits": 0, "CdnEnabled": false,
            })
        };
        self.endpoints_of(id.as_str()).into_iter().map(describe).collect()
    }

    /// The files of the assets: the manifests for the server and the client, and the film itself.
    pub(super) fn v2_files(&self, account: usize, incoming: &Incoming) -> Vec<Value> {
        let face = &self.media_v2[account];
        let filter = incoming.query("$filter").unwrap_or_default();
        let wanted = filter.strip_prefix("ParentAssetId eq '").and_then(|rest| rest.strip_suffix('\''));
        let assets = face.assets.values().filter(|asset| wanted.is_none_or(|wanted| asset.id.eq_ignore_ascii_case(wanted)));
        let manifests = face.manifest.iter().flat_map(|manifest| [manifest.clone(), format!("{manifest}c")]);
        let names: Vec<String> = manifests.chain(["film.mp4".to_owned()]).collect();
        let describe = |asset: &str, name: &String| {
            let uuid = Random::for_purpose(self.world.seed, &format!("{asset} {name}")).uuid();
            json!({
                "Id": format!("nb:cid:UUID:{uuid}"), "Name": name, "ParentAssetId": asset,
                "IsPrimary": Some(name) == face.manifest.as_ref(), "ContentFileSize": "1048576",
            })
        };
        assets.flat_map(|asset| names.iter().map(move |name| describe(&asset.id, name))).collect()
    }
}
