//! The guard against mass mis-sends: at most so many new messages in any minute.

use crate::time::Timestamp;

const SECONDS: usize = 60;

/// Counts what was kept in each of the last 60 seconds.
pub(super) struct RateGuard {
    most: Option<u64>,
    counts: [u32; SECONDS],
    second: i64,
    sum: u64,
}

impl RateGuard {
    pub fn new(most: Option<u32>) -> Self {
        RateGuard { most: most.map(u64::from), counts: [0; SECONDS], second: 0, sum: 0 }
    }

    /// Another limit; what was counted stays.
    pub fn change(&mut self, most: Option<u32>) {
        self.most = most.map(u64::from);
    }

    /// Whether `more` messages may be kept on top of those counted.
    pub fn allows(&mut self, more: u64, now: Timestamp) -> bool {
        self.turn(now);
        self.most.is_none_or(|most| self.sum + more <= most)
    }

    /// Counts messages that were kept.
    pub fn count(&mut self, kept: u64, now: Timestamp) {
        self.turn(now);
        let slot = &mut self.counts[slot(self.second)];
        *slot = slot.saturating_add(u32::try_from(kept).unwrap_or(u32::MAX));
        self.sum += kept;
    }

    /// Forgets seconds that are over. A clock that was set back keeps what was counted, for one turn of the ring.
    fn turn(&mut self, now: Timestamp) {
        let second = now.0.div_euclid(1_000);
        let passed = (second - self.second).clamp(0, SECONDS as i64);
        for step in 1..=passed {
            let slot = &mut self.counts[slot(self.second + step)];
            self.sum -= u64::from(*slot);
            *slot = 0;
        }
        if passed > 0 || second < self.second - SECONDS as i64 {
            self.second = second;
        }
    }
}

fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(SECONDS as i64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_holds_more_than_allowed() {
        let mut guard = RateGuard::new(Some(100));
        let at = |second: i64| Timestamp(1_000_000_000 + second * 1_000);
        assert!(guard.allows(100, at(0)));
        assert!(!guard.allows(101, at(0)));
        guard.count(60, at(0));
        guard.count(40, at(30));
        assert!(!guard.allows(1, at(59)));
        assert!(guard.allows(60, at(60)), "what was kept at second 0 is a minute old");
        assert!(!guard.allows(61, at(60)));
        assert!(guard.allows(100, at(90)));
    }

    #[test]
    fn without_a_limit_everything_is_allowed() {
        let mut guard = RateGuard::new(None);
        guard.count(u64::from(u32::MAX), Timestamp(0));
        assert!(guard.allows(u64::from(u32::MAX), Timestamp(0)));
    }
}
