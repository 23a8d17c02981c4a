//! The client: `azure_core`'s pipeline with our own retry and bearer policies.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::headers::{ACCEPT, CLIENT_REQUEST_ID};
use azure_core::http::{
    ClientOptions as PipelineOptions, Context, HttpClient, Pipeline, PipelineSendOptions, Request, RetryOptions, StatusCode,
    Transport, UserAgentOptions,
};
use url::Url;

use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::auth::identity::Identity;
use super::bearer::BearerPolicy;
use super::call::{Answer, Asked, Audience, Call};
use super::cloud::Cloud;
use super::error::Subject;
use super::media_v2::management::Management;
use super::policy_token::PolicyTokens;
use super::retry::RetryPolicy;
use super::service_clock::{DatePolicy, ServiceClock};
use super::token_cache::TokenCache;
use super::transport::Bounded;
use super::{loopback, lro, paging};

pub use super::observer::{Notice, Observer, Unobserved};

/// What a client is made of.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where the requests go: [`LazyHttpClient`](super::transport::LazyHttpClient), the simulator, or a replay.
    pub transport: Arc<dyn HttpClient>,
    /// The endpoints and audiences.
    pub cloud: Cloud,
    /// Who gives the tokens. Without one, only calls that carry their own signature can be sent.
    pub credential: Option<Arc<dyn TokenCredential>>,
    /// What waits and expiries are measured on.
    pub clock: Arc<dyn Clock>,
    /// Who is told of waits.
    pub observer: Arc<dyn Observer>,
    /// The request id that a host (az, PowerShell) gave for everything that this command sends. `None` makes a new one for
    /// each call; its repetitions carry the same.
    pub client_request_id: Option<String>,
}

/// Sends calls to Azure. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cloud: Arc<Cloud>,
    tokens: Arc<TokenCache>,
    pipeline: Pipeline,
    request_id: Option<String>,
    policy_tokens: Option<PolicyTokens>,
    management: Option<Arc<Management>>,
}

impl Client {
    /// A client of these options. Nothing is sent and no connection is made yet.
    #[must_use]
    pub fn new(options: ClientOptions) -> Self {
        let ClientOptions { transport, cloud, credential, clock, observer, client_request_id } = options;
        let cloud = Arc::new(cloud);
        let service_clock = Arc::new(ServiceClock::new(clock));
        let clock: Arc<dyn Clock> = service_clock.clone();
        let tokens = Arc::new(TokenCache::new(Arc::clone(&clock), credential));
        let retry = RetryPolicy::new(Arc::clone(&clock), observer);
        let bearer = BearerPolicy::new(Arc::clone(&cloud), Arc::clone(&tokens));
        let pipeline = Pipeline::new(
            Some(env!("CARGO_PKG_NAME")),
            Some(env!("CARGO_PKG_VERSION")),
            PipelineOptions {
                transport: Some(Transport::new(Arc::new(Bounded::new(transport)))),
                retry: RetryOptions::none(),
                user_agent: UserAgentOptions { application_id: Some(env!("CARGO_PKG_NAME").to_owned()) },
                ..PipelineOptions::default()
            },
            Vec::new(),
            vec![Arc::new(retry), Arc::new(bearer), Arc::new(DatePolicy(service_clock))],
            None,
        );
        Self { clock, cloud, tokens, pipeline, request_id: client_request_id, policy_tokens: None, management: None }
    }

    /// The same client, which asks Azure Policy for a token before each change.
    #[must_use]
    pub fn with_policy_tokens(mut self, tokens: PolicyTokens) -> Self {
        self.policy_tokens = Some(tokens);
        self
    }

    /// Whether each change needs a token of Azure Policy.
    #[must_use]
    pub fn needs_policy_tokens(&self) -> bool {
        self.policy_tokens.is_some()
    }

    /// The same client, with the door to classic service management that a certificate opens.
    #[must_use]
    pub fn with_management(mut self, management: Management) -> Self {
        self.management = Some(Arc::new(management));
        self
    }

    /// Classic service management, where a certificate opened it.
    #[must_use]
    pub fn management(&self) -> Option<&Management> {
        self.management.as_deref()
    }

