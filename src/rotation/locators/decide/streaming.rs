//! What comes next for a streaming locator that was made again. It tells when it was made, so that a look that shows the one from
//! before is known to be too old to count; and the service may refuse the id of a content key.

use crate::domain::locator::order::Item;
use crate::domain::locator::{Difference, Locator};
use crate::rotation::locators::state::Progress;
use crate::rotation::timing;

use super::{CONFLICTS, Next, Run, create, different, made_of, other_times};

/// How what came back under the new id of a content key is told.
pub const NEW_KEY_ID: &str = "back with its address and content keys, but with the content key id";
/// How what is there again is told where its content keys cannot be compared.
pub const UNPROVEN: &str = "it is there again, and without the seal key nobody can tell whether with its content keys";
/// How often the service has to refuse the id of a content key before it gets another one.
const KEY_REFUSALS: u32 = 3;

/// A streaming locator was made, or may have been, and a look shows one that is new or the one from before.
pub(super) fn made_again(
    item: &Item,
    snapshot: &Locator,
    (seen, new): (&Locator, bool),
    progress: &Progress,
    run: &Run<'_>,
) -> Next {
    let difference = match snapshot.difference(seen) {
        // An earlier attempt made it, before another id was chosen.
        Difference::None => Difference::None,
        _ => made_of(snapshot, progress).difference(seen),
    };
    match difference {
        // It is there, whatever a look says: the service refuses to make it because its name is in use.
        Difference::None if new || progress.conflicts > 0 => Next::Restored(back(snapshot, seen, progress)),
        _ if !new && progress.conflicts < CONFLICTS => create(item, snapshot, progress, run),
        Difference::None => Next::Restored(back(snapshot, seen, progress)),
        Difference::Times => Next::Person(Box::new(other_times(snapshot, seen, progress, run))),
        Difference::Members(members) if run.aborting => {
            Next::Leave(format!("another one is there, with another {}", members.join(" and ")))
        }
        Difference::Members(members) => Next::Person(Box::new(different(snapshot, &members, run))),
    }
}

/// Whether a content key needs another id: the service refused it again and again, and no creation of ours can have taken it.
pub(super) fn is_refused_for_good(progress: &Progress, run: &Run<'_>) -> bool {
    let often = progress.refused_key.as_ref().is_some_and(|(_, times)| *times >= KEY_REFUSALS);
    often && progress.creates.1.is_none_or(|since| run.now - since >= timing::PROPAGATION)
}

