//! Host names, with those under `.localhost` on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::azure::loopback;

/// Resolves `localhost` and every name under `.localhost` to 127.0.0.1, as RFC 6761 section 6.3 asks of applications, and
/// everything else as the system does. The simulator gives each storage account and vault a host name of its own there
/// (`st1.blob.localhost`), and not every system's resolver knows such names; one that asks the network for them would
/// send a token to whoever answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = if loopback::is_loopback_name(name.as_str()) {
                vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]
            } else {
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect()
            };
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}
