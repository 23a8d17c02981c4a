//! The simulator as a caller sees it: requests over `azure_core`'s types, answers, and the audit afterwards.

mod key_vault;
mod machine_learning;
mod media;
mod network;
mod reference;
mod sign_in;
mod storage;
mod streaming_locators;

use std::sync::Arc;

use azure_core::http::headers::{HeaderName, HeaderValue};
use azure_core::http::{HttpClient, Method, Request};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::contract::world::{StorageAccount, Subscription, World};
use crate::domain::clock::Clock;
use crate::domain::key::StorageKey;

use super::simulator::Simulator;
use super::token::token_text;
use super::virtual_clock::VirtualClock;

pub(super) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

/// The id of a resource in the tests' group.
pub(super) fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}")
}

pub(super) fn storage_id() -> String {
    id("Microsoft.Storage/storageAccounts", "stprod")
}

/// A world with one storage account.
pub(super) fn one_account() -> World {
    World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.into(), name: "Production".into() }],
        storage_accounts: vec![StorageAccount::new(&storage_id())],
        ..World::default()
    }
}

/// What a caller gets.
#[derive(Debug)]
pub(super) struct Got {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("a JSON body")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A caller with a clock of its own.
pub(super) struct Caller {
    pub clock: VirtualClock,
    pub azure: Simulator,
}

impl Caller {
    pub(super) fn new(world: World) -> Self {
        let start = OffsetDateTime::parse(&world.now, &time::format_description::well_known::Rfc3339).expect("a time");
        let clock = VirtualClock::new(start);
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("the world is sound");
        let jumping = clock.clone();
        azure.on_clock_jump(move |by| jumping.jump(by));
        Self { clock, azure }
    }

    /// Sends a request to its end; `None` when the caller died on the way, `Err` when the connection broke.
    pub(super) fn send(&self, method: Method, url: &str, headers: &[(&str, String)], body: &str) -> Option<Result<Got, String>> {
        let mut url: url::Url = url.parse().expect("a URL");
        // Resource Manager takes no request without a version, and most stories do not care which.
        if url.host_str() == Some("management.azure.com") && !url.as_str().contains("api-version=") {
            url.query_pairs_mut().append_pair("api-version", "2023-05-01");
        }
        let mut request = Request::new(url, method);
        for (name, value) in headers {
            request.insert_header(HeaderName::from((*name).to_owned()), HeaderValue::from(value.clone()));
        }
        request.set_body(body.to_owned());
        let switch = self.azure.crash_switch();
        self.clock.run_unless(
            async {
                let answer = self.azure.execute_request(&request).await.map_err(|error| error.to_string())?;
                let (status, headers, body) = answer.deconstruct();
                let bytes = body.collect().await.map_err(|error| error.to_string())?;
                let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect();
                Ok(Got { status: status.into(), headers, text: String::from_utf8_lossy(&bytes).into_owned() })
            },
            move || switch.is_tripped(),
        )
    }

    fn token(&self, scope: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", token_text(scope, self.clock.now() + time::Duration::HOUR, 1)))
    }

    /// A Resource Manager call that is answered.
    pub(super) fn arm(&self, method: Method, path: &str, body: &str) -> Got {
        self.try_arm(method, path, body).expect("the caller lives").expect("the connection holds")
    }

    pub(super) fn try_arm(&self, method: Method, path: &str, body: &str) -> Option<Result<Got, String>> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("https://management.azure.com{path}") };
        self.send(method, &url, &[self.token("https://management.azure.com/.default")], body)
    }

    /// A Key Vault call that is answered.
    pub(super) fn vault(&self, method: Method, url: &str, body: &str) -> Got {
        let token = self.token("https://vault.azure.net/.default");
        self.send(method, url, &[token], body).expect("the caller lives").expect("the connection holds")
    }

    /// Both keys as `listKeys` shows them.
    pub(super) fn keys(&self, storage: &str) -> [String; 2] {
        let got = self.arm(Method::Post, &format!("{storage}/listKeys?api-version=2023-05-01"), "");
        assert_eq!(got.status, 200, "{}", got.text);
        [0, 1].map(|at| got.json()["keys"][at]["value"].as_str().expect("a key").to_owned())
    }

    pub(super) fn regenerate(&self, storage: &str, slot: &str) -> Option<Result<Got, String>> {
        let path = format!("{storage}/regenerateKey?api-version=2023-05-01");
        self.try_arm(Method::Post, &path, &format!(r#"{{"keyName":"{slot}"}}"#))
    }

    /// Lists with Shared Key on a service.
    pub(super) fn probe(&self, service: &str, key: &str) -> Got {
        let (path, resource) = match service {
            "table" => ("Tables?$top=1", "/stprod/Tables".to_owned()),
            _ => ("?comp=list&maxresults=1", "/stprod/\ncomp:list\nmaxresults:1".to_owned()),
        };
        let date = self.clock.now().format(&Rfc2822).expect("formats").replace("+0000", "GMT");
        let text = match service {
            "table" => format!("GET\n\n\n{date}\n{resource}"),
            _ => format!("GET{}x-ms-date:{date}\nx-ms-version:2022-11-02\n{resource}", "\n".repeat(12)),
        };
        let signature = StorageKey::new(key.to_owned()).sign(&text).expect("signs");
        let headers = [
            ("authorization", format!("SharedKey stprod:{signature}")),
            ("x-ms-date", date),
            ("x-ms-version", "2022-11-02".to_owned()),
        ];
        let url = format!("https://stprod.{service}.core.windows.net/{path}");
        self.send(Method::Get, &url, &headers, "").expect("the caller lives").expect("the connection holds")
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }
}
