//! Connection strings of storage accounts: `Name=Value` parts between semicolons, read and rewritten without touching
//! anything but the part that is asked for.
//!
//! Source: "Configure Azure Storage connection strings". Names are compared without case, as the client libraries do.

use std::ops::Range;

use super::account::{Service, StorageAccount};

/// A connection string: where each of its parts stands in the text. Holds no copy of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionString {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    value: Range<usize>,
}

impl ConnectionString {
    /// Reads a text as a connection string, if it is one of a storage account: every part has a name, and one of them is a
    /// key, a signature or an endpoint of storage.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut start = 0;
        for piece in text.split(';') {
            let end = start + piece.len();
            if !piece.trim().is_empty() {
                let equals = piece.find('=')?;
                let name = piece[..equals].trim().to_ascii_lowercase();
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
                    return None;
                }
                let value = piece[equals + 1..].trim();
                let offset = start + equals + 1 + (piece[equals + 1..].len() - piece[equals + 1..].trim_start().len());
                parts.push(Part { name, value: offset..offset + value.len() });
            }
            start = end + 1;
        }
        let found = Self { parts };
        let telling = ["accountkey", "sharedaccesssignature"].iter().any(|name| found.part(name).is_some());
        telling.then_some(found)
    }

    fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }

    /// Where the value of a part stands in the text.
    #[must_use]
    pub fn range(&self, name: &str) -> Option<Range<usize>> {
        self.part(name).map(|part| part.value.clone())
    }

    /// The value of a part.
    #[must_use]
    pub fn get<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        text.get(self.range(name)?)
    }

    /// Whether the string is one of this account: `AccountName` and `EndpointSuffix`, or the hosts of explicit endpoints.
    #[must_use]
    pub fn is_of(&self, text: &str, account: &StorageAccount) -> bool {
        if let Some(name) = self.get(text, "AccountName") {
            let explicit = self.endpoints(text).next().is_some();
            let suffix = self.get(text, "EndpointSuffix").filter(|suffix| !suffix.is_empty()).unwrap_or("core.windows.net");
            let same_cloud = explicit || account.endpoint_suffix().is_none_or(|own| own.eq_ignore_ascii_case(suffix));
            return name.eq_ignore_ascii_case(account.id.name()) && same_cloud;
        }
        self.endpoints(text).any(|(_, url)| account.owns_host(url))
    }

    /// The services that the string names endpoints for; without any it reaches all of them.
    #[must_use]
    pub fn services(&self, text: &str) -> Vec<Service> {
        let named: Vec<Service> = self.endpoints(text).map(|(service, _)| service).collect();
        if named.is_empty() { Service::ALL.to_vec() } else { named }
    }

    fn endpoints<'t>(&self, text: &'t str) -> impl Iterator<Item = (Service, &'t str)> {
        Service::ALL.into_iter().filter_map(|service| {
            let url = self.get(text, &format!("{service}Endpoint"))?;
            (!url.is_empty()).then_some((service, url))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource_id::ResourceId;
    use super::*;

    fn account() -> StorageAccount {
        StorageAccount {
            id: ResourceId::new("s", "g", "Microsoft.Storage", "storageAccounts", "stprod"),
            location: String::new(),
            shared_key_allowed: true,
            key_expiration_days: None,
            endpoints: vec![(Service::Blob, "https://stprod.blob.core.windows.net/".into())],
            provisioning_state: "Succeeded".into(),
        }
    }

    fn is_of(text: &str) -> bool {
        ConnectionString::parse(text).is_some_and(|string| string.is_of(text, &account()))
    }

    #[test]
    fn names_are_read_without_case_and_values_keep_their_equals_signs() {
        let text = "defaultendpointsprotocol=https; ACCOUNTNAME=StProd ;AccountKey=abc==;;EndpointSuffix=core.windows.net;";
        let string = ConnectionString::parse(text).expect("a connection string");
        assert_eq!(string.get(text, "AccountName"), Some("StProd"));
        assert_eq!(string.get(text, "AccountKey"), Some("abc=="));
        assert!(is_of(text));
        assert_eq!(string.services(text), Service::ALL);
    }

    #[test]
    fn a_suffix_or_host_of_elsewhere_is_another_account() {
        assert!(is_of("AccountName=stprod;AccountKey=k"));
        assert!(!is_of("AccountName=stprod;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn"));
        assert!(!is_of("AccountName=stprod2;AccountKey=k"));
        assert!(is_of("BlobEndpoint=https://STPROD.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=2"));
        assert!(!is_of("BlobEndpoint=https://stprod.blob.core.windows.net.evil.example/;SharedAccessSignature=sv=1&sig=2"));
    }

    #[test]
    fn other_texts_are_not_taken_for_connection_strings() {
        for text in ["", "hello", "Server=sql;Password=p", "{\"a\":\"AccountKey=1\"}", "AccountKey", "=x;AccountKey=k"] {
            assert_eq!(ConnectionString::parse(text), None, "{text}");
        }
    }
}
