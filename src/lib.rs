//! keyroll rolls the access keys of Azure Storage accounts without breaking what depends on them.
//!
//! A module uses only modules above it in this list (a test holds that):
//!
//! | module | what it is |
//! | --- | --- |
//! | [`domain`] | pure types and rules |
//! | [`contract`] | JSON in and out: versioned, additive, apart from the domain |
//! | [`sim`] | a simulated Azure behind azure_core's `HttpClient`; knows neither [`azure`] nor [`dependents`] |
//! | [`azure`] | the only door to the network |
//! | [`dependents`] | one file per kind: what it holds, what moves it, what proves it |
//! | [`rotation`] | discover, plan, decide, drive, journal, state |
//! | [`render`] | the only place that prints |
//! | [`surface`] | the command tree as data, for other surfaces |
//! | [`cli`] | one file per command |

pub mod azure;
pub mod cli;
pub mod contract;
pub mod dependents;
pub mod domain;
pub mod render;
pub mod rotation;
pub mod sim;
pub mod surface;
