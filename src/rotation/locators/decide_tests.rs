//! Every stage, everything that can be seen in it, in a run that goes on and in one that is being ended.

use super::*;
use crate::domain::locator::order::Verdict;
use crate::domain::locator::tests::locator;

const YEAR: Duration = Duration::from_secs(30 * 86_400);

fn item(kind: LocatorKind) -> Item {
    Item { locator: locator(kind), duration: YEAR, permissions: 1, verdict: Verdict::Recreate }
}

/// A day after the sample locator began.
fn now() -> OffsetDateTime {
    locator(LocatorKind::Sas).start.expect("a start") + time::Duration::days(1)
}

fn stages() -> Vec<Stage> {
    let long_ago = now() - time::Duration::hours(1);
    vec![
        Stage::Untouched,
        Stage::Snapshot,
        Stage::PolicyIntent("keyroll r 1".into()),
        Stage::DeleteIntent { since: now(), unchanged: 0 },
        Stage::DeleteIntent { since: long_ago, unchanged: 3 },
        Stage::DeleteIntent { since: long_ago, unchanged: timing::UNCHANGED_LOOKS },
        Stage::Deleted,
        Stage::CreateIntent,
        Stage::Created,
        Stage::MergeIntent,
        Stage::Merged,
        Stage::Restored,
        Stage::Left,
    ]
}

/// The locator as it was, with other times, with another policy.
fn variants(kind: LocatorKind) -> [Locator; 3] {
    let same = locator(kind);
    let later = Locator { expires: same.expires + time::Duration::days(9), ..same.clone() };
    let other = Locator { policy: "nb:pid:UUID:other".into(), ..same.clone() };
    [same, later, other]
}

fn sights(kind: LocatorKind) -> Vec<Sight> {
    let seen = variants(kind).map(Sight::Seen);
    let told = variants(kind).map(Sight::Told);
    [Sight::Nothing, Sight::Absent].into_iter().chain(seen).chain(told).collect()
}

fn progress(stage: &Stage, kind: LocatorKind) -> Progress {
    let snapshot = (*stage != Stage::Untouched).then(|| Box::new(locator(kind)));
    Progress { stage: stage.clone(), snapshot, ..Progress::default() }
}

fn run(aborting: bool) -> Run<'static> {
    Run { id: "r", aborting, now: now(), ground: &Ground::Sound }
}

fn next(stage: &Stage, sight: &Sight) -> Next {
    let kind = LocatorKind::OnDemandOrigin;
    decide(&item(kind), &progress(stage, kind), sight, &run(false))
}

/// Whether the locator may be gone without having been made again.
fn may_be_gone(stage: &Stage) -> bool {
    matches!(stage, Stage::DeleteIntent { .. } | Stage::Deleted | Stage::CreateIntent)
}

fn is_before(stage: &Stage) -> bool {
    matches!(stage, Stage::Snapshot | Stage::PolicyIntent(_))
}

