//! A plan's members on the wire.

use serde::{Deserialize, Serialize};

use crate::contract::dependent::{DependentDocument, NotInspectedDocument};
use crate::contract::keys::KeyStateDocument;
use crate::contract::name::{Named, all, plain};
use crate::contract::problem::ProblemDocument;
use crate::contract::time::{Span, Time};
use crate::domain::account::{Service, StorageAccount};
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, Movement, NotInspected};
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Acceptance, ActiveKnowledge, Options, Plan, Step, Strategy};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

/// A whole plan.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanDocument {
    schema: String,
    created: Time,
    account: AccountDocument,
    options: OptionsDocument,
    keys: KeyStateDocument,
    active: Named<Slot>,
    active_knowledge: Named<ActiveKnowledge>,
    dependents: Vec<DependentDocument>,
    services: Vec<Named<Service>>,
    #[serde(default)]
    untested: Vec<Named<Service>>,
    steps: Vec<StepDocument>,
    acceptances: Vec<AcceptanceDocument>,
    #[serde(default)]
    blockers: Vec<ProblemDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(default)]
    not_inspected: Vec<NotInspectedDocument>,
    #[serde(default)]
    missing_permissions: Vec<String>,
    subscriptions: Vec<String>,
    #[serde(default)]
    vaults: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    media_v2: Vec<MediaV2Document>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct AccountDocument {
    id: Named<ResourceId>,
    location: String,
    shared_key_allowed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_expiration_days: Option<u32>,
    endpoints: Vec<EndpointDocument>,
    provisioning_state: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct EndpointDocument {
    service: Named<Service>,
    url: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct OptionsDocument {
    strategy: Named<Strategy>,
    finish_on_original: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Named<Act>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retire_after: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settle: Option<Span>,
    concurrency: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address_file: Option<String>,
}

/// One step of a plan.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepDocument {
    number: u32,
    act: Named<Act>,
    phase: Named<Act>,
    slot: Named<Slot>,
    dependents: Vec<String>,
    why: String,
    floor: Span,
    ceiling: Span,
    #[serde(default)]
    may_fail: Vec<String>,
    /// Follows from the act; told for those who read plans with other tools, and ignored when read.
    #[serde(default)]
    irreversible: bool,
}

/// An AMS v2 account that was named.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct MediaV2Document {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    movement: Named<Movement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holds: Option<Named<Slot>>,
}

/// A name to accept.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AcceptanceDocument {
    name: String,
    why: String,
    act: Named<Act>,
}

impl From<&Plan> for PlanDocument {
    fn from(plan: &Plan) -> Self {
        Self {
            schema: super::SCHEMA.to_owned(),
            created: Time(plan.created),
            account: AccountDocument::from(&plan.account),
            options: OptionsDocument::from(&plan.options),
            keys: KeyStateDocument::from(&plan.keys),
            active: Named(plan.active),
            active_knowledge: Named(plan.active_knowledge),
            dependents: plan.dependents.iter().map(DependentDocument::from).collect(),
            services: all(&plan.services),
            untested: all(&plan.untested),
            steps: plan.steps.iter().map(StepDocument::from).collect(),
            acceptances: plan.acceptances.iter().map(AcceptanceDocument::from).collect(),
            blockers: plan.blockers.iter().map(ProblemDocument::from).collect(),
            warnings: plan.warnings.clone(),
            not_inspected: plan.not_inspected.iter().map(NotInspectedDocument::from).collect(),
            missing_permissions: plan.missing_permissions.clone(),
            subscriptions: plan.subscriptions.clone(),
            vaults: plan.vaults.clone(),
            media_v2: plan.media_v2.iter().map(MediaV2Document::from).collect(),
        }
    }
}

