//! The ports that are listened on, and what happens to a connection: TLS or not, a tunnel or a request.
//!
//! The CONNECT proxy dials nobody: whatever host a client names, the tunnel leads back into this house.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming as HyperBody};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::sim::message::Reply;
use crate::sim::simulator::Simulator;

use super::control;
use super::exchange::{self, Broke};
use super::management_certificates::TlsClient;
use super::tls::{Accepted, Tls};

/// How long the answers under way may take once the end was asked for.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A port.
pub(super) struct Door {
    listener: TcpListener,
    tls: Option<Tls>,
}

impl Door {
    /// A port for plain http.
    pub(super) fn plain(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }

    /// A port for TLS.
    pub(super) fn secure(listener: TcpListener, tls: Tls) -> Self {
        Self { listener, tls: Some(tls) }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("listener", &self.listener).field("tls", &self.tls.is_some()).finish()
    }
}

/// What is behind every door.
pub(super) struct House {
    simulator: Simulator,
    /// Where tunnels lead; without it there is no proxy.
    tunnel: Option<Tls>,
    stop: watch::Sender<bool>,
}

/// A connection in either direction.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl House {
    /// A house before its doors are opened.
    pub(super) fn new(simulator: Simulator, tunnel: Option<Tls>) -> Self {
        Self { simulator, tunnel, stop: watch::Sender::new(false) }
    }

    /// The simulator that answers.
    pub(super) fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Receives whoever comes, until the end is asked for.
    pub(super) async fn receive(self: Arc<Self>, doors: Vec<Door>) {
        let mut open: JoinSet<()> = doors.into_iter().map(|door| Arc::clone(&self).keep(door)).collect();
        while open.join_next().await.is_some() {}
    }

    /// Keeps one door open.
    async fn keep(self: Arc<Self>, door: Door) {
        let mut stopped = self.stop.subscribe();
        let mut guests = JoinSet::new();
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => break,
                // Bounds the memory of a house that stays open long.
                Some(_) = guests.join_next() => {}
                accepted = door.listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let (house, tls) = (Arc::clone(&self), door.tls.clone());
                    guests.spawn(async move {
                        match tls {
                            Some(tls) => house.secured(tls, Box::new(stream)).await,
                            None => house.converse(Box::new(stream), None).await,
                        }
                    });
                }
            }
        }
        drop(door);
        let last = async { while guests.join_next().await.is_some() {} };
        // Whoever is still there then is cut off.
        let _ = tokio::time::timeout(LAST_ANSWERS, last).await;
    }

    async fn secured(self: Arc<Self>, tls: Tls, stream: Box<dyn Stream>) {
        // A client that does not trust us goes away: that is part of the game.
        if let Ok(Accepted { stream, client }) = tls.accept(stream).await {
            self.converse(stream, Some(client)).await;
        }
    }

    /// Answers the requests of one connection; of one over TLS, with what is known of its client. Boxed, because a tunnel is a
    /// conversation within one.
    fn converse(self: Arc<Self>, stream: Box<dyn Stream>, client: Option<TlsClient>) -> BoxFuture<'static, ()> {
        async move {
            let mut stopped = self.stop.subscribe();
            let service = service_fn(|request| Arc::clone(&self).answer(request, client.clone()));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
            let mut connection = std::pin::pin!(connection);
            // A client that goes away ends the conversation, and nothing else.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
        .boxed()
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<HyperBody>,
        client: Option<TlsClient>,
    ) -> Result<Response<Full<Bytes>>, Broke> {
        if request.method() == Method::CONNECT {
            return Ok(self.open_tunnel(request));
        }
        let scheme = if client.is_some() { "https" } else { "http" };
        let incoming = exchange::read(request, scheme).await.ok_or(Broke)?;
        if incoming.url.host_str() == Some(control::HOST) {
            let stop = || {
                self.stop.send_replace(true);
            };
            return Ok(exchange::respond(control::answer(&self.simulator, stop, &incoming)));
        }
        if let Some(refused) = client.and_then(|client| client.refused(&incoming)) {
            return Ok(exchange::respond(refused));
        }
        self.simulator.exchange(&incoming).await.map(exchange::respond).map_err(|_| Broke)
    }

    /// Whatever host is asked for, the tunnel's other end is here.
    fn open_tunnel(self: Arc<Self>, request: Request<HyperBody>) -> Response<Full<Bytes>> {
        let Some(tls) = self.tunnel.clone() else {
            return exchange::respond(Reply::error(405, "NoProxy", "This world is served as plain http and is no proxy."));
        };
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                self.secured(tls, Box::new(TokioIo::new(upgraded))).await;
            }
        });
        exchange::respond(Reply::empty(200))
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("simulator", &self.simulator).field("proxy", &self.tunnel.is_some()).finish_non_exhaustive()
    }
}
