//! A simulated Azure that this process serves to the real binary.

use std::sync::mpsc;
use std::thread;

use keyroll::contract::world::{Secret, StorageAccount, Subscription, Vault, World};
use keyroll::sim::serve::{Options, Served, Server};
use keyroll::sim::simulator::Simulator;

use crate::binary::{Ended, Place};

pub const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";

/// The id of a resource in the group `prod`.
pub fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}")
}

/// One account `stprod` that nothing depends on.
pub fn lonely() -> World {
    let account = StorageAccount::new(&id("Microsoft.Storage/storageAccounts", "stprod"));
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() };
    World { subscriptions: vec![subscription], storage_accounts: vec![account], ..World::default() }
}

/// The same with a vault secret that holds key1, whose consumers are given a day.
pub fn with_secret() -> World {
    let mut world = lonely();
    let storage = id("Microsoft.Storage/storageAccounts", "stprod");
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-prod"));
    vault.secrets = vec![Secret::dual_credential("st-key", "key1", &storage)];
    world.vaults = vec![vault];
    world
}

/// A world behind a port, and a place whose binary is pointed at it.
pub struct Azure {
    pub simulator: Simulator,
    pub place: Place,
}

impl Azure {
    /// Serves a world whose time runs this many times as fast as the machine's.
    pub fn serve(world: World, times: u32) -> Self {
        let place = Place::new();
        let options = Options { port: 0, directory: place.path("azure"), times };
        let (ready, served) = mpsc::channel();
        // The thread ends with the process: a test that fails leaves nothing behind.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let world = Server::bind(world, &options).await.expect("a sound world");
                ready.send((world.served().clone(), world.simulator().clone())).expect("somebody waits");
                world.run().await;
            });
        });
        let (served, simulator) = served.recv().expect("the world is served");
        let place = place.with(&options_of(&served));
        Self { simulator, place }
    }

    pub fn run(&self, line: &str) -> Ended {
        self.place.run(line)
    }

    /// How often the binary had a key regenerated.
    pub fn regenerates(&self) -> usize {
        self.simulator.audit().own_regenerates().count()
    }

    /// Every secret of the world that any of these texts holds.
    #[track_caller]
    pub fn leaks_nothing(&self, texts: &[&str]) {
        let secrets = self.simulator.audit().secrets;
        assert!(!secrets.is_empty(), "the world has keys");
        for secret in secrets {
            assert!(!texts.iter().any(|text| text.contains(&secret)), "a secret was told");
        }
    }
}

fn options_of(served: &Served) -> Vec<String> {
    vec![
        format!("--cloud={}", served.cloud_file.display()),
        format!("--auth=token-file={}", served.token_file.display()),
        format!("--clock={}", served.clock_file.display()),
    ]
}