#[test]
fn in_no_place_is_a_locator_lost() {
    let mut places = 0;
    for kind in [LocatorKind::Sas, LocatorKind::OnDemandOrigin] {
        for stage in stages() {
            for sight in sights(kind) {
                for aborting in [false, true] {
                    for (again, deletes) in [(false, 0), (true, 0), (false, 1), (true, 1)] {
                        if deletes > 0 && stage == Stage::Untouched {
                            continue;
                        }
                        let progress = Progress { deletes, again, ..progress(&stage, kind) };
                        let next = decide(&item(kind), &progress, &sight, &run(aborting));
                        let place =
                            format!("{kind:?} {stage:?} {sight:?} aborting {aborting} again {again} deletes {deletes}: {next:?}");
                        places += 1;
                        let there = matches!(sight, Sight::Seen(_) | Sight::Told(_));
                        if let Next::Delete = next {
                            assert!(progress.snapshot.is_some() && there, "{place}");
                            let (Sight::Seen(seen) | Sight::Told(seen)) = &sight else { unreachable!() };
                            assert_eq!(locator(kind).difference(seen), Difference::None, "{place}");
                            assert!(
                                matches!(&stage, Stage::Snapshot | Stage::PolicyIntent(_) | Stage::DeleteIntent { .. }),
                                "{place}"
                            );
                        }
                        // What may be gone is never given up, whoever ends the run.
                        if (may_be_gone(&stage) || deletes > 0 && is_before(&stage)) && !there {
                            assert!(
                                !matches!(next, Next::Leave(_) | Next::Over | Next::Restored(_) | Next::Person(_)),
                                "{place}"
                            );
                        }
                        if let Next::Restored(_) = next {
                            let equal = matches!(&sight, Sight::Seen(seen) if locator(kind).difference(seen) == Difference::None);
                            let made =
                                matches!(&stage, Stage::CreateIntent | Stage::Created | Stage::MergeIntent | Stage::Merged);
                            assert!(equal && made, "only what was read, and only after it may have been made: {place}");
                        }
                        if let Next::Create { .. } = next {
                            // After a lost answer the service is asked whether what was read is newer than the delete.
                            assert!(!there || matches!(stage, Stage::Deleted | Stage::CreateIntent), "{place}");
                        }
                    }
                }
            }
        }
    }
    assert_eq!(places, 2 * (13 + 12) * 8 * 4);
}

#[test]
fn each_record_means_what_the_design_says() {
    let [same, later, other] = variants(LocatorKind::OnDemandOrigin).map(Sight::Seen);
    let intent = Stage::DeleteIntent { since: now(), unchanged: 0 };
    let ruled_out = Stage::DeleteIntent { since: now() - time::Duration::hours(1), unchanged: timing::UNCHANGED_LOOKS };
    assert_eq!(next(&intent, &Sight::Nothing), Next::Look);
    assert_eq!(next(&intent, &Sight::Absent), Next::Gone);
    assert_eq!(next(&intent, &same), Next::Unchanged, "a late delete could still take what is made after it");
    assert_eq!(next(&ruled_out, &same), Next::Delete);
    assert_eq!(next(&intent, &later), Next::Unchanged, "a late delete could still take it");
    assert!(matches!(next(&ruled_out, &later), Next::Snapshot(_)), "what somebody gave it meanwhile stays");
    assert!(matches!(next(&intent, &other), Next::Person(_)));
    assert!(matches!(next(&Stage::CreateIntent, &same), Next::Create { .. }), "what was read may be older than the delete");
    for made in [Stage::CreateIntent, Stage::Created, Stage::Merged] {
        let known = Progress { conflicts: 1, ..progress(&made, LocatorKind::OnDemandOrigin) };
        let back = decide(&item(LocatorKind::OnDemandOrigin), &known, &same, &run(false));
        assert!(matches!(back, Next::Restored(_)), "{back:?}");
        assert_eq!(next(&made, &later), Next::Merge);
        assert!(matches!(next(&made, &Sight::Absent), Next::Create { .. }));
        let Next::Person(problem) = next(&made, &other) else { panic!("a person's") };
        assert_eq!((problem.exit_code(), problem.code.as_str()), (42, "locatorDiffers"));
    }
    assert!(matches!(next(&Stage::Untouched, &Sight::Absent), Next::Leave(_)), "somebody deleted it; it is not brought back");
    assert!(matches!(next(&Stage::Untouched, &other), Next::Leave(_)));
    assert!(matches!(next(&Stage::Untouched, &later), Next::Snapshot(seen) if Sight::Seen(seen.clone()) == later));
}

