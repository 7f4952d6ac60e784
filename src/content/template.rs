//! Approved templates: what the configuration says of them, and their compiled form.
//!
//! Invariants: a compiled template has passed every rule that does not depend on values or on the gateway; sending fills
//! prepared patterns and parses nothing.

use super::buttons;
use super::clean::{Lines, clean};
use super::fallback::{TemplateFallback, TemplateFallbackSource};
use super::lengths;
use super::parts::Place;
use super::pattern::{Names, OPENING, Pattern};
use super::there::{TemplateThereSource, There};
use crate::error::{Code, Error, Result};
use crate::gateway::Limits;
use crate::message::{Alimtalk, Button, Highlight, ItemList};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Most variables of one template (Kakao).
const VARIABLES_MAX: usize = 40;

/// The widest limits of any gateway: what breaks these can be sent by none.
pub(super) const WIDEST: Limits = Limits {
    alimtalk_chars_max: 1_300,
    subject_bytes_max: 64,
    image_bytes_max: 0,
    image_pixels_max: (0, 0),
    link_chars_max: 500,
    quick_replies_max: 10,
    item_lists: true,
    every_link: false,
};

/// What Kakao's fixed sentence takes from the body of a template with a channel-add button.
const ADD_CHANNEL_CHARS: usize = 40;

/// A template as the configuration spells it, at `templates.<name>`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateSource {
    /// The approved text with `#{name}`.
    pub text: String,
    /// The gateway's code of it; default: its name in the configuration.
    pub code: String,
    /// Emphasised title (강조표기).
    pub title: String,
    /// Fixed extra information (부가 정보) that the gateway adds to the body; it counts against the length.
    pub extra: String,
    /// Header of an item list.
    pub header: String,
    /// Highlight of an item list.
    pub highlight: Option<Highlight>,
    /// Item list.
    pub items: Option<ItemList>,
    /// Buttons in the order of the template.
    pub buttons: Vec<Button>,
    /// Quick replies in the order of the template.
    pub quick_replies: Vec<Button>,
    /// Whether the template has an image.
    pub image: bool,
    /// What to send when the AlimTalk is not delivered.
    pub fallback: TemplateFallbackSource,
    /// By gateway: where it is registered otherwise.
    pub gateways: BTreeMap<String, TemplateThereSource>,
}

