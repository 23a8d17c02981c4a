//! A mistake planted for each promise must be caught: who tests the tests.

use keyroll::domain::planted::{Mistake, plant};

use super::judge;
use super::trial::Trial;

/// The seeds in which a mistake has to show.
const SEEDS: u64 = 150;

/// Whether any of the seeds breaks a promise.
fn is_caught(mistake: Mistake) -> Option<(u64, judge::Violation)> {
    plant(Some(mistake));
    let caught = (1..=SEEDS).find_map(|seed| Some((seed, judge::violations(&Trial::of(seed)).into_iter().next()?)));
    plant(None);
    caught
}

fn must_be_caught(mistake: Mistake) {
    let (seed, violation) = is_caught(mistake).unwrap_or_else(|| panic!("{mistake:?} went unnoticed in {SEEDS} seeds"));
    eprintln!("{mistake:?} is caught by seed {seed}: {violation}");
}

#[test]
fn p1_skipping_the_grace_is_caught() {
    must_be_caught(Mistake::SkipGrace);
}

#[test]
fn p2_journalling_late_is_caught() {
    must_be_caught(Mistake::JournalLate);
}

#[test]
fn p3_repeating_a_lost_regenerate_is_caught() {
    must_be_caught(Mistake::RepeatLost);
}

#[test]
fn p5_publishing_an_untried_key_is_caught() {
    must_be_caught(Mistake::SkipTest);
}

#[test]
fn p6_telling_a_secret_is_caught() {
    must_be_caught(Mistake::TellSecret);
}

#[test]
fn p7_losing_a_member_is_caught() {
    must_be_caught(Mistake::LoseMember);
}

#[test]
fn p8_taking_no_locks_is_caught() {
    must_be_caught(Mistake::SkipLocks);
}

#[test]
fn p9_hiding_what_was_not_seen_is_caught() {
    must_be_caught(Mistake::HideUnseen);
}

#[test]
fn p10_trusting_an_intent_is_caught() {
    must_be_caught(Mistake::TrustIntent);
}

#[test]
fn p11_running_again_is_caught() {
    must_be_caught(Mistake::RunAgain);
}

#[test]
fn p12_asking_nothing_is_caught() {
    must_be_caught(Mistake::NeverAsk);
}
