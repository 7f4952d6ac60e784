//! Buttons and quick replies: which kinds there are, what each needs, how many and in which order.
//!
//! Invariants: the rules hold for the template with its placeholders and for the finished message alike, so both pass
//! through [`check`]; lengths that differ between gateways are not looked at here.

use super::pattern::OPENING;
use crate::error::{Code, Error, Result};
use crate::message::Button;
use std::fmt::Display;

const BUTTONS_MAX: usize = 5;
const BUTTONS_BESIDE_QUICK_REPLIES_MAX: usize = 2;
const QUICK_REPLIES_MAX: usize = 10;
const NAME_CHARS_MAX: usize = 14;
const PLUGIN_ID_CHARS_MAX: usize = 24;
const CHAT_EVENT_CHARS_MAX: usize = 50;
const PHONE_CHARS_MAX: usize = 14;

const KINDS: &[&str] = &["WL", "AL", "DS", "BK", "MD", "BC", "BT", "AC", "BF", "TN", "P1", "P2", "P3"];
const QUICK_REPLY_KINDS: &[&str] = &["WL", "AL", "BK", "BC", "BT", "BF", "MD", "DS"];

const ADD_CHANNEL_NAMES: &[&str] = &["채널 추가"];
const FORM_NAMES: &[&str] = &["톡에서 예약하기", "톡에서 설문하기", "톡에서 응모하기"];
const PHONE_NAMES: &[&str] = &["전화 연결", "고객센터 연결", "상담원 연결"];

/// A text of a [`Button`].
pub(super) struct Field {
    /// As the configuration spells it.
    pub(super) name: &'static str,
    /// Whether the template may have variables in it.
    pub(super) variables: bool,
    /// Reads it.
    pub(super) get: fn(&Button) -> &String,
    /// Writes it.
    pub(super) get_mut: fn(&mut Button) -> &mut String,
}

macro_rules! fields {
    ($($field:ident $name:literal $variables:literal;)*) => {
        /// Every text of a button.
        pub(super) const FIELDS: &[Field] = &[$(Field {
            name: $name,
            variables: $variables,
            get: |button| &button.$field,
            get_mut: |button| &mut button.$field,
        },)*];
    };
}

fields! {
    kind "type" false;
    name "name" false;
    link_mobile "link_mobile" true;
    link_pc "link_pc" true;
    link_android "link_android" true;
    link_ios "link_ios" true;
    target "target" false;
    chat_extra "chat_extra" true;
    chat_event "chat_event" false;
    form_id "form_id" true;
    phone "phone" false;
    plugin_id "plugin_id" true;
    relay_id "relay_id" true;
    one_click_id "one_click_id" true;
    product_id "product_id" true;
}

/// Refuses more buttons than any message can have, before anything is done with them.
pub(super) fn check_count(buttons: usize, quick_replies: usize) -> Result<()> {
    let most = if quick_replies > 0 { BUTTONS_BESIDE_QUICK_REPLIES_MAX } else { BUTTONS_MAX };
    if buttons > most {
        let beside = if quick_replies > 0 { " beside quick replies" } else { "" };
        return Err(Error::new(
            Code::Content,
            format!("buttons: has {buttons} entries; allowed are at most {most}{beside}"),
        ));
    }
    if quick_replies > QUICK_REPLIES_MAX {
        return Err(Error::new(
            Code::Content,
            format!("quick_replies: has {quick_replies} entries; allowed are at most {QUICK_REPLIES_MAX}"),
        ));
    }
    Ok(())
}

/// Checks counts, kinds, order, and what each kind needs.
pub(super) fn check(buttons: &[Button], quick_replies: &[Button]) -> Result<()> {
    check_count(buttons.len(), quick_replies.len())?;
    for (index, button) in buttons.iter().enumerate() {
        let part = format_args!("buttons[{index}]");
        check_kind(part, button, KINDS)?;
        check_order(part, index, button, buttons)?;
        check_fields(part, button)?;
    }
    for (index, reply) in quick_replies.iter().enumerate() {
        let part = format_args!("quick_replies[{index}]");
        check_kind(part, reply, QUICK_REPLY_KINDS)?;
        check_fields(part, reply)?;
    }
    Ok(())
}

fn check_kind(part: impl Display, button: &Button, kinds: &[&str]) -> Result<()> {
    if kinds.contains(&button.kind.as_str()) {
        return Ok(());
    }
    Err(wrong(part, "type", format_args!("is not known here; allowed are {}", kinds.join(", "))))
}

