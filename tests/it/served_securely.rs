//! The real binary against the simulator under Azure's own names: a proxy, a certificate authority, real sign-ins.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;

use keyroll::contract::world::World;
use serde_json::Value;

use crate::binary::{Ended, Place, refused};
use crate::processes::Running;
use crate::served::{lonely, with_secret};

/// A world behind TLS and a proxy, served by a process of its own.
pub struct SecureWorld {
    pub place: Place,
    pub announced: Value,
    server: Running,
}

impl SecureWorld {
    pub fn serve(world: &World) -> Self {
        let place = Place::new();
        let file = place.file("world.json", world.to_json());
        let line = format!("simulate serve -o json --world {file} --directory azure --ca-dir ca --az-config az");
        let mut server = Running::start(place.command(&line).stderr(Stdio::null()));
        let mut first = String::new();
        BufReader::new(server.stdout()).read_line(&mut first).expect("a line");
        Self { place, announced: serde_json::from_str(&first).expect("where the world is"), server }
    }

    fn environment(&self, recipe: &str) -> BTreeMap<String, String> {
        serde_json::from_value(self.announced["environments"][recipe].clone()).expect("an environment")
    }

    /// Runs the binary behind the proxy, with some of a recipe's variables.
    pub fn run(&self, line: &str, recipe: &str, names: &[&str]) -> Ended {
        let mut command = self.place.command(line);
        let all = self.environment(recipe);
        command.args(["--ca-bundle", self.announced["authorityFile"].as_str().expect("a path")]);
        command.env("HTTPS_PROXY", self.announced["proxy"].as_str().expect("a URL"));
        command.envs(all.iter().filter(|(name, _)| names.contains(&name.as_str())));
        Ended::of(command.output().expect("the binary runs"))
    }

    pub fn control(&self, line: &str) -> String {
        let port = u16::try_from(self.announced["httpPort"].as_u64().expect("a port")).expect("a port");
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
        write!(stream, "{line} HTTP/1.1\r\nhost: control.localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

pub const PRINCIPAL: [&str; 3] = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];

#[test]
fn the_binary_signs_in_and_works_under_azures_own_names() {
    let azure = SecureWorld::serve(&with_secret());
    let principal = azure.run("list-keys --storage-account stprod --auth client-secret", "public", &PRINCIPAL);
    assert_eq!(principal.code, 0, "{principal:?}");
    let identity = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];
    let identity = azure.run("dependents --storage-account stprod --auth managed-identity", "custom", &identity);
    assert_eq!(identity.code, 0, "{identity:?}");
    assert!(identity.stdout.contains("st-key"), "the vault was asked too: {identity:?}");
    let wrong = azure.run("list-keys --storage-account stprod --auth client-secret", "public", &PRINCIPAL[..2]);
    assert_ne!(wrong.code, 0);
    let audit = azure.control("GET /audit");
    for call in ["signIn.token", "signIn.managedIdentity", "secret.get", "storage.listKeys"] {
        assert!(audit.contains(&format!("\"{call}\":")), "{call} is not in {audit}");
    }
}

#[test]
fn who_does_not_trust_the_authority_sends_nothing() {
    let azure = SecureWorld::serve(&lonely());
    let mut command = azure.place.command("list-keys --storage-account stprod --auth client-secret");
    command.env("HTTPS_PROXY", azure.announced["proxy"].as_str().expect("a URL"));
    let ended = Ended::of(
        command
            .envs(azure.environment("public").iter().filter(|(name, _)| PRINCIPAL.contains(&name.as_str())))
            .output()
            .expect("runs"),
    );
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(!azure.control("GET /audit").contains("signIn.token"), "no secret left");
}

#[test]
fn a_served_world_ends_cleanly_when_it_is_told_to() {
    let mut azure = SecureWorld::serve(&lonely());
    assert!(azure.control("POST /stop").starts_with("HTTP/1.1 204"));
    assert_eq!(azure.server.end(), Some(0));
}

#[test]
fn what_cannot_be_served_is_one_clear_problem() {
    let place = Place::new();
    place.file("theirs/server.key", "somebody's");
    let told = refused(&place.run("simulate serve -o json --ca-dir theirs"), 2, "authorityNotOurs");
    assert!(told["message"].as_str().expect("a sentence").contains("theirs"));
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port();
    for line in [format!("--port {port} --ca-dir ca"), format!("--http-port {port} --ca-dir ca"), format!("--port {port}")] {
        let told = refused(&place.run(&format!("simulate serve -o json {line}")), 1, "portTaken");
        assert!(told["message"].as_str().expect("a sentence").contains(&port.to_string()));
    }
    assert!(!place.path("ca").exists(), "nothing was made in vain");
    let mut world = lonely();
    world.storage_accounts.push(world.storage_accounts[0].clone());
    place.file("world.json", world.to_json());
    refused(&place.run("simulate serve -o json --world world.json --ca-dir ca"), 2, "contradictoryWorld");
    assert_eq!(place.run("simulate serve --az-config az").code, 2, "which certificate would they trust?");
}