/// A compiled template. `Debug` shows its name.
#[derive(Clone)]
pub struct Template {
    pub(super) name: String,
    /// Those of the AlimTalk first, then those of the fallback alone.
    pub(super) names: Names,
    /// How many of `names` the AlimTalk itself has.
    pub(super) alimtalk_names: usize,
    /// Every part without variables; the others are empty.
    pub(super) base: Alimtalk,
    /// The body.
    pub(super) text: Pattern,
    /// The other parts with variables.
    pub(super) parts: Vec<(Place, Pattern)>,
    /// Characters that the gateway adds to the body.
    pub(super) extra_chars: usize,
    /// Gateways where it is registered otherwise.
    pub(super) gateways: BTreeMap<String, There>,
    pub(super) fallback: TemplateFallback,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Template {
    /// Compiles and checks the template at `templates.<name>`. Errors name the part inside it.
    pub fn new(name: &str, source: TemplateSource) -> Result<Template> {
        // The same rules hold for messages; broken here, it is a value of the configuration that breaks them.
        Template::compile(name, source).map_err(|error| Error::new(Code::ConfigValue, error.text()))
    }

    fn compile(name: &str, source: TemplateSource) -> Result<Template> {
        let TemplateSource {
            text,
            code,
            title,
            extra,
            header,
            highlight,
            items,
            buttons,
            quick_replies,
            image,
            fallback,
            gateways,
        } = source;
        if text.trim().is_empty() {
            return Err(Error::new(
                Code::Content,
                "text: is missing or empty; it is the approved text of the template",
            ));
        }
        let extra = clean("extra", &extra, Lines::Many)?;
        if extra.contains(OPENING) {
            return Err(takes_no_variables("extra"));
        }
        buttons::check_count(buttons.len(), quick_replies.len())?;
        let template_code = if code.is_empty() { name } else { &code };
        let mut base = Alimtalk {
            template_code: clean("code", template_code, Lines::One)?.into_owned(),
            image,
            text,
            title,
            header,
            highlight,
            items,
            buttons,
            quick_replies,
            ..Alimtalk::default()
        };
        let places = Place::all(&base);
        clean_parts(&mut base, &places)?;
        buttons::check(&base.buttons, &base.quick_replies)?;
        let added = if base.buttons.iter().any(|button| button.kind == "AC") { ADD_CHANNEL_CHARS } else { 0 };
        let extra_chars = lengths::chars(&extra) + added;
        let with_placeholders = base.clone();
        let mut names = Names::default();
        let (text, parts) = take_patterns(&mut base, &places, &mut names)?;
        let alimtalk_names = names.list().len();
        if alimtalk_names > VARIABLES_MAX {
            return Err(Error::new(
                Code::Content,
                format!(
                    "text: has, with all other parts, {alimtalk_names} variables; allowed are at most {VARIABLES_MAX}"
                ),
            ));
        }
        let gateways = compile_gateways(gateways, &with_placeholders, &names, &text, &parts)?;
        let fallback = fallback.compile(&mut names)?;
        let template = Template {
            name: name.to_owned(),
            names,
            alimtalk_names,
            base,
            text,
            parts,
            extra_chars,
            gateways,
            fallback,
        };
        lengths::check(&template.fill(&[]), extra_chars, &WIDEST)?;
        Ok(template)
    }

    /// The message with `values` (by variable) in all its parts. No check is made of it here.
    pub(super) fn fill(&self, values: &[&str]) -> Alimtalk {
        let mut message = self.base.clone();
        message.text = self.text.fill(values);
        fill_parts(&mut message, &self.parts, values);
        message
    }
}

fn compile_gateways(
    gateways: BTreeMap<String, TemplateThereSource>,
    base: &Alimtalk,
    names: &Names,
    text: &Pattern,
    parts: &[(Place, Pattern)],
) -> Result<BTreeMap<String, There>> {
    let mut compiled = BTreeMap::new();
    for (gateway, source) in gateways {
        let mut there = source.compile(&gateway, base, names)?;
        there.complete(text, parts, names);
        compiled.insert(gateway, there);
    }
    Ok(compiled)
}

/// Puts the parts with variables into a message.
pub(super) fn fill_parts(message: &mut Alimtalk, parts: &[(Place, Pattern)], values: &[&str]) {
    for (place, pattern) in parts {
        if let Some(slot) = place.slot(message) {
            *slot = pattern.fill(values);
        }
    }
}

pub(super) fn clean_parts(base: &mut Alimtalk, places: &[Place]) -> Result<()> {
    for place in places {
        if let Some(slot) = place.slot(base) {
            *slot = clean(place, slot, place.lines())?.into_owned();
        }
    }
    Ok(())
}

/// Moves every part with variables out of `base`, and the body in any case.
pub(super) fn take_patterns(
    base: &mut Alimtalk,
    places: &[Place],
    names: &mut Names,
) -> Result<(Pattern, Vec<(Place, Pattern)>)> {
    let mut body = Pattern::default();
    let mut parts = Vec::new();
    for &place in places {
        let Some(slot) = place.slot(base) else { continue };
        if place == Place::Text {
            body = Pattern::parse(place, &std::mem::take(slot), names)?;
        } else if slot.contains(OPENING) {
            if !place.takes_variables() {
                return Err(takes_no_variables(place));
            }
            parts.push((place, Pattern::parse(place, &std::mem::take(slot), names)?));
        }
    }
    Ok((body, parts))
}

fn takes_no_variables(part: impl fmt::Display) -> Error {
    Error::new(Code::Content, format!("{part}: holds a placeholder; no variables are allowed here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(json: &str) -> TemplateSource {
        serde_json::from_str(json).unwrap()
    }

    fn refused(json: &str) -> String {
        let error = Template::new("reminder", source(json)).unwrap_err();
        assert_eq!(error.code(), Code::ConfigValue);
        error.text().to_owned()
    }

    #[test]
    fn a_template_with_every_part_is_compiled_and_filled() {
        let template = Template::new(
            "reminder",
            source(
                r##"{"text": "#{이름}님\r\n예약", "code": "TD_6848", "title": "#{시각}", "header": "#{병원}", "image": true,
                "highlight": {"title": "#{과}", "description": "진료"},
                "items": {"list": [{"title": "시각", "description": "#{시각}"}, {"title": "곳", "description": "2층"}],
                          "summary": {"title": "금액", "description": "#{금액}원"}},
                "buttons": [{"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{번호}"}],
                "quick_replies": [{"type": "BK", "name": "문의"}],
                "fallback": {"type": "lms", "text": "#{이름}님 #{추가}", "subject": "예약"}}"##,
            ),
        )
        .unwrap();
        let names: Vec<_> = template.names.list().iter().map(|name| &**name).collect();
        assert_eq!(names, ["이름", "시각", "병원", "과", "금액", "번호", "추가"]);
        assert_eq!(template.alimtalk_names, 6);
        let message = template.fill(&["김", "9시", "서울", "내과", "1,000", "7", ""]);
        assert_eq!((message.text.as_str(), message.title.as_str()), ("김님\n예약", "9시"));
        assert_eq!((message.template_code.as_str(), message.image), ("TD_6848", true));
        assert_eq!(message.items.unwrap().summary.unwrap().description, "1,000원");
        assert_eq!(message.buttons[0].link_mobile, "https://example.com/7");
        assert_eq!(message.highlight.unwrap().title, "내과");
    }

    #[test]
    fn the_code_is_the_name_unless_given() {
        assert_eq!(Template::new("reminder", source(r#"{"text": "가"}"#)).unwrap().base.template_code, "reminder");
    }

    #[test]
    fn decomposed_text_and_names_are_composed() {
        let template = Template::new("t", source("{\"text\": \"#{\u{1112}\u{1161}} \u{1100}\u{1161}\"}")).unwrap();
        assert_eq!(template.names.of(0), "하");
        assert_eq!(template.fill(&[""]).text, " 가");
    }

    #[test]
    fn a_template_that_can_never_be_sent_is_refused_by_the_path_of_its_key() {
        let many: String = (0..41).map(|i| format!("#{{v{i}}}")).collect();
        let long = "가".repeat(1_301);
        for (json, part) in [
            (r#"{}"#.to_owned(), "text: is missing"),
            (format!(r#"{{"text": "{long}"}}"#), "text: has 1301"),
            (format!(r#"{{"text": "{many}"}}"#), "text: has, with all other parts, 41"),
            (r##"{"text": "#{}"}"##.to_owned(), "text: the placeholder"),
            (r#"{"text": "a\u0001"}"#.to_owned(), "text: character 2"),
            (r##"{"text": "a", "extra": "#{a}"}"##.to_owned(), "extra: "),
            (r#"{"text": "a", "header": "a\nb"}"#.to_owned(), "header: "),
            (r##"{"text": "a", "buttons": [{"type": "BK", "name": "#{a}"}]}"##.to_owned(), "buttons[0].name: "),
            (r#"{"text": "a", "buttons": [{"type": "WL", "name": "b"}]}"#.to_owned(), "buttons[0].link_mobile: "),
            (r#"{"text": "a", "items": {"list": []}}"#.to_owned(), "items.list: has 0"),
            (
                r##"{"text": "a", "items": {"list": [{"title": "#{a}"}, {"title": "b"}]}}"##.to_owned(),
                "items.list[0].title: holds a placeholder",
            ),
        ] {
            let text = refused(&json);
            assert!(text.starts_with(part), "{text}");
        }
    }

    #[test]
    fn forty_variables_are_allowed_and_those_of_the_fallback_are_not_counted() {
        let forty: String = (0..40).map(|i| format!("#{{v{i}}}")).collect();
        let json = format!(r##"{{"text": "{forty}", "fallback": {{"text": "#{{more}}"}}}}"##);
        assert_eq!(Template::new("t", source(&json)).unwrap().names.list().len(), 41);
    }

    #[test]
    fn the_channel_add_sentence_and_extra_information_take_room_from_the_body() {
        let text = "가".repeat(1_250);
        let button = r#"{"type": "AC", "name": "채널 추가"}"#;
        let fits = format!(r#"{{"text": "{text}", "extra": "1234567890", "buttons": [{button}]}}"#);
        assert_eq!(Template::new("t", source(&fits)).unwrap().extra_chars, 50);
        let over = format!(r#"{{"text": "{text}", "extra": "12345678901", "buttons": [{button}]}}"#);
        assert!(refused(&over).contains("at most 1249"));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_str::<TemplateSource>(r#"{"text": "a", "titel": "b"}"#).is_err());
    }
}
