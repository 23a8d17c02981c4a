//! A mistake planted for each promise must be caught: who tests the tests.

use keyroll::contract::world::{Vault, World};
use keyroll::domain::plan::Options;
use keyroll::domain::planted::{Mistake, plant};
use keyroll::rotation::Patience;

use super::judge;
use super::trial::Trial;
use crate::rig::Rig;
use crate::worlds::{id, production};

/// The seeds in which a mistake has to show.
const SEEDS: u64 = 150;

/// The first seed in which the mistake breaks this promise.
fn caught(mistake: Mistake, promise: &str) -> Option<(u64, judge::Violation)> {
    let broken = |seed| judge::violations(&Trial::of(seed)).into_iter().find(|violation| violation.promise == promise);
    plant(Some(mistake));
    let caught = (1..=SEEDS).find_map(|seed| Some((seed, broken(seed)?)));
    plant(None);
    caught
}

fn must_be_caught(mistake: Mistake, promise: &str) {
    let (seed, violation) = caught(mistake, promise).unwrap_or_else(|| panic!("{mistake:?} went unnoticed in {SEEDS} seeds"));
    eprintln!("{mistake:?} is caught by seed {seed}: {violation}");
}

#[test]
fn p1_skipping_the_grace_is_caught() {
    must_be_caught(Mistake::SkipGrace, "P1");
}

#[test]
fn p2_journalling_late_is_caught() {
    must_be_caught(Mistake::JournalLate, "P2");
}

#[test]
fn p3_repeating_a_lost_regenerate_is_caught() {
    must_be_caught(Mistake::RepeatLost, "P3");
}

#[test]
fn p1_retiring_before_locators_were_recreated_is_caught() {
    must_be_caught(Mistake::RetireFirst, "P1");
}

#[test]
fn p5_publishing_an_untried_key_is_caught() {
    must_be_caught(Mistake::SkipTest, "P5");
}

#[test]
fn p6_telling_a_secret_is_caught() {
    must_be_caught(Mistake::TellSecret, "P6");
}

#[test]
fn p7_losing_a_member_is_caught() {
    must_be_caught(Mistake::LoseMember, "P7");
}

/// The same run delivered twice at once: one of them must be refused, and each slot changes once.
fn two_at_once_are_one(seed: u64) -> bool {
    let rig = Rig::new(World { seed, ..production() });
    let plan = rig.plan(&Options::default()).expect("plans");
    let (one, other) = (rig.engine(), rig.engine());
    let start = Rig::start(plan, Patience::Wait);
    let both = rig.run(futures::future::join(one.rotate(start.clone()), other.rotate(start)));
    let refused = both.is_some_and(|(first, second)| first.is_ok() != second.is_ok());
    refused && rig.azure.audit().own_regenerates().count() == 2
}

#[test]
fn p8_taking_no_locks_is_caught() {
    // Who is how fast may hide it once, and not again and again.
    assert!((0..8).all(two_at_once_are_one));
    plant(Some(Mistake::SkipLocks));
    let kept = (0..8).all(two_at_once_are_one);
    plant(None);
    assert!(!kept, "nobody noticed that no locks were taken");
}

/// Whether a plan over a vault that cannot be read names it.
fn the_hidden_vault_is_named() -> bool {
    let mut world = production();
    let mut hidden = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-hidden"));
    hidden.forbidden = true;
    world.vaults.push(hidden);
    let plan = Rig::new(world).plan(&Options::default()).expect("plans");
    let needed = plan.acceptances.iter().any(|needed| needed.name == "unavailable-kv-hidden");
    needed && plan.not_inspected.iter().any(|unseen| unseen.what == "kv-hidden")
}

#[test]
fn p9_hiding_what_was_not_seen_is_caught() {
    assert!(the_hidden_vault_is_named());
    plant(Some(Mistake::HideUnseen));
    let named = the_hidden_vault_is_named();
    plant(None);
    assert!(!named, "nobody noticed that a vault was left out");
}

#[test]
fn p10_trusting_an_intent_is_caught() {
    must_be_caught(Mistake::TrustIntent, "P10");
}

#[test]
fn p11_running_again_is_caught() {
    must_be_caught(Mistake::RunAgain, "P11");
}

#[test]
fn p12_asking_nothing_is_caught() {
    must_be_caught(Mistake::NeverAsk, "P12");
}
