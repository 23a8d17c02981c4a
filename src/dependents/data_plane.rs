//! The account's own data plane: on which services a key has to work for its dependents.

use crate::domain::account::{Service, StorageAccount};
use crate::domain::dependent::{Dependent, Movement};

/// The services that dependents use, in order, as far as the account has them. An account of which nothing is known to
/// depend is tried on all of its services, since anybody may use any.
#[must_use]
pub fn services_in_use(account: &StorageAccount, dependents: &[Dependent]) -> Vec<Service> {
    let holders: Vec<&Dependent> = dependents.iter().filter(|dependent| dependent.movement != Movement::NoKey).collect();
    let used = |service: &Service| holders.is_empty() || holders.iter().any(|holder| holder.services.contains(service));
    Service::ALL.into_iter().filter(|service| account.endpoint(*service).is_some() && used(service)).collect()
}
