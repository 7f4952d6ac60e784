//! The values of a template's variables: those the caller names, and those a finished text or finished buttons hold.
//!
//! Invariants: afterwards every variable of the template has one clean value and there is no other; names may be shown,
//! values never.

use super::buttons::{self, FIELDS};
use super::clean::{Lines, clean};
use super::lengths;
use super::matching::extract;
use super::parts::Place;
use super::pattern::{OPENING, Pattern};
use super::template::Template;
use crate::error::{Code, Error, Result};
use crate::json::{shown, shown_name};
use crate::message::{Button, Variables};
use std::borrow::Cow;

const VALUE_CHARS_MAX: usize = 1_300;

/// Clean values and whose they are: the template's own names, each once.
pub(super) type Given<'a> = Vec<(&'a str, Cow<'a, str>)>;

fn value_of<'a>(given: &'a Given<'_>, name: &str) -> Option<&'a str> {
    given.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
}

/// Cleans names and values.
pub(super) fn clean_variables<'a>(template: &'a Template, variables: &'a Variables) -> Result<Given<'a>> {
    let names = template.names.list();
    let mut given = Given::with_capacity(names.len());
    for (name, value) in variables.iter() {
        // A name that cannot be cleaned is no name of a template.
        let clean_name = clean("name", name, Lines::One).ok();
        let Some(known) = names.iter().find(|known| Some(&***known) == clean_name.as_deref()) else {
            return Err(unknown(template, name));
        };
        if value_of(&given, known).is_some() {
            let text = format!("variable #{{{known}}}: is given twice, composed and decomposed");
            return Err(Error::new(Code::Content, text));
        }
        given.push((known, clean(format_args!("variable #{{{known}}}"), value, Lines::Many)?));
    }
    Ok(given)
}

fn unknown(template: &Template, name: &str) -> Error {
    let name = shown_name(name);
    let allowed: Vec<String> = template.names.list().iter().map(|name| format!("#{{{name}}}")).collect();
    let allowed = if allowed.is_empty() { String::from("none") } else { allowed.join(", ") };
    Error::new(Code::VariableUnknown, format!("the template has no variable named {name:?}; allowed: {allowed}"))
}

/// Adds the values that the caller's finished text and buttons hold.
pub(super) fn add_extracted<'a>(
    template: &'a Template,
    given: &mut Given<'a>,
    text: Option<&str>,
    buttons: Option<&[Button]>,
) -> Result<()> {
    let names = &template.names;
    let mut known: Vec<Option<String>> = vec![None; names.list().len()];
    if let Some(text) = text {
        extract("text", &template.text, text, names, &mut known)?;
        let twice =
            names.list().iter().zip(&known).find(|(name, value)| value.is_some() && value_of(given, name).is_some());
        if let Some((name, _)) = twice {
            return Err(Error::new(
                Code::Option,
                format!(
                    "text: is given, and so is the variable #{{{name}}} which stands in it; only one of them is allowed"
                ),
            ));
        }
    }
    for (name, value) in names.list().iter().zip(&mut known) {
        if let Some(given) = value_of(given, name) {
            *value = Some(given.to_owned());
        }
    }
    if let Some(buttons) = buttons {
        match_buttons(template, buttons, &mut known)?;
    }
    let found = names.list().iter().zip(known);
    *given = found.filter_map(|(name, value)| Some((&**name, Cow::Owned(value?)))).collect();
    Ok(())
}

fn match_buttons(template: &Template, given: &[Button], known: &mut [Option<String>]) -> Result<()> {
    let approved = &template.base.buttons;
    buttons::check_count(given.len(), 0)?;
    if given.len() != approved.len() {
        return Err(Error::new(
            Code::TemplateMismatch,
            format!("buttons: has {} entries, the template {}", given.len(), approved.len()),
        ));
    }
    for (index, (given, approved)) in given.iter().zip(approved).enumerate() {
        for (field_index, field) in FIELDS.iter().enumerate() {
            let place = Place::Button(index, field_index);
            let text = clean(place, (field.get)(given), Lines::One)?;
            match pattern(template, place) {
                Some(pattern) => extract(place, pattern, &text, &template.names, known)?,
                None if *text == **(field.get)(approved) => {}
                None => {
                    let expected = shown((field.get)(approved));
                    return Err(Error::new(
                        Code::TemplateMismatch,
                        format!("{place}: differs from the template, which has {expected:?}"),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn pattern(template: &Template, place: Place) -> Option<&Pattern> {
    template.parts.iter().find(|(other, _)| *other == place).map(|(_, pattern)| pattern)
}

/// The values in the order of the template's variables; an error names all that are missing.
pub(super) fn by_variable<'a>(template: &Template, given: &'a Given<'_>) -> Result<Vec<&'a str>> {
    let names = template.names.list();
    let values: Vec<&str> = names.iter().filter_map(|name| value_of(given, name)).collect();
    if values.len() < names.len() {
        let missing = names.iter().filter(|name| value_of(given, name).is_none());
        let missing: Vec<String> = missing.map(|name| format!("#{{{name}}}")).collect();
        let missing = missing.join(", ");
        return Err(Error::new(Code::VariableMissing, format!("variables without a value: {missing}; all need one")));
    }
    for (name, value) in names.iter().zip(&values) {
        check_value(name, value)?;
    }
    Ok(values)
}

fn check_value(name: &str, value: &str) -> Result<()> {
    // A placeholder inside a value is one that the caller did not fill.
    if value.contains(OPENING) {
        return Err(Error::new(
            Code::VariableMissing,
            format!("variable #{{{name}}}: its value still holds a placeholder; values must be filled in"),
        ));
    }
    if value.len() > VALUE_CHARS_MAX && lengths::chars(value) > VALUE_CHARS_MAX {
        let chars = lengths::chars(value);
        return Err(Error::new(
            Code::TooLong,
            format!("variable #{{{name}}}: has {chars} characters; allowed are at most {VALUE_CHARS_MAX}"),
        ));
    }
    Ok(())
}
