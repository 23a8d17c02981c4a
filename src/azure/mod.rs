//! The only door to the network: one file per service of Azure, over one client.

pub mod authorization;
pub mod call;
pub mod client;
pub mod cloud;
pub mod data_plane;
pub mod key_vault;
pub mod machine_learning;
pub mod media;
pub mod resource_graph;
mod shared_key;
pub mod storage;
pub mod subscriptions;
