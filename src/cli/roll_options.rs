//! What a plan is asked for, and where its dependents are looked for.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::dependents::Scope;
use crate::domain::act::Act;
use crate::domain::dependent::Movement;
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Options, Strategy};
use crate::domain::problem::Problem;
use crate::rotation::locators::addresses::absolute;

use super::certificate::CertificateOptions;
use super::next::quoted;
use super::recreate_locators::address_file_missing;

/// The longest wait that a roll may be asked for: a year, as `1y` is read. A longer one is a slip of the hand, and a key that
/// waits longer is not rolled.
const LONGEST_WAIT: Duration = Duration::from_secs(31_557_600);

/// Where dependents are looked for, beyond the subscriptions.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ScopeOptions {
    /// Key vault whose secrets are compared with the keys even without tags; repeat it or separate with commas
    #[arg(long, value_name = "NAME|URL", value_delimiter = ',')]
    pub vault: Vec<String>,

    /// AMS v2 account that is handed the keys with --certificate, or without one told to read them again; repeat it or separate with commas
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    pub media_v2: Vec<String>,

    /// Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; repeat it or separate with commas
    #[arg(long, value_name = "URL", value_delimiter = ',', requires = "media_v2")]
    pub endpoint: Vec<String>,

    #[command(flatten)]
    pub certificate: CertificateOptions,
}

impl ScopeOptions {
    /// What of these makes a request another request; nothing where no AMS v2 account is named.
    #[must_use]
    pub(super) fn identity(&self) -> Option<Value> {
        let lower = |texts: &[String]| texts.iter().map(|text| text.to_ascii_lowercase()).collect::<Vec<_>>();
        (!self.media_v2.is_empty()).then(|| json!({ "mediaV2": lower(&self.media_v2), "endpoint": lower(&self.endpoint) }))
    }
}

/// What is regenerated, how far, and at which pace.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct RollOptions {
    /// Regenerate only this slot; what holds it moves to the other one first
    #[arg(long, value_name = "SLOT", value_parser = slot, conflicts_with_all = ["standby_only", "finish_on"])]
    pub key: Option<Slot>,

    /// Regenerate the standby slot and move everything to it; keep the old key
    #[arg(long)]
    pub standby_only: bool,

    /// Where everything is at the end: on the slot that was in use at first, or on the other one. With an AMS v2 account that is handed
    /// keys, the first; otherwise the other one
    #[arg(long, value_name = "SLOT", value_enum, conflicts_with = "standby_only")]
    pub finish_on: Option<FinishOn>,

    /// Stop after this act
    #[arg(long, value_name = "ACT", value_parser = act)]
    pub until: Option<Act>,

    /// Keep the old key at least this long after everything was proven on the new one
    #[arg(long, value_name = "DURATION", value_parser = wait)]
    pub retire_after: Option<Duration>,

    /// Wait this long for caches instead of the floor of each kind of dependent
    #[arg(long, value_name = "DURATION", value_parser = wait)]
    pub settle: Option<Duration>,

    /// How many dependents are worked on at once
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: Option<u8>,

    /// Recreate SAS locators of AMS v2 accounts too, whose addresses change; needs --address-file
    #[arg(long, requires = "media_v2")]
    pub include_sas: bool,

    /// New file for old and new addresses of SAS locators, as JSON Lines; they are secrets
    #[arg(long, value_name = "FILE", requires = "include_sas")]
    pub address_file: Option<String>,

    /// The slot whose key an AMS v2 account holds at present, where you know; without it, one of which nothing is known is given the key in
    /// use first. Repeat it or separate with commas; the name may be left out where one account is named
    #[arg(long, value_name = "[NAME=]SLOT", value_delimiter = ',', value_parser = held, requires = "media_v2", conflicts_with = "with_account")]
    pub media_v2_holds: Vec<Holds>,
}

/// What a user says that an AMS v2 account holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holds {
    /// The account's name, where it is told.
    name: Option<String>,
    slot: Slot,
}

impl std::fmt::Display for Holds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}={}", self.slot),
            None => write!(f, "{}", self.slot),
        }
    }
}

/// The slot on which a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FinishOn {
    /// The slot that was in use at first.
    Original,
    /// The slot that was not.
    Standby,
}

impl FinishOn {
    /// As it is written.
    fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Standby => "standby",
        }
    }
}

