//! How the words of the domain are read from columns. A number that no version wrote is an error, never a guess.

use super::Phase;
use crate::message::{Certainty, Channel, Key, Priority, Reason, State};
use crate::time::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

macro_rules! from_number {
    ($($type:ty),*) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = i32::column_result(value)?;
                <$type>::from_number(number).ok_or(FromSqlError::OutOfRange(i64::from(number)))
            }
        }
    )*};
}

from_number!(State, Channel, Certainty, Reason, Priority);

impl FromSql for Phase {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i32::column_result(value)?;
        [Phase::Result]
            .into_iter()
            .chain(Phase::TIMED)
            .find(|p| *p as i32 == number)
            .ok_or(FromSqlError::OutOfRange(i64::from(number)))
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Timestamp)
    }
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Key::parse(value.as_str()?).map_err(|e| FromSqlError::Other(Box::new(e)))
    }
}
