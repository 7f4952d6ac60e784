//! A batch across the border: one text in, one verdict per message out.
//!
//! Invariants: the room for every possible verdict is checked before a message is kept, so no verdict is ever lost; the
//! verdicts stand in the order of the messages.

use super::codes::ALIMI_BATCH_ENTRY_SIZE;
use super::handles::Opened;
use super::text::{Output, encode_json};
use super::unit::Unit;
use crate::client::Accepted;
use crate::error::{Code, Error, Result};
use crate::message::{Request, parse_batch};
use serde_json::Value;

const ENTRY_SIZE: usize = ALIMI_BATCH_ENTRY_SIZE as usize;
/// What an error may take of an entry; the rest holds its key (at most 128 bytes when every character is escaped), its
/// code and the names.
const ERROR_BYTES_MAX: usize = 320;

/// Keeps the messages of `json` and writes a verdict for each to `output`.
pub(super) fn send<T: Unit>(opened: &Opened, json: &str, output: &Output<T>) -> Result<Code> {
    let entries = parse_batch(json).map_err(|error| error.at("messages_json"))?;
    output.require((entries.len() + 1) * ENTRY_SIZE)?;
    let verdicts = submit(entries, |requests| opened.client.send_batch(requests))?;
    let texts: Vec<String> = verdicts.iter().map(|verdict| entry(&verdict.key, &verdict.result)).collect();
    output.write(&encode_json(&format!("[{}]", texts.join(",")), opened.encoding))?;
    Ok(summary(&verdicts))
}

struct Verdict {
    key: String,
    result: Result<Accepted>,
}

/// Hands the readable entries inward together and puts the verdicts of all in order.
fn submit(
    entries: Vec<Result<Request>>,
    send: impl FnOnce(Vec<Request>) -> Result<Vec<Result<Accepted>>>,
) -> Result<Vec<Verdict>> {
    let keys: Vec<Result<String>> =
        entries.iter().map(|entry| entry.as_ref().map(|r| r.key.clone()).map_err(Error::clone)).collect();
    let mut answers = send(entries.into_iter().flatten().collect())?.into_iter();
    let verdicts = keys.into_iter().map(|key| match key {
        Err(error) => Verdict { key: String::new(), result: Err(error) },
        Ok(key) => {
            let result = answers.next().unwrap_or_else(|| Err(Error::new(Code::Internal, "the verdict is missing")));
            Verdict { key: result.as_ref().map_or(key, |accepted| accepted.key.clone()), result }
        }
    });
    Ok(verdicts.collect())
}

fn summary(verdicts: &[Verdict]) -> Code {
    if verdicts.iter().any(|verdict| verdict.result.is_err()) {
        Code::Partial
    } else if verdicts.iter().any(|verdict| verdict.result.as_ref().is_ok_and(|accepted| accepted.duplicate)) {
        Code::Duplicate
    } else {
        Code::Ok
    }
}

fn entry(key: &str, result: &Result<Accepted>) -> String {
    // A refused key may have any form; it is the caller's own text and is given back as far as it can be one.
    let key = Value::from(cut(key, 128));
    match result {
        Ok(accepted) => {
            let code = if accepted.duplicate { Code::Duplicate } else { Code::Ok };
            format!("{{\"key\":{key},\"code\":{}}}", code as i32)
        }
        Err(error) => {
            let text = Value::from(cut(error.text(), ERROR_BYTES_MAX));
            format!("{{\"key\":{key},\"code\":{},\"error\":{text}}}", error.code() as i32)
        }
    }
}

/// The beginning of a text that takes at most `max` bytes in JSON, in whichever encoding.
fn cut(text: &str, max: usize) -> &str {
    let mut left = max;
    for (position, character) in text.char_indices() {
        let bytes = match character {
            '"' | '\\' => 2,
            ' '..='~' => 1,
            other => 6 * other.len_utf16(),
        };
        if bytes > left {
            return text.get(..position).unwrap_or_default();
        }
        left -= bytes;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Encoding;
    use crate::message::Key;
    use proptest::prelude::*;

    fn kept(key: &str, duplicate: bool) -> Result<Accepted> {
        Ok(Accepted { key: key.into(), duplicate })
    }

    fn refused(text: &str) -> Error {
        Error::new(Code::RecipientNotAllowed, text)
    }

    fn request(key: &str) -> Result<Request> {
        Ok(Request { key: key.into(), ..Request::default() })
    }

    #[test]
    fn verdicts_stand_in_the_order_of_the_messages_whoever_refused_them() {
        let entries = vec![request("a"), Err(refused("unreadable")), request(""), request("d")];
        let verdicts = submit(entries, |requests| {
            assert_eq!(requests.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["a", "", "d"]);
            Ok(vec![kept("a", false), kept("made", false), Err(refused("no"))])
        })
        .unwrap();
        let texts: Vec<String> = verdicts.iter().map(|v| entry(&v.key, &v.result)).collect();
        assert_eq!(
            texts,
            [
                r#"{"key":"a","code":0}"#,
                r#"{"key":"","code":-311,"error":"unreadable"}"#,
                r#"{"key":"made","code":0}"#,
                r#"{"key":"d","code":-311,"error":"no"}"#,
            ]
        );
        assert_eq!(summary(&verdicts), Code::Partial);
    }

    #[test]
    fn the_answer_of_a_batch_is_the_worst_of_its_verdicts() {
        let of = |results: Vec<Result<Accepted>>| {
            let verdicts: Vec<_> = results.into_iter().map(|result| Verdict { key: String::new(), result }).collect();
            summary(&verdicts)
        };
        assert_eq!(of(vec![]), Code::Ok);
        assert_eq!(of(vec![kept("a", false), kept("b", false)]), Code::Ok);
        assert_eq!(of(vec![kept("a", true), kept("b", false)]), Code::Duplicate);
        assert_eq!(of(vec![kept("a", true), Err(refused("no"))]), Code::Partial);
    }

    proptest! {
        #[test]
        fn no_verdict_needs_more_room_than_the_header_says(key in "\\PC{0,200}", text in "[\\PC\u{0}-\u{1f}]{0,400}") {
            for result in [kept(&key, false), Err(refused(&text))] {
                let json = entry(&key, &result);
                prop_assert!(serde_json::from_str::<Value>(&json).is_ok());
                for encoding in [Encoding::Utf8, Encoding::Cp949] {
                    prop_assert!(encode_json::<u8>(&json, encoding).len() < ENTRY_SIZE);
                }
            }
        }

        #[test]
        fn a_key_that_is_allowed_is_given_back_whole(key in "[ -~]{1,64}") {
            prop_assume!(Key::parse(&key).is_ok());
            let json: Value = serde_json::from_str(&entry(&key, &kept(&key, false))).unwrap();
            prop_assert_eq!(json["key"].as_str(), Some(key.as_str()));
        }
    }
}
