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

const VALUE_CHARS_MAX: usize = 1_300;

/// Cleans names and values.
pub(super) fn clean_variables(template: &Template, mut variables: Variables) -> Result<Variables> {
    let names = template.names.list();
    let mut cleaned = Vec::new();
    for (name, value) in &variables {
        // A name that cannot be cleaned is no name of a template.
        let clean_name = clean("name", name, Lines::One).ok();
        let Some(known) = names.iter().find(|known| Some(&***known) == clean_name.as_deref()) else {
            return Err(unknown(template, name));
        };
        let clean_value = clean(format_args!("variable #{{{known}}}"), value, Lines::Many)?;
        if *name != **known || *value != clean_value {
            cleaned.push((name.clone(), known.to_string(), clean_value.into_owned()));
        }
    }
    for (name, known, value) in cleaned {
        if name != known {
            variables.remove(&name);
            if variables.contains_key(&known) {
                let text = format!("variable #{{{known}}}: is given twice, composed and decomposed");
                return Err(Error::new(Code::Content, text));
            }
        }
        variables.insert(known, value);
    }
    Ok(variables)
}

fn unknown(template: &Template, name: &str) -> Error {
    let name = shown_name(name);
    let allowed: Vec<String> = template.names.list().iter().map(|name| format!("#{{{name}}}")).collect();
    let allowed = if allowed.is_empty() { String::from("none") } else { allowed.join(", ") };
    Error::new(Code::VariableUnknown, format!("the template has no variable named {name:?}; allowed: {allowed}"))
}

/// Adds the values that the caller's finished text and buttons hold.
pub(super) fn add_extracted(
    template: &Template,
    variables: &mut Variables,
    text: Option<&str>,
    given: Option<&[Button]>,
) -> Result<()> {
    let names = &template.names;
    let mut known: Vec<Option<String>> = vec![None; names.list().len()];
    if let Some(text) = text {
        extract("text", &template.text, text, names, &mut known)?;
        let twice =
            names.list().iter().zip(&known).find(|(name, value)| value.is_some() && variables.contains_key(&***name));
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
        if let Some(given) = variables.get(&**name) {
            *value = Some(given.clone());
        }
    }
    if let Some(given) = given {
        match_buttons(template, given, &mut known)?;
    }
    let found = names.list().iter().zip(known);
    variables.extend(found.filter_map(|(name, value)| Some((name.to_string(), value?))));
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
pub(super) fn by_variable<'a>(template: &Template, variables: &'a Variables) -> Result<Vec<&'a str>> {
    let names = template.names.list();
    let values: Vec<&str> = names.iter().filter_map(|name| variables.get(&**name).map(String::as_str)).collect();
    if values.len() < names.len() {
        let missing = names.iter().filter(|name| !variables.contains_key(&***name));
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