impl From<PlanDocument> for Plan {
    fn from(document: PlanDocument) -> Self {
        Self {
            account: StorageAccount::from(document.account),
            created: document.created.0,
            options: Options::from(document.options),
            keys: document.keys.into(),
            active: document.active.0,
            active_knowledge: document.active_knowledge.0,
            dependents: document.dependents.into_iter().map(Dependent::from).collect(),
            services: plain(document.services),
            untested: plain(document.untested),
            steps: document.steps.into_iter().map(Step::from).collect(),
            acceptances: document.acceptances.into_iter().map(Acceptance::from).collect(),
            blockers: document.blockers.into_iter().map(Problem::from).collect(),
            warnings: document.warnings,
            not_inspected: document.not_inspected.into_iter().map(NotInspected::from).collect(),
            missing_permissions: document.missing_permissions,
            subscriptions: document.subscriptions,
            vaults: document.vaults,
            media_v2: document.media_v2.into_iter().map(MediaV2Account::from).collect(),
        }
    }
}

impl From<&StorageAccount> for AccountDocument {
    fn from(account: &StorageAccount) -> Self {
        let endpoint = |(service, url): &(Service, String)| EndpointDocument { service: Named(*service), url: url.clone() };
        Self {
            id: Named(account.id.clone()),
            location: account.location.clone(),
            shared_key_allowed: account.shared_key_allowed,
            key_expiration_days: account.key_expiration_days,
            endpoints: account.endpoints.iter().map(endpoint).collect(),
            provisioning_state: account.provisioning_state.clone(),
        }
    }
}

impl From<AccountDocument> for StorageAccount {
    fn from(document: AccountDocument) -> Self {
        Self {
            id: document.id.0,
            location: document.location,
            shared_key_allowed: document.shared_key_allowed,
            key_expiration_days: document.key_expiration_days,
            endpoints: document.endpoints.into_iter().map(|endpoint| (endpoint.service.0, endpoint.url)).collect(),
            provisioning_state: document.provisioning_state,
        }
    }
}

impl From<&Options> for OptionsDocument {
    fn from(options: &Options) -> Self {
        Self {
            strategy: Named(options.strategy),
            finish_on_original: options.finish_on_original,
            until: options.until.map(Named),
            retire_after: options.retire_after.map(Span),
            settle: options.settle.map(Span),
            concurrency: options.concurrency,
            address_file: options.address_file.clone(),
        }
    }
}

impl From<OptionsDocument> for Options {
    fn from(document: OptionsDocument) -> Self {
        Self {
            strategy: document.strategy.0,
            finish_on_original: document.finish_on_original,
            until: document.until.map(|act| act.0),
            retire_after: document.retire_after.map(|span| span.0),
            settle: document.settle.map(|span| span.0),
            concurrency: document.concurrency,
            address_file: document.address_file,
        }
    }
}

impl From<&Step> for StepDocument {
    fn from(step: &Step) -> Self {
        Self {
            number: step.number,
            act: Named(step.act),
            phase: Named(step.phase),
            slot: Named(step.slot),
            dependents: step.dependents.clone(),
            why: step.why.clone(),
            floor: Span(step.floor),
            ceiling: Span(step.ceiling),
            may_fail: step.may_fail.clone(),
            irreversible: step.act.is_irreversible(),
        }
    }
}

impl From<StepDocument> for Step {
    fn from(document: StepDocument) -> Self {
        Self {
            number: document.number,
            act: document.act.0,
            phase: document.phase.0,
            slot: document.slot.0,
            dependents: document.dependents,
            why: document.why,
            floor: document.floor.0,
            ceiling: document.ceiling.0,
            may_fail: document.may_fail,
        }
    }
}

impl From<&MediaV2Account> for MediaV2Document {
    fn from(account: &MediaV2Account) -> Self {
        let (id, endpoint) = (account.id.clone(), account.endpoint.clone());
        Self { id, endpoint, movement: Named(account.movement), holds: account.holds.map(Named) }
    }
}

impl From<MediaV2Document> for MediaV2Account {
    fn from(document: MediaV2Document) -> Self {
        let holds = document.holds.map(|slot| slot.0);
        Self { id: document.id, endpoint: document.endpoint, movement: document.movement.0, holds }
    }
}

impl From<&Acceptance> for AcceptanceDocument {
    fn from(acceptance: &Acceptance) -> Self {
        Self { name: acceptance.name.clone(), why: acceptance.why.clone(), act: Named(acceptance.act) }
    }
}

impl From<AcceptanceDocument> for Acceptance {
    fn from(document: AcceptanceDocument) -> Self {
        Self { name: document.name, why: document.why, act: document.act.0 }
    }
}
