//! HTTP.

use super::{Newsroom, Peer};
use crate::gateway::Errand;
use std::rc::Rc;

pub(super) struct Http;

impl Peer for Http {
    fn run(self: Rc<Self>, _: Errand, _: Newsroom) {}
}