#[test]
fn a_read_from_before_the_delete_never_ends_the_work() {
    let kind = LocatorKind::OnDemandOrigin;
    let extended = variants(kind)[1].clone();
    let stale = Sight::Seen(extended.clone());
    for stage in [Stage::CreateIntent, Stage::Created, Stage::MergeIntent] {
        let made = Progress { stage, snapshot: Some(Box::new(extended.clone())), conflicts: 1, ..Progress::default() };
        assert_eq!(decide(&item(kind), &made, &stale, &run(false)), Next::Merge, "its policy gave it another expiry");
    }
    let merged = Progress { stage: Stage::Merged, snapshot: Some(Box::new(extended)), merges: 1, ..Progress::default() };
    assert!(matches!(decide(&item(kind), &merged, &stale, &run(false)), Next::Restored(_)));
}

#[test]
fn an_answer_alone_proves_nothing() {
    let [same, later, other] = variants(LocatorKind::OnDemandOrigin).map(Sight::Told);
    assert_eq!(next(&Stage::Created, &same), Next::Look);
    assert_eq!(next(&Stage::Created, &other), Next::Look);
    assert_eq!(next(&Stage::Created, &later), Next::Merge, "but it tells in time that the expiry differs");
}

#[test]
fn a_run_that_is_being_ended_begins_nothing() {
    let kind = LocatorKind::OnDemandOrigin;
    let [same, ..] = variants(kind).map(Sight::Seen);
    let ruled_out = Stage::DeleteIntent { since: now() - time::Duration::hours(1), unchanged: timing::UNCHANGED_LOOKS };
    for stage in [Stage::Untouched, Stage::Snapshot, ruled_out] {
        let left = decide(&item(kind), &progress(&stage, kind), &same, &run(true));
        assert!(matches!(left, Next::Leave(_)), "{stage:?}: {left:?}");
        let moved = Progress { again: true, ..progress(&stage, kind) };
        let once_more = decide(&item(kind), &moved, &same, &run(true));
        assert!(matches!(once_more, Next::Snapshot(_) | Next::Delete), "{stage:?}: {once_more:?}");
    }
}

#[test]
fn an_expired_locator_is_not_deleted_and_one_that_was_deleted_comes_back() {
    let kind = LocatorKind::OnDemandOrigin;
    let late = Run { now: locator(kind).expires, ..run(false) };
    let seen = Sight::Seen(locator(kind));
    assert!(matches!(decide(&item(kind), &progress(&Stage::Untouched, kind), &seen, &late), Next::Leave(_)));
    let back = decide(&item(kind), &progress(&Stage::Deleted, kind), &Sight::Nothing, &late);
    assert_eq!(back, Next::Create { policy: locator(kind).policy, start: None }, "its times are put right afterwards");
}

#[test]
fn what_expired_while_the_run_stood_still_is_not_deleted() {
    let ruled_out = |now| Stage::DeleteIntent { since: now - time::Duration::hours(1), unchanged: timing::UNCHANGED_LOOKS };
    for kind in [LocatorKind::Sas, LocatorKind::OnDemandOrigin] {
        let late = Run { now: locator(kind).expires, ..run(false) };
        let seen = Sight::Seen(locator(kind));
        for stage in [Stage::Snapshot, Stage::PolicyIntent("keyroll r 1".into()), ruled_out(late.now)] {
            let left = decide(&item(kind), &progress(&stage, kind), &seen, &late);
            assert!(matches!(&left, Next::Leave(why) if why.contains("it expired on")), "{stage:?}: {left:?}");
        }
        let intent = Stage::DeleteIntent { since: late.now, unchanged: 0 };
        assert_eq!(decide(&item(kind), &progress(&intent, kind), &seen, &late), Next::Unchanged, "it may be gone yet");
    }
}

#[test]
fn a_run_that_is_being_ended_rules_out_a_late_delete_before_it_leaves_anything() {
    let kind = LocatorKind::OnDemandOrigin;
    let long_ago = now() - time::Duration::hours(1);
    for seen in variants(kind).map(Sight::Seen) {
        let intent = Stage::DeleteIntent { since: now(), unchanged: 0 };
        assert_eq!(decide(&item(kind), &progress(&intent, kind), &seen, &run(true)), Next::Unchanged);
        let ruled_out = Stage::DeleteIntent { since: long_ago, unchanged: timing::UNCHANGED_LOOKS };
        assert!(matches!(decide(&item(kind), &progress(&ruled_out, kind), &seen, &run(true)), Next::Leave(_)));
    }
}

