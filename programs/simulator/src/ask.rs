//! A request as the vendors' calls see it, and the answers they give.
//!
//! Invariant: the body is complete and no longer than [`BODY_BYTES_MAX`] before any call sees it.

use crate::clock::http_date;
use crate::fate::Wire;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::MethodRouter;
use http_body_util::BodyExt;
use serde::Serialize;
use std::sync::Arc;

/// SOLAPI takes 15 MB, more than anyone else.
pub const BODY_BYTES_MAX: usize = 20 << 20;

/// A file in a form.
#[derive(Debug)]
pub struct Upload {
    /// Its field.
    pub field: String,
    /// Its name.
    pub name: String,
    /// What the form says it is.
    pub kind: String,
    /// It.
    pub bytes: Bytes,
}

/// A request.
#[derive(Debug)]
pub struct Ask {
    /// GET, POST, ...
    pub method: Method,
    /// Path and query as they came.
    pub target: String,
    /// The variable parts of the path.
    pub path: Vec<String>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The fields of a form, decoded.
    pub form: Vec<(String, String)>,
    /// The files of a form.
    pub files: Vec<Upload>,
}

impl Ask {
    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A part of the path.
    pub fn part(&self, place: usize) -> &str {
        self.path.get(place).map_or("", String::as_str)
    }

    /// A value of the query that is not empty.
    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A number of the query within bounds; `None` when it is another.
    pub fn number(&self, name: &str, default: usize, allowed: std::ops::RangeInclusive<usize>) -> Option<usize> {
        self.query(name).map_or(Some(default), |text| text.parse().ok()).filter(|number| allowed.contains(number))
    }

    /// A field of the form that is not empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        find(&self.form, name)
    }

    /// Whether the body is said to be JSON.
    pub fn says_json(&self) -> bool {
        self.header("content-type").split(';').next().is_some_and(|kind| kind.trim() == "application/json")
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

impl<S: Send + Sync> FromRequest<S> for Ask {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, state).await;
        let path = params.iter().flatten().map(|(_, value)| value.to_owned()).collect();
        let refuse = |why: String| error(StatusCode::BAD_REQUEST, &why);
        let body = body.collect().await.map_err(|error| refuse(error.to_string()))?.to_bytes();
        let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let mut ask = Ask {
            method: parts.method,
            target,
            path,
            query,
            headers: parts.headers,
            body,
            form: Vec::new(),
            files: Vec::new(),
        };
        let kind = ask.header("content-type").to_owned();
        if kind.starts_with("application/x-www-form-urlencoded") {
            ask.form = form_urlencoded::parse(&ask.body).into_owned().collect();
        } else if let Ok(boundary) = multer::parse_boundary(&kind) {
            read_multipart(&mut ask, boundary).await.map_err(|error| refuse(error.to_string()))?;
        }
        Ok(ask)
    }
}

async fn read_multipart(ask: &mut Ask, boundary: String) -> multer::Result<()> {
    let stream = Body::from(ask.body.clone()).into_data_stream();
    let mut parts = multer::Multipart::new(stream, boundary);
    while let Some(part) = parts.next_field().await? {
        let field = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(name) => {
                let kind = part.content_type().map(|kind| kind.to_string()).unwrap_or_default();
                ask.files.push(Upload { field, name, kind, bytes: part.bytes().await? });
            }
            None => {
                let value = part.text().await?;
                ask.form.push((field, value));
            }
        }
    }
    Ok(())
}

/// A call of a vendor: everything in it is done at once, without waiting.
pub type Handler = fn(&World, &Ask) -> Response;

/// A route to a call.
pub fn route(method: Method, handler: Handler) -> MethodRouter<Arc<World>> {
    let call = move |axum::extract::State(world): axum::extract::State<Arc<World>>, ask: Ask| {
        let answer = handler(&world, &ask);
        std::future::ready(answer)
    };
    match method {
        Method::POST => axum::routing::post(call),
        Method::PUT => axum::routing::put(call),
        Method::DELETE => axum::routing::delete(call),
        _ => axum::routing::get(call),
    }
}

/// An answer in JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// What an API gateway says, in no vendor's form.
pub fn error(status: StatusCode, why: &str) -> Response {
    json(status, &serde_json::json!({"status": status.as_u16(), "error": why}))
}

/// What is done with the connection in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sever {
    /// It is dropped.
    Drop,
    /// Our half is closed, the other stays open.
    Half,
    /// Nothing is said.
    Silence,
}

/// No answer.
pub fn severed(how: Sever) -> Response {
    let mut response = empty(StatusCode::OK);
    response.extensions_mut().insert(how);
    response
}

/// The answer, unless the fate of a message in the request is that it is lost.
pub fn on_wire(wire: Wire, answer: impl FnOnce() -> Response) -> Response {
    match wire {
        Wire::Answer => answer(),
        Wire::Lost => severed(Sever::Drop),
        Wire::Silent => severed(Sever::Silence),
    }
}

/// HTTP 429; with Retry-After if seconds are given.
pub fn too_many(mut answer: Response, seconds: Option<u64>) -> Response {
    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// The same answer with the Date header that the simulator shows.
pub fn dated(mut answer: Response, shown: i64) -> Response {
    if let Ok(date) = HeaderValue::from_str(&http_date(shown)) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}
