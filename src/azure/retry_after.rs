//! How long a service asks us to wait.

use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::service_error::ServiceError;

/// The wait that an answer asks for, from `x-ms-retry-after-ms`, `retry-after-ms`, `Retry-After` (seconds or a date), or,
/// where Resource Manager says it only there, from the message: `Please try again after '372' seconds`.
#[must_use]
pub(crate) fn demanded(headers: &Headers, body: &[u8], now: OffsetDateTime) -> Option<Duration> {
    in_headers(headers, now).or_else(|| in_message(&ServiceError::read(headers, body).message?))
}

/// The wait that an answer's headers ask for.
#[must_use]
pub(crate) fn in_headers(headers: &Headers, now: OffsetDateTime) -> Option<Duration> {
    let header = |name: &'static str| headers.get_optional_str(&HeaderName::from_static(name)).map(str::trim);
    let milliseconds = header("x-ms-retry-after-ms").or_else(|| header("retry-after-ms")).and_then(|text| text.parse().ok());
    milliseconds.map(Duration::from_millis).or_else(|| {
        let text = header("retry-after")?;
        text.parse().ok().map(Duration::from_secs).or_else(|| {
            let time = OffsetDateTime::parse(text, &Rfc2822).ok()?;
            Some(Duration::try_from(time - now).unwrap_or(Duration::ZERO))
        })
    })
}

fn in_message(message: &str) -> Option<Duration> {
    let (_, after) = message.split_once("try again after ")?;
    let mut words = after.split_whitespace();
    let number: u64 = words.next()?.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
    let unit = words.next()?.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let seconds = match unit {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(784_111_777).expect("Sun, 06 Nov 1994 08:49:37 GMT")
    }

    #[test]
    fn a_wait_is_read_from_every_header() {
        for (name, value, seconds) in [
            ("retry-after", "17", Some(17.0)),
            ("retry-after", " 0 ", Some(0.0)),
            ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30.0)),
            ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0.0)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("x-ms-retry-after-ms", "1500", Some(1.5)),
            ("retry-after-ms", "250", Some(0.25)),
        ] {
            let mut headers = Headers::new();
            headers.insert(name, value);
            assert_eq!(in_headers(&headers, now()).map(|wait| wait.as_secs_f64()), seconds, "{name}: {value}");
        }
    }

    #[test]
    fn a_wait_is_read_from_the_message() {
        for (message, seconds) in [
            (
                "Number of requests for action 'Microsoft.Cdn/profiles/read' exceeded the limit of '50' for time interval '00:05:00'. Please try again after '372' seconds.",
                Some(372),
            ),
            ("Number of write requests exceeded. Please try again after '5' minutes.", Some(300)),
            ("Please try again after 1 hour", Some(3600)),
            ("Please try again after lunch today", None),
            ("Please try again after '99999999999999999999' seconds", None),
            ("The request is being throttled.", None),
        ] {
            let body = format!(r#"{{"error":{{"code":"TooManyRequests","message":"{message}"}}}}"#);
            assert_eq!(demanded(&Headers::new(), body.as_bytes(), now()).map(|wait| wait.as_secs()), seconds, "{message}");
        }
    }
}