#[test]
fn what_this_run_moved_is_moved_once_more_only_if_it_is_still_what_the_run_made() {
    let kind = LocatorKind::OnDemandOrigin;
    let [same, later, other] = variants(kind).map(Sight::Seen);
    let moved = Progress { again: true, snapshot: Some(Box::new(locator(kind))), ..Progress::default() };
    let next = |progress: &Progress, sight: &Sight| decide(&item(kind), progress, sight, &run(true));
    assert!(matches!(next(&moved, &same), Next::Snapshot(_)));
    assert!(matches!(next(&moved, &later), Next::Snapshot(_)));
    let left = next(&moved, &other);
    assert_eq!(left, Next::Leave("its policy changed since this run made it".to_owned()));
    let with_policy = Progress { policy: Some("nb:pid:UUID:other".into()), ..moved };
    assert!(matches!(next(&with_policy, &other), Next::Snapshot(_)), "the run gave it that policy");
}

#[test]
fn a_sas_keeps_its_expiry_by_start_or_by_a_policy_of_its_own() {
    let kind = LocatorKind::Sas;
    let extended = Locator { expires: locator(kind).expires + time::Duration::days(9), ..locator(kind) };
    let begun = Progress { stage: Stage::Snapshot, snapshot: Some(Box::new(extended.clone())), ..Progress::default() };
    let Next::Policy { duration, name } = decide(&item(kind), &begun, &Sight::Seen(extended.clone()), &run(false)) else {
        panic!("its own policy would shorten it");
    };
    assert_eq!((duration, name.as_str()), (Duration::from_secs(39 * 86_400), "keyroll r be245661-2bbd-4fc6-b14f-9cf9a1492e5e"));
    let made = Progress { policy: Some("nb:pid:UUID:new".into()), ..begun };
    assert_eq!(decide(&item(kind), &made, &Sight::Seen(extended.clone()), &run(false)), Next::Delete);
    let deleted = Progress { stage: Stage::Deleted, ..made.clone() };
    let create = decide(&item(kind), &deleted, &Sight::Nothing, &run(false));
    assert_eq!(create, Next::Create { policy: "nb:pid:UUID:new".into(), start: extended.start });
    let created = Progress { stage: Stage::Created, ..made };
    let back = Sight::Seen(Locator { policy: "nb:pid:UUID:new".into(), ..extended });
    assert!(matches!(decide(&item(kind), &created, &back, &run(false)), Next::Restored(how) if how.contains("nb:pid:UUID:new")));

    let without = Locator { start: None, ..locator(kind) };
    let deleted = Progress { stage: Stage::Deleted, snapshot: Some(Box::new(without.clone())), ..Progress::default() };
    let create = decide(&item(kind), &deleted, &Sight::Nothing, &run(false));
    assert_eq!(create, Next::Create { policy: without.policy, start: locator(kind).start });
}

#[test]
fn what_is_in_the_way_becomes_a_persons_after_a_few_tries() {
    let kind = LocatorKind::OnDemandOrigin;
    let tried = |conflicts| Progress { conflicts, ..progress(&Stage::CreateIntent, kind) };
    let next = |conflicts| decide(&item(kind), &tried(conflicts), &Sight::Absent, &run(false));
    assert!(matches!(next(CONFLICTS - 1), Next::Create { .. }));
    assert!(matches!(next(CONFLICTS), Next::Person(problem) if problem.code == "locatorRefused"));
    let merged = Progress { merges: MERGES, ..progress(&Stage::Merged, kind) };
    let later = Sight::Seen(variants(kind)[1].clone());
    assert!(
        matches!(decide(&item(kind), &merged, &later, &run(false)), Next::Person(problem) if problem.code == "locatorExpiryDiffers")
    );
}
