//! One HTTP exchange as an adapter sees it: the request it wants made, and what came of it.
//!
//! Invariants: nothing here does IO; `Debug` shows neither headers nor bodies, for they hold secrets and personal data.

use crate::time::Timestamp;
use std::fmt;
use std::time::Duration;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// As it stands on the wire, and in strings to sign.
    pub const fn word(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// Which of a vendor's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    /// The one for AlimTalk, and for everything where there is only one.
    Main,
    /// The one for text messages, where it is another.
    Text,
}

/// The body of a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// A request to be made.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    pub host: Host,
    /// Path and query after the base address, escaped, exactly as they go out: vendors sign them.
    pub target: String,
    /// Beside those every request has. Values are visible ASCII.
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Body>,
    /// How many messages it carries, for the gateway's rate; 0 for everything but sending.
    pub messages: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

/// An answer, of whatever status.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: u16,
    /// The `Retry-After` header, as a wait.
    pub retry_after: Option<Duration>,
    /// Not longer than the network's bound.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request certainly did not leave: no connection, no name, no trust.
    NotSent,
    /// Its turn did not come in time, for the rate or for the requests before it: it was not tried.
    Waited,
    /// It may have arrived: the connection broke, the time ran out, the answer was too long.
    Lost,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Answer(Answer),
    Failed(Failure),
}

/// What an adapter may know of the moment a request is made.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub now: Timestamp,
    /// 32 random hexadecimal characters, new for each step.
    pub nonce: String,
}
