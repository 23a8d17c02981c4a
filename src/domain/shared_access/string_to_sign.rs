//! The string that each kind and version of a shared access signature signs.

use url::form_urlencoded;

use super::{Family, SharedAccess, Signer};

/// The oldest version that is understood; AMS v3 and everything since use a newer one.
const OLDEST: &str = "2015-04-05";
/// From here on a blob's signature covers the kind of resource and the snapshot time.
const WITH_RESOURCE: &str = "2018-11-09";
/// From here on it covers the encryption scope.
const WITH_ENCRYPTION_SCOPE: &str = "2020-12-06";

impl SharedAccess {
    /// What was signed, or why that cannot be told.
    pub(super) fn string_to_sign(&self, account: &str, path: Option<&str>) -> Result<String, Signer> {
        let version = self.get("sv");
        if version < OLDEST {
            return Err(Signer::Unknown("its version is older than 2015-04-05"));
        }
        // The account's name is signed as the service knows it: in lower case.
        let account = &account.to_ascii_lowercase();
        let fields: Vec<&str> = match self.family() {
            Family::UserDelegation => return Err(Signer::UserDelegation),
            Family::Account => {
                let mut fields = vec![account.as_str()];
                fields.extend(["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(|name| self.get(name)));
                if version >= WITH_ENCRYPTION_SCOPE {
                    fields.push(self.get("ses"));
                }
                fields.push("");
                return Ok(fields.join("\n"));
            }
            Family::Blob if version >= WITH_ENCRYPTION_SCOPE => {
                vec!["si", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl", "rsct"]
            }
            Family::Blob if version >= WITH_RESOURCE => {
                vec!["si", "sip", "spr", "sv", "sr", "snapshot", "rscc", "rscd", "rsce", "rscl", "rsct"]
            }
            Family::Blob | Family::File => vec!["si", "sip", "spr", "sv", "rscc", "rscd", "rsce", "rscl", "rsct"],
            Family::Queue => vec!["si", "sip", "spr", "sv"],
            Family::Table => vec!["si", "sip", "spr", "sv", "spk", "srk", "epk", "erk"],
        };
        let resource = self.canonical_resource(account, path)?;
        let mut lines = vec![self.get("sp"), self.get("st"), self.get("se"), resource.as_str()];
        for name in fields {
            lines.push(if name == "snapshot" { self.snapshot()? } else { self.get(name) });
        }
        Ok(lines.join("\n"))
    }

    /// The time of the snapshot or version that the URL names; empty for anything else.
    fn snapshot(&self) -> Result<&str, Signer> {
        let time = match self.get("sr") {
            "bs" => self.get("snapshot"),
            "bv" => self.get("versionid"),
            _ => return Ok(""),
        };
        if time.is_empty() { Err(Signer::Unknown("it does not name the snapshot that it opens")) } else { Ok(time) }
    }

    /// `/blob/ACCOUNT/CONTAINER[/BLOB]` and its siblings, decoded.
    fn canonical_resource(&self, account: &str, path: Option<&str>) -> Result<String, Signer> {
        if self.family() == Family::Table {
            return Ok(format!("/table/{account}/{}", self.get("tn").to_lowercase()));
        }
        let segments = self.segments(account, path);
        let depth = match self.get("sr") {
            "b" | "bs" | "bv" | "f" => segments.len(),
            "d" => {
                1 + self
                    .get("sdd")
                    .parse::<usize>()
                    .map_err(|_| Signer::Unknown("it does not tell the depth of its directory"))?
            }
            _ => 1,
        };
        if segments.is_empty() || segments.len() < depth {
            return Err(Signer::Unknown("it is a query without the address that it opens"));
        }
        let opened = segments[..depth].join("/");
        Ok(match self.family() {
            Family::File => format!("/file/{account}/{opened}"),
            Family::Queue => format!("/queue/{account}/{opened}"),
            // A blob directly under the account lies in the root container.
            _ if depth == 1 && matches!(self.get("sr"), "b" | "bs" | "bv") => format!("/blob/{account}/$root/{opened}"),
            _ => format!("/blob/{account}/{opened}"),
        })
    }

    fn segments(&self, account: &str, path: Option<&str>) -> Vec<String> {
        let Some(address) = &self.address else {
            return path.unwrap_or_default().split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        };
        let decoded = address.path().trim_matches('/').split('/').map(decode).filter(|segment| !segment.is_empty());
        let mut segments: Vec<String> = decoded.collect();
        // An emulator carries the account in the path: its host does not begin with the account's name.
        let host_style = address.host_str().is_some_and(|host| host.to_ascii_lowercase().starts_with(account));
        if !host_style && segments.first().is_some_and(|first| first.eq_ignore_ascii_case(account)) {
            segments.remove(0);
        }
        segments
    }
}

fn decode(segment: &str) -> String {
    let pair = format!("p={}", segment.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
