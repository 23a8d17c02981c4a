//! What every command works with: the options, the printer, and on demand the state folder and the engine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use crate::azure::auth::handed::TokenSource;
use crate::azure::client::{Client, Observer};
use crate::azure::cloud::Cloud;
use crate::azure::media_v2::management::Management;
use crate::contract::host::secrets::Secrets;
use crate::contract::token::HandedToken;
use crate::dependents::Scope;
use crate::domain::dependent::DependentKind;
use crate::domain::problem::Problem;
use crate::domain::report::Report;
use crate::domain::resource_id::ResourceId;
use crate::render::events::{Events, Several, SeveralListeners};
use crate::render::frames::HostEvents;
use crate::render::printer::Printer;
use crate::render::progress::Progress;
use crate::rotation::folder::Folder;
use crate::rotation::locators::Listener;
use crate::rotation::storage::Storage;
use crate::rotation::{Cancel, Engine, Sink};

use super::certificate::CertificateOptions;
use super::connect::{self, Transports};
use super::customer_key;
use super::global::Global;
use super::locator_runs;
use super::media_v2_accounts;
use super::roll_options::ScopeOptions;

/// One command being carried out.
#[derive(Debug)]
pub(super) struct Session {
    /// The global options.
    pub global: Global,
    /// Both streams.
    pub printer: Printer,
    /// What is shown while a run goes.
    pub progress: Arc<Progress>,
    /// Ends a run from outside.
    pub cancel: Cancel,
    /// The ways to Azure, shared with the other requests of this process.
    pub transports: Arc<Transports>,
    /// The host that wants the command carried out, in a conversation.
    pub host: Option<Host>,
    /// The options of the certificate that what this command is about needs, as they were written.
    certificate: OnceLock<String>,
}

/// What a host hands over beyond a command's options.
#[derive(Debug)]
pub(super) struct Host {
    /// Who is asked for tokens.
    pub source: Arc<dyn TokenSource>,
    /// Tokens that it had already.
    pub tokens: Vec<HandedToken>,
    /// The tenant that the tokens have to be of.
    pub tenant: Option<String>,
    /// The cloud, where it describes one.
    pub cloud: Option<Cloud>,
    /// Sent with every request to Azure.
    pub client_request_id: Option<String>,
    /// Whether Azure Policy is asked for a token before each change.
    pub acquire_policy_token: bool,
    /// What stays in memory.
    pub secrets: Secrets,
    /// Told of everything that happens.
    pub events: Arc<HostEvents>,
}

impl Session {
    /// A session; nothing is opened yet.
    #[must_use]
    pub(super) fn new(global: Global, printer: Printer, cancel: Cancel) -> Self {
        let progress = Arc::new(Progress::new(printer.clone(), global.verbose > 0));
        Self { global, printer, progress, cancel, transports: Arc::default(), host: None, certificate: OnceLock::new() }
    }

    /// Another session of this process, for another request.
    #[must_use]
    pub(super) fn beside(&self, global: Global, printer: Printer) -> Self {
        Self { transports: Arc::clone(&self.transports), ..Self::new(global, printer, Cancel::new()) }
    }

    /// The secrets that a host handed over; none on the command line.
    #[must_use]
    pub(super) fn secrets(&self) -> &Secrets {
        static NONE: LazyLock<Secrets> = LazyLock::new(Secrets::default);
        self.host.as_ref().map_or(&*NONE, |host| &host.secrets)
    }

    /// Who is told of waits.
    #[must_use]
    pub(super) fn observer(&self) -> Arc<dyn Observer> {
        match &self.host {
            Some(host) => host.events.clone(),
            None => self.progress.clone(),
        }
    }

    /// The state folder.
    ///
    /// # Errors
    /// When there is no place for it, or it cannot be written.
    pub(super) fn storage(&self) -> Result<Arc<dyn Storage>, Problem> {
        Ok(Arc::new(Folder::open(&self.state_folder()?)?))
    }

    /// Where the state is kept: `--state`, else `KEYROLL_STATE`, else the user's state folder.
    ///
    /// # Errors
    /// When the environment names no home.
    pub(super) fn state_folder(&self) -> Result<PathBuf, Problem> {
        if let Some(folder) = &self.global.state {
            return Ok(folder.clone());
        }
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else {
            let home = || variable("HOME").map(|home| home.join(".local").join("state"));
            variable("XDG_STATE_HOME").filter(|folder| folder.is_absolute()).or_else(home)
        };
        folder.map(|folder| folder.join("keyroll")).ok_or_else(|| {
            Problem::usage("noStateFolder", "there is no home folder to keep the state of runs in")
                .hint("name a folder with --state or KEYROLL_STATE")
        })
    }

    /// An engine that is signed in, once its first call needs it.
    ///
    /// # Errors
    /// When the state folder, the cloud or the way to sign in is no good.
    pub(super) fn engine(&self) -> Result<Engine, Problem> {
        let storage = self.storage()?;
        let connection = connect::signed_in(self)?;
        if self.global.verbose > 0 {
            self.printer.people(&format!("signing in by {}", connection.sign_in));
        }
        Ok(self.engine_over(connection.client, storage))
    }

