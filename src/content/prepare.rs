//! From the caller's request to the finished message, the whole way.
//!
//! Invariants: pure but for the reading of an image file; what it returns can be sent as it stands; on an error nothing was kept.
//! Every length is bounded before any work in proportion to it.

use super::clean::{Lines, clean};
use super::image::Album;
use super::parts::Place;
use super::pattern::Pattern;
use super::phone::normalise_recipient;
use super::route::{Route, check_recipient, unknown};
use super::schedule::Schedule;
use super::template::Template;
use super::text::{self, Draft, Sourced};
use super::{buttons, digest, fallback, lengths, values};
use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::json::shown;
use crate::message::{Alimtalk, Body, Channel, Key, Message, Options, Payload, Priority, Request, Text, Variables};
use crate::time::Timestamp;
use std::sync::Arc;

const TAG_CHARS_MAX: usize = 32;

/// Checks a request against the configuration and makes the finished message. On an error nothing was kept.
pub(crate) fn prepare(settings: &Settings, album: &Album, request: Request, now: Timestamp) -> Result<Message> {
    let Request { key, to, body, options } = request;
    let key = if key.is_empty() { Key::generate(now) } else { Key::parse(&key)? };
    let to = normalise_recipient(&to)?;
    check_recipient(settings, &to)?;
    let template = match &body {
        Body::Alimtalk { template, .. } => template.as_str(),
        Body::Text { .. } => "",
    };
    let route = Route::choose(settings, album, &options, template, key.as_str())?;
    let schedule = Schedule::read(settings, &options, now)?;
    let priority = priority(options.priority.as_deref())?;
    let tag = tag(options.tag.as_deref().unwrap_or_default())?;
    let (template, alimtalk, text) = match body {
        Body::Alimtalk { template, variables } => {
            let Some(known) = settings.templates.get(&template) else {
                return Err(unknown(Code::UnknownTemplate, "template", &template, settings.templates.keys()));
            };
            let (alimtalk, text) = alimtalk(&route, known, &variables, &options)
                .map_err(|error| error.at(format_args!("template {template:?}")))?;
            (template, Some(alimtalk), text)
        }
        Body::Text { text } => (String::new(), None, Some(plain(&route, &text, &options)?)),
    };
    let channel = match (&alimtalk, &text) {
        (None, Some(text)) => text.channel,
        _ => Channel::Alimtalk,
    };
    let payload = Arc::new(Payload { to, alimtalk, text });
    let digest = digest::of(route.account_name, &template, &payload, &options, &schedule.asked);
    Ok(Message {
        key,
        account: route.account_name.to_owned(),
        gateway: route.gateway_name.to_owned(),
        template,
        tag,
        priority,
        channel,
        created: now,
        send_at: schedule.send_at,
        expires_at: schedule.expires_at,
        digest,
        payload,
    })
}

fn alimtalk(
    route: &Route<'_>,
    template: &Template,
    variables: &Variables,
    options: &Options,
) -> Result<(Alimtalk, Option<Text>)> {
    refuse(
        "an AlimTalk",
        &[
            ("subject", options.subject.is_some(), "use fallback_subject"),
            ("image", options.image.is_some(), "use fallback_image"),
        ],
    )?;
    let mut given = values::clean_variables(template, variables)?;
    if options.text.is_some() || options.buttons.is_some() {
        let text = options.text.as_deref().map(|text| clean("text", text, Lines::Many)).transpose()?;
        values::add_extracted(template, &mut given, text.as_deref(), options.buttons.as_deref())?;
    }
    let values = values::by_variable(template, &given)?;
    let mut message = template.fill(&values);
    if message.text.trim().is_empty() {
        return Err(Error::new(Code::Content, "text: is empty with these values; an AlimTalk needs a text"));
    }
    check_lines(&template.parts, &mut message)?;
    buttons::check(&message.buttons, &message.quick_replies)?;
    check_carriers(route, template, &message, &values)?;
    let fallback = fallback::make(route, template, options, &values, &message.text)?;
    // Gateways that fill templates refuse variables that theirs does not have.
    let names = template.names.list().iter().take(template.alimtalk_names);
    message.variables = names.map(|name| &**name).zip(values).collect();
    Ok((message, fallback))
}

