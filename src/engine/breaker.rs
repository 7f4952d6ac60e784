//! When a gateway is given a rest: after several requests in a row that failed for its own sake, or because it asks for
//! it.
//!
//! Invariants: pure; while it is shut nothing leaves for the gateway and no try is counted; after the rest one request
//! goes as a probe, and its answer opens the gateway again or shuts it for twice as long, up to a bound.

use crate::gateway::Word;
use crate::message::{Class, Reason};
use crate::time::Timestamp;
use std::time::Duration;

/// Requests in a row that must fail.
const FAILURES: u32 = 5;
/// The first rest, and the longest.
const REST_MIN: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    rest: Duration,
    shut_until: Option<Timestamp>,
    /// A request is under way to see whether the gateway is well again.
    probing: bool,
}

/// What may leave for a gateway now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// Everything.
    Open,
    /// One message, as a probe.
    Probe,
    /// Nothing before this.
    Shut(Timestamp),
    /// Nothing before the probe is back.
    Probing,
}

impl Breaker {
    pub fn passage(&self, now: Timestamp) -> Passage {
        match self.shut_until {
            None => Passage::Open,
            Some(_) if self.probing => Passage::Probing,
            Some(until) if now < until => Passage::Shut(until),
            Some(_) => Passage::Probe,
        }
    }

    /// Something has left.
    pub fn departed(&mut self) {
        self.probing = self.shut_until.is_some();
    }

    /// A request was answered with these words. A long wait that the gateway asks for is cut to `wait_max`.
    pub fn heard(&mut self, words: &[Word], wait_max: Duration, now: Timestamp) {
        // What never left says nothing about the gateway.
        let mut words = words.iter().filter(|word| word.outcome.class != Class::Unsent).peekable();
        let Some(&first) = words.peek() else { return };
        if !words.all(is_its_own_fault) {
            *self = Breaker::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let resting = self.shut_until.is_some() && !self.probing;
        if let Some(asked) = first.outcome.retry_after {
            self.shut(asked.min(wait_max), now);
        } else if !resting && (self.failures >= FAILURES || self.probing) {
            self.rest = (self.rest * 2).clamp(REST_MIN, REST_MAX);
            self.shut(self.rest, now);
        }
    }

    /// The probe was none after all, or nobody will answer it.
    pub fn probe_lost(&mut self) {
        self.probing = false;
    }

    fn shut(&mut self, wait: Duration, now: Timestamp) {
        self.probing = false;
        self.shut_until = Some(now.after(wait).max(self.shut_until.unwrap_or(now)));
    }
}

/// Whether it says nothing about the message and much about the gateway.
fn is_its_own_fault(word: &Word) -> bool {
    let outcome = &word.outcome;
    match outcome.class {
        Class::Transient | Class::Uncertain => matches!(
            outcome.reason,
            Reason::ConnectionFailed | Reason::AnswerLost | Reason::GatewayError | Reason::Throttled
        ),
        Class::Operator => matches!(outcome.reason, Reason::CredentialsRefused | Reason::GatewayConfiguration),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Channel, Outcome};

    const NOW: Timestamp = Timestamp(1_796_000_000_000);
    const LONGEST: Duration = Duration::from_secs(300);

    fn word(class: Class, reason: Reason) -> Word {
        Word { id: 1, channel: Channel::Alimtalk, attempt: 1, outcome: Outcome::new(class, reason) }
    }

    fn failing() -> Vec<Word> {
        vec![word(Class::Transient, Reason::ConnectionFailed)]
    }

    fn after(seconds: u64) -> Timestamp {
        NOW.after(Duration::from_secs(seconds))
    }

    fn shut() -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES).for_each(|_| breaker.heard(&failing(), LONGEST, NOW));
        breaker
    }

    #[test]
    fn only_failures_in_a_row_shut_it() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| breaker.heard(&failing(), LONGEST, NOW));
            assert_eq!(breaker.passage(NOW), Passage::Open);
            breaker.heard(&[word(Class::Permanent, Reason::ContentRefused)], LONGEST, NOW);
        }
        assert_eq!(shut().passage(NOW), Passage::Shut(after(1)));
    }

    #[test]
    fn a_request_with_one_good_word_is_no_failure() {
        let mut breaker = Breaker::default();
        let mixed = [failing(), vec![word(Class::Ok, Reason::None)]].concat();
        (0..9).for_each(|_| breaker.heard(&mixed, LONGEST, NOW));
        assert_eq!(breaker.passage(NOW), Passage::Open);
    }

    #[test]
    fn what_never_left_is_neither_a_failure_nor_a_success() {
        let unsent = || word(Class::Unsent, Reason::None);
        let mut breaker = Breaker::default();
        (0..9).for_each(|_| breaker.heard(&[unsent()], LONGEST, NOW));
        assert_eq!(breaker.passage(NOW), Passage::Open);
        let mut breaker = shut();
        breaker.heard(&[unsent()], LONGEST, NOW);
        assert_eq!(breaker.passage(NOW), Passage::Shut(after(1)));
        let with_failure = [vec![unsent()], failing()].concat();
        let mut breaker = Breaker::default();
        (0..FAILURES).for_each(|_| breaker.heard(&with_failure, LONGEST, NOW));
        assert_eq!(breaker.passage(NOW), Passage::Shut(after(1)));
    }

    #[test]
    fn after_its_rest_one_probe_decides() {
        let mut breaker = shut();
        assert_eq!(breaker.passage(after(1)), Passage::Probe);
        breaker.departed();
        assert_eq!(breaker.passage(after(1)), Passage::Probing);
        breaker.heard(&failing(), LONGEST, after(1));
        assert_eq!(breaker.passage(after(2)), Passage::Shut(after(3)), "twice as long");
        breaker.departed();
        breaker.heard(&[word(Class::Ok, Reason::None)], LONGEST, after(3));
        assert_eq!(breaker.passage(after(3)), Passage::Open);
    }

    #[test]
    fn requests_that_were_under_way_when_it_shut_do_not_make_its_rest_longer() {
        let mut breaker = shut();
        (0..50).for_each(|_| breaker.heard(&failing(), LONGEST, NOW));
        assert_eq!(breaker.passage(NOW), Passage::Shut(after(1)));
    }

    #[test]
    fn a_rest_has_a_bound() {
        let mut breaker = shut();
        let mut now = NOW;
        for _ in 0..20 {
            let Passage::Shut(until) = breaker.passage(now) else { panic!("it is shut") };
            assert!(until.since(now) <= REST_MAX);
            now = until;
            breaker.departed();
            breaker.heard(&failing(), LONGEST, now);
        }
    }

    #[test]
    fn what_the_gateway_asks_for_is_obeyed_and_capped() {
        let throttled = |seconds| {
            let mut word = word(Class::Transient, Reason::Throttled);
            word.outcome.retry_after = Some(Duration::from_secs(seconds));
            vec![word]
        };
        let mut breaker = Breaker::default();
        breaker.heard(&throttled(7), LONGEST, NOW);
        assert_eq!(breaker.passage(NOW), Passage::Shut(after(7)));
        let mut breaker = Breaker::default();
        breaker.heard(&throttled(100_000), LONGEST, NOW);
        assert_eq!(breaker.passage(NOW), Passage::Shut(after(300)));
    }
}
