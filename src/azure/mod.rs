//! The only door to the network: one file per service of Azure, over one client.

pub mod auth;
pub mod authorization;
pub mod batch;
mod bearer;
pub mod call;
pub mod client;
pub mod cloud;
pub mod data_plane;
mod error;
pub mod key_users;
pub mod key_vault;
pub mod key_vault_keys;
pub mod loopback;
mod lro;
pub mod machine_learning;
pub mod media;
pub mod media_encryption;
pub mod media_v2;
pub mod observer;
mod paging;
pub mod policy_token;
mod redaction;
pub mod resource_graph;
mod retry;
mod retry_after;
pub mod role_assignments;
mod service_clock;
pub mod service_error;
mod shared_key;
pub mod storage;
pub mod storage_account_lifecycle;
pub mod streaming;
pub mod streaming_locators;
pub mod subscriptions;
pub mod system_clock;
mod token_cache;
pub mod transport;
pub mod vaults;

#[cfg(test)]
mod tests;
