//! The text message that follows an undelivered AlimTalk: whether there is one, and its wording.
//!
//! Invariants: everything about it is decided and checked at send time, so a fallback can no longer fail by its content.
//! What is more specific wins: the request, then the template, then the configuration.

use super::clean::{Lines, clean};
use super::pattern::{Names, Pattern};
use super::route::Route;
use super::template::Template;
use super::text::{self, Draft, LMS_BYTES_MAX, SMS_BYTES_MAX, Sourced};
use crate::config::FallbackMode;
use crate::error::{Code, Error, Result};
use crate::message::{Channel, Options, Text};
use serde::Deserialize;

const WORDS: &[(&str, FallbackMode)] = &[
    ("auto", FallbackMode::Auto),
    ("none", FallbackMode::None),
    ("sms", FallbackMode::Sms),
    ("lms", FallbackMode::Lms),
    ("mms", FallbackMode::Mms),
];

/// The fallback of a template as the configuration spells it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateFallbackSource {
    /// `auto`, `none`, `sms`, `lms` or `mms`; default: `fallback.mode` of the configuration.
    #[serde(rename = "type")]
    pub kind: String,
    /// The wording, with the template's variables or more; default: the AlimTalk's text.
    pub text: String,
    /// Subject of an LMS or MMS.
    pub subject: String,
    /// Path of a JPEG; makes it an MMS.
    pub image: String,
}

/// The compiled form.
#[derive(Clone, Debug)]
pub(super) struct TemplateFallback {
    mode: Option<FallbackMode>,
    text: Option<Pattern>,
    subject: Option<Pattern>,
    image: Option<String>,
}

impl TemplateFallbackSource {
    /// Compiles and checks it; new variables are added to `names`.
    pub(super) fn compile(self, names: &mut Names) -> Result<TemplateFallback> {
        let mode = if self.kind.is_empty() { None } else { Some(parse_mode("fallback.type", &self.kind)?) };
        let bare = |part: &str, given: bool| match mode {
            Some(FallbackMode::Sms) if given => {
                Err(Error::new(Code::Content, format!("{part}: an sms has none; allowed with lms and mms")))
            }
            Some(FallbackMode::Lms) if given && part == "fallback.image" => {
                Err(Error::new(Code::Content, format!("{part}: an lms has none; allowed with mms")))
            }
            _ => Ok(()),
        };
        bare("fallback.subject", !self.subject.is_empty())?;
        bare("fallback.image", !self.image.is_empty())?;
        let most = if mode == Some(FallbackMode::Sms) { SMS_BYTES_MAX } else { LMS_BYTES_MAX };
        let mut compile = |part: &str, source: &str, lines: Lines| -> Result<Option<Pattern>> {
            let source = clean(part, source, lines)?;
            if source.is_empty() {
                return Ok(None);
            }
            let pattern = Pattern::parse(part, &source, names)?;
            // Values can only make it longer and only add characters: what is wrong with none is wrong for ever.
            let fixed = text::bytes(part, &pattern.fill(&[]))?;
            if fixed > most {
                return Err(Error::new(
                    Code::TooLong,
                    format!("{part}: has {fixed} bytes in CP949 without its variables; allowed are at most {most}"),
                ));
            }
            Ok(Some(pattern))
        };
        Ok(TemplateFallback {
            mode,
            text: compile("fallback.text", &self.text, Lines::Many)?,
            subject: compile("fallback.subject", &self.subject, Lines::One)?,
            image: Some(self.image).filter(|path| !path.is_empty()),
        })
    }
}

fn parse_mode(part: &str, word: &str) -> Result<FallbackMode> {
    let known = WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, mode)| *mode).ok_or_else(|| {
        Error::new(Code::Option, format!("{part}: is not known; allowed are auto, none, sms, lms and mms"))
    })
}