impl RollOptions {
    /// Refuses what makes no sense without something else, before anybody signs in.
    ///
    /// # Errors
    /// Usage, where addresses of SAS locators would change and nobody said where to write them.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.include_sas && self.address_file.is_none() { Err(address_file_missing()) } else { Ok(()) }
    }

    /// Takes down what the accounts are said to hold.
    ///
    /// # Errors
    /// Usage, for an account that is not named, is not given keys, or is not told from others.
    pub(super) fn declare(&self, scope: &mut Scope) -> Result<(), Problem> {
        for Holds { name, slot } in &self.media_v2_holds {
            let meant = |account: &&mut MediaV2Account| {
                name.as_ref().is_none_or(|name| MediaV2Account::name_in(&account.id).eq_ignore_ascii_case(name))
            };
            let mut meant: Vec<&mut MediaV2Account> = scope.media_v2.iter_mut().filter(meant).collect();
            let wrong = |what: String| Problem::usage("mediaV2HoldsUnclear", what);
            match (meant.as_mut_slice(), name) {
                ([account], _) if account.movement != Movement::Push => {
                    let name = MediaV2Account::name_in(&account.id);
                    return Err(wrong(format!("{name} reads the keys by itself, so that it holds whichever it chose"))
                        .hint("add --certificate, so that it is given keys, or leave --media-v2-holds out"));
                }
                ([account], _) if account.holds.is_some_and(|known| known != *slot) => {
                    return Err(wrong(format!("{} is said to hold both keys", MediaV2Account::name_in(&account.id)))
                        .hint("say --media-v2-holds once for each account"));
                }
                ([account], _) => account.holds = Some(*slot),
                (_, Some(name)) => {
                    return Err(wrong(format!("{name} of --media-v2-holds is none of the accounts of --media-v2"))
                        .hint("write NAME=SLOT with a name of --media-v2"));
                }
                (_, None) => {
                    return Err(wrong(format!("which of the accounts of --media-v2 holds {slot} was not said"))
                        .hint("write --media-v2-holds NAME=SLOT"));
                }
            }
        }
        Ok(())
    }

    /// As the planner takes them. The article on AMS v2 ends on the key with which it began, and so does a roll of everything with
    /// an account that is handed keys.
    ///
    /// # Errors
    /// Usage, when the file of addresses has no place.
    pub(super) fn resolve(&self, scope: &Scope) -> Result<Options, Problem> {
        let strategy = match (self.key, self.standby_only) {
            (Some(slot), _) => Strategy::OneSlot(slot),
            (None, true) => Strategy::StandbyOnly,
            (None, false) => Strategy::BothSlots,
        };
        let standard = Options::default();
        let handed = scope.media_v2.iter().any(|account| account.movement == Movement::Push);
        let finish_on_original = match self.finish_on {
            Some(finish_on) => finish_on == FinishOn::Original,
            None => handed && strategy == Strategy::BothSlots,
        };
        Ok(Options {
            strategy,
            finish_on_original,
            until: self.until,
            retire_after: self.retire_after,
            settle: self.settle,
            concurrency: self.concurrency.map_or(standard.concurrency, usize::from),
            address_file: self.address_file.as_deref().map(absolute).transpose()?,
        })
    }

    /// The options as they would be written again, so that the next command can be shown.
    #[must_use]
    pub(super) fn written(&self) -> Vec<String> {
        let duration = |name: &str, value: Option<Duration>| {
            value.map(|value| format!("{name} {}", humantime::format_duration(value).to_string().replace(' ', "")))
        };
        let mut options: Vec<String> = self.key.map(|slot| format!("--key {slot}")).into_iter().collect();
        options.extend(self.standby_only.then(|| "--standby-only".to_owned()));
        options.extend(self.finish_on.map(|finish_on| format!("--finish-on {}", finish_on.name())));
        options.extend(self.until.map(|act| format!("--until {act}")));
        options.extend(duration("--retire-after", self.retire_after));
        options.extend(duration("--settle", self.settle));
        options.extend(self.concurrency.map(|number| format!("--concurrency {number}")));
        options.extend(self.media_v2_holds.iter().map(|holds| format!("--media-v2-holds {}", quoted(&holds.to_string()))));
        options.extend(self.include_sas.then(|| "--include-sas".to_owned()));
        options.extend(self.address_file.as_ref().map(|place| format!("--address-file {}", quoted(place))));
        options
    }

    /// What of these makes a request another request.
    #[must_use]
    pub(super) fn identity(&self) -> Value {
        let mut written = self.written();
        written.retain(|option| !option.starts_with("--concurrency"));
        json!(written)
    }
}

/// A slot, as the command line takes it.
pub(super) fn slot(text: &str) -> Result<Slot, String> {
    text.parse().map_err(|problem: Problem| problem.hints.join("; "))
}

/// A slot, and whose it is.
fn held(text: &str) -> Result<Holds, String> {
    let (name, text) = text.rsplit_once('=').map_or((None, text), |(name, text)| (Some(name), text));
    let name = name.map(|name| MediaV2Account::name_in(name.trim()).to_owned());
    if name.as_ref().is_some_and(String::is_empty) {
        return Err("write NAME=SLOT".to_owned());
    }
    Ok(Holds { name, slot: slot(text)? })
}

/// A length of time, as the command line takes it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write a number and a unit, such as 30m, 24h or 7d".to_owned())
}

/// How long a roll waits, at most a year.
fn wait(text: &str) -> Result<Duration, String> {
    let wait = duration(text)?;
    if wait > LONGEST_WAIT {
        Err("a roll waits at most 1y; write a shorter time, such as 24h or 7d".to_owned())
    } else {
        Ok(wait)
    }
}

fn act(text: &str) -> Result<Act, String> {
    text.parse().map_err(|problem: Problem| problem.hints.join("; "))
}
