//! What a service says went wrong, read leniently: every dialect that has been seen on the wire.

use azure_core::http::headers::{HeaderName, Headers};
use serde_json::Value;

use crate::domain::text;

use super::redaction::without_secrets;

/// The namespace of classic service management's own errors.
const CLASSIC_NAMESPACE: &str = "http://schemas.microsoft.com/windowsazure";

/// At most this many of an error's `details` are kept.
const MOST_DETAILS: usize = 5;

/// The error of a service. All text is visible, short, and without what looks like a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// The service's own code (`ResourceNotFound`, `400016`).
    pub code: Option<String>,
    /// The message without its final full stop, and without the request id and time that some services append.
    pub message: Option<String>,
    /// The details and the innermost error, each as `CODE: message`.
    pub details: Vec<String>,
}

impl ServiceError {
    /// Reads the error of an answer: an object under `error` (Resource Manager, Key Vault) or `odata.error`, the bare `code`
    /// and `message` of `IoT Hub` and Synapse, the `error` and `error_description` of Microsoft Entra ID, the XML of the storage
    /// data plane (only its code: its details hold signatures), and bodies that are empty or HTML.
    #[must_use]
    pub fn read(headers: &Headers, body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut error = match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_answer(&value),
            Err(_) => Self::from_xml(&String::from_utf8_lossy(body)),
        };
        if error.code.is_none() {
            let header = headers.get_optional_str(&HeaderName::from_static("x-ms-error-code"));
            error.code = header.and_then(code_text);
        }
        error
    }

    /// Reads an error object, such as the `error` of an asynchronous operation.
    #[must_use]
    pub fn from_object(error: &Value) -> Self {
        let code = error.get("code").or_else(|| error.get("Code")).and_then(code_of);
        let message = error.get("message").or_else(|| error.get("Message")).and_then(message_of);
        let mut details = Vec::new();
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten().take(MOST_DETAILS) {
            let detail = Self::from_object(detail);
            details.extend(detail.one_line());
            details.extend(detail.details);
        }
        let inner = ["innererror", "innerError", "inner_error"].iter().find_map(|name| error.get(name));
        if let Some(inner) = inner.filter(|inner| inner.is_object()) {
            let inner = Self::from_object(inner);
            details.extend(inner.one_line());
            details.extend(inner.details);
        }
        details.truncate(MOST_DETAILS);
        Self { code, message, details }
    }

    fn from_answer(value: &Value) -> Self {
        match value.get("error").or_else(|| value.get("odata.error")) {
            Some(error) if error.is_object() => Self::from_object(error),
            Some(Value::String(code)) => {
                Self { code: code_text(code), message: value.get("error_description").and_then(message_of), details: Vec::new() }
            }
            _ => Self::from_object(value),
        }
    }

    /// Classic service management writes `Code` and `Message`, or an object of them as JSON inside a `string` element (dossier,
    /// trap 22). Of other services' XML only the code is read.
    fn from_xml(body: &str) -> Self {
        if let Some(text) = element(body, "string")
            && let Ok(value) = serde_json::from_str::<Value>(&unescaped(text))
        {
            return Self::from_answer(&value);
        }
        let message = element(body, "Message").filter(|_| body.contains(CLASSIC_NAMESPACE));
        let message = message.and_then(|text| message_of(&Value::String(unescaped(text))));
        Self { code: xml_code(body), message, details: Vec::new() }
    }

    fn one_line(&self) -> Option<String> {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) if code != message => Some(format!("{code}: {message}")),
            (Some(one), _) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        }
    }
}

fn code_of(value: &Value) -> Option<String> {
    match value {
        Value::String(code) => code_text(code),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// A code as it may be shown. Media Services says `None` where there is no error (dossier, trap 13).
fn code_text(code: &str) -> Option<String> {
    let code = text::shortened(text::visible(code).trim(), 100);
    (!code.is_empty() && code != "None").then_some(code)
}

/// A message is a string, or the `value` of an object with its `lang`, as `OData` has it.
fn message_of(value: &Value) -> Option<String> {
    let message = value.as_str().or_else(|| value.get("value").and_then(Value::as_str))?;
    let message = ["\nRequestId:", "\r\nTrace ID:"]
        .iter()
        .fold(message, |message, mark| message.split_once(mark).map_or(message, |(before, _)| before));
    let message = text::from_server(&without_secrets(message));
    let message = message.trim_end_matches('.').trim_end();
    (!message.is_empty()).then(|| message.to_owned())
}

/// What stands in the first element of this name, with any attributes.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = body.split_once(&format!("<{name}"))?;
    let (attributes, content) = after.split_once('>')?;
    let whole = attributes.is_empty() || attributes.starts_with(char::is_whitespace);
    content.split_once(&format!("</{name}>")).map(|(text, _)| text).filter(|_| whole)
}

/// The five entities of XML undone.
fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (entity, meant)| text.replace(entity, meant))
}

