//! What goes wrong in a world, and when.

use serde::{Deserialize, Serialize};

/// One fault: what happens, on which calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The route: a whole name (`storage.regenerateKey`), a group (`storage.*`) or all (`*`).
    pub route: String,
    /// The first matching call that it hits, from 1; absent when a probability decides.
    #[serde(default)]
    pub nth: Option<u64>,
    /// How likely each matching call is hit, 0 to 1, when no number is given.
    #[serde(default)]
    pub probability: f64,
    /// How many calls it hits in all.
    #[serde(default = "default_times")]
    pub times: u64,
    /// What happens.
    pub kind: FaultKind,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "what")]
pub enum FaultKind {
    /// 429 with `Retry-After`, nothing done.
    Throttle {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// 429 without `Retry-After`: the wait stands only in the message, nothing done.
    ThrottleInText {
        /// Seconds to wait.
        seconds: u64,
    },
    /// This status with a service's error body, nothing done.
    Status {
        /// 408, 500, 503, 504, …
        code: u16,
    },
    /// No connection at all.
    ConnectionRefused,
    /// The connection breaks before the request arrived.
    ResetBefore,
    /// The change happens, the answer is lost.
    ResetAfter,
    /// The answer is lost and the change happens later (`late_effect_seconds` of the world; only regenerates and what is
    /// made or deleted of locators wait).
    LateEffect,
    /// A gateway answers this status although the change happened.
    StatusAfter {
        /// 500, 503, 504.
        code: u16,
    },
    /// The same answer as the last time that this was asked, if that was within ten minutes; reads only.
    StaleRead,
    /// The body ends in the middle.
    TruncatedBody,
    /// A 200 whose body is somebody else's HTML.
    WrongBody,
    /// A 500 whose message has a million characters, control characters among them.
    HugeError,
    /// The answer takes longer.
    Slow {
        /// Seconds more.
        seconds: u64,
    },
    /// Long-running operations begun here never end.
    EndlessOperation,
    /// The request arrives twice; the answer is the second one's.
    DuplicateDelivery,
    /// The bearer token counts as expired, whatever it says.
    ExpiredToken,
    /// A read-only lock appears on the resource's group, before the call is looked at.
    LockAppears,
    /// The caller loses the action that this call needs.
    PermissionLost,
    /// The service changes the slot that was not asked for.
    WrongSlot,
    /// The service changes both slots.
    BothSlots,
    /// Somebody else regenerates a slot of the first account just before this call.
    OthersRegenerate {
        /// `key1` or `key2`.
        slot: String,
    },
    /// Somebody else's deployment writes the key of a slot into every user datastore just before this call.
    OthersDeploy {
        /// `key1` or `key2`.
        slot: String,
    },
    /// Resource Graph answers only its first row and says that the result is complete.
    PartialGraph,
    /// Everything on this route answers 503 from this call on.
    Outage {
        /// For how many seconds.
        seconds: u64,
    },
    /// The caller's clock jumps.
    ClockJump {
        /// By so many seconds, negative for backwards.
        seconds: i64,
    },
    /// The caller's process dies.
    Crash {
        /// Before or after the change.
        moment: Moment,
    },
}

/// Before or after the change that a call makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    /// Nothing happened yet.
    Before,
    /// It has happened.
    After,
}

/// Every route that a fault can be scheduled on.
pub const ROUTES: &[&str] = &[
    "subscription.list",
    "subscription.get",
    "storage.list",
    "storage.get",
    "storage.listKeys",
    "storage.regenerateKey",
    "media.list",
    "media.get",
    "media.syncStorageKeys",
    "media.assets",
    "media.listContainerSas",
    "classic.putKey",
    "workspace.list",
    "workspace.get",
    "workspace.listKeys",
    "workspace.resyncKeys",
    "workspace.operation",
    "datastore.list",
    "datastore.get",
    "datastore.put",
    "datastore.listSecrets",
    "batch.list",
    "batch.get",
    "batch.syncAutoStorageKeys",
    "vault.list",
    "vault.get",
    "secret.list",
    "secret.get",
    "secret.versions",
    "secret.put",
    "secret.storage",
    "graph.query",
    "lock.list",
    "permission.list",
    "policy.acquireToken",
    "media.streamingLocators",
    "media.asset",
    "media.assetLocators",
    "media.streamingPolicies",
    "media.streamingPolicy",
    "media.contentKeyPolicy",
    "media.accountFilter",
    "media.assetFilter",
    "streamingLocator.get",
    "streamingLocator.put",
    "streamingLocator.delete",
    "streamingLocator.listPaths",
    "streamingLocator.listContentKeys",
    "media.streamingEndpoints",
    "media.streamingEndpoint",
    "streaming.get",
    "catalog.tenants",
    "catalog.groups",
    "catalog.group",
    "catalog.resources",
    "catalog.providers",
    "signIn.discovery",
    "signIn.token",
    "signIn.managedIdentity",
    "signIn.metadata",
    "data.blob",
    "data.file",
    "data.queue",
    "data.table",
    "odata.locators",
    "odata.locator",
    "odata.createLocator",
    "odata.deleteLocator",
    "odata.mergeLocator",
    "odata.policies",
    "odata.createPolicy",
    "odata.assets",
    "odata.jobs",
    "odata.files",
    "odata.streamingEndpoints",
    "odata.legacy",
    "odata.unknown",
];

