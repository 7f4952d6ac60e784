//! `fallback.uncertain_after_seconds`: a text message stands in for an AlimTalk that may have arrived. Nobody is told then that
//! nothing was sent.

use super::*;

/// A message whose AlimTalk may have arrived and whose text waits.
fn held() -> Bench {
    let mut bench = Bench::new(|s| s.fallback.uncertain_after = Some(MINUTE * 5));
    bench.keep(message("a"));
    assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, 1)]);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Uncertain, Reason::DeliveryUnconfirmed);
    bench
}

/// Its text has left.
fn released() -> Bench {
    let mut bench = held();
    assert_eq!(bench.pass(MINUTE * 5).sent(Task::Send), [("a".into(), Channel::Sms, 1)]);
    bench
}

fn assert_unknown(bench: &mut Bench, reason: Reason) {
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty, result.reason), (State::Unknown, Certainty::PossiblySent, reason));
    assert!(result.text.contains(" after an AlimTalk that may have been delivered"), "{}", result.text);
    assert_eq!(bench.pass(MINUTE).sent(Task::Send), []);
}

fn alimtalk_arrived(bench: &Bench) -> Vec<Event> {
    let word = Word { channel: Channel::Alimtalk, ..bench.word("a", Outcome::new(Class::Ok, Reason::None)) };
    vec![Event::Heard(News::Reported(vec![word]))]
}

#[test]
fn a_possibly_sent_message_falls_back_only_after_the_configured_time() {
    let mut bench = held();
    assert_eq!(bench.pass(Duration::from_secs(299)).sent(Task::Send), []);
    assert_eq!(bench.pass(Duration::from_secs(1)).sent(Task::Send), [("a".into(), Channel::Sms, 1)]);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Ok, Reason::None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.channel, result.certainty), (State::Delivered, Channel::Sms, Certainty::Sent));
}

#[test]
fn a_report_that_comes_while_the_fallback_is_held_ends_the_message() {
    let mut bench = held();
    bench.report("a", Class::Ok, Reason::None).pass(Duration::from_secs(301));
    assert_eq!(bench.sent(Task::Send), []);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
}

#[test]
fn an_alimtalk_that_may_have_arrived_is_not_called_unsent_when_its_text_fails() {
    for restart in [false, true] {
        let mut bench = released();
        if restart {
            bench = bench.restart();
            bench.pass(MINUTE).pass(MINUTE);
            assert_eq!(bench.sent(Task::LookUp), [("a".into(), Channel::Sms, 1)]);
        }
        bench.report("a", Class::Permanent, Reason::Spam);
        assert_unknown(&mut bench, Reason::Spam);
    }
}

#[test]
fn an_alimtalk_that_may_have_arrived_is_not_called_unsent_when_its_text_waits_expires_or_is_cancelled() {
    for cancel in [true, false] {
        let mut bench = released();
        bench.answer("a", Class::Operator, Reason::CredentialsRefused);
        assert_eq!(bench.state("a"), (State::Queued, Certainty::PossiblySent));
        if cancel {
            assert_eq!(bench.cancel("a"), Ok(true));
            assert_unknown(&mut bench, Reason::CancelledByCaller);
        } else {
            bench.pass(MINUTE * 120);
            assert_unknown(&mut bench, Reason::CredentialsRefused);
        }
    }
}

#[test]
fn a_late_report_that_the_alimtalk_arrived_ends_the_message_wherever_its_text_is() {
    for answer in [None, Some(Class::Ok), Some(Class::Uncertain), Some(Class::Operator)] {
        let mut bench = released();
        if let Some(class) = answer {
            bench.answer("a", class, Reason::GatewayError);
        }
        bench.step(alimtalk_arrived(&bench));
        let result = bench.result().unwrap();
        assert_eq!((result.state, result.channel), (State::Delivered, Channel::Alimtalk), "{answer:?}");
        bench.answer("a", Class::Permanent, Reason::Spam);
        bench.step(alimtalk_arrived(&bench));
        assert!(bench.result().is_none(), "one final result per key");
        assert_eq!(bench.pass(MINUTE * 120).sent(Task::Send), []);
    }
}

#[test]
fn a_text_that_follows_an_alimtalk_that_failed_ends_by_its_own_fate() {
    let mut bench = Bench::new(|s| s.fallback.uncertain_after = Some(MINUTE * 5));
    bench.keep(message("a"));
    bench.answer("a", Class::Fallback, Reason::NotKakaoUser);
    bench.step(alimtalk_arrived(&bench));
    assert!(bench.result().is_none(), "it is the text's turn");
    bench.report("a", Class::Permanent, Reason::Spam);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty), (State::Failed, Certainty::NotSent));
}