/// The text between `<Code>` and `</Code>`, with any prefix and case (`<m:code>`), where it is a plain word.
fn xml_code(body: &str) -> Option<String> {
    let start = body.trim_start();
    if !start.starts_with('<') {
        return None;
    }
    start.split('<').find_map(|element| {
        let (tag, content) = element.split_once('>')?;
        let name = tag.split_whitespace().next()?.rsplit(':').next()?;
        let plain = !content.is_empty() && content.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        (name.eq_ignore_ascii_case("code") && plain).then(|| text::shortened(content, 100))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> ServiceError {
        ServiceError::read(&Headers::new(), body.as_bytes())
    }

    #[test]
    fn every_dialect_is_understood() {
        for (body, code, message) in [
            (r#"{"error":{"code":"ResourceNotFound","message":"It is not there."}}"#, "ResourceNotFound", "It is not there"),
            ("{ \"error\": {\r\n \"code\": \"NotFound\", \"message\": \"Gone.\" } }", "NotFound", "Gone"),
            (
                r#"{"odata.error":{"code":"Conflict","message":{"lang":"en-US","value":"Taken\nRequestId:1"}}}"#,
                "Conflict",
                "Taken",
            ),
            (r#"{"error":{"code":"","message":{"lang":"en","value":"No code"}}}"#, "", "No code"),
            (r#"{"code":400016,"httpStatusCode":400,"message":"Invalid."}"#, "400016", "Invalid"),
            (r#"{"code":"LinkedServiceNotFound","message":"Not found"}"#, "LinkedServiceNotFound", "Not found"),
            (r#"{"Code":"Forbidden","Message":"No"}"#, "Forbidden", "No"),
            (
                "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid.\\r\\nTrace ID: 1\"}",
                "invalid_client",
                "AADSTS7000215: Invalid",
            ),
            (
                "\u{feff}<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>m</Message></Error>",
                "AuthenticationFailed",
                "",
            ),
            ("<m:error xmlns:m=\"x\"><m:code>Bad</m:code></m:error>", "Bad", ""),
            (
                "<Error xmlns=\"http://schemas.microsoft.com/windowsazure\"><Code>ForbiddenError</Code><Message>Not &amp; so.</Message></Error>",
                "ForbiddenError",
                "Not & so",
            ),
            (
                "<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">{\"Code\":\"NotFound\",\"Message\":\"No account.\"}</string>",
                "NotFound",
                "No account",
            ),
            ("<string>{&quot;Code&quot;:&quot;Conflict&quot;}</string>", "Conflict", ""),
            ("<html><body>502 Bad Gateway</body></html>", "", ""),
            ("", "", ""),
            ("null", "", ""),
            ("[1]", "", ""),
            (r#"{"error":null}"#, "", ""),
            (r#"{"error":{"code":"None","message":null}}"#, "", ""),
        ] {
            let error = read(body);
            assert_eq!(error.code.as_deref().unwrap_or_default(), code, "{body}");
            assert_eq!(error.message.as_deref().unwrap_or_default(), message, "{body}");
        }
    }

    #[test]
    fn details_and_the_inner_error_are_told() {
        let error = read(
            r#"{"error":{"code":"BadRequest","message":"No.","details":[{"code":"InvalidQuery","message":"Query is invalid."},
            {"code":"ParserFailure","message":"ParserFailure","line":1}],"innererror":{"code":"ObjectIsDeletedButRecoverable"}}}"#,
        );
        assert_eq!(error.details, ["InvalidQuery: Query is invalid", "ParserFailure", "ObjectIsDeletedButRecoverable"]);
    }

    #[test]
    fn the_storage_services_signature_details_are_never_read() {
        let error = read(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:1</Message>\
             <AuthenticationErrorDetail>The MAC signature found in the HTTP request 'c2VjcmV0' is not the same</AuthenticationErrorDetail></Error>",
        );
        assert_eq!(error, ServiceError { code: Some("AuthenticationFailed".to_owned()), ..ServiceError::default() });
    }

    #[test]
    fn the_code_may_be_in_a_header_alone() {
        let mut headers = Headers::new();
        headers.insert("x-ms-error-code", "ContainerNotFound");
        assert_eq!(ServiceError::read(&headers, b"").code.as_deref(), Some("ContainerNotFound"));
    }

    #[test]
    fn a_million_characters_become_a_short_message() {
        let error = read(&format!(r#"{{"error":{{"code":"{0}","message":"{0}"}}}}"#, r"a \u001b[2J".repeat(200_000)));
        assert!(error.message.as_deref().expect("a message").chars().count() <= 600);
        assert!(error.code.as_deref().expect("a code").chars().count() <= 100);
        assert!(!format!("{error:?}").contains("\\u{1b}"));
    }

    #[test]
    fn what_looks_like_a_secret_is_cut_out_and_what_does_not_stays() {
        let key = format!("{}aB3==", "dGhpcyBpcyBub3QgYSBrZXkgYnV0IGl0IGxvb2tzIGxpa2UgMQ0K".repeat(2));
        for secret in [key.as_str(), "https://a.blob.core.windows.net/c?sv=1&sig=abc%2Bd", "eyJhbGciOi.eyJvaWQi.c2ln"] {
            let error = read(&format!(r#"{{"error":{{"code":"X","message":"The value '{secret}' is bad"}}}}"#));
            let message = error.message.expect("a message");
            assert!(message.starts_with("The value '") && message.ends_with("' is bad"), "{message}");
            assert!(!message.contains(&secret[secret.len() - 9..]), "{message}");
        }
        for plain in [
            "/subscriptions/0B1F6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/ProductionGroup/providers/Microsoft.Storage/storageAccounts/st1",
            "https://aka.ms/ARMResourceNotFoundFix",
            "7cd1fd4f-5f2a-46b3-a348-602414a555b5",
        ] {
            let error = read(&format!(r#"{{"error":{{"code":"X","message":"See {plain} now"}}}}"#));
            assert_eq!(error.message, Some(format!("See {plain} now")));
        }
    }
}
