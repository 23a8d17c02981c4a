//! What kind of run a journal is of. Every kind has its own events; they share the folder, the chain and the locks.

use crate::contract;

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// A rotation of storage keys.
    Rotation,
    /// A customer-managed key of a media account.
    CustomerKey,
    /// Locators that are recreated.
    Locators,
}

impl RunKind {
    /// The kind that the first line of a journal names; a rotation where it names nothing that is known.
    #[must_use]
    pub fn of(journal: &[u8]) -> Self {
        let first = journal.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let names = |schema: &str| {
            let name = schema.rsplit_once('/').map_or("", |(name, _)| name);
            first.starts_with(format!("{{\"schema\":\"{name}/").as_bytes())
        };
        match () {
            () if names(contract::customer_key::EVENT_SCHEMA) => Self::CustomerKey,
            () if names(contract::locator::EVENT_SCHEMA) => Self::Locators,
            () => Self::Rotation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_kind_even_when_it_is_torn_or_newer() {
        assert_eq!(RunKind::of(b"{\"schema\":\"keyroll.customerKeyEvent/2\",\"se"), RunKind::CustomerKey);
        assert_eq!(RunKind::of(b"{\"schema\":\"keyroll.locatorEvent/2\",\"se"), RunKind::Locators);
        assert_eq!(RunKind::of(b"{\"schema\":\"keyroll.event/1\"}\n"), RunKind::Rotation);
        assert_eq!(RunKind::of(b""), RunKind::Rotation);
    }
}
