//! What the pages show is what the binary does: every `$ keyroll …` line of README.md and docs/ is run.

use std::path::Path;

use keyroll::contract::world::{Datastore, MediaAccount, World};

use crate::binary::{Ended, text};
use crate::served::Azure;
use crate::worlds::{account, id, production};

/// The commands of a page's console blocks, without their comments, as they follow each other.
fn commands(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        match line.trim_start() {
            "```console" => inside = true,
            line if line.starts_with("```") => inside = false,
            line if inside => {
                let shown = line.strip_prefix("$ keyroll ").map(|command| command.split(" # ").next().unwrap_or(command));
                found.extend(shown.map(|command| command.trim().to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// The world that the pages speak of: `stprod` in group `prod`, with the workspace `ml-a`.
fn world_of_the_pages() -> World {
    let mut world = production();
    // A media account that holds no key: its locators are shown, and a roll has nothing to do with it.
    let identity = |media: MediaAccount| MediaAccount { storage_authentication: "ManagedIdentity".into(), ..media };
    world.media_accounts = vec![identity(MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams1"), &account()))];
    world.vaults.clear();
    let workspace = &mut world.workspaces[0];
    workspace.datastores.retain(|datastore: &Datastore| datastore.name.starts_with("workspace") || datastore.name == "ds-raw");
    world
}

/// Runs one line as a person would who answers yes and puts the id of the latest run where the page says ID.
fn run(azure: &Azure, command: &str) -> Ended {
    let mut line = command.to_owned();
    if line.contains(" ID") {
        let status = azure.run("status").json();
        line = line.replace(" ID", &format!(" {}", status["runs"][0]["runId"].as_str().expect("a run")));
    }
    if line.starts_with("rotate") || line.starts_with("regenerate-key") {
        line.push_str(" --yes");
    }
    azure.run(&line)
}

#[test]
fn every_command_that_a_page_shows_does_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let commands = commands(&text(&root.join("README.md")));
    assert!(commands.len() >= 7, "README.md shows how it is used: {commands:?}");
    let azure = Azure::serve(world_of_the_pages(), 2_000);
    for command in commands {
        let ended = run(&azure, &command);
        assert_eq!(ended.code, 0, "keyroll {command}: {ended:?}");
    }
    assert_eq!(azure.regenerates(), 2, "{} was rolled", account());
}
