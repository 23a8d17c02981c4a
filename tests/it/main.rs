//! Every story that crosses the whole path, in one binary.

#![allow(unreachable_pub, clippy::print_stderr, reason = "one binary of many modules, which say what they skip")]

mod around_the_account;
mod at_once;
mod azurite;
mod bad_days;
mod binary;
mod cli_bad_input;
mod cli_input;
mod cli_roll;
mod cli_surface;
mod crashes;
mod customer_key;
mod dependents;
mod documents;
mod exec;
mod host;
mod house;
mod kills;
mod locators;
mod management_certificate;
mod media_v2;
mod pages;
mod powershell;
mod processes;
mod publish_time;
mod recordings;
mod recovery;
mod requests;
mod rig;
mod rotation;
mod served;
mod served_securely;
mod seven_steps;
mod simulation;
mod strategies;
mod streaming;
mod streaming_locators;
mod sync_keys;
mod sync_keys_cli;
mod together;
mod worlds;