/// Makes the fallback of a message with this body; `values` are by variable.
pub(super) fn make(
    route: &Route<'_>,
    template: &Template,
    options: &Options,
    values: &[&str],
    alimtalk_text: &str,
) -> Result<Option<Text>> {
    let mode = match &options.fallback {
        Some(word) => parse_mode("fallback", word)?,
        None => template.fallback.mode.unwrap_or(route.settings.fallback.mode),
    };
    let channel = match mode {
        FallbackMode::None => return nothing(options).map(|()| None),
        FallbackMode::Auto => None,
        FallbackMode::Sms => Some(Channel::Sms),
        FallbackMode::Lms => Some(Channel::Lms),
        FallbackMode::Mms => Some(Channel::Mms),
    };
    let ours = |key: &str| format!("templates.{}.fallback.{key}", template.name);
    let body = match (&options.fallback_text, &template.fallback.text) {
        (Some(text), _) => Sourced::new("fallback_text", clean("fallback_text", text, Lines::Many)?),
        (None, Some(pattern)) => Sourced::new(ours("text"), pattern.fill(values)),
        (None, None) => Sourced::new("the AlimTalk text as fallback", alimtalk_text),
    };
    let subject = match (&options.fallback_subject, &template.fallback.subject) {
        (Some(text), _) => Some(Sourced::new("fallback_subject", clean("fallback_subject", text, Lines::One)?)),
        (None, Some(pattern)) if channel != Some(Channel::Sms) => {
            Some(Sourced::new(ours("subject"), pattern.fill(values)))
        }
        (None, _) => None,
    };
    let image = match (&options.fallback_image, &template.fallback.image) {
        (Some(path), _) => Some(Sourced::new("fallback_image", path)),
        (None, Some(path)) if matches!(channel, None | Some(Channel::Mms)) => Some(Sourced::new(ours("image"), path)),
        (None, _) => None,
    };
    let from = route.sender_number(options)?;
    text::finish(Draft { channel, from, body, subject, image }, &route.text_limits, route.album).map(Some)
}

/// No fallback: then nothing may be asked for it.
fn nothing(options: &Options) -> Result<()> {
    let given = [
        ("fallback_text", &options.fallback_text),
        ("fallback_subject", &options.fallback_subject),
        ("fallback_image", &options.fallback_image),
    ];
    match given.iter().find(|(_, value)| value.is_some()) {
        Some((name, _)) => Err(Error::new(
            Code::Option,
            format!("{name}: is given, but fallback is none for this message; allowed with auto, sms, lms and mms"),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(json: &str) -> Result<TemplateFallback> {
        let source: TemplateFallbackSource = serde_json::from_str(json).unwrap();
        source.compile(&mut Names::default())
    }

    #[test]
    fn every_type_of_fallback_has_its_word() {
        for (word, mode) in WORDS {
            assert_eq!(compiled(&format!(r#"{{"type": "{word}"}}"#)).unwrap().mode, Some(*mode));
        }
        assert_eq!(compiled("{}").unwrap().mode, None);
    }

    #[test]
    fn a_wording_that_no_values_can_save_is_refused() {
        let long = "가".repeat(46);
        for (json, part) in [
            (r#"{"type": "fax"}"#.to_owned(), "fallback.type"),
            (r#"{"type": "sms", "subject": "가"}"#.to_owned(), "fallback.subject"),
            (r#"{"type": "sms", "image": "a.jpg"}"#.to_owned(), "fallback.image"),
            (r#"{"type": "lms", "image": "a.jpg"}"#.to_owned(), "fallback.image"),
            (format!(r#"{{"type": "sms", "text": "{long}"}}"#), "fallback.text: has 92"),
            (r#"{"text": "예약 😀"}"#.to_owned(), "fallback.text: character 4"),
            (r#"{"subject": "가\n나"}"#.to_owned(), "fallback.subject"),
        ] {
            let error = compiled(&json).unwrap_err();
            assert!(error.text().contains(part), "{error}");
        }
        assert!(compiled(&format!(r#"{{"text": "{long}"}}"#)).is_ok());
    }
}
