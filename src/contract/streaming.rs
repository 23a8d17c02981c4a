//! What streaming URLs answered, as journals and reports hold it.

use serde::{Deserialize, Serialize};

use crate::domain::streaming::{Addresses, After, Baseline, Before, Checked, Sighting, StreamingUrl, Verdict};

/// What a streaming URL said: `{"said":"answers"}`, `{"said":"refuses","status":403,"error":"MPE_…"}`,
/// `{"said":"silent","why":"…"}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "said", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum SightingDocument {
    /// What a player asks for.
    Answers,
    /// Another status.
    Refuses {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Nothing was heard.
    Silent { why: String },
}

/// What became of a streaming URL: `{"state":"answers"}`, `answersNow`, and with `why` `notChecked` and `fails`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum VerdictDocument {
    /// As before.
    Answers,
    /// It did not before, because its key was dead.
    AnswersNow,
    /// Nothing can be said.
    NotChecked { why: String },
    /// It answered before and does not now.
    Fails { why: String },
}

/// What is known of streaming URLs before something that could break them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct BeforeDocument {
    urls: Vec<BaselineDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<WithoutDocument>,
    /// How many locators were left out of the sample.
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: usize,
}

/// The URLs to ask.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressesDocument {
    urls: Vec<UrlDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<WithoutDocument>,
    /// How many locators were left out of the sample.
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: usize,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct UrlDocument {
    locator: String,
    url: String,
}

