//! The only door to the network: one file per service of Azure, over one client.

pub mod call;
pub mod client;
pub mod cloud;
