//! Shared Key as the storage services verify it ("Authorize with Shared Key", version 2015-02-21 and later).

use crate::domain::account::Service;

use super::message::{Incoming, decoded};

/// What an `Authorization: SharedKey account:signature` header says.
pub(super) struct Claim {
    /// The account named in it.
    pub account: String,
    /// The signature in base64.
    pub signature: String,
    /// What must have been signed.
    pub string_to_sign: String,
}

impl Claim {
    /// Reads the claim of a request; `None` when it makes none, or not in this scheme.
    pub(super) fn read(incoming: &Incoming, service: Service) -> Option<Self> {
        let (account, signature) = incoming.header("authorization").strip_prefix("SharedKey ")?.split_once(':')?;
        let string_to_sign = match service {
            Service::Table => table_string(incoming, account),
            Service::Blob | Service::File | Service::Queue => string(incoming, account),
        };
        Some(Self { account: account.to_owned(), signature: signature.to_owned(), string_to_sign })
    }
}

/// Blob, queue and file: twelve standard headers, the `x-ms-` headers, the resource with every query parameter.
fn string(incoming: &Incoming, account: &str) -> String {
    let length = incoming.header("content-length");
    let mut text = format!("{}\n", incoming.method);
    for value in [
        incoming.header("content-encoding"),
        incoming.header("content-language"),
        if length == "0" { "" } else { length },
        incoming.header("content-md5"),
        incoming.header("content-type"),
        if incoming.headers.contains_key("x-ms-date") { "" } else { incoming.header("date") },
        incoming.header("if-modified-since"),
        incoming.header("if-match"),
        incoming.header("if-none-match"),
        incoming.header("if-unmodified-since"),
        incoming.header("range"),
    ] {
        text.push_str(value);
        text.push('\n');
    }
    for (name, value) in &incoming.headers {
        if name.starts_with("x-ms-") {
            text.extend([name, ":", value.trim(), "\n"]);
        }
    }
    text.extend(["/", account, incoming.url.path()]);
    let mut parameters: Vec<(String, String)> =
        pairs(incoming).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    parameters.sort();
    let mut last = None;
    for (name, value) in parameters {
        if last.as_ref() == Some(&name) {
            text.extend([",", &value]);
        } else {
            text.extend(["\n", &name, ":", &value]);
        }
        last = Some(name);
    }
    text
}

/// Tables: no headers but four, the date always, and of the query only `comp`.
fn table_string(incoming: &Incoming, account: &str) -> String {
    let date = if incoming.headers.contains_key("x-ms-date") { incoming.header("x-ms-date") } else { incoming.header("date") };
    let mut resource = format!("/{account}{}", incoming.url.path());
    if let Some((_, value)) = pairs(incoming).into_iter().find(|(name, _)| name == "comp") {
        resource.extend(["?comp=", &value]);
    }
    format!("{}\n{}\n{}\n{date}\n{resource}", incoming.method, incoming.header("content-md5"), incoming.header("content-type"))
}

/// The query parameters decoded, a plus sign kept.
fn pairs(incoming: &Incoming) -> Vec<(String, String)> {
    let query = incoming.url.query().unwrap_or_default();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn incoming(url: &str, headers: &[(&str, &str)]) -> Incoming {
        Incoming {
            method: "GET",
            url: url.parse().expect("a URL"),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
            body: Vec::new(),
        }
    }

    #[test]
    fn the_documents_own_example_is_reproduced() {
        // "Authorize with Shared Key", the example for Get Container Metadata.
        let request = incoming(
            "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20",
            &[
                ("authorization", "SharedKey myaccount:sig=="),
                ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
                ("x-ms-version", "2015-02-21"),
            ],
        );
        let claim = Claim::read(&request, Service::Blob).expect("a claim");
        assert_eq!((claim.account.as_str(), claim.signature.as_str()), ("myaccount", "sig=="));
        assert_eq!(
            claim.string_to_sign,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn tables_sign_other_things() {
        let request = incoming(
            "https://myaccount.table.core.windows.net/Tables?$top=1",
            &[
                ("authorization", "SharedKey myaccount:x"),
                ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
                ("x-ms-version", "2019-02-02"),
            ],
        );
        let claim = Claim::read(&request, Service::Table).expect("a claim");
        assert_eq!(claim.string_to_sign, "GET\n\n\nFri, 26 Jun 2015 23:39:12 GMT\n/myaccount/Tables");
    }

    #[test]
    fn other_schemes_claim_nothing() {
        let request = incoming("https://a.blob.core.windows.net/", &[("authorization", "Bearer x")]);
        assert!(Claim::read(&request, Service::Blob).is_none());
    }
}
