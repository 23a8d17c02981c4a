//! Each event's members on the wire.

use serde::{Deserialize, Serialize};

use crate::contract::dependent::DependentDocument;
use crate::contract::keys::KeyStateDocument;
use crate::contract::name::Named;
use crate::contract::plan::{AcceptanceDocument, StepDocument};
use crate::contract::problem::ProblemDocument;
use crate::contract::streaming::{BeforeDocument, CheckedDocument};
use crate::contract::time::Time;
use crate::domain::account::Service;
use crate::domain::binding::Held;
use crate::domain::event::{Certainty, Event, Outcome, RunStarted};
use crate::domain::key::{Fingerprint, Slot};

/// One event, named by its member `event`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum EventDocument {
    RunStarted {
        run_id: String,
        account: String,
        plan_digest: String,
        request_digest: String,
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_reference: Option<String>,
        accepted: Vec<String>,
        keys: KeyStateDocument,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        siblings: Vec<String>,
    },
    Resumed {
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        accepted: Vec<String>,
    },
    StepStarted {
        step: u32,
    },
    GatePassed {
        step: u32,
        slot: Named<Slot>,
        bindings: Vec<HeldDocument>,
    },
    RegenerateIntent {
        step: u32,
        slot: Named<Slot>,
        before: KeyStateDocument,
    },
    RegenerateUnknown {
        step: u32,
        slot: Named<Slot>,
        why: String,
    },
    RegenerateUnseen {
        step: u32,
        slot: Named<Slot>,
        until: Time,
    },
    RegenerateNotDone {
        step: u32,
        slot: Named<Slot>,
        why: String,
    },
    Regenerated {
        step: u32,
        slot: Named<Slot>,
        after: KeyStateDocument,
        seen_later: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_id: Option<String>,
    },
    KeysStable {
        step: u32,
        reads: u32,
    },
    TellIntent {
        step: u32,
        dependent: String,
    },
    Told {
        step: u32,
        dependent: String,
        how: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_id: Option<String>,
    },
    Tested {
        step: u32,
        service: Named<Service>,
        certainty: Named<Certainty>,
        how: String,
    },
    PublishIntent {
        step: u32,
        dependent: String,
        slot: Named<Slot>,
    },
    Published {
        step: u32,
        dependent: String,
        slot: Named<Slot>,
        sent: bool,
        how: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_id: Option<String>,
    },
    Proven {
        step: u32,
        dependent: String,
        certainty: Named<Certainty>,
        how: String,
    },
    Rescued {
        step: u32,
        dependent: String,
        how: String,
    },
    LocatorsBegun {
        step: u32,
        dependent: String,
        run: String,
    },
    LocatorsFinished {
        step: u32,
        dependent: String,
        recreated: u32,
        left: u32,
        #[serde(default)]
        whole: bool,
        how: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Box<ProblemDocument>>,
    },
    StreamsSeen {
        step: u32,
        dependent: String,
        #[serde(flatten)]
        before: BeforeDocument,
        /// Why no URL could be asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unchecked: Option<String>,
    },
    StreamsChecked {
        step: u32,
        dependent: String,
        urls: Vec<CheckedDocument>,
    },
    Gone {
        step: u32,
        dependent: String,
    },
    Retrying {
        step: u32,
        target: String,
        why: String,
        answered: bool,
        until: Time,
    },
    TargetFailed {
        step: u32,
        target: String,
        problem: ProblemDocument,
    },
    Waiting {
        step: u32,
        until: Time,
        why: String,
    },
    StepFinished {
        step: u32,
        how: String,
    },
    Amended {
        why: String,
        dependents: Vec<DependentDocument>,
        steps: Vec<StepDocument>,
        acceptances: Vec<AcceptanceDocument>,
    },
    AbortStarted {
        keys: KeyStateDocument,
        steps: Vec<StepDocument>,
    },
    Stopped {
        problem: ProblemDocument,
    },
    Interrupted {
        signal: u8,
    },
    Finished {
        outcome: Named<Outcome>,
    },
    /// An event that only a newer keyroll knows.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// What one dependent held at a gate.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldDocument {
    dependent: String,
    held: Named<Held>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Named<Fingerprint>>,
}

fn written<'a, T: 'a, D: From<&'a T>>(items: &'a [T]) -> Vec<D> {
    items.iter().map(D::from).collect()
}

fn read<D, T: From<D>>(documents: Vec<D>) -> Vec<T> {
    documents.into_iter().map(T::from).collect()
}

