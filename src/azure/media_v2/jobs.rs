//! Encoding jobs. One that is at work when its account is given another storage key may fail (AMS v2 article, step 2).

use serde::Deserialize;
use serde_json::Value;

use crate::domain::problem::Problem;

use super::MediaV2;
use super::wire;

/// A job that has not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// `nb:jid:UUID:…`.
    pub id: String,
    /// What it is doing: queued, scheduled, processing, canceling; or the number of a state that nobody documented.
    pub state: String,
}

impl MediaV2 {
    /// The jobs of the account that have not finished. All are read: whether the service filters by state is documented nowhere.
    ///
    /// # Errors
    /// As [`Client::send`](crate::azure::client::Client::send), and for rows of an unknown shape.
    pub async fn unfinished_jobs(&self) -> Result<Vec<Job>, Problem> {
        let mut unfinished = Vec::new();
        self.each_row("Jobs", None, |row| job(row).map(|job| unfinished.extend(job))).await?;
        Ok(unfinished)
    }
}

/// A job, unless it has finished. States as "Job entity" of the REST reference (2.19) numbers them.
fn job(row: Value) -> Result<Option<Job>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: String,
        state: u32,
    }
    let Row { id, state } = serde_json::from_value(row).map_err(|_| wire::malformed("a job"))?;
    let state = match state {
        0 => "queued".to_owned(),
        1 => "scheduled".to_owned(),
        2 => "processing".to_owned(),
        3..=5 => return Ok(None),
        6 => "canceling".to_owned(),
        other => format!("in state {other}"),
    };
    Ok(Some(Job { id, state }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finished_failed_and_canceled_jobs_are_over() {
        let of = |state: u32| job(json!({ "Id": "nb:jid:UUID:1", "State": state, "Name": "encode" })).expect("a job");
        let open: Vec<u32> = (0..8).filter(|state| of(*state).is_some()).collect();
        assert_eq!(open, [0, 1, 2, 6, 7]);
        assert_eq!(of(2).expect("open").state, "processing");
        assert_eq!(job(json!({ "Id": "nb:jid:UUID:1" })).expect_err("no state").code, "unexpectedAnswer");
    }
}
