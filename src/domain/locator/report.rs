//! What a run that recreates locators came to: the fold of its journal that people read.

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;
use crate::domain::streaming::After;

use super::LocatorKind;
use super::away::Away;
use super::seal::SealSource;

/// Where one locator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is back as it was.
    Restored,
    /// Nothing was done to it, and nothing will be.
    Left,
    /// It has not been begun.
    Open,
    /// It is there and will be recreated, or was and is not proven yet.
    Begun,
    /// It is deleted and not made again yet.
    Deleted,
    /// It needs somebody.
    Failed,
}

impl Standing {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Left => "left",
            Self::Open => "open",
            Self::Begun => "begun",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }
}

/// One locator as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorLine {
    /// Its id.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What it is.
    pub kind: LocatorKind,
    /// Its asset's id.
    pub asset: String,
    /// Until when it works.
    pub expires: OffsetDateTime,
    /// Where it stands.
    pub standing: Standing,
    /// What is known, in one clause.
    pub how: String,
    /// When it was away.
    pub away: Away,
}

/// A run as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorReport {
    /// Its id.
    pub run_id: String,
    /// The media account.
    pub account: String,
    /// Where it stands.
    pub status: RunStatus,
    /// When it began.
    pub started: OffsetDateTime,
    /// When it was over, if it is.
    pub finished: Option<OffsetDateTime>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// The rotation that it is a part of.
    pub parent: Option<String>,
    /// keyroll's version that began it.
    pub tool: String,
    /// Object ids of those who acted.
    pub identities: Vec<String>,
    /// The file that old and new addresses of SAS locators went to.
    pub address_file: Option<String>,
    /// Which key seals the content keys of its locators, where some have any.
    pub seal: Option<SealSource>,
    /// The locators.
    pub locators: Vec<LocatorLine>,
    /// How their streaming URLs fared; nothing where that was not to be checked.
    pub streaming: Option<After>,
    /// What stopped it, if something did.
    pub problem: Option<Problem>,
}

impl LocatorReport {
    /// How many locators stand there.
    #[must_use]
    pub fn count(&self, standing: Standing) -> usize {
        self.locators.iter().filter(|line| line.standing == standing).count()
    }

    /// How long the locators that are back were away: the longest time and the median; nothing where none was.
    #[must_use]
    pub fn away(&self) -> Option<(Duration, Duration)> {
        let mut times: Vec<Duration> = self.locators.iter().filter_map(|line| line.away.lasted()).collect();
        times.sort_unstable();
        Some((*times.last()?, times[times.len() / 2]))
    }

    /// `3 restored, 1 left`, without what there is none of.
    #[must_use]
    pub fn summary(&self) -> String {
        use Standing::{Begun, Deleted, Failed, Left, Open, Restored};
        let counts = [Restored, Left, Begun, Deleted, Open, Failed].map(|standing| (self.count(standing), standing.name()));
        let parts: Vec<String> =
            counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
        if parts.is_empty() { "no locator".to_owned() } else { parts.join(", ") }
    }
}