    /// An engine that is signed in and knows as whom: for commands that change something.
    ///
    /// # Errors
    /// As [`Self::engine`], and when no token is given.
    pub(super) async fn acting_engine(&self) -> Result<Engine, Problem> {
        let mut engine = self.engine()?;
        engine.identity = engine.client.identity().await?.map(|identity| identity.object_id);
        Ok(engine)
    }

    /// The same engine, with the door to classic service management where an AMS v2 account is named and a certificate given.
    ///
    /// # Errors
    /// When the certificate cannot be read or used, or the cloud has no classic management.
    pub(super) async fn certified(&self, engine: Engine, scope: &ScopeOptions) -> Result<Engine, Problem> {
        self.with_management(engine, &scope.certificate, !scope.media_v2.is_empty()).await
    }

    /// An engine that goes on with runs, which may need the certificate again that they were begun with.
    ///
    /// # Errors
    /// As [`Self::acting_engine`] and [`Self::certified`].
    pub(super) async fn engine_of_runs(&self, runs: &[Report], certificate: &CertificateOptions) -> Result<Engine, Problem> {
        let engine = self.acting_engine().await?;
        let handed = runs.iter().flat_map(|run| &run.dependents).any(|dependent| dependent.kind == DependentKind::MediaV2Account);
        self.with_management(engine, certificate, handed).await
    }

    /// The same engine, with the door to classic service management where that is wanted and a certificate given.
    ///
    /// # Errors
    /// As [`Self::certified`].
    pub(super) async fn with_management(
        &self,
        engine: Engine,
        certificate: &CertificateOptions,
        wanted: bool,
    ) -> Result<Engine, Problem> {
        if !wanted || !certificate.given(self) {
            return Ok(engine);
        }
        let management = self.management(certificate).await?;
        Ok(Engine { client: engine.client.with_management(management), ..engine })
    }

    /// The door to classic service management. Commands that this one tells take the same certificate.
    ///
    /// # Errors
    /// As [`Self::certified`].
    pub(super) async fn management(&self, certificate: &CertificateOptions) -> Result<Management, Problem> {
        self.certificate.get_or_init(|| certificate.written().join(" "));
        connect::classic_management(self, &certificate.read(self).await?)
    }

    /// The options of the certificate that goes along with commands about the same run; empty where none was named.
    #[must_use]
    pub(super) fn certificate(&self) -> &str {
        self.certificate.get().map_or("", String::as_str)
    }

    /// An engine that only reads the state folder.
    ///
    /// # Errors
    /// When the state folder is no good.
    pub(super) fn reader(&self) -> Result<Engine, Problem> {
        Ok(self.engine_over(connect::without_sign_in(&self.global)?, self.storage()?))
    }

    /// An engine over a client and a storage, with this session's progress and events.
    #[must_use]
    pub(super) fn engine_over(&self, client: Client, storage: Arc<dyn Storage>) -> Engine {
        let mut sinks: Vec<Arc<dyn Sink>> = vec![self.progress.clone()];
        if self.printer.events() {
            sinks.push(Arc::new(Events::new(self.printer.clone())));
        }
        sinks.extend(self.host.as_ref().map(|host| host.events.clone() as Arc<dyn Sink>));
        let engine = Engine::new(client, storage, Arc::new(Several(sinks)), self.cancel.clone());
        Engine { locators: self.locator_listener(), ..engine }
    }

    /// Who is told of a run that recreates locators.
    #[must_use]
    pub(super) fn locator_listener(&self) -> Arc<dyn Listener> {
        let mut listeners: Vec<Arc<dyn Listener>> = vec![self.progress.clone()];
        if self.printer.events() {
            listeners.push(Arc::new(Events::new(self.printer.clone())));
        }
        listeners.extend(self.host.as_ref().map(|host| host.events.clone() as Arc<dyn Listener>));
        Arc::new(SeveralListeners(listeners))
    }

    /// The account that `--storage-account` names, and where its dependents are looked for.
    ///
    /// # Errors
    /// Usage without an account; not found when it, or a subscription, is not visible.
    pub(super) async fn target(&self, engine: &Engine, options: &ScopeOptions) -> Result<(ResourceId, Scope), Problem> {
        self.target_of(engine, self.account_option()?, options).await
    }

    /// The account of this name or id, and where its dependents are looked for.
    ///
    /// # Errors
    /// Usage for a malformed id; not found when it, or a subscription, is not visible.
    pub(super) async fn target_of(
        &self,
        engine: &Engine,
        named: &str,
        options: &ScopeOptions,
    ) -> Result<(ResourceId, Scope), Problem> {
        let subscriptions = self.subscriptions(engine).await?;
        let account = engine.find_account(named, self.global.resource_group.as_deref(), &subscriptions).await?;
        let media_v2 = media_v2_accounts::resolve(engine, options, &account, &subscriptions).await?;
        let mut scope = Scope { subscriptions, vaults: options.vault.clone(), media_v2 };
        if !scope.subscriptions.iter().any(|known| known.eq_ignore_ascii_case(account.subscription())) {
            scope.subscriptions.push(account.subscription().to_owned());
        }
        Ok((account, scope))
    }