impl From<&Event> for EventDocument {
    fn from(event: &Event) -> Self {
        match event {
            Event::RunStarted(head) => Self::RunStarted {
                run_id: head.run_id.clone(),
                account: head.account.clone(),
                plan_digest: head.plan_digest.clone(),
                request_digest: head.request_digest.clone(),
                tool: head.tool.clone(),
                identity: head.identity.clone(),
                change_reference: head.change_reference.clone(),
                accepted: head.accepted.clone(),
                keys: (&head.keys).into(),
                siblings: head.siblings.clone(),
            },
            Event::Resumed { tool, identity, accepted } => {
                Self::Resumed { tool: tool.clone(), identity: identity.clone(), accepted: accepted.clone() }
            }
            Event::StepStarted { step } => Self::StepStarted { step: *step },
            Event::GatePassed { step, slot, bindings } => {
                Self::GatePassed { step: *step, slot: Named(*slot), bindings: bindings.iter().map(HeldDocument::from).collect() }
            }
            Event::RegenerateIntent { step, slot, before } => {
                Self::RegenerateIntent { step: *step, slot: Named(*slot), before: before.into() }
            }
            Event::RegenerateUnknown { step, slot, why } => {
                Self::RegenerateUnknown { step: *step, slot: Named(*slot), why: why.clone() }
            }
            Event::RegenerateUnseen { step, slot, until } => {
                Self::RegenerateUnseen { step: *step, slot: Named(*slot), until: Time(*until) }
            }
            Event::RegenerateNotDone { step, slot, why } => {
                Self::RegenerateNotDone { step: *step, slot: Named(*slot), why: why.clone() }
            }
            Event::Regenerated { step, slot, after, seen_later, correlation_id } => Self::Regenerated {
                step: *step,
                slot: Named(*slot),
                after: after.into(),
                seen_later: *seen_later,
                correlation_id: correlation_id.clone(),
            },
            Event::KeysStable { step, reads } => Self::KeysStable { step: *step, reads: *reads },
            Event::TellIntent { step, dependent } => Self::TellIntent { step: *step, dependent: dependent.clone() },
            Event::Told { step, dependent, how, correlation_id } => {
                Self::Told { step: *step, dependent: dependent.clone(), how: how.clone(), correlation_id: correlation_id.clone() }
            }
            Event::Tested { step, service, certainty, how } => {
                Self::Tested { step: *step, service: Named(*service), certainty: Named(*certainty), how: how.clone() }
            }
            Event::PublishIntent { step, dependent, slot } => {
                Self::PublishIntent { step: *step, dependent: dependent.clone(), slot: Named(*slot) }
            }
            Event::Published { step, dependent, slot, sent, how, correlation_id } => Self::Published {
                step: *step,
                dependent: dependent.clone(),
                slot: Named(*slot),
                sent: *sent,
                how: how.clone(),
                correlation_id: correlation_id.clone(),
            },
            Event::Proven { step, dependent, certainty, how } => {
                Self::Proven { step: *step, dependent: dependent.clone(), certainty: Named(*certainty), how: how.clone() }
            }
            Event::Rescued { step, dependent, how } => {
                Self::Rescued { step: *step, dependent: dependent.clone(), how: how.clone() }
            }
            Event::LocatorsBegun { step, dependent, run } => {
                Self::LocatorsBegun { step: *step, dependent: dependent.clone(), run: run.clone() }
            }
            Event::LocatorsFinished { step, dependent, recreated, left, whole, how, problem } => {
                let (step, recreated, left, whole) = (*step, *recreated, *left, *whole);
                let problem = problem.as_deref().map(|problem| Box::new(ProblemDocument::from(problem)));
                Self::LocatorsFinished { step, dependent: dependent.clone(), recreated, left, whole, how: how.clone(), problem }
            }
            Event::StreamsSeen { step, dependent, before, unchecked } => {
                let (dependent, unchecked) = (dependent.clone(), unchecked.clone());
                Self::StreamsSeen { step: *step, dependent, before: before.into(), unchecked }
            }
            Event::StreamsChecked { step, dependent, urls } => {
                Self::StreamsChecked { step: *step, dependent: dependent.clone(), urls: written(urls) }
            }
            Event::Gone { step, dependent } => Self::Gone { step: *step, dependent: dependent.clone() },
            Event::Retrying { step, target, why, answered, until } => {
                Self::Retrying { step: *step, target: target.clone(), why: why.clone(), answered: *answered, until: Time(*until) }
            }
            Event::TargetFailed { step, target, problem } => {
                Self::TargetFailed { step: *step, target: target.clone(), problem: problem.as_ref().into() }
            }
            Event::Waiting { step, until, why } => Self::Waiting { step: *step, until: Time(*until), why: why.clone() },
            Event::StepFinished { step, how } => Self::StepFinished { step: *step, how: how.clone() },
            Event::Amended { why, dependents, steps, acceptances } => Self::Amended {
                why: why.clone(),
                dependents: written(dependents),
                steps: written(steps),
                acceptances: written(acceptances),
            },
            Event::AbortStarted { keys, steps } => Self::AbortStarted { keys: keys.into(), steps: written(steps) },
            Event::Stopped { problem } => Self::Stopped { problem: problem.as_ref().into() },
            Event::Interrupted { signal } => Self::Interrupted { signal: *signal },
            Event::Finished { outcome } => Self::Finished { outcome: Named(*outcome) },
        }
    }
}

