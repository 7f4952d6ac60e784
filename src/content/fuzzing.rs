//! The targets of this folder; see [`crate::fuzzing`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer finds")]

use super::cp949::length;
use super::matching::extract;
use super::pattern::{Names, Pattern};
use crate::config::Encoding;
use crate::encoding::{decode, encode};
use crate::error::{Code, Error, Result};
use crate::fuzzing::{is_sound, prepared, settings};
use crate::message::{Body, Options, Request, Variables};
use arbitrary::{Arbitrary, Unstructured};
use serde_json::json;

/// Strict both ways: what decodes comes back byte for byte, what does not is wrong where it is said to be.
pub fn cp949(data: &[u8]) {
    match decode(data, Encoding::Cp949) {
        Ok(text) => {
            assert!(!text.contains('\u{fffd}'), "replaced");
            let again = encode(&text, Encoding::Cp949).expect("what was decoded can be encoded");
            assert_eq!(*again, *data, "the same bytes");
            assert_eq!(length(&text).unwrap(), data.len());
        }
        Err(position) => {
            assert!(position < data.len());
            assert!(decode(&data[..position], Encoding::Cp949).is_ok(), "what stands before it is right");
            assert!(decode(&data[..=position], Encoding::Cp949).is_err(), "it is wrong itself");
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    match encode(text, Encoding::Cp949) {
        Ok(bytes) => {
            assert_eq!(decode(&bytes, Encoding::Cp949).unwrap(), text);
            assert_eq!(length(text).unwrap(), bytes.len());
        }
        Err(position) => {
            let character = text[position..].chars().next().unwrap();
            let found = length(text).unwrap_err();
            assert_eq!((found.character, found.position), (character, text[..position].chars().count() + 1));
        }
    }
}

#[derive(Arbitrary, Debug)]
struct Drawn {
    template: Vec<Piece>,
    values: Vec<Vec<Piece>>,
    text: Vec<Piece>,
}

/// A template or a text of few words, so that fixed parts and values look alike.
#[derive(Arbitrary, Debug)]
enum Piece {
    Variable(u8),
    Word(u8),
    Any(char),
}

fn spelled(pieces: &[Piece]) -> String {
    const WORDS: [&str; 12] =
        ["님", " ", "\n", "예약", "12월 1일", "a", "ab", "#{", "}", "#{v1}", "e\u{301}", "\u{1100}\u{1161}"];
    let mut text = String::new();
    for piece in pieces.iter().take(200) {
        match piece {
            Piece::Variable(number) => text.push_str(&format!("#{{v{}}}", number % 5)),
            Piece::Word(number) => text.push_str(WORDS[usize::from(*number) % WORDS.len()]),
            Piece::Any(character) => text.push(*character),
        }
    }
    text
}

/// What a template renders matches it again, and what matches renders the same text.
pub fn template(data: &[u8]) {
    let Ok(drawn) = Drawn::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let (source, text) = (spelled(&drawn.template), spelled(&drawn.text));
    let values: Vec<String> = drawn.values.iter().map(|value| spelled(value)).collect();
    compare(&source, &values, &text);
    whole_way(&source, &values, &text);
}

fn compare(source: &str, values: &[String], text: &str) {
    let mut names = Names::default();
    let Ok(pattern) = Pattern::parse("text", source, &mut names).inspect_err(is_sound) else { return };
    let matched = |text: &str| -> Result<()> {
        let mut known = vec![None; names.list().len()];
        extract("text", &pattern, text, &names, &mut known)?;
        let known: Vec<&str> = known.iter().map(|value| value.as_deref().unwrap()).collect();
        assert_eq!(pattern.fill(&known), text, "the values give the text again");
        Ok(())
    };
    let filled: Vec<&str> = (0..names.list().len()).map(|at| values.get(at).map_or("", String::as_str)).collect();
    let rendered = pattern.fill(&filled);
    matched(&rendered).unwrap_or_else(|error| assert_given_up(&error));
    if let Err(error) = matched(text) {
        is_sound(&error);
        assert_eq!(error.code(), Code::TemplateMismatch);
    }
}

/// What was rendered matches again, but where a variable stands twice the search is bounded.
fn assert_given_up(error: &Error) {
    assert!(error.text().contains("too many different values"), "what was rendered does not match: {error}");
}

fn whole_way(source: &str, values: &[String], text: &str) {
    let templates = json!({"visit": {"text": source, "fallback": {"type": "none"}}});
    let Ok(settings) = settings(json!({"templates": templates})).inspect_err(is_sound) else { return };
    let names: Vec<String> = settings.templates["visit"].names.list().iter().map(|name| name.to_string()).collect();
    let send = |variables: Variables, text: Option<&str>| -> Result<String> {
        let options = Options { text: text.map(str::to_owned), ..Options::default() };
        let body = Body::Alimtalk { template: "visit".into(), variables };
        let to = "010-0000-0000".to_owned();
        let message = prepared(&settings, Request { key: "K".into(), to, body, options })?;
        Ok(message.payload.alimtalk.as_ref().unwrap().text.clone())
    };
    let given = |(at, name): (usize, &String)| (name.clone(), values.get(at).cloned().unwrap_or_default());
    if let Ok(sent) = send(names.iter().enumerate().map(given).collect(), None) {
        match send(Variables::default(), Some(&sent)) {
            Ok(again) => assert_eq!(again, sent),
            Err(error) => assert_given_up(&error),
        }
    }
    let _ = send(Variables::default(), Some(text));
}
