//! The client: what `ffi` and Rust programs call. Every function may be called from any thread at any time.

use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::message::{MessageResult, Request};
use std::sync::Arc;
use std::time::Duration;

/// A running alimi.
pub struct Client {
    settings: Arc<Settings>,
}

/// What `send` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The key: the caller's, or the one the library made.
    pub key: String,
    /// This key with the same content was accepted before.
    pub duplicate: bool,
}

/// How the client is.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Health {}

fn todo_error() -> Error {
    Error::new(Code::Internal, "not written yet")
}

#[allow(missing_docs)]
impl Client {
    /// Opens the outbox and starts the worker.
    pub fn start(settings: Settings) -> Result<Client> {
        Ok(Client { settings: Arc::new(settings) })
    }
    /// The configuration in use.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// Keeps one message. Returns when it is synced to disk.
    pub fn send(&self, _request: Request) -> Result<Accepted> {
        Err(todo_error())
    }
    /// Keeps many messages with one commit; a verdict for each, in order.
    pub fn send_batch(&self, _requests: Vec<Request>) -> Result<Vec<Result<Accepted>>> {
        Err(todo_error())
    }
    /// Cancels a message that has not left.
    pub fn cancel(&self, _key: &str) -> Result<()> {
        Err(todo_error())
    }
    /// The next result, waiting up to `timeout`; `None` when there is none, or after `wake`.
    pub fn poll(&self, _timeout: Duration) -> Result<Option<MessageResult>> {
        Err(todo_error())
    }
    /// Puts a polled result back to the front of the queue.
    pub fn unpoll(&self, _result: MessageResult) {}
    /// Lets a result go.
    pub fn acknowledge(&self, _key: &str) -> Result<()> {
        Err(todo_error())
    }
    /// Where a message stands.
    pub fn status(&self, _key: &str) -> Result<MessageResult> {
        Err(todo_error())
    }
    /// Ends a waiting poll.
    pub fn wake(&self) {}
    /// Waits until nothing is due or in flight; false when the time ran out.
    pub fn flush(&self, _timeout: Duration) -> Result<bool> {
        Err(todo_error())
    }
    /// Statistics for a query in `name=value` lines or JSON, as JSON or CSV.
    pub fn statistics(&self, _query: &str) -> Result<String> {
        Err(todo_error())
    }
    /// How the client is.
    pub fn health(&self) -> Result<Health> {
        Err(todo_error())
    }
    /// Stops; true when nothing is left in the outbox. Further calls answer `Closed`.
    pub fn shutdown(&self, _timeout: Duration) -> Result<bool> {
        Err(todo_error())
    }
}
