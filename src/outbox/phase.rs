//! What must happen to a row next.

use crate::message::Priority;

/// The SQL for the lane of a row: the gateway that it waits for, NULL where it waits for none. The index over what is due
/// holds this expression, and SQLite uses it for the very same only.
macro_rules! lane {
    () => {
        "CASE WHEN phase <= 2 THEN gateway END"
    };
}
pub(super) use lane;

/// The SQL for the rows of phase ?1, which is no lane, whose time has come at ?2: the ids of the first ?3.
macro_rules! due_ids {
    () => {
        concat!(
            "(SELECT id FROM message WHERE phase = ?1 AND ",
            $crate::outbox::phase::lane!(),
            " IS NULL AND due <= ?2 ORDER BY due, id LIMIT ?3)"
        )
    };
}
pub(super) use due_ids;

/// The next thing that must happen to a row, at its `due` time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub(crate) enum Phase {
    /// Send; urgent lane.
    Urgent = 0,
    /// Send; normal lane.
    Normal = 1,
    /// Send; bulk lane.
    Bulk = 2,
    /// A request is under way; due is when it is given up.
    Sending = 3,
    /// Possibly sent: ask the gateway.
    LookUp = 4,
    /// Accepted: ask for the report, should it not come by itself.
    Await = 5,
    /// Possibly sent, cannot be settled: fall back when due, as the configuration says.
    Hold = 6,
    /// Final: wait for the acknowledgement. `due` is a running number.
    Result = 7,
    /// Acknowledged: erase the personal part.
    Erase = 8,
    /// Erased: forget the key.
    Forget = 9,
}

impl Phase {
    /// Every phase in which something becomes due by time.
    pub const TIMED: [Phase; 9] = [
        Phase::Urgent,
        Phase::Normal,
        Phase::Bulk,
        Phase::Sending,
        Phase::LookUp,
        Phase::Await,
        Phase::Hold,
        Phase::Erase,
        Phase::Forget,
    ];

    /// The lane of a priority.
    pub const fn lane(priority: Priority) -> Phase {
        match priority {
            Priority::Urgent => Phase::Urgent,
            Priority::Normal => Phase::Normal,
            Priority::Bulk => Phase::Bulk,
        }
    }

    /// Whether the row waits for its turn to be sent.
    pub const fn is_lane(self) -> bool {
        (self as i32) <= Phase::Bulk as i32
    }

    /// Whether the message has not ended.
    pub const fn is_open(self) -> bool {
        (self as i32) < Phase::Result as i32
    }
}
