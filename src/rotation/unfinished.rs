//! Which runs, of whatever kind, are not finished on a resource: nobody deletes what another run still works on.

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::kind::RunKind;
use super::storage::Storage;
use super::{customer_key, journal, locators};

/// The unfinished runs whose account is this one, oldest first. Runs on locators know a media account by its name alone.
///
/// # Errors
/// When the state cannot be read: a run that cannot be understood is not known to be finished.
pub fn runs_on(storage: &dyn Storage, account: &ResourceId) -> Result<Vec<(RunKind, String)>, Problem> {
    let mut runs = Vec::new();
    for run in storage.runs()? {
        if storage.is_closed(&run)? {
            continue;
        }
        let Some(bytes) = storage.read_journal(&run)? else { continue };
        let kind = RunKind::of(&bytes);
        let (of, known_as) = match kind {
            RunKind::Rotation if !journal::is_finished(&bytes) => {
                (journal::head(&run, &bytes)?.map(|head| head.account), account.as_str())
            }
            RunKind::Locators if !locators::journal::is_finished(&bytes) && is_media(account) => {
                (locators::journal::head(&run, &bytes)?.map(|head| head.account), account.name())
            }
            RunKind::CustomerKey => {
                let state = customer_key::journal::state_of(storage, &run)?.filter(|state| state.outcome.is_none());
                (state.map(|state| state.head.account), account.as_str())
            }
            RunKind::Rotation | RunKind::Locators => continue,
        };
        if of.is_some_and(|of| of.eq_ignore_ascii_case(known_as)) {
            runs.push((kind, run));
        }
    }
    Ok(runs)
}

fn is_media(account: &ResourceId) -> bool {
    account.as_str().to_ascii_lowercase().contains("/providers/microsoft.media/")
}
