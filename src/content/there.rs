//! How a template is registered at one gateway, where that differs from the others: its code there, its buttons there.
//!
//! Invariants: what is kept on disk has the template's own buttons and the values of all its variables; those of a gateway
//! are put in when the message leaves for it, so that it may move between gateways as often as need be. Buttons of a
//! gateway have no variables but those of the template: nobody could be asked for their values later.

use super::buttons;
use super::lengths;
use super::parts::Place;
use super::pattern::{Names, Pattern, Segment};
use super::template::{Template, WIDEST, clean_parts, fill_parts, take_patterns};
use crate::error::{Code, Error, Result};
use crate::json::shown;
use crate::message::{Alimtalk, Button, Payload};
use serde::Deserialize;
use std::sync::Arc;

/// How a template is registered at one gateway, as the configuration spells it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateThereSource {
    /// Its code there; default: `code`.
    pub code: Option<String>,
    /// Its buttons there; default: those of the template.
    pub buttons: Option<Vec<Button>>,
    /// Its quick replies there; default: those of the template.
    pub quick_replies: Option<Vec<Button>>,
}

/// The compiled form.
#[derive(Clone)]
pub(super) struct There {
    pub(super) code: Option<String>,
    pub(super) buttons: Option<Buttons>,
}

/// Buttons and quick replies of one gateway.
#[derive(Clone)]
pub(super) struct Buttons {
    /// Those without variables; nothing else of it is used.
    base: Alimtalk,
    /// The parts with variables.
    parts: Vec<(Place, Pattern)>,
    /// Variables that stand in the template's own buttons alone.
    unused: Vec<Box<str>>,
}

impl TemplateThereSource {
    /// Compiles and checks what is registered at `gateway`. `base` has the template's own buttons with their placeholders;
    /// `names` are the variables of the AlimTalk.
    pub(super) fn compile(self, gateway: &str, base: &Alimtalk, names: &Names) -> Result<There> {
        let code = self.code;
        if self.buttons.is_none() && self.quick_replies.is_none() {
            return Ok(There { code, buttons: None });
        }
        let buttons = self.buttons.unwrap_or_else(|| base.buttons.clone());
        let quick_replies = self.quick_replies.unwrap_or_else(|| base.quick_replies.clone());
        let compiled = Buttons::compile(buttons, quick_replies, names);
        let at = |error: Error| Error::new(error.code(), format!("gateways.{}.{}", shown(gateway), error.text()));
        Ok(There { code, buttons: Some(compiled.map_err(at)?) })
    }
}

impl Buttons {
    fn compile(buttons: Vec<Button>, quick_replies: Vec<Button>, names: &Names) -> Result<Buttons> {
        buttons::check_count(buttons.len(), quick_replies.len())?;
        let mut base = Alimtalk { buttons, quick_replies, ..Alimtalk::default() };
        let places: Vec<Place> = Place::all(&base).into_iter().filter(|place| place.is_button()).collect();
        clean_parts(&mut base, &places)?;
        buttons::check(&base.buttons, &base.quick_replies)?;
        let mut with_these = names.clone();
        let (_, parts) = take_patterns(&mut base, &places, &mut with_these)?;
        if let Some(unknown) = with_these.list().get(names.list().len()) {
            let wrong = format!("buttons: have the variable #{{{unknown}}}, which the template has not");
            return Err(Error::new(Code::Content, format!("{wrong}; allowed are those of the template")));
        }
        lengths::check(&base, 0, &WIDEST)?;
        Ok(Buttons { base, parts, unused: Vec::new() })
    }

    /// The variables that have no place at the gateway; `parts` are those that are the same everywhere.
    fn unused<'p>(&'p self, parts: impl Iterator<Item = &'p Pattern>, names: &Names) -> Vec<Box<str>> {
        let mut used = vec![false; names.list().len()];
        for segment in parts.chain(self.parts.iter().map(|(_, pattern)| pattern)).flat_map(Pattern::segments) {
            if let Segment::Variable(variable) = segment
                && let Some(used) = used.get_mut(*variable)
            {
                *used = true;
            }
        }
        names.list().iter().zip(used).filter(|(_, used)| !used).map(|(name, _)| name.clone()).collect()
    }
}

impl There {
    /// Once the template is compiled.
    pub(super) fn complete(&mut self, text: &Pattern, parts: &[(Place, Pattern)], names: &Names) {
        let others = parts.iter().filter(|(place, _)| !place.is_button()).map(|(_, pattern)| pattern);
        if let Some(buttons) = &mut self.buttons {
            buttons.unused = buttons.unused(others.chain([text]), names);
        }
    }
}

impl Template {
    /// A gateway's code of it.
    pub(crate) fn code_at(&self, gateway: &str) -> &str {
        let there = self.gateways.get(gateway).and_then(|there| there.code.as_deref());
        there.unwrap_or(&self.base.template_code)
    }

    /// The gateways that the configuration says something of.
    pub(crate) fn gateways(&self) -> impl Iterator<Item = &str> {
        self.gateways.keys().map(String::as_str)
    }