    /// The request id of a call that has to sign it: the one that the host gave, or a new one.
    pub(super) fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string())
    }

    /// The cloud that this client talks to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The clock that everything here waits on: the one that was given, set right by the `Date` of Azure's answers.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The URL of a Resource Manager path (which begins with a slash and is percent-encoded where needed) with its api-version.
    #[must_use]
    pub fn resource_manager_url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.cloud.resource_manager.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }

    /// Who is signed in, from the claims of the Resource Manager token; `None` when the token does not say.
    ///
    /// # Errors
    /// When the sign-in gives no token.
    pub async fn identity(&self) -> Result<Option<Identity>, Problem> {
        let Some(scope) = self.cloud.scope(Audience::ResourceManager) else { return Ok(None) };
        Ok(Identity::of_token(self.tokens.get(&scope).await?.token.secret()))
    }

    /// Sends one call and returns its 2xx answer. Waits and repeats as the call's effect allows.
    ///
    /// # Errors
    /// Everything else, mapped to a problem: 404 not found, 401 and 403 permission, an unknown outcome of a `Once` call
    /// `outcomeUnknown`, the rest failed (`throttled`, `conflict`, `preconditionFailed`, `serviceFailed`, `cannotConnect`,
    /// `connectionBroken`, `certificateNotTrusted`, `redirected`, `requestRefused`); with status, service code, message and
    /// correlation id.
    pub async fn send(&self, call: Call) -> Result<Answer, Problem> {
        let (subject, answer) = self.exchange(call).await?;
        self.judged(&subject, answer)
    }

    /// As [`Self::exchange`], but follows one permanent redirect with method, body and token, if it leads to where a token for
    /// this audience may go. AMS v2 answers so at its old address (API dossier, 3.4). A redirect that leads elsewhere, or to another
    /// one, is the answer.
    pub(super) async fn exchange_following(&self, call: Call) -> Result<(Subject, Answer), Problem> {
        let (subject, answer) = self.exchange(call.clone()).await?;
        let permanent = matches!(answer.status, 301 | 307 | 308);
        let place = answer.header("location").filter(|_| permanent).and_then(|place| answer.url.join(place).ok());
        match place.filter(|place| self.cloud.owns(call.audience, place) && loopback::is_private(place)) {
            Some(url) => self.exchange(Call { url, ..call }).await,
            None => Ok((subject, answer)),
        }
    }

    /// The answer, if it is a success.
    pub(super) fn judged(&self, subject: &Subject, answer: Answer) -> Result<Answer, Problem> {
        let status = StatusCode::from(answer.status);
        if status.is_success() {
            return Ok(answer);
        }
        Err(subject.refused(status, &answer.headers, &answer.body, self.clock.now()))
    }

    /// Sends one call and returns its answer, whatever it says.
    pub(super) async fn exchange(&self, call: Call) -> Result<(Subject, Answer), Problem> {
        let call = match &self.policy_tokens {
            Some(tokens) => tokens.sign(self, call).await?,
            None => call,
        };
        let Call { method, url, effect, audience, headers, body, showable: _ } = call;
        let subject = Subject::new(method, &url, effect);
        let mut request = Request::new(url.clone(), method);
        if audience != Audience::None {
            request.insert_header(ACCEPT, "application/json");
        }
        if let Some(id) = &self.request_id {
            request.insert_header(CLIENT_REQUEST_ID, id.clone());
        }
        for (name, value) in headers {
            request.insert_header(name.to_ascii_lowercase(), value);
        }
        if !body.is_empty() {
            request.set_body(body);
        }
        let context = Context::new().with_value(effect).with_value(audience);
        // Whether an answer is a success is told below, where a problem can be made of it.
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let response = self.pipeline.send(&context, &mut request, Some(options)).await.map_err(|error| subject.broken(&error))?;
        let (status, headers, body) = response.deconstruct();
        let asked = Asked { method, effect, audience };
        Ok((subject, Answer { status: status.into(), headers, body: body.to_vec(), url, asked }))
    }

    /// Follows a long-running operation to its end (`Azure-AsyncOperation`, `Location` or `provisioningState`) and returns
    /// the last answer: of a PUT or PATCH the resource, of a POST what `Location` gave, if anything. An answer that is
    /// already final is returned as it is.
    ///
    /// # Errors
    /// As [`Self::send`], when the operation ends in `Failed` or `Canceled` (`operationFailed`), takes longer than an hour
    /// (`operationTooLong`), or points to another host (`foreignHost`). Of a `Once` call only `operationFailed` is certain;
    /// the others become `outcomeUnknown`.
    pub async fn finish(&self, answer: Answer) -> Result<Answer, Problem> {
        lro::finish(self, answer).await
    }

    /// Reads every page of a list (`value` with `nextLink` or `@odata.nextLink`), each item as raw JSON.
    ///
    /// # Errors
    /// As [`Self::send`], and when a next link leaves the host, repeats itself, or never ends.
    pub async fn list(&self, call: Call) -> Result<Vec<serde_json::Value>, Problem> {
        paging::list(self, call).await
    }

    /// The same, each item as its page arrives: a long list is never there as JSON.
    pub(super) async fn list_each(
        &self,
        call: Call,
        take: impl FnMut(serde_json::Value) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        paging::each(self, call, take).await
    }
}