fn check_order(part: impl Display, index: usize, button: &Button, buttons: &[Button]) -> Result<()> {
    let first = match button.kind.as_str() {
        "AC" => index == 0,
        "BF" => index == 0 || (index == 1 && buttons.first().is_some_and(|first| first.kind == "AC")),
        _ => true,
    };
    if first { Ok(()) } else { Err(wrong(part, "type", format_args!("{} must be the first button", button.kind))) }
}

fn check_fields(part: impl Display, button: &Button) -> Result<()> {
    check_name(&part, button)?;
    check_links(&part, button)?;
    if !matches!(button.target.as_str(), "" | "out") {
        return Err(wrong(part, "target", "has a value that is not known; allowed is out, or none"));
    }
    match button.kind.as_str() {
        "BF" => need(&part, "form_id", &button.form_id, "BF"),
        "BT" => check_chat_event(&part, &button.chat_event),
        "TN" => check_phone(&part, &button.phone),
        "P1" | "P2" | "P3" => {
            need(&part, "plugin_id", &button.plugin_id, &button.kind)?;
            check_chars(&part, "plugin_id", &button.plugin_id, PLUGIN_ID_CHARS_MAX)
        }
        _ => Ok(()),
    }
}

fn check_name(part: impl Display, button: &Button) -> Result<()> {
    let fixed = match button.kind.as_str() {
        "AC" => ADD_CHANNEL_NAMES,
        "BF" => FORM_NAMES,
        "TN" => PHONE_NAMES,
        _ => {
            need(&part, "name", &button.name, &button.kind)?;
            return check_chars(&part, "name", &button.name, NAME_CHARS_MAX);
        }
    };
    if fixed.contains(&button.name.as_str()) {
        return Ok(());
    }
    let (kind, names) = (&button.kind, fixed.join(", "));
    Err(wrong(part, "name", format_args!("is not one that type {kind} may have; allowed are: {names}")))
}

fn check_links(part: impl Display, button: &Button) -> Result<()> {
    for (field, link) in [("link_mobile", &button.link_mobile), ("link_pc", &button.link_pc)] {
        let starts = ["http://", "https://", OPENING].iter().any(|start| link.starts_with(start));
        if !link.is_empty() && !starts {
            return Err(wrong(part, field, "is no web link; it must begin with http:// or https://"));
        }
    }
    match button.kind.as_str() {
        "WL" => need(part, "link_mobile", &button.link_mobile, "WL"),
        "AL" => {
            let given = [&button.link_android, &button.link_ios, &button.link_mobile];
            if given.iter().filter(|link| !link.is_empty()).count() >= 2 {
                return Ok(());
            }
            let text = "is of type AL, which needs at least two of link_android, link_ios and link_mobile";
            Err(Error::new(Code::Content, format!("{part}: {text}")))
        }
        _ => Ok(()),
    }
}

fn check_chat_event(part: impl Display, event: &str) -> Result<()> {
    check_chars(&part, "chat_event", event, CHAT_EVENT_CHARS_MAX)?;
    if event.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    Err(wrong(part, "chat_event", "has a character that is not allowed; allowed are A-Z, a-z, 0-9 and _"))
}

fn check_phone(part: impl Display, phone: &str) -> Result<()> {
    need(&part, "phone", phone, "TN")?;
    check_chars(&part, "phone", phone, PHONE_CHARS_MAX)?;
    if phone.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Ok(());
    }
    Err(wrong(part, "phone", "has a character that is not allowed; allowed are digits and hyphens"))
}

fn need(part: impl Display, field: &str, value: &str, kind: &str) -> Result<()> {
    if !value.is_empty() {
        return Ok(());
    }
    Err(wrong(part, field, format_args!("is missing; type {kind} needs it")))
}

fn check_chars(part: impl Display, field: &str, value: &str, most: usize) -> Result<()> {
    let chars = value.encode_utf16().count();
    if chars <= most {
        return Ok(());
    }
    Err(Error::new(Code::TooLong, format!("{part}.{field}: has {chars} characters; allowed are at most {most}")))
}