    /// The message with these values (by variable) as a gateway knows its template. `None`: as it is.
    pub(super) fn message_at(&self, gateway: &str, message: &Alimtalk, values: &[&str]) -> Option<Alimtalk> {
        let there = self.gateways.get(gateway)?.buttons.as_ref()?;
        let mut buttons = there.base.clone();
        fill_parts(&mut buttons, &there.parts, values);
        let mut message =
            Alimtalk { buttons: buttons.buttons, quick_replies: buttons.quick_replies, ..message.clone() };
        let is_known = |name: &str| !there.unused.iter().any(|unused| **unused == *name);
        message.variables = message.variables.iter().filter(|(name, _)| is_known(name)).collect();
        Some(message)
    }

    /// The parts of [`Template::message_at`] that hold values.
    pub(super) fn parts_at(&self, gateway: &str) -> &[(Place, Pattern)] {
        let there = self.gateways.get(gateway).and_then(|there| there.buttons.as_ref());
        there.map_or(&self.parts, |there| &there.parts)
    }

    /// The payload as a gateway knows its template; shared with the one given where that is the same, or where the values
    /// that are needed are not there, because the template was another when the message was kept.
    pub(crate) fn payload_at(&self, gateway: &str, payload: Arc<Payload>) -> Arc<Payload> {
        let differs = self.gateways.get(gateway).is_some_and(|there| there.buttons.is_some());
        let Some(alimtalk) = payload.alimtalk.as_ref().filter(|_| differs) else { return payload };
        let names = self.names.list().iter().take(self.alimtalk_names);
        let values: Option<Vec<&str>> = names.map(|name| alimtalk.variables.get(name)).collect();
        match values.and_then(|values| self.message_at(gateway, alimtalk, &values)) {
            Some(alimtalk) => Arc::new(Payload { alimtalk: Some(alimtalk), ..Arc::unwrap_or_clone(payload) }),
            None => payload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Recipient, Variables};

    fn template(buttons: &str, there: &str) -> Result<Template> {
        let json = format!(
            r##"{{"text": "#{{이름}}님", "code": "A1", "buttons": {buttons},
                 "gateways": {{"b": {{"code": "B1"}}, "c": {there}}}}}"##
        );
        Template::new("visit", serde_json::from_str(&json).unwrap())
    }

    const OURS: &str = r##"[{"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{번호}"}]"##;

    fn filled(template: &Template) -> Alimtalk {
        let mut message = template.fill(&["김", "7"]);
        message.variables = [("이름", "김"), ("번호", "7")].into();
        message
    }

    #[test]
    fn a_message_has_the_buttons_of_the_gateway_it_goes_to_and_no_variable_that_is_unknown_there() {
        let there = r##"{"buttons": [{"type": "BK", "name": "문의"},
            {"type": "WL", "name": "확인", "link_mobile": "https://m.example.com/#{이름}"}]}"##;
        let template = template(OURS, there).unwrap();
        let message = filled(&template);
        assert_eq!((template.code_at("a"), template.code_at("b"), template.code_at("c")), ("A1", "B1", "A1"));
        assert!(template.message_at("a", &message, &[]).is_none() && template.message_at("b", &message, &[]).is_none());
        let there = template.message_at("c", &message, &["김", "7"]).unwrap();
        assert_eq!(there.buttons.len(), 2);
        assert_eq!(there.buttons[1].link_mobile, "https://m.example.com/김");
        assert_eq!(there.variables.iter().collect::<Vec<_>>(), [("이름", "김")]);
        assert_eq!(there.text, message.text);
    }

    #[test]
    fn quick_replies_alone_may_differ_and_the_buttons_stay() {
        let there = r##"{"quick_replies": [{"type": "BK", "name": "문의"}]}"##;
        let template = template(OURS, there).unwrap();
        let there = template.message_at("c", &filled(&template), &["김", "7"]).unwrap();
        assert_eq!(there.buttons[0].link_mobile, "https://example.com/7");
        assert_eq!((there.quick_replies.len(), there.variables.len()), (1, 2));
    }

    #[test]
    fn a_payload_that_is_the_same_there_is_not_copied_and_one_without_the_values_stays_as_it_is() {
        let template = template(OURS, r#"{"buttons": []}"#).unwrap();
        let to = Recipient::from_digits("01000000000".into());
        let payload = Arc::new(Payload { to, alimtalk: Some(filled(&template)), text: None });
        assert!(Arc::ptr_eq(&payload, &template.payload_at("b", Arc::clone(&payload))));
        assert!(template.payload_at("c", Arc::clone(&payload)).alimtalk.as_ref().unwrap().buttons.is_empty());
        let mut old = Payload::clone(&payload);
        old.alimtalk.as_mut().unwrap().variables = Variables::default();
        let old = Arc::new(old);
        assert!(Arc::ptr_eq(&old, &template.payload_at("c", Arc::clone(&old))));
    }

    #[test]
    fn buttons_that_can_never_be_sent_there_are_refused_by_the_path_of_their_key() {
        for (there, part) in [
            (r##"{"buttons": [{"type": "WL", "name": "확인"}]}"##, "gateways.c.buttons[0].link_mobile: is missing"),
            (r##"{"quick_replies": [{"type": "TN", "name": "전화 연결"}]}"##, "gateways.c.quick_replies[0].type: "),
            (
                r##"{"buttons": [{"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{새것}"}]}"##,
                "gateways.c.buttons: have the variable #{새것}, which the template has not",
            ),
        ] {
            let error = template(OURS, there).map(drop).unwrap_err();
            assert_eq!(error.code(), Code::ConfigValue);
            assert!(error.text().starts_with(part), "{error}");
        }
    }
}
