//! A batch that its caller hands over part by part.

use super::*;
use crossbeam_channel::bounded;

fn part(bench: &Bench, keys: &[&str]) -> Vec<Sealed> {
    keys.iter().map(|key| bench.seal(message(key))).collect()
}

#[test]
fn parts_that_come_in_time_are_kept_in_one_turn() {
    let mut bench = Bench::new(|_| {});
    let (hand, rest) = bounded(0);
    let (reply, answer) = ask();
    let batch = Batch::first(part(&bench, &["a"]), rest);
    let parts = [part(&bench, &["b", "a"]), part(&bench, &["c"])];
    std::thread::scope(|scope| {
        scope.spawn(move || parts.into_iter().for_each(|part| hand.send(part).unwrap()));
        bench.step(vec![Event::Submit { batch, reply }]);
    });
    let kept = Verdict::Kept;
    assert_eq!(answer.now().unwrap().unwrap(), [kept.clone(), kept.clone(), Verdict::Duplicate, kept]);
}

#[test]
fn a_part_that_the_engine_did_not_wait_for_stays_with_its_caller() {
    let mut bench = Bench::new(|_| {});
    let (hand, rest) = bounded(0);
    let (reply, answer) = ask();
    let batch = Batch::first(part(&bench, &["a"]), rest);
    // The caller is held up: the turn ends without it.
    bench.step(vec![Event::Submit { batch, reply }]);
    assert_eq!(answer.now().unwrap().unwrap(), [Verdict::Kept]);
    let refused = hand.send(part(&bench, &["b"])).unwrap_err().into_inner();
    assert_eq!(refused[0].message.key.as_str(), "b");
}
