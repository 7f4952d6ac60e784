//! Whether the clock of this host can be trusted to say when a message left.
//!
//! Invariants: a jump is seen by the clock that never jumps; of what left before one, nobody can say in which span of time
//! a gateway would have it, so that not finding it there means nothing. After a suspension the same holds, as if the
//! clock had jumped: that costs at most an UNKNOWN.

use crate::time::Timestamp;
use std::time::{Duration, Instant};

/// Smaller differences are the clock being corrected; adapters look at ten minutes and more around a message.
const SLACK_MS: i64 = 60_000;

#[derive(Debug)]
pub(super) struct Clock {
    last: Option<(Timestamp, Instant)>,
    /// Since then it has not jumped.
    steady_since: Timestamp,
    /// Until then a time before the jump may look like one after it.
    ambiguous_until: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { last: None, steady_since: Timestamp(i64::MIN), ambiguous_until: Timestamp(i64::MIN) }
    }
}

impl Clock {
    /// What both clocks say now.
    pub fn observe(&mut self, now: Timestamp, instant: Instant) {
        if let Some((then, before)) = self.last.replace((now, instant)) {
            let expected = then.after(instant.saturating_duration_since(before));
            let jump = now.0.saturating_sub(expected.0);
            if jump.abs() > SLACK_MS {
                self.steady_since = now;
                let back = Duration::from_millis(jump.saturating_neg().max(0).unsigned_abs());
                self.ambiguous_until = self.ambiguous_until.max(now.after(back));
            }
        }
    }

    /// Whether it may have been another clock that said when a message left.
    pub fn doubts(&self, left_at: Option<Timestamp>, now: Timestamp) -> bool {
        now < self.ambiguous_until || left_at.is_none_or(|left_at| left_at < self.steady_since || left_at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_796_000_000_000);
    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_clock_that_goes_on_is_trusted() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        clock.observe(NOW, start);
        clock.observe(NOW.after(HOUR * 24), start + HOUR * 24);
        assert!(!clock.doubts(Some(NOW), NOW.after(HOUR * 24)));
    }

    #[test]
    fn after_a_jump_what_left_before_it_is_in_doubt_and_what_leaves_later_is_not() {
        for ahead in [true, false] {
            let (mut clock, start) = (Clock::default(), Instant::now());
            clock.observe(NOW, start);
            let jumped = if ahead { NOW.after(HOUR * 2) } else { NOW.before(HOUR * 2) };
            clock.observe(jumped, start);
            assert!(clock.doubts(Some(NOW), jumped), "ahead: {ahead}");
            let later = jumped.after(HOUR * 2);
            clock.observe(later, start + HOUR * 2);
            assert!(!clock.doubts(Some(jumped.after(HOUR * 2)), later), "ahead: {ahead}");
        }
    }
}
