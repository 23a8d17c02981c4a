//! What `keyroll exec` adds to the calls that a request makes: `cargo bench --features serve --bench exec`.
//!
//! The same three calls to a served simulation, once by the library over one client, and once as `list-keys` requests of one
//! conversation. Both take turns, so that whatever else the machine does happens to both, and medians are compared.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::azure::system_clock::SystemClock;
use keyroll::azure::transport::{LazyHttpClient, Proxies};
use keyroll::contract::world::{StorageAccount, Subscription, World};
use keyroll::domain::resource_id::ResourceId;
use keyroll::sim::serve::{Options, Served, Server};
use serde_json::{Value, json};
use time::OffsetDateTime;

const ROUNDS: usize = 200;
const LIMIT_MS: f64 = 1.0;
const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let served = serve(folder.path().join("azure"))?;
    let cloud = std::fs::read_to_string(&served.cloud_file)?;
    let tokens: Value = serde_json::from_str(&std::fs::read_to_string(&served.token_file)?)?;
    let account = account().parse::<ResourceId>()?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(ClientOptions {
        transport: Arc::new(LazyHttpClient::new(Vec::new(), Proxies::Used)),
        cloud: Cloud::from_file(&cloud)?,
        credential: Some(Arc::new(Given(tokens[0].clone()))),
        clock: Arc::new(SystemClock),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    let call = || -> Result<Duration, Box<dyn Error>> {
        let begun = Instant::now();
        runtime.block_on(async {
            client.subscription(SUBSCRIPTION).await?;
            client.storage_account(&account).await?;
            client.list_keys(&account).await
        })?;
        Ok(begun.elapsed())
    };

    let mut exec = Command::new(env!("CARGO_BIN_EXE_keyroll"));
    exec.arg("exec").env("KEYROLL_STATE", folder.path().join("state")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut exec = exec.spawn()?;
    let mut requests = exec.stdin.take().ok_or("no stdin")?;
    let mut frames = BufReader::new(exec.stdout.take().ok_or("no stdout")?).lines();
    frames.next().ok_or("no hello")??;
    let cloud: Value = serde_json::from_str(&cloud)?;
    let mut ask = |id: usize| -> Result<Duration, Box<dyn Error>> {
        let arguments = json!({ "storageAccount": account.as_str(), "subscription": [SUBSCRIPTION] });
        let request = json!({
            "v": 1, "id": id.to_string(), "command": "list-keys", "arguments": arguments, "context": { "cloud": cloud },
            "tokens": tokens,
        });
        let begun = Instant::now();
        writeln!(requests, "{request}")?;
        let answer = frames.next().ok_or("it hung up")??;
        let took = begun.elapsed();
        if answer.contains("\"exitCode\":0}") { Ok(took) } else { Err(answer.into()) }
    };

    let (mut calls, mut asked) = (Vec::new(), Vec::new());
    // The first rounds make connections and do not count.
    for round in 0..ROUNDS + 20 {
        let both = (call()?, ask(round)?);
        if round >= 20 {
            calls.push(both.0);
            asked.push(both.1);
        }
    }
    let (bare, request) = (median(&mut calls), median(&mut asked));
    let added = request - bare;
    println!("three calls       median {bare:6.2} ms");
    println!("a request of exec median {request:6.2} ms  ratio {:.2}  adds {added:.2} ms (limit {LIMIT_MS} ms)", request / bare);
    if added < LIMIT_MS { Ok(()) } else { Err(format!("exec adds {added:.2} ms to a request").into()) }
}

/// A token that is there already.
#[derive(Debug)]
struct Given(Value);

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::now_utc() + time::Duration::hours(1);
        Ok(AccessToken::new(self.0["token"].as_str().unwrap_or_default().to_owned(), expires))
    }
}

fn account() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/stprod")
}

/// A world that a thread serves as long as this process lives.
fn serve(directory: std::path::PathBuf) -> Result<Served, Box<dyn Error>> {
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() };
    let accounts = vec![StorageAccount::new(&account())];
    let world = World { subscriptions: vec![subscription], storage_accounts: accounts, ..World::default() };
    let options = Options { port: 0, directory, times: 10_000 };
    let (ready, served) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let azure = Server::bind(world, &options).await.expect("a sound world");
            ready.send(azure.served().clone()).expect("somebody waits");
            azure.run().await;
        });
    });
    Ok(served.recv()?)
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}
