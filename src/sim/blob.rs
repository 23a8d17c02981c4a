//! Containers and blobs: as much of the blob service as its SDK needs to prove that a key works.
//!
//! A container that nobody made is listed as an empty one, because the containers of datastores and assets exist without
//! being described in a world.

use std::collections::BTreeMap;
use std::ops::Range;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::message::{Incoming, Reply};
use super::state::State;

/// What is in the blob service of an account, by container and name.
pub(super) type Containers = BTreeMap<String, BTreeMap<String, Blob>>;

/// A block blob.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    content: Vec<u8>,
    content_type: String,
    written: OffsetDateTime,
    etag: String,
}

impl State {
    /// Carries out a request that was let in.
    pub(super) fn blob_service(&mut self, incoming: &Incoming, account: usize) -> Reply {
        let segments = incoming.segments();
        let kind = incoming.query("restype").unwrap_or_default();
        let lists = incoming.query("comp").is_some_and(|value| value == "list");
        let reply = match (incoming.method, segments.as_slice()) {
            ("GET" | "HEAD", []) if kind == "account" => Reply::empty(200)
                .header("x-ms-sku-name", "Standard_LRS")
                .header("x-ms-account-kind", &self.accounts[account].given.kind),
            ("GET", []) => self.list_containers(account),
            ("GET", [container]) if lists => self.list_blobs(account, container),
            ("PUT", [container]) if kind == "container" => self.make_container(account, container),
            ("GET" | "HEAD", [container]) if kind == "container" => match self.accounts[account].containers.get(container) {
                Some(_) => self.stamped(Reply::empty(200), container),
                None => no_container(),
            },
            ("DELETE", [container]) if kind == "container" => match self.accounts[account].containers.remove(container) {
                Some(_) => Reply::empty(202),
                None => no_container(),
            },
            (method, [container, name @ ..]) if !name.is_empty() => {
                self.blob(incoming, account, method, container, &name.join("/"))
            }
            _ => Reply::storage_error(400, "InvalidQueryParameterValue", "The request is not simulated.", None),
        };
        reply.header("x-ms-version", "2022-11-02")
    }

    fn make_container(&mut self, account: usize, container: &str) -> Reply {
        if self.accounts[account].containers.contains_key(container) {
            return Reply::storage_error(409, "ContainerAlreadyExists", "The specified container already exists.", None);
        }
        self.accounts[account].containers.insert(container.to_owned(), BTreeMap::new());
        self.stamped(Reply::empty(201), container)
    }

    fn blob(&mut self, incoming: &Incoming, account: usize, method: &str, container: &str, name: &str) -> Reply {
        let etag = self.next_hex()[..16].to_owned();
        let now = self.now;
        let Some(blobs) = self.accounts[account].containers.get_mut(container) else { return no_container() };
        match method {
            "PUT" => {
                let header = |name| Some(incoming.header(name)).filter(|value| !value.is_empty());
                let kind = header("x-ms-blob-content-type").or(header("content-type")).unwrap_or("application/octet-stream");
                let blob = Blob {
                    content: incoming.body.clone(),
                    content_type: kind.to_owned(),
                    written: now,
                    etag: format!("\"0x{etag}\""),
                };
                let reply = blob.describe(Reply::empty(201)).header("x-ms-request-server-encrypted", "true");
                blobs.insert(name.to_owned(), blob);
                reply
            }
            "GET" | "HEAD" => blobs.get(name).map_or_else(no_blob, |blob| blob.read(incoming)),
            "DELETE" => blobs.remove(name).map_or_else(no_blob, |_| Reply::empty(202)),
            _ => Reply::storage_error(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.", None),
        }
    }

    fn list_containers(&self, account: usize) -> Reply {
        let rows = self.accounts[account]
            .containers
            .keys()
            .map(|name| format!("<Container><Name>{name}</Name><Properties>{}</Properties></Container>", self.stamps_of(name)));
        let name = self.accounts[account].id.name();
        enumeration(
            &format!("ServiceEndpoint=\"{}\"", self.endpoint(name, crate::domain::account::Service::Blob)),
            "Containers",
            rows,
        )
    }

    fn list_blobs(&self, account: usize, container: &str) -> Reply {
        let blobs = self.accounts[account].containers.get(container);
        let rows = blobs.into_iter().flatten().map(|(name, blob)| {
            format!(
                "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{}</Etag><Content-Length>{}</Content-Length>\
                 <Content-Type>{}</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>",
                escaped(name),
                http_date(blob.written),
                escaped(&blob.etag),
                blob.content.len(),
                escaped(&blob.content_type)
            )
        });
        let name = self.accounts[account].id.name();
        let endpoint = self.endpoint(name, crate::domain::account::Service::Blob);
        enumeration(&format!("ServiceEndpoint=\"{endpoint}\" ContainerName=\"{}\"", escaped(container)), "Blobs", rows)
    }

    fn stamps_of(&self, container: &str) -> String {
        format!("<Last-Modified>{}</Last-Modified><Etag>\"0x{:X}\"</Etag>", http_date(self.start), container.len())
    }

    fn stamped(&self, reply: Reply, container: &str) -> Reply {
        reply.header("etag", &format!("\"0x{:X}\"", container.len())).header("last-modified", &http_date(self.start))
    }
}

impl Blob {
    fn describe(&self, reply: Reply) -> Reply {
        reply.header("etag", &self.etag).header("last-modified", &http_date(self.written))
    }

    /// The whole of it, or the part that is asked for.
    fn read(&self, incoming: &Incoming) -> Reply {
        let asked = ["x-ms-range", "range"].into_iter().find_map(|name| range(incoming.header(name), self.content.len()));
        let reply = match &asked {
            Some(part) if part.is_empty() => {
                return Reply::storage_error(
                    416,
                    "InvalidRange",
                    "The range specified is invalid for the current size of the resource.",
                    None,
                );
            }
            Some(part) => {
                let total = self.content.len();
                Reply::empty(206)
                    .body(&self.content_type, self.content[part.clone()].to_vec())
                    .header("content-range", &format!("bytes {}-{}/{total}", part.start, part.end - 1))
            }
            None => Reply::empty(200).body(&self.content_type, self.content.clone()),
        };
        self.describe(reply).header("x-ms-blob-type", "BlockBlob").header("accept-ranges", "bytes")
    }
}

/// `bytes=FIRST-LAST` within a length; an empty range when nothing of it exists.
fn range(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let end = last.parse::<usize>().map_or(length, |last| last.saturating_add(1)).min(length);
    Some(first.min(end)..end)
}

fn enumeration(attributes: &str, element: &str, rows: impl Iterator<Item = String>) -> Reply {
    let rows: String = rows.collect();
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults {attributes}><{element}>{rows}</{element}><NextMarker /></EnumerationResults>"
    );
    Reply::empty(200).body("application/xml", xml)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn http_date(at: OffsetDateTime) -> String {
    at.format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT")
}

fn no_container() -> Reply {
    Reply::storage_error(404, "ContainerNotFound", "The specified container does not exist.", None)
}

fn no_blob() -> Reply {
    Reply::storage_error(404, "BlobNotFound", "The specified blob does not exist.", None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_exists() {
        assert_eq!(range("bytes=0-33554431", 5), Some(0..5));
        assert_eq!(range("bytes=2-", 5), Some(2..5));
        assert_eq!(range("bytes=9-10", 5), Some(5..5));
        assert_eq!(range("", 5), None);
    }
}
