//! Made-up domain values, different for each seed, for tests that go there and back.

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::account::{Generation, KeyState, Service, StorageAccount};
use crate::domain::act::Act;
use crate::domain::binding::{Binding, Grace, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Extent, Movement, NotInspected};
use crate::domain::event::{Certainty, Event, Outcome, RunStarted};
use crate::domain::key::{Fingerprint, Slot};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Acceptance, ActiveKnowledge, Options, Plan, Step, Strategy};
use crate::domain::problem::{Kind, Problem};
use crate::domain::streaming::{Baseline, Before, Checked, Sighting, StreamingUrl, Verdict};

/// A source of made-up values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Any(pub(crate) u64);

impl Any {
    /// A number below `limit` (`SplitMix64`).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).expect("small")].clone()
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(40)).expect("small")
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    fn some<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    pub(crate) fn text(&mut self) -> String {
        let letters: Vec<char> = "aZ9 -_/\"\\{}:,é日𝄞‘\u{1}\n".chars().collect();
        (0..self.below(12)).map(|_| self.pick(&letters)).collect()
    }

    pub(crate) fn time(&mut self) -> OffsetDateTime {
        let seconds = i64::try_from(1_700_000_000 + self.below(200_000_000)).expect("small");
        let nanoseconds = self.pick(&[0, 1, 500_000_000, 999_999_999]);
        OffsetDateTime::from_unix_timestamp(seconds).expect("in range") + time::Duration::nanoseconds(nanoseconds)
    }

    fn span(&mut self) -> Duration {
        let seconds = self.pick(&[0, 1, 90, 3_600, 86_400, 40_000_000]);
        let nanoseconds = self.pick(&[0, 1, 5_000_000]);
        Duration::new(seconds, nanoseconds)
    }

    fn slot(&mut self) -> Slot {
        self.pick(&Slot::BOTH)
    }

    fn act(&mut self) -> Act {
        self.pick(&Act::ALL)
    }

    fn service(&mut self) -> Service {
        self.pick(&Service::ALL)
    }

    fn fingerprint(&mut self) -> Fingerprint {
        Fingerprint::from_text(&format!("1:{:016x}", self.below(u64::MAX)))
    }

    pub(crate) fn keys(&mut self) -> KeyState {
        let mut one = || Generation { fingerprint: self.fingerprint(), created: self.maybe(Self::time) };
        KeyState { key1: one(), key2: one() }
    }

    fn held(&mut self) -> Held {
        self.pick(&[Held::Slot(Slot::Key1), Held::Slot(Slot::Key2), Held::Both, Held::Stale, Held::Unknown, Held::Nothing])
    }

    pub(crate) fn dependent(&mut self) -> Dependent {
        Dependent {
            id: self.text(),
            kind: self.pick(&DependentKind::ALL),
            name: self.text(),
            movement: self.pick(&[Movement::Push, Movement::Pull, Movement::WithParent, Movement::NoKey]),
            form: self.text(),
            found_by: self.text(),
            parent: self.maybe(Self::text),
            services: self.some(Self::service),
            binding: Binding {
                held: self.held(),
                fingerprint: self.maybe(Self::fingerprint),
                knowledge: self.pick(&[Knowledge::Read, Knowledge::Tagged, Knowledge::Assumed, Knowledge::Unknown]),
                observed: self.time(),
                graces: self.some(|any| Grace { slot: any.slot(), until: any.time() }),
                lasting_signatures: self.some(Self::slot),
            },
        }
    }

    fn step(&mut self) -> Step {
        Step {
            number: self.small(),
            act: self.act(),
            phase: self.act(),
            slot: self.slot(),
            dependents: self.some(Self::text),
            why: self.text(),
            floor: self.span(),
            ceiling: self.span(),
            may_fail: self.some(Self::text),
        }
    }

    fn acceptance(&mut self) -> Acceptance {
        Acceptance { name: self.text(), why: self.text(), act: self.act() }
    }

    fn visible(&mut self) -> String {
        crate::domain::text::visible(&self.text())
    }

    pub(crate) fn problem(&mut self) -> Problem {
        let kinds = [Kind::Usage, Kind::Drift, Kind::Blocked, Kind::Failed, Kind::Person, Kind::Interrupted(15)];
        Problem {
            kind: self.pick(&kinds),
            code: self.visible(),
            message: self.visible(),
            causes: self.some(Self::visible),
            hints: self.some(Self::visible),
            http_status: self.maybe(|_| 503),
            service_code: self.maybe(Self::visible),
            correlation_id: self.maybe(Self::visible),
            accept: self.some(Self::visible),
            question: self.maybe(Self::visible),
        }
    }

    pub(crate) fn plan(&mut self) -> Plan {
        let strategies = [
            Strategy::BothSlots,
            Strategy::StandbyOnly,
            Strategy::OneSlot(Slot::Key1),
            Strategy::OneSlot(Slot::Key2),
            Strategy::Sync,
        ];
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";
        Plan {
            account: StorageAccount {
                id: id.parse().expect("an id"),
                location: self.text(),
                shared_key_allowed: self.flag(),
                key_expiration_days: self.maybe(Self::small),
                endpoints: self.some(|any| (any.service(), any.text())),
                provisioning_state: self.text(),
            },
            created: self.time(),
            options: Options {
                strategy: self.pick(&strategies),
                finish_on_original: self.flag(),
                until: self.maybe(Self::act),
                retire_after: self.maybe(Self::span),
                settle: self.maybe(Self::span),
                concurrency: self.pick(&[1, 4, 64]),
                address_file: self.maybe(Self::text),
            },
            keys: self.keys(),
            active: self.slot(),
            active_knowledge: self.pick(&[ActiveKnowledge::Read, ActiveKnowledge::Majority, ActiveKnowledge::Assumed]),
            dependents: self.some(Self::dependent),
            services: self.some(Self::service),
            untested: self.some(Self::service),
            steps: self.some(Self::step),
            acceptances: self.some(Self::acceptance),
            warnings: self.some(Self::text),
            blockers: self.some(Self::problem),
            not_inspected: self.some(|any| NotInspected {
                what: any.text(),
                extent: any.pick(&[Extent::Partial, Extent::Unavailable, Extent::Invisible]),
                why: any.text(),
                acceptance: any.maybe(Self::text),
            }),
            missing_permissions: self.some(Self::text),
            subscriptions: self.some(Self::text),
            vaults: self.some(Self::text),
            media_v2: self.some(|any| MediaV2Account {
                id: any.text(),
                endpoint: any.maybe(Self::text),
                movement: any.pick(&[Movement::Push, Movement::Pull]),
                holds: any.maybe(Self::slot),
            }),
        }
    }

    fn streaming_url(&mut self) -> StreamingUrl {
        StreamingUrl { locator: self.text(), url: self.text() }
    }

    fn streams(&mut self) -> Before {
        let baseline = |any: &mut Self| {
            let refuses = Sighting::Refuses { status: 403, error: any.maybe(Self::text) };
            let silent = Sighting::Silent { why: any.text() };
            Baseline { at: any.streaming_url(), seen: any.pick(&[Sighting::Answers, refuses, silent]) }
        };
        let without = self.some(|any| (any.text(), any.text()));
        Before { urls: self.some(baseline), without, left_out: usize::try_from(self.below(3)).expect("small") }
    }

    fn checked_stream(&mut self) -> Checked {
        let why = self.text();
        let verdicts = [Verdict::Answers, Verdict::AnswersNow, Verdict::NotChecked { why: why.clone() }, Verdict::Fails { why }];
        Checked { at: self.streaming_url(), verdict: self.pick(&verdicts) }
    }

    fn certainty(&mut self) -> Certainty {
        self.pick(&[Certainty::Proven, Certainty::Assumed])
    }

    /// One event of every kind.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        let step = self.small();
        vec![
            Event::RunStarted(Box::new(RunStarted {
                run_id: self.text(),
                account: self.text(),
                plan_digest: self.text(),
                request_digest: self.text(),
                tool: self.text(),
                identity: self.maybe(Self::text),
                change_reference: self.maybe(Self::text),
                accepted: self.some(Self::text),
                keys: self.keys(),
                siblings: self.some(Self::text),
            })),
            Event::Resumed { tool: self.text(), identity: self.maybe(Self::text), accepted: self.some(Self::text) },
            Event::StepStarted { step },
            Event::GatePassed {
                step,
                slot: self.slot(),
                bindings: self.some(|any| (any.text(), any.held(), any.maybe(Self::fingerprint))),
            },
            Event::RegenerateIntent { step, slot: self.slot(), before: self.keys() },
            Event::RegenerateUnknown { step, slot: self.slot(), why: self.text() },
            Event::RegenerateUnseen { step, slot: self.slot(), until: self.time() },
            Event::RegenerateNotDone { step, slot: self.slot(), why: self.text() },
            Event::Regenerated {
                step,
                slot: self.slot(),
                after: self.keys(),
                seen_later: self.flag(),
                correlation_id: self.maybe(Self::text),
            },
            Event::KeysStable { step, reads: self.small() },
            Event::TellIntent { step, dependent: self.text() },
            Event::Told { step, dependent: self.text(), how: self.text(), correlation_id: self.maybe(Self::text) },
            Event::Tested { step, service: self.service(), certainty: self.certainty(), how: self.text() },
            Event::PublishIntent { step, dependent: self.text(), slot: self.slot() },
            Event::Published {
                step,
                dependent: self.text(),
                slot: self.slot(),
                sent: self.flag(),
                how: self.text(),
                correlation_id: self.maybe(Self::text),
            },
            Event::Proven { step, dependent: self.text(), certainty: self.certainty(), how: self.text() },
            Event::Rescued { step, dependent: self.text(), how: self.text() },
            Event::LocatorsBegun { step, dependent: self.text(), run: self.text() },
            Event::LocatorsFinished {
                step,
                dependent: self.text(),
                recreated: self.small(),
                left: self.small(),
                whole: self.flag(),
                how: self.text(),
                problem: self.maybe(|any| Box::new(any.problem())),
            },
            Event::StreamsSeen { step, dependent: self.text(), before: self.streams(), unchecked: self.maybe(Self::text) },
            Event::StreamsChecked { step, dependent: self.text(), urls: self.some(Self::checked_stream) },
            Event::Gone { step, dependent: self.text() },
            Event::Retrying { step, target: self.text(), why: self.text(), answered: step.is_multiple_of(2), until: self.time() },
            Event::TargetFailed { step, target: self.text(), problem: Box::new(self.problem()) },
            Event::Waiting { step, until: self.time(), why: self.text() },
            Event::StepFinished { step, how: self.text() },
            Event::Amended {
                why: self.text(),
                dependents: self.some(Self::dependent),
                steps: self.some(Self::step),
                acceptances: self.some(Self::acceptance),
            },
            Event::AbortStarted { keys: self.keys(), steps: self.some(Self::step) },
            Event::Stopped { problem: Box::new(self.problem()) },
            Event::Interrupted { signal: self.pick(&[1, 2, 15]) },
            Event::Finished { outcome: self.pick(&[Outcome::Done, Outcome::Aborted]) },
        ]
    }
}
