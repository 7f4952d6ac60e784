//! placeholder until the config branch lands
use std::fmt::Arguments;
#[derive(Clone, Debug)]
pub(crate) struct Log;
impl Log {
    pub fn open(_: &crate::config::Logging) -> crate::Result<Log> {
        Ok(Log)
    }
    pub fn error(&self, a: Arguments<'_>) {
        log::error!(target: "alimi", "{a}");
    }
    pub fn warn(&self, a: Arguments<'_>) {
        log::warn!(target: "alimi", "{a}");
    }
    pub fn info(&self, a: Arguments<'_>) {
        log::info!(target: "alimi", "{a}");
    }
}
