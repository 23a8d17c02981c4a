//! Shared Key once more, written from the document and apart from keyroll's own: it signs what the story writes, and tells
//! which key signed what it sees on the wire.

use std::collections::BTreeMap;

use azure_core::http::{Body, Request};
use keyroll::domain::account::Service;
use keyroll::domain::key::StorageKey;

/// Signs a request for a service of `account`. All its `x-ms-` headers must be there.
pub(super) fn sign(request: &mut Request, account: &str, service: Service, key: &StorageKey) {
    let authorization = authorization(request, account, service, key);
    request.insert_header("authorization", authorization);
}

/// Whether a request carries a signature made with this key.
pub(super) fn is_signed_by(request: &Request, account: &str, service: Service, key: &StorageKey) -> bool {
    header(request, "authorization") == authorization(request, account, service, key)
}

fn authorization(request: &Request, account: &str, service: Service, key: &StorageKey) -> String {
    let text = if service == Service::Table { table_text(request, account) } else { text(request, account) };
    let signature = key.sign(&text).expect("64 bytes");
    format!("SharedKey {account}:{signature}")
}

fn text(request: &Request, account: &str) -> String {
    let length = match request.body() {
        Body::Bytes(bytes) if !bytes.is_empty() => bytes.len().to_string(),
        _ => String::new(),
    };
    let standard = ["content-encoding", "content-language", "content-length", "content-md5", "content-type", "date"]
        .into_iter()
        .chain(["if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"])
        .map(|name| if name == "content-length" { length.clone() } else { header(request, name) });
    let own: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().trim().to_owned()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in request.url().query_pairs() {
        query.entry(name.to_ascii_lowercase()).or_default().push(value.into_owned());
    }
    let mut lines = vec![request.method().as_str().to_owned()];
    lines.extend(standard);
    lines.extend(own.into_iter().map(|(name, value)| format!("{name}:{value}")));
    lines.push(format!("/{account}{}", request.url().path()));
    lines.extend(query.into_iter().map(|(name, mut values)| {
        values.sort();
        format!("{name}:{}", values.join(","))
    }));
    lines.join("\n")
}

/// Of a table request neither its own headers nor its query are signed, `comp` excepted, which the story never sends.
fn table_text(request: &Request, account: &str) -> String {
    let [digest, kind, date] = ["content-md5", "content-type", "x-ms-date"].map(|name| header(request, name));
    [request.method().as_str(), &digest, &kind, &date, &format!("/{account}{}", request.url().path())].join("\n")
}

fn header(request: &Request, wanted: &str) -> String {
    let found = request.headers().iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case(wanted));
    found.map_or(String::new(), |(_, value)| value.as_str().trim().to_owned())
}