    /// What `--storage-account` says.
    ///
    /// # Errors
    /// When it is missing, or an id that is malformed or of something else.
    pub(super) fn account_option(&self) -> Result<&str, Problem> {
        let named = self.global.storage_account.as_deref().filter(|name| !name.trim().is_empty()).ok_or_else(|| {
            Problem::usage("storageAccountMissing", "no storage account was named")
                .hint("add --storage-account NAME, with -g GROUP where the name is not unique, or its full resource id")
        })?;
        if named.contains('/') {
            ResourceId::parse_as(named, "Microsoft.Storage/storageAccounts")?;
        }
        Ok(named)
    }

    /// The ids of the subscriptions given, or of all that the sign-in sees.
    ///
    /// # Errors
    /// When one that was given is not visible, or none is.
    pub(super) async fn subscriptions(&self, engine: &Engine) -> Result<Vec<String>, Problem> {
        let given = &self.global.subscription;
        let by_name = |text: &String| !looks_like_id(text);
        if !given.is_empty() && !given.iter().any(by_name) {
            for id in given {
                engine.client.subscription(id).await?;
            }
            return Ok(given.clone());
        }
        let visible = engine.client.subscriptions().await?;
        if given.is_empty() {
            let ids: Vec<String> = visible.into_iter().map(|subscription| subscription.id).collect();
            return if ids.is_empty() { Err(no_subscription()) } else { Ok(ids) };
        }
        let find = |wanted: &String| {
            let fits = |text: &str| text.eq_ignore_ascii_case(wanted);
            let found = visible.iter().find(|known| fits(&known.id) || fits(&known.name));
            found.map(|known| known.id.clone()).ok_or_else(|| {
                Problem::not_found(
                    "subscriptionNotSignedIn",
                    format!("subscription `{wanted}` is not among those that this sign-in sees"),
                )
                .hint("sign in to its tenant, or check the name with `az account list --all`")
            })
        };
        given.iter().map(find).collect()
    }

    /// The run that a command means: `--run-id`, or the only unfinished one, of `--storage-account` if that is given.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(super) fn pick_run(&self, engine: &Engine) -> Result<String, Problem> {
        if let Some(run) = &self.global.run_id {
            return Ok(run.clone());
        }
        let rotations = engine.runs()?.into_iter().filter(|run| unfinished(run) && self.concerns(run)).map(|run| run.run_id);
        let others = customer_key::carry_out::runs(self, engine)?.into_iter().filter(customer_key::carry_out::unfinished);
        let locators = locator_runs::all(self)?.into_iter().filter(locator_runs::unfinished).map(|run| run.run_id);
        let open: Vec<String> = rotations.chain(others.map(|run| run.run_id)).chain(locators).collect();
        match open.as_slice() {
            [run] => Ok(run.clone()),
            [] => Err(Problem::not_found("noUnfinishedRun", "there is no unfinished run in this state folder")
                .hint("name a run with --run-id; `keyroll status` lists them")
                .hint("name another state folder with --state")),
            several => {
                let names: Vec<&str> = several.iter().map(String::as_str).collect();
                Err(Problem::usage("severalUnfinishedRuns", format!("{} runs are unfinished: {}", names.len(), names.join(", ")))
                    .hint("name one with --run-id"))
            }
        }
    }

    /// Whether a run is of the account that `--storage-account` names; every run is when it names none.
    #[must_use]
    pub(super) fn concerns(&self, run: &Report) -> bool {
        let name = |account: &str| account.parse::<ResourceId>().map(|id| id.name().to_owned()).unwrap_or_default();
        self.global
            .storage_account
            .as_deref()
            .is_none_or(|wanted| run.account.eq_ignore_ascii_case(wanted) || name(&run.account).eq_ignore_ascii_case(wanted))
    }

    /// Reads a file that the user named, as text.
    ///
    /// # Errors
    /// Not found, unreadable or binary.
    pub(super) fn read_text(place: &Path) -> Result<String, Problem> {
        let bytes = std::fs::read(place).map_err(|error| {
            let message = format!("the file {} cannot be read", place.display());
            if error.kind() == std::io::ErrorKind::NotFound {
                Problem::not_found("noSuchFile", message)
                    .because(error)
                    .hint("check the path; it is relative to the current folder")
            } else {
                Problem::usage("fileNotRead", message).because(error)
            }
        })?;
        String::from_utf8(bytes)
            .map_err(|_| Problem::usage("binaryFile", format!("the file {} is not UTF-8 text", place.display())))
    }
}

/// Whether something is left to do in a run.
#[must_use]
pub(super) fn unfinished(run: &Report) -> bool {
    use crate::domain::report::RunStatus;
    !matches!(run.status, RunStatus::Done | RunStatus::Aborted)
}

/// Subscription ids are UUIDs; everything else is a name.
fn looks_like_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn no_subscription() -> Problem {
    Problem::not_found("noSubscription", "this sign-in sees no subscription")
        .hint("sign in to the tenant that has the storage account")
}
