//! Which operation of AMS v2's OData service a request means.

use super::message::Incoming;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MediaV2Route {
    Locators,
    Locator,
    CreateLocator,
    DeleteLocator,
    MergeLocator,
    Policies,
    CreatePolicy,
    Assets,
    Jobs,
    Files,
    StreamingEndpoints,
    /// Anything at the address that all accounts once shared.
    Legacy,
    Unknown,
}

impl MediaV2Route {
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 13] = [
        Self::Locators,
        Self::Locator,
        Self::CreateLocator,
        Self::DeleteLocator,
        Self::MergeLocator,
        Self::Policies,
        Self::CreatePolicy,
        Self::Assets,
        Self::Jobs,
        Self::Files,
        Self::StreamingEndpoints,
        Self::Legacy,
        Self::Unknown,
    ];

    /// Reads a request. Both `/api/` and `/API/` stand in Microsoft's samples. A MERGE may travel as a POST with a header, which
    /// the service takes or not.
    pub(super) fn of(incoming: &Incoming, segments: &[String]) -> Self {
        let [api, set] = segments else { return Self::Unknown };
        if !api.eq_ignore_ascii_case("api") {
            return Self::Unknown;
        }
        let tunnelled = incoming.header("x-http-method") == "MERGE";
        match (incoming.method, set.as_str()) {
            ("GET", "Locators") => Self::Locators,
            ("POST", "Locators") => Self::CreateLocator,
            ("GET", "AccessPolicies") => Self::Policies,
            ("POST", "AccessPolicies") => Self::CreatePolicy,
            ("GET", "Assets") => Self::Assets,
            ("GET", "Jobs") => Self::Jobs,
            ("GET", "Files") => Self::Files,
            ("GET", "StreamingEndpoints") => Self::StreamingEndpoints,
            (method, entity) if entity.starts_with("Locators('") => match method {
                "GET" => Self::Locator,
                "DELETE" => Self::DeleteLocator,
                "MERGE" => Self::MergeLocator,
                "POST" if tunnelled => Self::MergeLocator,
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Locators => "odata.locators",
            Self::Locator => "odata.locator",
            Self::CreateLocator => "odata.createLocator",
            Self::DeleteLocator => "odata.deleteLocator",
            Self::MergeLocator => "odata.mergeLocator",
            Self::Policies => "odata.policies",
            Self::CreatePolicy => "odata.createPolicy",
            Self::Assets => "odata.assets",
            Self::Jobs => "odata.jobs",
            Self::Files => "odata.files",
            Self::StreamingEndpoints => "odata.streamingEndpoints",
            Self::Legacy => "odata.legacy",
            Self::Unknown => "odata.unknown",
        }
    }

    /// Whether it changes something.
    pub(super) fn is_change(self) -> bool {
        matches!(self, Self::CreateLocator | Self::DeleteLocator | Self::MergeLocator | Self::CreatePolicy)
    }
}
