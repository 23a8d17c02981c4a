//! The keys as the journal expects them.

use crate::domain::account::AccountKeys;
use crate::domain::problem::Problem;

use super::super::timing;
use super::{Failure, Worker};

/// How often a reading that does not match is taken again before it counts as drift: `listKeys` may be stale for a moment.
const READINGS: u32 = 5;

impl Worker {
    /// Both keys, equal to what the journal says that they are.
    ///
    /// # Errors
    /// Transient or final failures to read; drift when somebody else changed a slot.
    pub(super) async fn expected_keys(&self) -> Result<AccountKeys, Failure> {
        // Whoever comes while the keys are being read waits for that reading.
        let _reading = self.reading.lock().await;
        let expected = self.journal.borrow().state.keys.clone();
        if let Some(keys) = self.keys.borrow().as_ref().filter(|keys| keys.state(&self.account.id).changed(&expected).is_empty())
        {
            return Ok(keys.clone());
        }
        self.read_expected_keys().await
    }

    /// As [`Self::expected_keys`], read now.
    pub(super) async fn read_expected_keys(&self) -> Result<AccountKeys, Failure> {
        let expected = self.journal.borrow().state.keys.clone();
        let mut reading = 1;
        loop {
            let keys = self.client.list_keys(&self.account.id).await?;
            let changed = keys.state(&self.account.id).changed(&expected);
            if changed.is_empty() {
                self.keys.replace(Some(keys.clone()));
                return Ok(keys);
            }
            if reading == READINGS {
                return Err(Failure::Final(
                    self.drift(&changed.iter().map(|slot| slot.name()).collect::<Vec<_>>().join(" and ")),
                ));
            }
            reading += 1;
            self.client.clock().sleep(timing::BETWEEN_READS).await;
        }
    }

    /// Keys to work with where their generation does not matter (telling a pull dependent).
    pub(super) async fn any_keys(&self) -> Result<AccountKeys, Failure> {
        let _reading = self.reading.lock().await;
        if let Some(keys) = self.keys.borrow().as_ref() {
            return Ok(keys.clone());
        }
        let keys = self.client.list_keys(&self.account.id).await?;
        self.keys.replace(Some(keys.clone()));
        Ok(keys)
    }

    /// The problem of a slot that somebody else regenerated.
    pub(super) fn drift(&self, slots: &str) -> Problem {
        let run = self.journal.borrow().state.head.run_id.clone();
        Problem::drift("slotChanged", format!("{slots} of {} is not what this run left there: somebody else regenerated it", self.account.id.name()))
            .hint(format!("find out who (the activity log tells), end this run with keyroll abort --run-id {run}, and plan anew: what lost its key is moved first"))
    }
}
