//! Dependents, their bindings, and what was not looked at.

use serde::{Deserialize, Serialize};

use crate::domain::account::Service;
use crate::domain::binding::{Binding, Grace, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Extent, Movement, NotInspected};
use crate::domain::key::{Fingerprint, Slot};

use super::name::{Named, all, plain};
use super::time::Time;

/// One thing that holds a copy of a key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DependentDocument {
    id: String,
    kind: Named<DependentKind>,
    name: String,
    movement: Named<Movement>,
    form: String,
    found_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    services: Vec<Named<Service>>,
    binding: BindingDocument,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BindingDocument {
    held: Named<Held>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Named<Fingerprint>>,
    knowledge: Named<Knowledge>,
    observed: Time,
    #[serde(default)]
    graces: Vec<GraceDocument>,
    #[serde(default)]
    lasting_signatures: Vec<Named<Slot>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct GraceDocument {
    slot: Named<Slot>,
    until: Time,
}

/// Something that was not, or not completely, seen.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotInspectedDocument {
    what: String,
    extent: Named<Extent>,
    why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acceptance: Option<String>,
}

impl From<&Dependent> for DependentDocument {
    fn from(dependent: &Dependent) -> Self {
        Self {
            id: dependent.id.clone(),
            kind: Named(dependent.kind),
            name: dependent.name.clone(),
            movement: Named(dependent.movement),
            form: dependent.form.clone(),
            found_by: dependent.found_by.clone(),
            parent: dependent.parent.clone(),
            services: all(&dependent.services),
            binding: BindingDocument::from(&dependent.binding),
        }
    }
}

impl From<DependentDocument> for Dependent {
    fn from(document: DependentDocument) -> Self {
        Self {
            id: document.id,
            kind: document.kind.0,
            name: document.name,
            movement: document.movement.0,
            form: document.form,
            found_by: document.found_by,
            parent: document.parent,
            services: plain(document.services),
            binding: Binding::from(document.binding),
        }
    }
}

impl From<&Binding> for BindingDocument {
    fn from(binding: &Binding) -> Self {
        let graces = binding.graces.iter().map(|grace| GraceDocument { slot: Named(grace.slot), until: Time(grace.until) });
        Self {
            held: Named(binding.held.clone()),
            fingerprint: binding.fingerprint.clone().map(Named),
            knowledge: Named(binding.knowledge),
            observed: Time(binding.observed),
            graces: graces.collect(),
            lasting_signatures: all(&binding.lasting_signatures),
        }
    }
}

impl From<BindingDocument> for Binding {
    fn from(document: BindingDocument) -> Self {
        let graces = document.graces.into_iter().map(|grace| Grace { slot: grace.slot.0, until: grace.until.0 });
        Self {
            held: document.held.0,
            fingerprint: document.fingerprint.map(|fingerprint| fingerprint.0),
            knowledge: document.knowledge.0,
            observed: document.observed.0,
            graces: graces.collect(),
            lasting_signatures: plain(document.lasting_signatures),
        }
    }
}

impl From<&NotInspected> for NotInspectedDocument {
    fn from(missed: &NotInspected) -> Self {
        Self {
            what: missed.what.clone(),
            extent: Named(missed.extent),
            why: missed.why.clone(),
            acceptance: missed.acceptance.clone(),
        }
    }
}

impl From<NotInspectedDocument> for NotInspected {
    fn from(document: NotInspectedDocument) -> Self {
        Self { what: document.what, extent: document.extent.0, why: document.why, acceptance: document.acceptance }
    }
}
