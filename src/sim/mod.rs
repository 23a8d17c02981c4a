//! A simulated Azure behind `azure_core`'s `HttpClient`: what it answers, what it forgets, and what really happened.
//!
//! It knows neither `azure` nor `dependents`: Shared Key, SAS and every wire shape are written here a second time, from
//! the same documents, so that a wrong belief is not shared. Start at [`simulator::Simulator`]; a world is a
//! [`crate::contract::world::World`]; [`audit::Audit`] is the judge.

mod account;
pub mod audit;
mod authorization;
mod batch;
mod blob;
mod catalog;
mod classic;
pub mod crash;
mod customer_key;
mod data_plane;
mod datastore;
mod delivery;
pub mod demo;
mod event;
mod fault;
mod graph;
pub mod holder;
mod keyring;
mod locator_conditions;
mod media;
mod media_others;
mod message;
mod odata;
mod odata_jobs;
mod odata_locators;
mod odata_others;
mod odata_route;
mod operation;
mod paging;
mod policy_token;
pub mod random;
mod route;
mod sas;
pub mod scaled_clock;
mod secret;
pub mod seed;
#[cfg(feature = "serve")]
pub mod serve;
mod shared_key;
mod sign_in;
pub mod simulator;
mod state;
mod streaming_endpoint;
mod streaming_locator;
mod streaming_locator_changes;
mod streaming_origin;
mod streaming_policy;
#[cfg(test)]
mod tests;
pub mod token;
mod vault;
pub mod virtual_clock;
mod workspace;
