//! Both slots of an account without their secrets.

use serde::{Deserialize, Serialize};

use crate::domain::account::{Generation, KeyState};
use crate::domain::key::Fingerprint;

use super::name::Named;
use super::time::Time;

/// `{"key1":{"fingerprint":"1:…","created":"…"},"key2":{…}}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyStateDocument {
    key1: GenerationDocument,
    key2: GenerationDocument,
}

/// One generation of one slot.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct GenerationDocument {
    fingerprint: Named<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Time>,
}

impl From<&KeyState> for KeyStateDocument {
    fn from(state: &KeyState) -> Self {
        let one = |generation: &Generation| GenerationDocument {
            fingerprint: Named(generation.fingerprint.clone()),
            created: generation.created.map(Time),
        };
        Self { key1: one(&state.key1), key2: one(&state.key2) }
    }
}

impl From<KeyStateDocument> for KeyState {
    fn from(document: KeyStateDocument) -> Self {
        let one = |generation: GenerationDocument| Generation {
            fingerprint: generation.fingerprint.0,
            created: generation.created.map(|time| time.0),
        };
        Self { key1: one(document.key1), key2: one(document.key2) }
    }
}