/// How streaming URLs fared.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct AfterDocument {
    urls: Vec<CheckedDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<WithoutDocument>,
    /// How many locators were left out of the sample.
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: usize,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BaselineDocument {
    locator: String,
    url: String,
    #[serde(flatten)]
    seen: SightingDocument,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedDocument {
    locator: String,
    url: String,
    #[serde(flatten)]
    verdict: VerdictDocument,
}

/// A locator that has no URL to ask.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct WithoutDocument {
    locator: String,
    why: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl From<&Sighting> for SightingDocument {
    fn from(seen: &Sighting) -> Self {
        match seen.clone() {
            Sighting::Answers => Self::Answers,
            Sighting::Refuses { status, error } => Self::Refuses { status, error },
            Sighting::Silent { why } => Self::Silent { why },
        }
    }
}

impl From<SightingDocument> for Sighting {
    fn from(document: SightingDocument) -> Self {
        match document {
            SightingDocument::Answers => Self::Answers,
            SightingDocument::Refuses { status, error } => Self::Refuses { status, error },
            SightingDocument::Silent { why } => Self::Silent { why },
        }
    }
}

impl From<&Verdict> for VerdictDocument {
    fn from(verdict: &Verdict) -> Self {
        match verdict.clone() {
            Verdict::Answers => Self::Answers,
            Verdict::AnswersNow => Self::AnswersNow,
            Verdict::NotChecked { why } => Self::NotChecked { why },
            Verdict::Fails { why } => Self::Fails { why },
        }
    }
}

impl From<VerdictDocument> for Verdict {
    fn from(document: VerdictDocument) -> Self {
        match document {
            VerdictDocument::Answers => Self::Answers,
            VerdictDocument::AnswersNow => Self::AnswersNow,
            VerdictDocument::NotChecked { why } => Self::NotChecked { why },
            VerdictDocument::Fails { why } => Self::Fails { why },
        }
    }
}

fn without_written(without: &[(String, String)]) -> Vec<WithoutDocument> {
    without.iter().map(|(locator, why)| WithoutDocument { locator: locator.clone(), why: why.clone() }).collect()
}

fn without_read(without: Vec<WithoutDocument>) -> Vec<(String, String)> {
    without.into_iter().map(|document| (document.locator, document.why)).collect()
}

impl From<&Addresses> for AddressesDocument {
    fn from(addresses: &Addresses) -> Self {
        let written = |at: &StreamingUrl| UrlDocument { locator: at.locator.clone(), url: at.url.clone() };
        let urls = addresses.urls.iter().map(written).collect();
        Self { urls, without: without_written(&addresses.without), left_out: addresses.left_out }
    }
}

impl From<AddressesDocument> for Addresses {
    fn from(document: AddressesDocument) -> Self {
        let read = |written: UrlDocument| StreamingUrl { locator: written.locator, url: written.url };
        let urls = document.urls.into_iter().map(read).collect();
        Self { urls, without: without_read(document.without), left_out: document.left_out }
    }
}

impl From<&Before> for BeforeDocument {
    fn from(before: &Before) -> Self {
        let written = |known: &Baseline| BaselineDocument {
            locator: known.at.locator.clone(),
            url: known.at.url.clone(),
            seen: (&known.seen).into(),
        };
        let urls = before.urls.iter().map(written).collect();
        Self { urls, without: without_written(&before.without), left_out: before.left_out }
    }
}

impl From<BeforeDocument> for Before {
    fn from(document: BeforeDocument) -> Self {
        let read = |written: BaselineDocument| Baseline {
            at: StreamingUrl { locator: written.locator, url: written.url },
            seen: written.seen.into(),
        };
        let urls = document.urls.into_iter().map(read).collect();
        Self { urls, without: without_read(document.without), left_out: document.left_out }
    }
}

impl From<&Checked> for CheckedDocument {
    fn from(checked: &Checked) -> Self {
        let StreamingUrl { locator, url } = checked.at.clone();
        Self { locator, url, verdict: (&checked.verdict).into() }
    }
}

impl From<CheckedDocument> for Checked {
    fn from(document: CheckedDocument) -> Self {
        let CheckedDocument { locator, url, verdict } = document;
        Self { at: StreamingUrl { locator, url }, verdict: verdict.into() }
    }
}

impl From<&After> for AfterDocument {
    fn from(after: &After) -> Self {
        let urls = after.urls.iter().map(CheckedDocument::from).collect();
        Self { urls, without: without_written(&after.without), left_out: after.left_out }
    }
}

impl From<AfterDocument> for After {
    fn from(document: AfterDocument) -> Self {
        let urls = document.urls.into_iter().map(Checked::from).collect();
        Self { urls, without: without_read(document.without), left_out: document.left_out }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> StreamingUrl {
        StreamingUrl { locator: "loc1".into(), url: "https://a.streaming.media.azure.net/g/f.ism/manifest".into() }
    }

    #[test]
    fn what_was_before_is_this_json_and_comes_back() {
        let error = Some("MPE_STORAGE_AUTHENTICATION_FAILED".to_owned());
        let before = Before {
            urls: vec![
                Baseline { at: at(), seen: Sighting::Answers },
                Baseline { at: at(), seen: Sighting::Refuses { status: 403, error } },
                Baseline { at: at(), seen: Sighting::Silent { why: "no connection".into() } },
            ],
            without: vec![("loc2".into(), "no streaming endpoint is running".into())],
            left_out: 3,
        };
        let document = serde_json::to_value(BeforeDocument::from(&before)).expect("serialises");
        let url = "https://a.streaming.media.azure.net/g/f.ism/manifest";
        assert_eq!(
            document,
            json!({
                "urls": [
                    { "locator": "loc1", "url": url, "said": "answers" },
                    { "locator": "loc1", "url": url, "said": "refuses", "status": 403, "error": "MPE_STORAGE_AUTHENTICATION_FAILED" },
                    { "locator": "loc1", "url": url, "said": "silent", "why": "no connection" },
                ],
                "without": [{ "locator": "loc2", "why": "no streaming endpoint is running" }],
                "leftOut": 3,
            })
        );
        let read: BeforeDocument = serde_json::from_value(document).expect("reads");
        assert_eq!(Before::from(read), before);
    }

    #[test]
    fn what_came_of_it_is_this_json_and_comes_back() {
        let why = || "answers 404".to_owned();
        let verdicts = [Verdict::Answers, Verdict::AnswersNow, Verdict::NotChecked { why: why() }, Verdict::Fails { why: why() }];
        let urls = verdicts.map(|verdict| Checked { at: at(), verdict }).to_vec();
        let after = After { urls, without: Vec::new(), left_out: 0 };
        let document = serde_json::to_value(AfterDocument::from(&after)).expect("serialises");
        let states: Vec<_> = document["urls"].as_array().expect("a list").iter().map(|url| url["state"].clone()).collect();
        assert_eq!(states, ["answers", "answersNow", "notChecked", "fails"]);
        assert_eq!(document.get("leftOut"), None);
        let read: AfterDocument = serde_json::from_value(document).expect("reads");
        assert_eq!(After::from(read), after);
    }
}
