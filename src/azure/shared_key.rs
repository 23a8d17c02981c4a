//! Shared Key: how a request to the data plane proves that its sender holds a key of the account.
//!
//! Source: "Authorize with Shared Key" (versions 2015-02-21 and later for blob, file and queue; 2009-09-19 and later for table).

use std::collections::BTreeMap;

use crate::domain::account::Service;
use crate::domain::key::StorageKey;
use crate::domain::problem::Problem;

use super::call::Call;

/// The same request with its `Authorization` header. Every `x-ms-` header must be there already: one that is added later
/// makes the signature wrong. The body must be empty, as it is in every request that keyroll signs.
///
/// # Errors
/// `unusableKey` when the key is not base64 of 64 bytes.
pub(super) fn signed(call: Call, account: &str, service: Service, key: &StorageKey) -> Result<Call, Problem> {
    let signature = key.sign(&string_to_sign(&call, account, service))?;
    Ok(call.header("authorization", &format!("SharedKey {account}:{signature}")))
}

fn string_to_sign(call: &Call, account: &str, service: Service) -> String {
    let header = |name: &str| {
        call.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    };
    let method = call.method.as_str();
    if service == Service::Table {
        // The Date line of a table request is never empty: it repeats x-ms-date.
        let date = Some(header("x-ms-date")).filter(|date| !date.is_empty()).unwrap_or_else(|| header("date"));
        let resource = table_resource(call, account);
        return [method, header("content-md5"), header("content-type"), date, &resource].join("\n");
    }
    let mut lines = vec![method.to_owned()];
    // Content-Length stands third and is empty for an empty body. Date is empty because x-ms-date is always sent.
    for name in [
        "content-encoding",
        "content-language",
        "",
        "content-md5",
        "content-type",
        "",
        "if-modified-since",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
        "range",
    ] {
        lines.push(header(name).to_owned());
    }
    let headers: BTreeMap<String, &str> = call
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    lines.extend(headers.iter().map(|(name, value)| format!("{name}:{value}")));
    lines.push(resource(call, account));
    lines.join("\n")
}

/// `/ACCOUNT/PATH` and each query parameter on its own line, decoded, lower-cased and sorted by name.
fn resource(call: &Call, account: &str) -> String {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in call.url.query_pairs() {
        parameters.entry(name.to_ascii_lowercase()).or_default().push(value.into_owned());
    }
    let mut text = format!("/{account}{}", call.url.path());
    for (name, mut values) in parameters {
        values.sort();
        text.extend(["\n", &name, ":", &values.join(",")]);
    }
    text
}

/// `/ACCOUNT/PATH`; of the query only `comp` counts.
fn table_resource(call: &Call, account: &str) -> String {
    let comp = call.url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("comp"));
    let path = call.url.path();
    comp.map_or_else(|| format!("/{account}{path}"), |(_, value)| format!("/{account}{path}?comp={value}"))
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method;
    use url::Url;

    use super::super::call::{Audience, Effect};
    use super::*;

    const KEY: &str = "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzug==";

    /// The first three were made by azure-storage-blob 12.31.1, the last with the string of the documents and Python's hmac.
    #[test]
    fn requests_are_signed_as_the_python_library_signs_them() {
        let vectors = [
            (
                Service::Blob,
                "https://stacct.blob.core.windows.net/?comp=list&maxresults=1",
                "MTiFvK9fHrBor/rGt9lbdTUGsdOfCtqFLbRFx+rrw+o=",
            ),
            (
                Service::File,
                "http://stacct.file.core.windows.net:10001/?comp=list&maxresults=1",
                "MTiFvK9fHrBor/rGt9lbdTUGsdOfCtqFLbRFx+rrw+o=",
            ),
            (
                Service::Queue,
                "https://stacct.queue.core.windows.net/?comp=list&maxresults=1",
                "MTiFvK9fHrBor/rGt9lbdTUGsdOfCtqFLbRFx+rrw+o=",
            ),
            (
                Service::Table,
                "https://stacct.table.core.windows.net/Tables?$top=1",
                "gnu+XjzJ6lMOY4Qeo6mZ6TKm+m5fCGg7MIak7S2K8JM=",
            ),
        ];
        for (service, url, signature) in vectors {
            let call = Call::new(Method::Get, Url::parse(url).expect("a URL"), Effect::Read, Audience::None)
                .header("x-ms-client-request-id", "11111111-2222-4333-8444-555555555555")
                .header("x-ms-version", "2021-08-06")
                .header("x-ms-date", "Sun, 22 Nov 2026 12:00:00 GMT")
                .header("accept", "application/json;odata=nometadata, application/xml;q=0.9");
            let call = signed(call, "stacct", service, &StorageKey::new(KEY.into())).expect("a usable key");
            assert_eq!(call.headers.last().expect("headers").1, format!("SharedKey stacct:{signature}"), "{service}");
        }
    }
}
