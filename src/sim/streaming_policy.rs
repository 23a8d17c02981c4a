//! The predefined streaming policies, as the service lists them (recorded 2018-07-01 to 2021-11-01).

use serde_json::{Value, json};

use crate::contract::world;

use super::media::not_found;
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// A predefined policy: how it encrypts, and the label of the key for each way.
pub(super) struct Policy {
    name: &'static str,
    /// The scheme, the label of its key where it has one, and the protocols download, DASH, HLS and Smooth Streaming.
    pub schemes: &'static [Scheme],
}

/// One way in which a policy delivers.
#[expect(clippy::struct_excessive_bools, reason = "each protocol is on or off, as on the wire")]
pub(super) struct Scheme {
    /// `NoEncryption`, `EnvelopeEncryption`, `CommonEncryptionCenc`, `CommonEncryptionCbcs`.
    pub kind: &'static str,
    /// The member of the policy that describes it.
    member: &'static str,
    /// The label of its content key.
    pub label: Option<&'static str>,
    download: bool,
    dash: bool,
    hls: bool,
    smooth: bool,
}

const CLEAR: Scheme =
    Scheme { kind: "NoEncryption", member: "noEncryption", label: None, download: false, dash: true, hls: true, smooth: true };
const CENC: Scheme = Scheme {
    kind: "CommonEncryptionCenc",
    member: "commonEncryptionCenc",
    label: Some("cencKeyDefault"),
    download: false,
    dash: true,
    hls: false,
    smooth: true,
};

/// How an account's own policies deliver.
pub(super) const OWN: [Scheme; 1] = [Scheme { label: None, ..CENC }];

const POLICIES: [Policy; 6] = [
    Policy {
        name: "Predefined_ClearKey",
        schemes: &[Scheme { kind: "EnvelopeEncryption", member: "envelopeEncryption", label: Some("clearKeyDefault"), ..CLEAR }],
    },
    Policy { name: "Predefined_ClearStreamingOnly", schemes: &[CLEAR] },
    Policy { name: "Predefined_DownloadAndClearStreaming", schemes: &[Scheme { download: true, ..CLEAR }] },
    Policy {
        name: "Predefined_DownloadOnly",
        schemes: &[Scheme { download: true, dash: false, hls: false, smooth: false, ..CLEAR }],
    },
    Policy { name: "Predefined_MultiDrmCencStreaming", schemes: &[CENC] },
    Policy {
        name: "Predefined_MultiDrmStreaming",
        schemes: &[
            CENC,
            Scheme {
                kind: "CommonEncryptionCbcs",
                member: "commonEncryptionCbcs",
                label: Some("cbcsKeyDefault"),
                download: false,
                dash: false,
                hls: true,
                smooth: false,
            },
        ],
    },
];

impl Policy {
    /// The policy of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        POLICIES.iter().find(|policy| policy.name.eq_ignore_ascii_case(name))
    }
}

impl Scheme {
    fn describe(&self) -> Value {
        let mut described = json!({
            "enabledProtocols": {
                "download": self.download, "dash": self.dash, "hls": self.hls, "smoothStreaming": self.smooth,
            },
        });
        if let Some(label) = self.label {
            described["clearTracks"] = json!([]);
            described["contentKeys"] = json!({ "defaultKey": { "label": label }, "keyToTrackMappings": [] });
        }
        match self.kind {
            "CommonEncryptionCenc" => described["drm"] = json!({ "playReady": {}, "widevine": {} }),
            "CommonEncryptionCbcs" => described["drm"] = json!({ "fairPlay": { "allowPersistentLicense": false } }),
            _ => {}
        }
        described
    }

    /// What `listPaths` tells of this scheme: protocol, and the path behind the locator's id.
    pub(super) fn paths(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (self.hls, "Hls", "manifest(format=m3u8-aapl)"),
            (self.dash, "Dash", "manifest(format=mpd-time-csf)"),
            (self.smooth, "SmoothStreaming", "manifest"),
        ];
        all.into_iter().filter(|(enabled, ..)| *enabled).map(|(_, protocol, manifest)| (protocol, manifest)).collect()
    }

    /// Whether files may be downloaded.
    pub(super) fn downloads(&self) -> bool {
        self.download
    }
}

impl State {
    pub(super) fn list_streaming_policies(&self, incoming: &Incoming, target: &Target, media: usize) -> Reply {
        let own = self.media[media].given.streaming_policies.iter().map(|policy| self.describe_own_policy(media, policy));
        let rows = POLICIES.iter().map(|policy| self.describe_policy(media, policy)).chain(own);
        self.page(incoming, target, rows, "@odata.nextLink", "$skiptoken")
    }

    pub(super) fn get_streaming_policy(&self, target: &Target, media: usize) -> Reply {
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        if let Some(policy) = Policy::named(name) {
            return Reply::json(200, &self.describe_policy(media, policy));
        }
        let own = self.media[media].given.streaming_policies.iter().find(|policy| policy.name.eq_ignore_ascii_case(name));
        own.map_or_else(not_found, |policy| Reply::json(200, &self.describe_own_policy(media, policy)))
    }

    /// The labels of the content keys that a policy needs; nothing when there is no such policy.
    pub(super) fn labels_of_policy(&self, media: usize, name: &str) -> Option<Vec<String>> {
        if let Some(policy) = Policy::named(name) {
            return Some(policy.schemes.iter().filter_map(|scheme| scheme.label).map(str::to_owned).collect());
        }
        let own = &self.media[media].given.streaming_policies;
        own.iter().find(|policy| policy.name.eq_ignore_ascii_case(name)).map(|policy| policy.labels.clone())
    }

    /// As recorded on 2022-04-14 (2021-11-01): further labels belong to tracks.
    fn describe_own_policy(&self, media: usize, policy: &world::StreamingPolicy) -> Value {
        let mut scheme = CENC.describe();
        if let Some((default, others)) = policy.labels.split_first() {
            let mapping = |label: &String| json!({ "label": label, "tracks": [] });
            scheme["contentKeys"] = json!({
                "defaultKey": { "label": default }, "keyToTrackMappings": others.iter().map(mapping).collect::<Vec<_>>(),
            });
        }
        json!({
            "name": policy.name, "id": self.media[media].id.child("streamingPolicies", &policy.name).as_str(),
            "type": "Microsoft.Media/mediaservices/streamingPolicies",
            "properties": { "created": "2022-04-14T18:01:43.7269637Z", (CENC.member): scheme },
        })
    }

    fn describe_policy(&self, media: usize, policy: &Policy) -> Value {
        let mut properties = json!({ "created": "2018-03-19T06:06:06Z" });
        for scheme in policy.schemes {
            properties[scheme.member] = scheme.describe();
        }
        json!({
            "name": policy.name, "id": self.media[media].id.child("streamingPolicies", policy.name).as_str(),
            "type": "Microsoft.Media/mediaservices/streamingPolicies", "properties": properties,
        })
    }
}
