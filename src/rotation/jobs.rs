//! AMS v2 jobs that have not finished: an account that is given another key while they are at work may fail them, so a plan
//! names them (`jobs-RESOURCE`) and nothing is sent before that is accepted.

use crate::azure::client::Client;
use crate::azure::media_v2::{Job, MediaV2};
use crate::domain::dependent::{Dependent, DependentKind};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::{Kind, Problem};

/// How many ids are told; the rest is counted.
const TOLD: usize = 5;

/// What is known of the jobs of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// None is at work.
    None,
    /// These are, in one clause: `2 jobs have not finished: nb:jid:UUID:… (processing), …`.
    AtWork(String),
    /// Nobody could look, and why.
    Unseen(String),
}

impl Jobs {
    /// What has to be accepted, if anything.
    #[must_use]
    pub fn concern(&self, account: &str) -> Option<String> {
        match self {
            Self::None => None,
            Self::AtWork(jobs) => Some(format!("{jobs}; those of {account} may fail when it is given another key")),
            Self::Unseen(why) => Some(format!("whether jobs of {account} are at work is not known ({why}); they may fail")),
        }
    }
}

/// The name under which a plan has them accepted.
#[must_use]
pub fn acceptance_of(dependent: &Dependent) -> String {
    format!("jobs-{}", dependent.name)
}

/// Looks for the jobs of a dependent, which only AMS v2 accounts have.
///
/// # Errors
/// When the account could not be asked for a reason that is not its own: no sign-in, an interrupt, an outage.
pub async fn look(client: &Client, accounts: &[MediaV2Account], dependent: &Dependent) -> Result<Jobs, Problem> {
    if dependent.kind != DependentKind::MediaV2Account {
        return Ok(Jobs::None);
    }
    match accounts.iter().find(|account| dependent.is(&account.id)) {
        Some(account) => of(client, account).await,
        None => Ok(Jobs::None),
    }
}

/// Looks for the jobs of an account.
///
/// # Errors
/// As [`look`].
pub async fn of(client: &Client, account: &MediaV2Account) -> Result<Jobs, Problem> {
    let Some(endpoint) = &account.endpoint else {
        return Ok(Jobs::Unseen("the address of its OData service is not known".to_owned()));
    };
    match MediaV2::at(client.clone(), endpoint)?.unfinished_jobs().await {
        Ok(jobs) if jobs.is_empty() => Ok(Jobs::None),
        Ok(jobs) => Ok(Jobs::AtWork(told(&jobs))),
        Err(problem) if is_refusal(&problem) => Ok(Jobs::Unseen(problem.message)),
        Err(problem) => Err(problem),
    }
}

/// An answer that patience does not mend: 403, 404, another shape.
fn is_refusal(problem: &Problem) -> bool {
    let unreadable = problem.code == "unexpectedAnswer";
    unreadable
        || matches!((problem.kind, problem.http_status), (Kind::NotFound | Kind::Permission, Some(status)) if status != 401)
}

fn told(jobs: &[Job]) -> String {
    let shown: Vec<String> = jobs.iter().take(TOLD).map(|job| format!("{} ({})", job.id, job.state)).collect();
    let more = if jobs.len() > TOLD { format!(" and {} more", jobs.len() - TOLD) } else { String::new() };
    let count = if jobs.len() == 1 { "1 job has".to_owned() } else { format!("{} jobs have", jobs.len()) };
    format!("{count} not finished: {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_jobs_are_told_and_the_rest_is_counted() {
        let jobs: Vec<Job> = (0..7).map(|id| Job { id: format!("j{id}"), state: "queued".into() }).collect();
        assert_eq!(told(&jobs[..1]), "1 job has not finished: j0 (queued)");
        assert!(told(&jobs).starts_with("7 jobs have not finished: j0 (queued), j1 (queued),"));
        assert!(told(&jobs).ends_with("j4 (queued) and 2 more"));
    }
}
