//! A request as the simulator reads it, and the answer that it gives.

use std::collections::BTreeMap;

use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, Request, StatusCode};
use serde_json::{Value, json};
use url::Url;

/// A request.
#[derive(Clone)]
pub(super) struct Incoming {
    /// The method in capitals.
    pub method: &'static str,
    /// The whole URL.
    pub url: Url,
    /// Lower-case header names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    /// Reads a request of `azure_core`.
    pub(super) fn from_request(request: &Request) -> Self {
        let headers =
            request.headers().iter().map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().to_owned()));
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::SeekableStream(_) => Vec::new(),
        };
        // MERGE is no method of `azure_core`, which carries it in a header; a transport sends it as it is documented.
        let carried = request.headers().get_optional_str(&HeaderName::from_static("x-http-method"));
        let method = if carried == Some("MERGE") { "MERGE" } else { request.method().as_str() };
        Self { method, url: request.url().clone(), headers: headers.collect(), body }
    }

    /// The host with its port where the URL names one, in lower case.
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default().to_ascii_lowercase();
        self.url.port().map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    /// A header, empty when absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A query parameter, decoded. Names are compared without case.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }

    /// The API version that the caller asks for; the newest when it names none.
    pub(super) fn api_version(&self) -> String {
        self.query("api-version").unwrap_or_else(|| "9999".to_owned())
    }

    /// The segments of the path, decoded.
    pub(super) fn segments(&self) -> Vec<String> {
        self.url.path().split('/').filter(|segment| !segment.is_empty()).map(decoded).collect()
    }

    /// The body as JSON; `Null` when it is not.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Undoes percent-encoding. A plus sign stays what it is.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |position: usize| bytes.get(position).and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        if bytes[position] == b'%'
            && let (Some(high), Some(low)) = (digit(position + 1), digit(position + 2))
        {
            plain.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            position += 3;
        } else {
            plain.push(bytes[position]);
            position += 1;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::empty(status).body("application/json; charset=utf-8", body.to_string())
    }

    /// An error in Resource Manager's form.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "code": code, "message": message } }))
    }

    /// An error that Resource Manager itself answers, before any resource provider is asked.
    pub(super) fn gateway_error(status: u16, code: &str, message: &str) -> Self {
        Self::error(status, code, message).header("x-ms-failure-cause", "gateway")
    }

    /// A data plane error in the XML form of the storage services.
    pub(super) fn storage_error(status: u16, code: &str, message: &str, detail: Option<&str>) -> Self {
        let detail =
            detail.map_or(String::new(), |text| format!("<AuthenticationErrorDetail>{text}</AuthenticationErrorDetail>"));
        let xml = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message>{detail}</Error>"
        );
        Self::empty(status).body("application/xml", xml).header("x-ms-error-code", code)
    }

    /// The same answer with one more header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with a body.
    pub(super) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// The answer as `azure_core` wants it.
    pub(super) fn into_response(self) -> AsyncRawResponse {
        let mut headers = Headers::new();
        for (name, value) in self.headers {
            headers.insert(HeaderName::from(name), HeaderValue::from(value));
        }
        AsyncRawResponse::from_bytes(StatusCode::from(self.status), headers, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_undone_and_a_plus_sign_is_kept() {
        assert_eq!(decoded("a%20b+c%2Fd%C3%A9%zz%"), "a b+c/dé%zz%");
    }
}
