//! The only door to the network: one file per service of Azure, over one client.

pub mod auth;
mod bearer;
pub mod call;
pub mod client;
pub mod cloud;
mod error;
pub mod loopback;
mod lro;
pub mod observer;
mod paging;
mod retry;
mod retry_after;
pub mod service_error;
pub mod system_clock;
mod token_cache;
pub mod transport;

#[cfg(test)]
mod tests;
