//! Long-running operations of Resource Manager, followed to their end.
//!
//! `Azure-AsyncOperation` comes first, then `Location`, then the resource's own `provisioningState`; the status code of
//! the first answer alone says nothing (a 201 may still be `InProgress`; dossier, trap 14). Operation URLs carry
//! signatures: they are sent back byte for byte, and never logged, stored or told. A 401 in the middle is the bearer
//! policy's business, a 429 or 5xx the retry policy's: a poll is a `Read`.

use std::time::Duration;

use azure_core::http::Method;
use serde_json::Value;
use url::Url;

use crate::domain::problem::{Kind, Problem};

use super::call::{Answer, Asked, Call, Effect};
use super::client::Client;
use super::error::Subject;
use super::loopback;
use super::retry::LONGEST_WAIT;
use super::retry_after;
use super::service_error::ServiceError;

/// How long an operation is followed.
const CEILING: Duration = Duration::from_secs(60 * 60);
/// The first wait where the service names none (ML's resync never does); each further one is half as long again.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait where the service names none.
const SLOWEST_WAIT: Duration = Duration::from_secs(15);

pub(super) async fn finish(client: &Client, answer: Answer) -> Result<Answer, Problem> {
    let once = answer.asked.effect == Effect::Once;
    let subject = Subject::new(answer.asked.method, &answer.url, answer.asked.effect);
    let mut operation = Operation::new(client, answer);
    operation.follow().await.map_err(|problem| {
        // The change was accepted. That it cannot be followed does not mean that it did not happen.
        if once && problem.code != FAILED {
            let mut unknown = subject.unknown().because(problem.to_string());
            unknown.http_status = problem.http_status;
            unknown.service_code = problem.service_code;
            unknown.correlation_id = problem.correlation_id;
            return unknown;
        }
        problem
    })
}

/// The code of the problem of an operation that the service itself calls failed or cancelled.
const FAILED: &str = "operationFailed";

/// What is asked next.
enum Way {
    /// `Azure-AsyncOperation`: a status document.
    Status(Url),
    /// `Location`: 202 while it runs.
    Location(Url),
    /// The resource itself and its `provisioningState`.
    Resource,
}

enum State {
    Running,
    Succeeded,
    Failed,
}

struct Operation<'a> {
    client: &'a Client,
    resource: Url,
    asked: Asked,
    last: Answer,
    location: Option<Url>,
    waited: Duration,
    pace: Duration,
}

impl<'a> Operation<'a> {
    fn new(client: &'a Client, first: Answer) -> Self {
        Self {
            client,
            resource: first.url.clone(),
            asked: first.asked.clone(),
            last: first,
            location: None,
            waited: Duration::ZERO,
            pace: FIRST_WAIT,
        }
    }

    async fn follow(&mut self) -> Result<Answer, Problem> {
        self.location = self.link("location")?;
        let Some(mut way) = self.way()? else { return Ok(self.last.clone()) };
        loop {
            self.wait().await?;
            let url = match &way {
                Way::Status(url) | Way::Location(url) => url.clone(),
                Way::Resource => self.resource.clone(),
            };
            self.last = self.get(url).await?;
            if let Some(newer) = self.link("location")? {
                self.location = Some(newer);
            }
            match &mut way {
                Way::Status(url) => match self.status()? {
                    State::Succeeded => return self.result().await,
                    State::Failed => return Err(self.failure()),
                    State::Running => {
                        if let Some(newer) = self.link("azure-asyncoperation")? {
                            *url = newer;
                        }
                    }
                },
                Way::Location(_) if self.last.status != 202 => return self.resource_or_last().await,
                Way::Location(url) => {
                    if let Some(newer) = &self.location {
                        *url = newer.clone();
                    }
                }
                Way::Resource => match provisioning_state(&self.body()) {
                    None | Some(State::Succeeded) => return Ok(self.last.clone()),
                    Some(State::Failed) => return Err(self.failure()),
                    Some(State::Running) => {}
                },
            }
        }
    }

    /// How the first answer is followed; `None` when it is final.
    fn way(&self) -> Result<Option<Way>, Problem> {
        if let Some(url) = self.link("azure-asyncoperation")? {
            return Ok(Some(Way::Status(url)));
        }
        if let Some(url) = self.location.clone().filter(|_| self.last.status == 202) {
            return Ok(Some(Way::Location(url)));
        }
        let replaces = matches!(self.asked.method, Method::Put | Method::Patch);
        match provisioning_state(&self.body()) {
            Some(State::Failed) if replaces => Err(self.failure()),
            Some(State::Running) if replaces => Ok(Some(Way::Resource)),
            None if replaces && self.last.status == 202 => Ok(Some(Way::Resource)),
            _ => Ok(None),
        }
    }

