//! The certificate authority of a served world: made once, kept in a folder, trusted by whoever tests against it.
//!
//! Only the authority's key is kept, for its owner alone. The server's own certificate is made anew each time and never
//! leaves the process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::contract::world::World;
use crate::domain::problem::Problem;

use super::client_files::place;

/// What tells that a folder is ours, and until when its certificate is valid.
const MARK: &str = "keyroll-authority.json";
const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";

/// How long a new authority is valid.
const VALIDITY: time::Duration = time::Duration::days(30);

/// How much of that must be left for it to be used once more.
const REST: time::Duration = time::Duration::days(1);

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    schema: String,
    not_after: String,
}

const SCHEMA: &str = "keyroll.authority/1";

/// A certificate authority in its folder.
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Opens the authority in a folder, or makes one in a new or empty folder, or in place of one of ours that has expired.
    ///
    /// # Errors
    /// When the folder holds anything else, or cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, Problem> {
        let now = machine_time();
        let kept = match mark(folder)? {
            Some(mark) => valid(&mark, now),
            None => false,
        };
        if !kept {
            make(folder, now)?;
        }
        let path = folder.join(KEY);
        let pem = fs::read_to_string(&path).map_err(|error| damaged(folder).because(error))?;
        let key = KeyPair::from_pem(&pem).map_err(|error| damaged(folder).because(error))?;
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Ok(Self { folder, issuer: Issuer::new(parameters(now), key) })
    }

    /// The certificate that a client has to trust, as PEM.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// A server's certificate for these names and addresses, with its key.
    ///
    /// # Errors
    /// When one of them cannot stand in a certificate.
    pub fn leaf(&self, names: &[String]) -> Result<Arc<CertifiedKey>, Problem> {
        let mut leaf = CertificateParams::new(names).map_err(unusable)?;
        let now = machine_time();
        leaf.not_before = now - time::Duration::DAY;
        leaf.not_after = now + VALIDITY;
        leaf.distinguished_name = named("keyroll simulate serve");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(unusable)?;
        let certificate = leaf.signed_by(&key, &self.issuer).map_err(unusable)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = aws_lc_rs::default_provider();
        CertifiedKey::from_der(vec![certificate.der().clone()], private, &provider).map(Arc::new).map_err(unusable)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Every name and address under which a world may be asked for.
#[must_use]
pub fn names(world: &World) -> Vec<String> {
    let endpoints = &world.endpoints;
    let mut names: Vec<String> = ["127.0.0.1", "::1", "localhost"].map(str::to_owned).into();
    names.extend([endpoints.resource_manager.clone(), endpoints.login.clone()]);
    names.extend(["login.windows.net", "management.core.windows.net", "media.windows.net"].map(str::to_owned));
    names.push(endpoints.classic_management.clone());
    for service in ["blob", "file", "queue", "table", "dfs"] {
        names.push(format!("*.{service}.{}", endpoints.storage_suffix));
    }
    names.push(format!("*.{}", endpoints.key_vault_suffix));
    names.extend(["*.streaming.media.azure.net", "*.streaming.mediaservices.windows.net", "*.api.azureml.ms"].map(str::to_owned));
    // A wildcard stands for one label, and the region is one of its own.
    names.extend(world.media_accounts.iter().map(|media| {
        let region = media.location.replace(' ', "").to_ascii_lowercase();
        format!("*.restv2.{region}.media.azure.net")
    }));
    names.sort();
    names.dedup();
    names
}

/// The mark of our folder; `None` for a folder that is new or empty.
fn mark(folder: &Path) -> Result<Option<Mark>, Problem> {
    let unreadable = |error| Problem::failed("folderUnreadable", format!("{} cannot be read", folder.display())).because(error);
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(unreadable(error)),
    };
    if is_empty {
        return Ok(None);
    }
    let text = fs::read_to_string(folder.join(MARK)).ok();
    let mark = text.and_then(|text| serde_json::from_str::<Mark>(&text).ok()).filter(|mark| mark.schema == SCHEMA);
    mark.map(Some).ok_or_else(|| {
        Problem::usage("authorityNotOurs", format!("{} holds files, and no certificate authority of keyroll", folder.display()))
            .hint("name a new or an empty folder with --ca-dir")
    })
}

fn valid(mark: &Mark, now: OffsetDateTime) -> bool {
    OffsetDateTime::parse(&mark.not_after, &Rfc3339).is_ok_and(|until| until > now + REST)
}

fn make(folder: &Path, now: OffsetDateTime) -> Result<(), Problem> {
    let parameters = parameters(now);
    let key = KeyPair::generate().map_err(unusable)?;
    let certificate = parameters.self_signed(&key).map_err(unusable)?;
    let not_after = parameters.not_after.format(&Rfc3339).unwrap_or_default();
    let mark = Mark { schema: SCHEMA.to_owned(), not_after };
    // The mark comes first: whatever happens after it, the folder is ours.
    place(folder, MARK, &serde_json::to_string(&mark).unwrap_or_default())?;
    place(folder, KEY, &key.serialize_pem())?;
    place(folder, CERTIFICATE, &certificate.pem())?;
    Ok(())
}

fn parameters(now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.not_before = now - time::Duration::DAY;
    parameters.not_after = now + VALIDITY;
    parameters.distinguished_name = named("keyroll simulated Azure, for tests on this machine only");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    parameters
}

pub(super) fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// Certificates are looked at by other programs, by the machine's clock, however fast the world's runs.
pub(super) fn machine_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub(super) fn unusable(error: impl std::fmt::Display) -> Problem {
    Problem::failed("certificateNotMade", "the certificates of the simulated Azure cannot be made").because(error)
}

fn damaged(folder: &Path) -> Problem {
    Problem::failed("authorityDamaged", format!("the certificate authority in {} has lost its key", folder.display()))
        .hint("delete the folder, and let clients trust the new authority")
}

#[cfg(test)]
mod tests;