fn wrong(part: impl Display, field: &str, problem: impl Display) -> Error {
    Error::new(Code::Content, format!("{part}.{field}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(kind: &str, name: &str) -> Button {
        Button { kind: kind.into(), name: name.into(), ..Button::default() }
    }

    fn web(link: &str) -> Button {
        Button { link_mobile: link.into(), ..button("WL", "예약 확인") }
    }

    #[test]
    fn every_kind_passes_with_what_it_needs() {
        let good = [
            web("https://example.com"),
            Button { link_android: "a://".into(), link_ios: "i://".into(), ..button("AL", "앱") },
            Button { link_android: "a://".into(), link_mobile: "http://example.com".into(), ..button("AL", "앱") },
            button("DS", "배송 조회"),
            button("BK", "문의"),
            button("MD", "전달"),
            button("BC", "상담"),
            Button { chat_event: "go_1".into(), ..button("BT", "봇") },
            button("AC", "채널 추가"),
            Button { form_id: "1".into(), ..button("BF", "톡에서 예약하기") },
            Button { phone: "02-123-4567".into(), ..button("TN", "전화 연결") },
            Button { plugin_id: "p".into(), ..button("P1", "보안 이미지") },
            Button { plugin_id: "p".into(), ..button("P2", "개인 정보") },
            Button { plugin_id: "p".into(), ..button("P3", "결제") },
        ];
        for one in good {
            check(std::slice::from_ref(&one), &[]).unwrap_or_else(|error| panic!("{}: {error}", one.kind));
        }
        check(&[web("#{link}")], &[]).unwrap();
    }

    #[test]
    fn what_a_kind_lacks_is_refused_by_name() {
        for (bad, part) in [
            (button("XX", "이름"), "buttons[0].type"),
            (web(""), "buttons[0].link_mobile"),
            (web("example.com"), "buttons[0].link_mobile"),
            (Button { link_pc: "ftp://example.com".into(), ..web("https://example.com") }, "buttons[0].link_pc"),
            (Button { link_android: "a://".into(), ..button("AL", "앱") }, "at least two"),
            (button("BK", ""), "buttons[0].name"),
            (button("BK", &"가".repeat(15)), "buttons[0].name"),
            (Button { target: "in".into(), ..web("https://example.com") }, "buttons[0].target"),
            (Button { chat_event: "a b".into(), ..button("BT", "봇") }, "buttons[0].chat_event"),
            (Button { chat_event: "a".repeat(51), ..button("BT", "봇") }, "buttons[0].chat_event"),
            (button("AC", "채널추가"), "buttons[0].name"),
            (Button { form_id: "1".into(), ..button("BF", "예약") }, "buttons[0].name"),
            (button("BF", "톡에서 예약하기"), "buttons[0].form_id"),
            (button("TN", "전화 연결"), "buttons[0].phone"),
            (Button { phone: "02 123 4567".into(), ..button("TN", "전화 연결") }, "buttons[0].phone"),
            (Button { phone: "010-0000-00000000".into(), ..button("TN", "전화 연결") }, "buttons[0].phone"),
            (button("P1", "보안 이미지"), "buttons[0].plugin_id"),
            (Button { plugin_id: "p".repeat(25), ..button("P1", "보안 이미지") }, "buttons[0].plugin_id"),
        ] {
            let error = check(&[bad], &[]).unwrap_err();
            assert!(error.text().contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn counts_are_bounded_and_fewer_beside_quick_replies() {
        let many = vec![button("BK", "문의"); 11];
        check(&many[..5], &[]).unwrap();
        check(&many[..2], &many[..10]).unwrap();
        for (buttons, replies) in [(6, 0), (3, 1), (0, 11)] {
            assert_eq!(check(&many[..buttons], &many[..replies]).unwrap_err().code(), Code::Content);
        }
    }

    #[test]
    fn channel_and_form_buttons_stand_first_and_only_where_allowed() {
        let (add, form) =
            (button("AC", "채널 추가"), Button { form_id: "1".into(), ..button("BF", "톡에서 설문하기") });
        let other = button("BK", "문의");
        check(&[add.clone(), form.clone(), other.clone()], &[]).unwrap();
        check(&[form.clone(), other.clone()], std::slice::from_ref(&form)).unwrap();
        for bad in [vec![other.clone(), add.clone()], vec![other.clone(), form.clone()], vec![form, add.clone()]] {
            assert!(check(&bad, &[]).unwrap_err().text().contains("must be the first"), "{bad:?}");
        }
        for kind in ["AC", "TN", "P1"] {
            assert!(check(&[], &[button(kind, "이름")]).unwrap_err().text().contains("quick_replies[0].type"));
        }
    }
}