/// Each gateway that may carry it must take it as its template stands there.
fn check_carriers(route: &Route<'_>, template: &Template, message: &Alimtalk, values: &[&str]) -> Result<()> {
    for (gateway, limits) in &route.carriers {
        let check = || match template.message_at(gateway, message, values) {
            None => lengths::check(message, template.extra_chars, limits),
            Some(mut there) => {
                check_lines(template.parts_at(gateway), &mut there)?;
                buttons::check(&there.buttons, &there.quick_replies)?;
                lengths::check(&there, template.extra_chars, limits)
            }
        };
        check().map_err(|error| match *gateway == route.gateway_name {
            true => error,
            false => error.at(format_args!("for the standby gateway {}", shown(gateway))),
        })?;
    }
    Ok(())
}

/// Values may have several lines; the parts they come to may not.
fn check_lines(parts: &[(Place, Pattern)], message: &mut Alimtalk) -> Result<()> {
    for (place, _) in parts.iter().filter(|(place, _)| place.lines() == Lines::One) {
        if place.slot(message).is_some_and(|text| text.contains(['\n', '\t'])) {
            return Err(Error::new(
                Code::Content,
                format!("{place}: a value brings a line break or TAB into it; allowed is one line"),
            ));
        }
    }
    Ok(())
}

fn plain(route: &Route<'_>, text: &str, options: &Options) -> Result<Text> {
    refuse(
        "a plain text message",
        &[
            ("fallback", options.fallback.is_some(), "it has no fallback"),
            ("fallback_text", options.fallback_text.is_some(), "it has no fallback"),
            ("fallback_subject", options.fallback_subject.is_some(), "use subject"),
            ("fallback_image", options.fallback_image.is_some(), "use image"),
            ("text", options.text.is_some(), "the text is an argument of its own"),
            ("buttons", options.buttons.is_some(), "it has no buttons"),
        ],
    )?;
    let body = Sourced::new("text", clean("text", text, Lines::Many)?);
    let subject = match &options.subject {
        Some(subject) => Some(Sourced::new("subject", clean("subject", subject, Lines::One)?)),
        None => None,
    };
    let image = options.image.as_ref().map(|path| Sourced::new("image", path));
    let from = route.sender_number(options)?;
    text::finish(Draft { channel: None, from, body, subject, image }, &route.text_limits, route.album)
}

/// Refuses options that this kind of message cannot have: ignoring them would send another message than was meant.
fn refuse(kind: &str, options: &[(&str, bool, &str)]) -> Result<()> {
    match options.iter().find(|(_, given, _)| *given) {
        Some((name, _, instead)) => {
            Err(Error::new(Code::Option, format!("{name}: is not allowed with {kind}; {instead}")))
        }
        None => Ok(()),
    }
}

fn priority(word: Option<&str>) -> Result<Priority> {
    let Some(word) = word else { return Ok(Priority::Normal) };
    let known = Priority::ALL.iter().find(|priority| priority.word() == word);
    known
        .copied()
        .ok_or_else(|| Error::new(Code::Option, "priority: is not known; allowed are urgent, normal and bulk"))
}

fn tag(text: &str) -> Result<String> {
    let tag = clean("tag", text, Lines::One).map_err(|error| Error::new(Code::Option, error.text()))?;
    let chars = tag.chars().count();
    if chars > TAG_CHARS_MAX {
        return Err(Error::new(
            Code::Option,
            format!("tag: has {chars} characters; allowed are at most {TAG_CHARS_MAX}"),
        ));
    }
    Ok(tag.into_owned())
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