impl EventDocument {
    /// The event; `None` when only a newer keyroll knows it.
    pub(super) fn into_event(self) -> Option<Event> {
        Some(match self {
            Self::RunStarted {
                run_id,
                account,
                plan_digest,
                request_digest,
                tool,
                identity,
                change_reference,
                accepted,
                keys,
                siblings,
            } => Event::RunStarted(Box::new(RunStarted {
                run_id,
                account,
                plan_digest,
                request_digest,
                tool,
                identity,
                change_reference,
                accepted,
                keys: keys.into(),
                siblings,
            })),
            Self::Resumed { tool, identity, accepted } => Event::Resumed { tool, identity, accepted },
            Self::StepStarted { step } => Event::StepStarted { step },
            Self::GatePassed { step, slot, bindings } => {
                Event::GatePassed { step, slot: slot.0, bindings: bindings.into_iter().map(HeldDocument::into_binding).collect() }
            }
            Self::RegenerateIntent { step, slot, before } => {
                Event::RegenerateIntent { step, slot: slot.0, before: before.into() }
            }
            Self::RegenerateUnknown { step, slot, why } => Event::RegenerateUnknown { step, slot: slot.0, why },
            Self::RegenerateUnseen { step, slot, until } => Event::RegenerateUnseen { step, slot: slot.0, until: until.0 },
            Self::RegenerateNotDone { step, slot, why } => Event::RegenerateNotDone { step, slot: slot.0, why },
            Self::Regenerated { step, slot, after, seen_later, correlation_id } => {
                Event::Regenerated { step, slot: slot.0, after: after.into(), seen_later, correlation_id }
            }
            Self::KeysStable { step, reads } => Event::KeysStable { step, reads },
            Self::TellIntent { step, dependent } => Event::TellIntent { step, dependent },
            Self::Told { step, dependent, how, correlation_id } => Event::Told { step, dependent, how, correlation_id },
            Self::Tested { step, service, certainty, how } => {
                Event::Tested { step, service: service.0, certainty: certainty.0, how }
            }
            Self::PublishIntent { step, dependent, slot } => Event::PublishIntent { step, dependent, slot: slot.0 },
            Self::Published { step, dependent, slot, sent, how, correlation_id } => {
                Event::Published { step, dependent, slot: slot.0, sent, how, correlation_id }
            }
            Self::Proven { step, dependent, certainty, how } => Event::Proven { step, dependent, certainty: certainty.0, how },
            Self::Rescued { step, dependent, how } => Event::Rescued { step, dependent, how },
            Self::LocatorsBegun { step, dependent, run } => Event::LocatorsBegun { step, dependent, run },
            Self::LocatorsFinished { step, dependent, recreated, left, whole, how, problem } => {
                let problem = problem.map(|problem| Box::new((*problem).into()));
                Event::LocatorsFinished { step, dependent, recreated, left, whole, how, problem }
            }
            Self::StreamsSeen { step, dependent, before, unchecked } => {
                Event::StreamsSeen { step, dependent, before: before.into(), unchecked }
            }
            Self::StreamsChecked { step, dependent, urls } => Event::StreamsChecked { step, dependent, urls: read(urls) },
            Self::Gone { step, dependent } => Event::Gone { step, dependent },
            Self::Retrying { step, target, why, answered, until } => {
                Event::Retrying { step, target, why, answered, until: until.0 }
            }
            Self::TargetFailed { step, target, problem } => {
                Event::TargetFailed { step, target, problem: Box::new(problem.into()) }
            }
            Self::Waiting { step, until, why } => Event::Waiting { step, until: until.0, why },
            Self::StepFinished { step, how } => Event::StepFinished { step, how },
            Self::Amended { why, dependents, steps, acceptances } => {
                Event::Amended { why, dependents: read(dependents), steps: read(steps), acceptances: read(acceptances) }
            }
            Self::AbortStarted { keys, steps } => Event::AbortStarted { keys: keys.into(), steps: read(steps) },
            Self::Stopped { problem } => Event::Stopped { problem: Box::new(problem.into()) },
            Self::Interrupted { signal } => Event::Interrupted { signal },
            Self::Finished { outcome } => Event::Finished { outcome: outcome.0 },
            Self::Unknown => return None,
        })
    }
}

impl From<&(String, Held, Option<Fingerprint>)> for HeldDocument {
    fn from((dependent, held, fingerprint): &(String, Held, Option<Fingerprint>)) -> Self {
        Self { dependent: dependent.clone(), held: Named(held.clone()), fingerprint: fingerprint.clone().map(Named) }
    }
}

impl HeldDocument {
    fn into_binding(self) -> (String, Held, Option<Fingerprint>) {
        (self.dependent, self.held.0, self.fingerprint.map(|fingerprint| fingerprint.0))
    }
}
