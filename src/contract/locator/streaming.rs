//! What is written down of streaming locators of AMS v3. Of their content keys nothing is that opens without the seal key.

use serde::{Deserialize, Serialize};

use crate::contract::name::{Name, Named};
use crate::contract::time::Time;
use crate::domain::locator::seal::{SealKind, SealSource, Sealed};
use crate::domain::locator::streaming::{ContentKey, Streaming};

impl Name for SealKind {
    const WHAT: &'static str = "kind of seal key";

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
}

/// Which key seals the content keys of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct SealDocument {
    /// Where it is kept.
    kind: Named<SealKind>,
    /// What stands for it.
    fingerprint: String,
    /// The file, or the address of the secret with its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

impl From<SealSource> for SealDocument {
    fn from(source: SealSource) -> Self {
        Self { kind: Named(source.kind), fingerprint: source.fingerprint, place: source.place }
    }
}

impl From<SealDocument> for SealSource {
    fn from(document: SealDocument) -> Self {
        Self { kind: document.kind.0, fingerprint: document.fingerprint, place: document.place }
    }
}

/// What only a streaming locator has.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamingDocument {
    streaming_locator_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_content_key_policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alternative_media_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filters: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    content_keys: Vec<ContentKeyDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Time>,
}

/// A content key without its value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ContentKeyDocument {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// In snapshots: its value, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedDocument>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SealedDocument {
    /// The fingerprint of the seal key.
    key: String,
    /// Nonce, ciphertext and tag (AES-256-GCM) in base64. Associated data: run id, locator and key id.
    text: String,
}

impl From<&Streaming> for StreamingDocument {
    fn from(streaming: &Streaming) -> Self {
        Self {
            streaming_locator_id: streaming.streaming_locator_id.clone(),
            default_content_key_policy: streaming.default_content_key_policy.clone(),
            alternative_media_id: streaming.alternative_media_id.clone(),
            filters: streaming.filters.clone(),
            content_keys: streaming.content_keys.iter().map(ContentKeyDocument::from).collect(),
            created: streaming.created.map(Time),
        }
    }
}

impl From<&ContentKey> for ContentKeyDocument {
    fn from(key: &ContentKey) -> Self {
        let sealed = key.sealed.clone().map(|Sealed { key, text }| SealedDocument { key, text });
        Self { id: key.id.clone(), label: key.label.clone(), sealed }
    }
}

impl From<StreamingDocument> for Streaming {
    fn from(document: StreamingDocument) -> Self {
        Self {
            streaming_locator_id: document.streaming_locator_id,
            default_content_key_policy: document.default_content_key_policy,
            alternative_media_id: document.alternative_media_id,
            filters: document.filters,
            content_keys: document.content_keys.into_iter().map(ContentKey::from).collect(),
            created: document.created.map(|time| time.0),
        }
    }
}

impl From<ContentKeyDocument> for ContentKey {
    fn from(document: ContentKeyDocument) -> Self {
        let sealed = document.sealed.map(|SealedDocument { key, text }| Sealed { key, text });
        Self { id: document.id, label: document.label, value: None, sealed }
    }
}
