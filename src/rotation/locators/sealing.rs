//! Content keys on their way into the journal and out of it.

use crate::domain::locator::Locator;
use crate::domain::locator::streaming::ContentKeyValue;
use crate::domain::problem::Problem;
use crate::rotation::seal::{Place, Seal};

/// The code of what is sealed and cannot be opened, because there is no seal key.
pub(super) const UNAVAILABLE: &str = "sealKeyUnavailable";
/// The same, because there is another seal key.
pub(super) const DIFFERS: &str = "sealKeyDiffers";

/// What this process can seal and open with.
#[derive(Debug)]
pub enum Sealing {
    /// This key.
    With(Box<Seal>),
    /// Nothing, for this reason. Locators without content keys need nothing.
    Without(Box<Problem>),
}

impl Sealing {
    /// For locators that have no content keys.
    #[must_use]
    pub fn none() -> Self {
        Self::Without(Box::new(Problem::person(UNAVAILABLE, "there is no seal key")))
    }

    /// The seal, if there is one.
    #[must_use]
    pub fn seal(&self) -> Option<&Seal> {
        match self {
            Self::With(seal) => Some(seal),
            Self::Without(_) => None,
        }
    }

    fn needed(&self) -> Result<&Seal, Problem> {
        match self {
            Self::With(seal) => Ok(seal),
            Self::Without(problem) => Err((**problem).clone()),
        }
    }

    /// The locator as a journal may hold it: its content keys sealed, and nowhere else.
    ///
    /// # Errors
    /// When there is no seal key, or a value is not known.
    pub(super) fn sealed(&self, locator: &Locator, run: &str) -> Result<Locator, Problem> {
        let mut sealed = locator.clone();
        for key in sealed.streaming.iter_mut().flat_map(|streaming| &mut streaming.content_keys) {
            let value = key.value.take().ok_or_else(|| {
                Problem::person("contentKeyHidden", format!("the service does not tell content key {} of {}", key.id, locator.id))
            })?;
            let place = Place { run, locator: &locator.id, key: &key.id };
            key.sealed = Some(self.needed()?.seal(value.expose(), &place)?);
        }
        Ok(sealed)
    }

    /// The locator with the values of its content keys, as a journal held it.
    ///
    /// # Errors
    /// When there is no seal key, it is another one, or what was sealed does not open.
    pub(super) fn opened(&self, locator: &Locator, run: &str) -> Result<Locator, Problem> {
        let mut opened = locator.clone();
        for key in opened.streaming.iter_mut().flat_map(|streaming| &mut streaming.content_keys) {
            let place = Place { run, locator: &locator.id, key: &key.id };
            let sealed = key.sealed.take().ok_or_else(|| {
                Problem::person("sealBroken", format!("the journal does not hold content key {} of {}", key.id, locator.id))
            })?;
            let seal = self.needed().map_err(|problem| {
                let message =
                    format!("the content keys of {} are sealed, and the seal key {} is not there", locator.id, sealed.key);
                let missing = Problem::person(UNAVAILABLE, message).because(&problem);
                let missing = problem.hints.iter().fold(missing, Problem::hint);
                missing.hint(format!("give that key back and go on with keyroll resume --run-id {run}: nothing is lost"))
            })?;
            key.value = Some(ContentKeyValue::new(seal.open(&sealed, &place)?));
        }
        Ok(opened)
    }
}
