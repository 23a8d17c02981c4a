//! Where a served simulation is, for whoever started it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

/// The schema of this document.
pub const SCHEMA: &str = "keyroll.served/1";

/// A simulation on this machine, and what a client of it needs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServedDocument<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// For `--cloud`.
    pub cloud_file: &'a Path,
    /// For `--auth token-file=PATH`.
    pub token_file: &'a Path,
    /// The world's clock.
    pub clock_file: &'a Path,
    /// The port of plain http: the identity endpoint and the proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_port: Option<u16>,
    /// What `HTTPS_PROXY` has to be for clients of the untouched cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The certificate that a client has to trust, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_file: Option<&'a Path>,
    /// A certificate that classic service management takes, with its key, as PEM: for `--certificate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_certificate_file: Option<&'a Path>,
    /// The variables that az has to be given, by the name of the way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environments: BTreeMap<String, BTreeMap<String, String>>,
}
