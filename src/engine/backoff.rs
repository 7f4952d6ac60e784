//! How long to wait before the next try: exponential with full jitter, within bounds.
//!
//! A gateway's own wish (Retry-After) is obeyed, but capped: a vendor's typing error must not stop a hospital for a day.

use crate::config::Retry;
use std::time::Duration;

/// The wait after the try number `tries` (1 is the first). `random` is in 0.0..1.0.
pub(super) fn wait(retry: &Retry, tries: i32, asked: Option<Duration>, random: f64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(20);
    let ceiling = retry.initial.saturating_mul(1 << doublings).min(retry.max);
    // Full jitter, but never a busy loop.
    let jittered = ceiling.mul_f64(random).max(Duration::from_millis(1));
    match asked {
        Some(asked) => asked.min(retry.max).saturating_add(jittered.min(retry.initial)),
        None => jittered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        max_attempts: 8,
        initial: Duration::from_secs(1),
        max: Duration::from_secs(60),
        request_timeout: Duration::from_secs(30),
    };

    #[test]
    fn the_ceiling_doubles_and_stops_at_the_longest_wait() {
        let ceilings: Vec<u64> = (1..=9).map(|tries| wait(&RETRY, tries, None, 1.0).as_secs()).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait(&RETRY, i32::MAX, None, 1.0).as_secs(), 60);
    }

    #[test]
    fn the_whole_span_below_the_ceiling_is_used() {
        assert_eq!(wait(&RETRY, 4, None, 0.5), Duration::from_secs(4));
        assert_eq!(wait(&RETRY, 4, None, 0.0), Duration::from_millis(1));
    }

    #[test]
    fn what_a_gateway_asks_for_is_the_least_wait_and_is_capped() {
        let asked = Some(Duration::from_secs(10));
        assert!(wait(&RETRY, 1, asked, 0.0) >= Duration::from_secs(10));
        assert!(wait(&RETRY, 8, Some(Duration::from_secs(86_400)), 1.0) <= Duration::from_secs(61));
    }
}
