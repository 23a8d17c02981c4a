//! AMS v2's encoding jobs: they begin, are at work, and finish.

use serde_json::{Value, json};
use time::Duration;

use crate::contract::world::JobV2;

use super::odata::{MediaV2, stamp};
use super::state::State;

/// The state of a job that has finished.
const FINISHED: u32 = 3;

impl State {
    /// The jobs of an account that were submitted by now, as rows.
    pub(super) fn jobs_of(&self, account: &MediaV2) -> Vec<Value> {
        let at = |minutes: i64| self.start + Duration::minutes(minutes);
        let submitted = |job: &&JobV2| job.begins_in_minutes.is_none_or(|minutes| at(minutes) <= self.now);
        let row = |job: &JobV2| {
            let over = job.ends_in_minutes.is_some_and(|minutes| at(minutes) <= self.now);
            let state = if over { FINISHED } else { job.state };
            let created = at(job.begins_in_minutes.unwrap_or(-60));
            json!({ "Id": job.id, "Name": "encode", "Created": stamp(created), "Priority": 0, "State": state, "TemplateId": null })
        };
        account.jobs.iter().filter(submitted).map(row).collect()
    }
}