fn back(snapshot: &Locator, seen: &Locator, progress: &Progress) -> String {
    let kept = |id: &String| seen.content_keys().iter().any(|key| key.id.eq_ignore_ascii_case(id));
    let changed: Vec<String> = progress
        .key_ids
        .iter()
        .filter(|(old, _)| !kept(old) && snapshot.content_keys().iter().any(|key| key.id.eq_ignore_ascii_case(old)))
        .map(|(old, new)| format!("{new} in place of {old}"))
        .collect();
    match changed.as_slice() {
        [] => "back as it was".to_owned(),
        changed => format!("{NEW_KEY_ID} {}", changed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::order::Verdict;
    use crate::domain::locator::streaming::{ContentKey, ContentKeyValue, Streaming};
    use crate::rotation::locators::decide::{Ground, Sight, decide};
    use crate::rotation::locators::state::Stage;

    fn now() -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000)
    }

    /// A locator with one content key, made so many minutes before now.
    fn premiere(minutes: i64) -> Locator {
        let value = Some(ContentKeyValue::new(Zeroizing::new("AA==".into())));
        let streaming = Streaming {
            content_keys: vec![ContentKey { id: "k1".into(), label: None, value, sealed: None }],
            created: Some(now() - time::Duration::minutes(minutes)),
            ..Streaming::default()
        };
        Locator {
            kind: LocatorKind::Streaming,
            streaming: Some(Box::new(streaming)),
            path: None,
            ..crate::domain::locator::tests::locator(LocatorKind::Sas)
        }
    }

    fn renamed(minutes: i64) -> Locator {
        let mut locator = premiere(minutes);
        locator.streaming.as_mut().expect("streams").content_keys[0].id = "k2".into();
        locator
    }

    fn next(progress: Progress, sight: &Sight) -> Next {
        let item = Item { locator: premiere(9), duration: std::time::Duration::ZERO, permissions: 0, verdict: Verdict::Recreate };
        let progress = Progress { snapshot: Some(Box::new(premiere(9))), ..progress };
        decide(&item, &progress, sight, &Run { id: "r", aborting: false, now: now(), ground: &Ground::Sound })
    }

    fn at(stage: Stage) -> Progress {
        Progress { stage, ..Progress::default() }
    }

    fn restored(next: &Next, part: &str) -> bool {
        matches!(next, Next::Restored(how) if how.contains(part))
    }

    #[test]
    fn only_a_look_that_shows_the_new_one_ends_the_work() {
        for stage in [Stage::CreateIntent, Stage::Created] {
            assert!(restored(&next(at(stage.clone()), &Sight::Seen(premiere(1))), "back as it was"), "{stage:?}");
            // The one from before: a read that is too old, unless something that cannot be old agrees.
            assert!(matches!(next(at(stage.clone()), &Sight::Seen(premiere(9))), Next::Create { .. }), "{stage:?}");
            let in_use = Progress { conflicts: 1, ..at(stage.clone()) };
            assert!(restored(&next(in_use, &Sight::Seen(premiere(9))), "back as it was"), "{stage:?}");
            let mut other = premiere(1);
            other.asset.push('x');
            assert!(matches!(next(at(stage), &Sight::Seen(other)), Next::Person(_)));
        }
        let later = Locator { expires: premiere(1).expires + time::Duration::days(1), ..premiere(1) };
        assert!(matches!(next(at(Stage::Created), &Sight::Seen(later)), Next::Person(_)), "its times cannot be put right");
    }

    #[test]
    fn what_somebody_made_again_since_its_snapshot_is_written_down_anew_before_it_is_deleted() {
        let unsure = Stage::DeleteIntent { since: now() - time::Duration::hours(1), unchanged: 99 };
        for stage in [Stage::Snapshot, unsure] {
            assert_eq!(next(at(stage.clone()), &Sight::Seen(premiere(1))), Next::Snapshot(premiere(1)), "{stage:?}");
            // The same one, and a read that is too old to know of it.
            for minutes in [9, 20] {
                assert_eq!(next(at(stage.clone()), &Sight::Seen(premiere(minutes))), Next::Delete, "{stage:?}");
            }
        }
    }

    #[test]
    fn other_content_keys_are_never_taken_for_its_own() {
        let mut other = premiere(1);
        other.streaming.as_mut().expect("streams").content_keys[0].value = None;
        let Next::Person(problem) = next(at(Stage::Created), &Sight::Seen(other)) else { panic!("somebody has to look") };
        assert!(problem.message.contains("content keys"), "{problem:?}");
        assert!(matches!(next(at(Stage::Created), &Sight::Seen(renamed(1))), Next::Person(_)));
    }

    #[test]
    fn another_key_id_is_chosen_after_refusals_only_and_not_while_a_lost_creation_may_have_taken_it() {
        let refused = |times, creates| Progress { refused_key: Some(("k1".into(), times)), creates, ..at(Stage::CreateIntent) };
        let lost = |minutes| (1, Some(now() - time::Duration::minutes(minutes)));
        assert!(matches!(next(refused(2, (0, None)), &Sight::Absent), Next::Create { .. }));
        assert_eq!(next(refused(3, (0, None)), &Sight::Absent), Next::KeyId { old: "k1".into() });
        assert!(matches!(next(refused(9, lost(9)), &Sight::Absent), Next::Create { .. }));
        assert_eq!(next(refused(9, lost(11)), &Sight::Absent), Next::KeyId { old: "k1".into() });
    }

    #[test]
    fn both_ids_are_told_unless_the_old_one_came_back_after_all() {
        let chosen = || Progress { key_ids: vec![("k1".into(), "k2".into())], ..at(Stage::Created) };
        assert!(restored(&next(chosen(), &Sight::Seen(renamed(1))), "k2 in place of k1"));
        assert!(restored(&next(chosen(), &Sight::Seen(premiere(1))), "back as it was"));
    }
}