    /// What the operation brought, once its status document says `Succeeded`.
    async fn result(&mut self) -> Result<Answer, Problem> {
        let Some(url) = self.location.clone().filter(|_| self.asked.method == Method::Post) else {
            return self.resource_or_last().await;
        };
        let status = self.last.clone();
        let mut url = url;
        loop {
            match self.get(url).await {
                Ok(answer) if answer.status == 202 => self.last = answer,
                Ok(answer) => return Ok(answer),
                // The operation has succeeded; that its result is already swept away changes nothing.
                Err(problem) if problem.kind == Kind::NotFound => return Ok(status),
                Err(problem) => return Err(problem),
            }
            url = self.link("location")?.or_else(|| self.location.clone()).unwrap_or_else(|| self.resource.clone());
            self.wait().await?;
        }
    }

    /// The resource after a PUT or PATCH, the last answer after anything else.
    async fn resource_or_last(&self) -> Result<Answer, Problem> {
        match self.asked.method {
            Method::Put | Method::Patch => self.get(self.resource.clone()).await,
            _ => Ok(self.last.clone()),
        }
    }

    async fn get(&self, url: Url) -> Result<Answer, Problem> {
        self.client.send(Call::new(Method::Get, url, Effect::Read, self.asked.audience)).await
    }

    async fn wait(&mut self) -> Result<(), Problem> {
        let demanded = retry_after::in_headers(&self.last.headers, self.client.clock.now());
        let wait = demanded.map_or(self.pace, |wait| wait.clamp(Duration::from_secs(1), LONGEST_WAIT));
        if demanded.is_none() {
            self.pace = (self.pace * 3 / 2).min(SLOWEST_WAIT);
        }
        self.waited += wait;
        if self.waited > CEILING {
            let minutes = CEILING.as_secs() / 60;
            return Err(Problem::failed(
                "operationTooLong",
                format!("{} has not ended after {minutes} minutes", self.subject().request()),
            )
            .hint("look at the resource later; the operation may still end well"));
        }
        self.client.clock.sleep(wait).await;
        Ok(())
    }

    /// The URL in a header of the last answer, which must lead to the host that was asked: the token goes there.
    fn link(&self, header: &'static str) -> Result<Option<Url>, Problem> {
        let Some(text) = self.last.header(header) else { return Ok(None) };
        let url = self.resource.join(text).ok().filter(|url| loopback::same_origin(&self.resource, url));
        // The Location of anything but a 202 names what was created, wherever that is.
        let follows = self.last.status == 202 || header == "azure-asyncoperation";
        if url.is_none() && follows {
            return Err(Problem::failed(
                "foreignHost",
                format!("{} points to another host for its progress, which is not followed", self.subject().request()),
            ));
        }
        Ok(url)
    }

    fn status(&self) -> Result<State, Problem> {
        let body = self.body();
        if let Some(status) = body.get("status").and_then(Value::as_str) {
            return Ok(state(status));
        }
        match (provisioning_state(&body), self.last.status) {
            (Some(state), _) => Ok(state),
            (None, 202) => Ok(State::Running),
            (None, 204) => Ok(State::Succeeded),
            _ => Err(Problem::failed("unexpectedAnswer", format!("the status of {} has no `status`", self.subject().request()))),
        }
    }

    fn failure(&self) -> Problem {
        let body = self.body();
        // Only a status document's own `error` speaks of the operation, and its code may be `None` (dossier, trap 13).
        let error = ServiceError::from_object(body.get("error").unwrap_or(&Value::Null));
        let ended = format!("{} was accepted and then failed", self.subject().request());
        let mut problem = match &error.message {
            Some(message) => Problem::failed(FAILED, message).because(ended),
            None => Problem::failed(FAILED, ended),
        };
        problem.causes.extend(error.details);
        problem.service_code = error.code;
        problem.correlation_id = self.last.correlation_id();
        problem
    }

    fn body(&self) -> Value {
        serde_json::from_slice(&self.last.body).unwrap_or_default()
    }

    fn subject(&self) -> Subject {
        Subject::new(self.asked.method, &self.resource, self.asked.effect)
    }
}

fn provisioning_state(resource: &Value) -> Option<State> {
    let text = resource.pointer("/properties/provisioningState").or_else(|| resource.get("provisioningState"))?.as_str()?;
    Some(state(text))
}

/// Succeeded, Failed and Canceled are final; everything else means that it still runs (dossier, section 7).
fn state(text: &str) -> State {
    match text.to_ascii_lowercase().as_str() {
        "succeeded" => State::Succeeded,
        "failed" | "canceled" | "cancelled" => State::Failed,
        _ => State::Running,
    }
}