/// The routes of customer-managed keys, which faults can be scheduled on, too.
pub const CUSTOMER_KEY_ROUTES: [&str; 22] = [
    "storage.put",
    "storage.delete",
    "storage.operation",
    "storage.contents",
    "media.put",
    "media.delete",
    "media.operation",
    "vault.put",
    "vault.patch",
    "vault.delete",
    "vault.access",
    "vault.deleted",
    "key.get",
    "key.versions",
    "key.create",
    "key.update",
    "key.delete",
    "key.deleted",
    "key.recover",
    "role.list",
    "role.put",
    "identity.get",
];

fn default_times() -> u64 {
    1
}

impl Fault {
    /// A fault that hits the `nth` matching call once.
    #[must_use]
    pub fn at(route: &str, nth: u64, kind: FaultKind) -> Self {
        Self { route: route.to_owned(), nth: Some(nth), probability: 0.0, times: 1, kind }
    }

    /// A fault that hits each matching call with this likelihood, at most `times` times.
    #[must_use]
    pub fn sometimes(route: &str, probability: f64, times: u64, kind: FaultKind) -> Self {
        Self { route: route.to_owned(), nth: None, probability, times, kind }
    }

    /// Whether the route is written so that some call can be meant.
    #[must_use]
    pub fn means_something(&self) -> bool {
        ROUTES.iter().chain(&CUSTOMER_KEY_ROUTES).any(|route| self.means(route))
    }

    /// Whether a route's name is meant.
    #[must_use]
    pub fn means(&self, route: &str) -> bool {
        self.route == "*"
            || self.route == route
            || self.route.strip_suffix('*').is_some_and(|group| group.ends_with('.') && route.starts_with(group))
    }
}

impl FaultKind {
    /// The name in histograms: the tag of the JSON form.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Throttle { .. } => "throttle",
            Self::ThrottleInText { .. } => "throttleInText",
            Self::Status { code: 403 } => "status403",
            Self::Status { code: 404 } => "status404",
            Self::Status { .. } => "status",
            Self::ConnectionRefused => "connectionRefused",
            Self::ResetBefore => "resetBefore",
            Self::ResetAfter => "resetAfter",
            Self::LateEffect => "lateEffect",
            Self::StatusAfter { .. } => "statusAfter",
            Self::StaleRead => "staleRead",
            Self::TruncatedBody => "truncatedBody",
            Self::WrongBody => "wrongBody",
            Self::HugeError => "hugeError",
            Self::Slow { .. } => "slow",
            Self::EndlessOperation => "endlessOperation",
            Self::DuplicateDelivery => "duplicateDelivery",
            Self::ExpiredToken => "expiredToken",
            Self::LockAppears => "lockAppears",
            Self::PermissionLost => "permissionLost",
            Self::WrongSlot => "wrongSlot",
            Self::BothSlots => "bothSlots",
            Self::OthersRegenerate { .. } => "othersRegenerate",
            Self::OthersDeploy { .. } => "othersDeploy",
            Self::PartialGraph => "partialGraph",
            Self::Outage { .. } => "outage",
            Self::ClockJump { .. } => "clockJump",
            Self::Crash { .. } => "crash",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_means_a_route_a_group_or_all() {
        let fault = |route: &str| Fault::at(route, 1, FaultKind::ResetBefore);
        assert!(fault("*").means("storage.listKeys"));
        assert!(fault("storage.*").means("storage.listKeys"));
        assert!(fault("storage.listKeys").means("storage.listKeys"));
        assert!(!fault("storage.list*").means("storage.listKeys"), "only whole groups");
        assert!(!fault("stor").means("storage.listKeys"));
    }

    #[test]
    fn the_name_of_a_fault_is_its_tag() {
        for kind in [FaultKind::Throttle { retry_after: 1 }, FaultKind::LateEffect, FaultKind::Crash { moment: Moment::After }] {
            let json = serde_json::to_value(&kind).expect("serialises");
            assert_eq!(json["what"], kind.name());
        }
    }
}
