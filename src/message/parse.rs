//! The caller's texts -> options, variables, batches: `name=value` lines or JSON.

use super::{Options, Request, Variables};
use crate::error::Result;

/// Reads variables: `name=value` lines or a JSON object of strings and numbers.
pub fn parse_variables(_text: &str) -> Result<Variables> {
    Ok(Variables::new())
}

/// Reads options: `name=value` lines or a JSON object.
pub fn parse_options(_text: &str) -> Result<Options> {
    Ok(Options::default())
}

/// Reads a batch: a JSON array of messages. The outer error is for the whole text, the inner ones for single entries.
pub fn parse_batch(_text: &str) -> Result<Vec<Result<Request>>> {
    Ok(Vec::new())
}
