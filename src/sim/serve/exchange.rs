//! From hyper's requests to the simulator's, and back.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming as HyperBody};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};

use crate::sim::message::{Incoming, Reply};

/// An answer that is never given: hyper closes the connection instead.
#[derive(Debug, thiserror::Error)]
#[error("the simulated connection broke")]
pub(super) struct Broke;

/// The methods that some service of Azure has.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "MERGE"];

/// The request as the simulator reads it; `None` when it is cut short or makes no sense.
pub(super) async fn read(request: Request<HyperBody>, scheme: &str) -> Option<Incoming> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST)?.to_str().ok()?;
    let url = format!("{scheme}://{host}{}", head.uri.path_and_query().map_or("/", |path| path.as_str())).parse().ok()?;
    let method = METHODS.into_iter().find(|known| *known == head.method.as_str())?;
    let headers =
        head.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let body = body.collect().await.ok()?.to_bytes().to_vec();
    Some(Incoming { method, url, headers, body })
}

/// The answer as hyper sends it.
pub(super) fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
