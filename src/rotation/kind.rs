//! What kind of run a journal is of. Every kind has its own events; they share the folder, the chain and the locks.

use crate::contract;

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// A rotation of storage keys.
    Rotation,
    /// A customer-managed key of a media account.
    CustomerKey,
}

impl RunKind {
    /// The kind that the first line of a journal names; a rotation where it names nothing that is known.
    #[must_use]
    pub fn of(journal: &[u8]) -> Self {
        let first = journal.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let name = contract::customer_key::EVENT_SCHEMA.rsplit_once('/').map_or("", |(name, _)| name);
        let marker = format!("{{\"schema\":\"{name}/");
        if first.starts_with(marker.as_bytes()) { Self::CustomerKey } else { Self::Rotation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_kind_even_when_it_is_torn_or_newer() {
        assert_eq!(RunKind::of(b"{\"schema\":\"keyroll.customerKeyEvent/2\",\"se"), RunKind::CustomerKey);
        assert_eq!(RunKind::of(b"{\"schema\":\"keyroll.event/1\"}\n"), RunKind::Rotation);
        assert_eq!(RunKind::of(b""), RunKind::Rotation);
    }
}
