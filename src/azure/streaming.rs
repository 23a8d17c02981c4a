//! Streaming endpoints, the paths of streaming locators, and the streams themselves, which anybody may ask for.
//!
//! Streaming endpoints 2022-11-01, `listPaths` 2022-08-01; errors as "Streaming endpoint (origin) errors" names them. A stream is
//! asked without any credential, beneath the cloud's streaming domains only, and only for its first bytes.

use std::time::Duration;

use azure_core::http::Method;
use futures::future::{Either, select};
use serde::Deserialize;

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::streaming::Sighting;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const ENDPOINTS: &str = "2022-11-01";
const PATHS: &str = "2022-08-01";
/// How much of a stream is asked for: a manifest's beginning, or an error's text.
const FIRST_BYTES: usize = 4096;
/// How long a stream may take to begin.
const LONGEST: Duration = Duration::from_secs(30);
/// More than any error's name has.
const LONGEST_NAME: usize = 64;

/// A streaming endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingEndpoint {
    /// Its name.
    pub name: String,
    /// Its own host name.
    pub host: String,
    /// `Running`, `Stopped`, …, as the service spells it.
    pub state: String,
}

impl StreamingEndpoint {
    /// Whether it streams.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state.eq_ignore_ascii_case("Running")
    }
}

/// The paths of a streaming locator for one protocol and encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingPaths {
    /// `Hls`, `Dash`, `SmoothStreaming`.
    pub protocol: String,
    /// The paths, each with a slash in front.
    pub paths: Vec<String>,
}

impl Client {
    /// The streaming endpoints of a media account.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn streaming_endpoints(&self, account: &ResourceId) -> Result<Vec<StreamingEndpoint>, Problem> {
        #[derive(Deserialize)]
        struct Row {
            name: String,
            properties: Properties,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Properties {
            host_name: Option<String>,
            resource_state: Option<String>,
        }
        let url = self.resource_manager_url(&format!("{account}/streamingEndpoints"), ENDPOINTS);
        let rows = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let read = |row| {
            let row: Row = serde_json::from_value(row).map_err(|_| malformed("a streaming endpoint"))?;
            let Properties { host_name, resource_state } = row.properties;
            Ok(StreamingEndpoint {
                name: row.name,
                host: host_name.unwrap_or_default(),
                state: resource_state.unwrap_or_default(),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The streaming paths of a streaming locator (v3).
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn streaming_paths(&self, account: &ResourceId, locator: &str) -> Result<Vec<StreamingPaths>, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            #[serde(default)]
            streaming_paths: Vec<Row>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            streaming_protocol: String,
            #[serde(default)]
            paths: Vec<String>,
        }
        let locator = account.child("streamingLocators", locator);
        let url = self.resource_manager_url(&format!("{locator}/listPaths"), PATHS);
        let answer = self.send(Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)).await?;
        let body: Body = answer.parse()?;
        Ok(body
            .streaming_paths
            .into_iter()
            .map(|row| StreamingPaths { protocol: row.streaming_protocol, paths: row.paths })
            .collect())
    }

    /// Asks once for the beginning of a stream, as a player does: no credential, no redirect followed, no repetition.
    /// What is no streaming URL of this cloud is not asked.
    pub async fn glance_at_stream(&self, url: &str) -> Sighting {
        let url = match self.cloud().streaming_url(url) {
            Ok(url) => url,
            Err(why) => return Sighting::Silent { why },
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let call = Call::new(Method::Get, url, Effect::Glance, Audience::None)
            .header("range", &format!("bytes=0-{}", FIRST_BYTES - 1))
            .header("accept", "*/*");
        let asked = std::pin::pin!(self.exchange(call));
        match select(asked, self.clock().sleep(LONGEST)).await {
            Either::Left((Ok((_, answer)), _)) => sighting(&answer),
            Either::Left((Err(problem), _)) => Sighting::Silent { why: problem.message },
            Either::Right(_) => Sighting::Silent { why: format!("{host} did not answer within {} s", LONGEST.as_secs()) },
        }
    }
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Resource Manager answered {what} that is not of the documented shape"))
}

fn sighting(answer: &Answer) -> Sighting {
    match answer.status {
        200..=299 => Sighting::Answers,
        status => Sighting::Refuses { status, error: error_name(&answer.body) },
    }
}

/// The first `MPE_…` in an answer, which is all of it that is believed.
fn error_name(body: &[u8]) -> Option<String> {
    let at = body.windows(4).position(|window| window == b"MPE_")?;
    let is_part = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_';
    let name: String = body[at..].iter().take_while(is_part).take(LONGEST_NAME).map(|byte| char::from(*byte)).collect();
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_an_error_is_read_from_an_answer() {
        let named = |body: &[u8]| error_name(body);
        assert_eq!(
            named(b"<h1>403</h1>MPE_STORAGE_AUTHENTICATION_FAILED (0x808900EA)\x1b[2J").as_deref(),
            Some("MPE_STORAGE_AUTHENTICATION_FAILED")
        );
        assert_eq!(named("MPE_é".as_bytes()).as_deref(), Some("MPE_"));
        assert_eq!(named(&[b"MPE_".as_slice(), &[b'A'; 9000]].concat()).map(|name| name.len()), Some(LONGEST_NAME));
        assert_eq!(named(b"not found"), None);
        assert_eq!(named(b""), None);
    }
}
