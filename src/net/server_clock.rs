//! What time it is at a gateway, as its answers tell it: where this host's clock is wrong, questions about a span of time are
//! asked, and requests signed, by the gateway's.
//!
//! Invariants: a difference counts from a minute on, so that clocks that agree are not disturbed by an answer's way; a jump of
//! this host's clock is a new difference at once and moves no span; a place in a list that was reached by another
//! difference is no place any more.

use crate::gateway::Parcel;
use crate::time::Timestamp;
use std::cell::Cell;
use tokio::time::Instant;

/// Smaller differences are none.
const SLACK_MS: i64 = 60_000;

#[derive(Default)]
pub(super) struct ServerClock {
    /// What an answer said last, and when by a clock that never jumps.
    heard: Cell<Option<(Timestamp, Instant)>>,
    /// By what difference reports were asked for last.
    polled: Cell<i64>,
}

impl ServerClock {
    /// An answer said so.
    pub fn hear(&self, said: Timestamp, instant: Instant) {
        self.heard.set(Some((said, instant)));
    }

    /// How many milliseconds it is ahead of this host's clock; 0 where they agree.
    pub fn ahead(&self, here: Timestamp, instant: Instant) -> i64 {
        let there = self.heard.get().map(|(said, then)| said.after(instant.saturating_duration_since(then)));
        there.map(|there| there.0.saturating_sub(here.0)).filter(|ahead| ahead.abs() > SLACK_MS).unwrap_or_default()
    }

    /// Where reports are asked for: the cursor, and from when on without one.
    pub fn place(&self, cursor: String, since: Timestamp, ahead: i64) -> (String, Timestamp) {
        let same = self.polled.replace(ahead).saturating_sub(ahead).abs() <= SLACK_MS;
        (if same { cursor } else { String::new() }, earliest(since, ahead))
    }
}

fn earliest(time: Timestamp, ahead: i64) -> Timestamp {
    time.min(Timestamp(time.0.saturating_add(ahead)))
}

/// Has a message looked for from the earliest time on at which it may have left: nobody knows by which clock that was.
pub(super) fn widen(parcel: &mut Parcel, ahead: i64, here: Timestamp) {
    let there = Timestamp(here.0.saturating_add(ahead));
    for time in [&mut parcel.left, &mut parcel.accepted] {
        *time = time.map(|time| earliest(time, ahead).min(there));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp(1_796_000_000_000);
    const HOUR: i64 = 3_600_000;

    fn plus(time: Timestamp, ms: i64) -> Timestamp {
        Timestamp(time.0 + ms)
    }

    #[test]
    fn clocks_that_agree_within_a_minute_do_not_differ() {
        let (clock, now) = (ServerClock::default(), Instant::now());
        assert_eq!(clock.ahead(NOON, now), 0);
        clock.hear(plus(NOON, 59_000), now);
        assert_eq!(clock.ahead(NOON, now), 0);
    }

    #[test]
    fn a_jump_of_this_host_is_a_difference_before_the_next_answer() {
        let (clock, now) = (ServerClock::default(), Instant::now());
        clock.hear(NOON, now);
        let later = now + Duration::from_secs(10);
        assert_eq!(clock.ahead(plus(NOON, 10_000 + 2 * HOUR), later), -2 * HOUR);
        assert_eq!(clock.ahead(plus(NOON, 10_000 - 2 * HOUR), later), 2 * HOUR);
        assert_eq!(clock.ahead(plus(NOON, 10_000), later), 0);
    }

    #[test]
    fn a_place_in_a_list_is_left_when_the_difference_changes_and_only_then() {
        let clock = ServerClock::default();
        let place = |ahead| clock.place("here".to_owned(), NOON, ahead);
        assert_eq!(place(0), ("here".to_owned(), NOON));
        assert_eq!(place(-2 * HOUR), (String::new(), plus(NOON, -2 * HOUR)));
        assert_eq!(place(-2 * HOUR + 900).0, "here");
        assert_eq!(place(2 * HOUR), (String::new(), NOON));
        assert_eq!(place(0).0, "");
        assert_eq!(place(0).0, "here");
    }
}
