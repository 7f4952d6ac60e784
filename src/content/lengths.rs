//! How long the parts of an AlimTalk may be, what the summary line may hold, and which parts the gateway takes at all.
//!
//! Invariants: a character is a UTF-16 unit. The vendors do not say what they count; an emoji is two units and one code
//! point, so units are the stricter way, and what passes here passes either way.

use super::parts::Place;
use crate::error::{Code, Error, Result};
use crate::gateway::Limits;
use crate::message::{Alimtalk, Button, Highlight, ItemList};

const ITEM_LIST_BODY_MAX: usize = 700;
const TITLE_MAX: usize = 50;
const HEADER_MAX: usize = 16;
const HIGHLIGHT_MAX: (usize, usize) = (30, 19);
const HIGHLIGHT_WITH_IMAGE_MAX: (usize, usize) = (21, 13);
const ITEMS: std::ops::RangeInclusive<usize> = 2..=10;
const ITEM_TITLE_MAX: usize = 6;
const ITEM_DESCRIPTION_MAX: usize = 23;
const SUMMARY_DESCRIPTION_MAX: usize = 14;

/// Checks a finished message, or a template whose variables are taken as empty: what is too long then is so for ever.
/// `extra` characters of the body stand in the registered template alone.
pub(super) fn check(message: &Alimtalk, extra: usize, limits: &Limits) -> Result<()> {
    let body = match message.items {
        Some(_) => limits.alimtalk_chars_max.min(ITEM_LIST_BODY_MAX),
        None => limits.alimtalk_chars_max,
    };
    at_most(Place::Text, &message.text, body.saturating_sub(extra))?;
    at_most(Place::Title, &message.title, TITLE_MAX)?;
    at_most(Place::Header, &message.header, HEADER_MAX)?;
    message.highlight.as_ref().map_or(Ok(()), check_highlight)?;
    message.items.as_ref().map_or(Ok(()), check_items)?;
    check_taken(message, limits)?;
    check_links(&message.buttons, Place::Button, limits)?;
    check_links(&message.quick_replies, Place::QuickReply, limits)
}

/// The length of `text` as AlimTalk counts it.
pub(super) fn chars(text: &str) -> usize {
    text.encode_utf16().count()
}

fn at_most(place: Place, text: &str, most: usize) -> Result<()> {
    // No text has more UTF-16 units than UTF-8 bytes: short texts need no count.
    if text.len() <= most || chars(text) <= most {
        return Ok(());
    }
    let found = chars(text);
    Err(Error::new(Code::TooLong, format!("{place}: has {found} characters; allowed are at most {most}")))
}

fn check_highlight(highlight: &Highlight) -> Result<()> {
    let (title, description) = if highlight.image_url.is_empty() { HIGHLIGHT_MAX } else { HIGHLIGHT_WITH_IMAGE_MAX };
    at_most(Place::HighlightTitle, &highlight.title, title)?;
    at_most(Place::HighlightDescription, &highlight.description, description)
}

fn check_items(items: &ItemList) -> Result<()> {
    let count = items.list.len();
    if !ITEMS.contains(&count) {
        let (least, most) = (ITEMS.start(), ITEMS.end());
        return Err(Error::new(
            Code::Content,
            format!("items.list: has {count} entries; allowed are {least} to {most}"),
        ));
    }
    for (index, item) in items.list.iter().enumerate() {
        at_most(Place::ItemTitle(index), &item.title, ITEM_TITLE_MAX)?;
        at_most(Place::ItemDescription(index), &item.description, ITEM_DESCRIPTION_MAX)?;
    }
    let Some(summary) = &items.summary else { return Ok(()) };
    at_most(Place::SummaryTitle, &summary.title, ITEM_TITLE_MAX)?;
    at_most(Place::SummaryDescription, &summary.description, SUMMARY_DESCRIPTION_MAX)?;
    if is_amount(&summary.description) {
        return Ok(());
    }
    Err(Error::new(
        Code::Content,
        format!(
            "{}: is no amount; allowed are digits, commas, spaces, one point with at most 2 digits behind it, and currency \
             signs or codes such as KRW or 원",
            Place::SummaryDescription
        ),
    ))
}

fn is_amount(text: &str) -> bool {
    let allowed = text.chars().all(|c| {
        matches!(c,
            '0'..='9' | ',' | '.' | ' ' | 'A'..='Z' | '원'
            | '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}' | '﹩' | '＄' | '￠' | '￡' | '￥' | '￦')
    });
    let decimals = text.split_once('.').map_or("", |(_, behind)| behind);
    allowed && !decimals.contains('.') && decimals.chars().take_while(char::is_ascii_digit).count() <= 2
}

/// Parts that some gateways do not take.
fn check_taken(message: &Alimtalk, limits: &Limits) -> Result<()> {
    let (replies, most) = (message.quick_replies.len(), limits.quick_replies_max);
    if replies > most {
        let wrong = format!("quick_replies: has {replies} entries; the gateway takes at most {most}");
        return Err(Error::new(Code::Content, wrong));
    }
    let listed = [
        ("header", !message.header.is_empty()),
        ("highlight", message.highlight.is_some()),
        ("items", message.items.is_some()),
    ];
    match listed.iter().find(|(_, given)| *given && !limits.item_lists) {
        Some((part, _)) => Err(Error::new(
            Code::Content,
            format!("{part}: is not taken by the gateway; allowed are templates without header, highlight and items"),
        )),
        None => Ok(()),
    }
}

fn check_links(buttons: &[Button], place: fn(usize, usize) -> Place, limits: &Limits) -> Result<()> {
    for (index, button) in buttons.iter().enumerate() {
        for (field, link) in
            super::buttons::FIELDS.iter().enumerate().filter(|(_, field)| field.name.starts_with("link"))
        {
            let text = (link.get)(button);
            at_most(place(index, field), text, limits.link_chars_max)?;
            let needed = match button.kind.as_str() {
                "WL" => link.name == "link_pc",
                "AL" => matches!(link.name, "link_android" | "link_ios"),
                _ => false,
            };
            if limits.every_link && needed && text.is_empty() {
                let (place, kind) = (place(index, field), &button.kind);
                return Err(Error::new(
                    Code::Content,
                    format!("{place}: is missing; the gateway needs it with {kind}"),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Item;

    fn item(title: usize, description: usize) -> Item {
        Item { title: "가".repeat(title), description: "나".repeat(description) }
    }

    fn list(count: usize, title: usize, description: usize) -> Alimtalk {
        Alimtalk {
            items: Some(ItemList { list: vec![item(title, description); count], summary: None }),
            ..Alimtalk::default()
        }
    }

    fn with_summary(title: usize, description: &str) -> Alimtalk {
        let mut message = list(2, 1, 1);
        let summary = Item { title: "가".repeat(title), description: description.into() };
        message.items.as_mut().unwrap().summary = Some(summary);
        message
    }

    fn highlight(title: usize, description: usize, image_url: &str) -> Alimtalk {
        let Item { title, description } = item(title, description);
        let highlight = Highlight { title, description, image_url: image_url.into() };
        Alimtalk { highlight: Some(highlight), ..Alimtalk::default() }
    }

    fn link(length: usize) -> Alimtalk {
        let button = Button { link_pc: "l".repeat(length), ..Button::default() };
        Alimtalk { buttons: vec![button], ..Alimtalk::default() }
    }

    fn text(text: impl Into<String>) -> Alimtalk {
        Alimtalk { text: text.into(), ..Alimtalk::default() }
    }

    #[test]
    fn every_limit_holds_to_the_character_and_names_its_part() {
        let title = |n: usize| Alimtalk { title: "가".repeat(n), ..Alimtalk::default() };
        let header = |n: usize| Alimtalk { header: "가".repeat(n), ..Alimtalk::default() };
        for (good, bad, part) in [
            (text("가".repeat(1_000)), text("가".repeat(1_001)), "text: has 1001"),
            (text("😀".repeat(500)), text("😀".repeat(500) + "a"), "text: has 1001"),
            (
                Alimtalk { text: "가".repeat(700), ..list(2, 1, 1) },
                Alimtalk { text: "가".repeat(701), ..list(2, 1, 1) },
                "700",
            ),
            (title(50), title(51), "title"),
            (header(16), header(17), "header"),
            (highlight(30, 19, ""), highlight(31, 19, ""), "highlight.title"),
            (highlight(30, 19, ""), highlight(30, 20, ""), "highlight.description"),
            (highlight(21, 13, "http://a"), highlight(22, 13, "http://a"), "highlight.title"),
            (highlight(21, 13, "http://a"), highlight(21, 14, "http://a"), "highlight.description"),
            (list(2, 6, 23), list(1, 6, 23), "items.list: has 1"),
            (list(10, 6, 23), list(11, 6, 23), "items.list: has 11"),
            (list(2, 6, 23), list(2, 7, 23), "items.list[0].title"),
            (list(2, 6, 23), list(2, 6, 24), "items.list[0].description"),
            (with_summary(6, "1"), with_summary(7, "1"), "items.summary.title"),
            (with_summary(6, "10,000,000,000"), with_summary(6, "100,000,000,000"), "items.summary.description"),
            (link(500), link(501), "buttons[0].link_pc"),
        ] {
            let limits = Limits::default();
            check(&good, 0, &limits).unwrap();
            let error = check(&bad, 0, &limits).unwrap_err();
            assert!(error.text().contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_part_that_the_gateway_does_not_take_is_refused_by_name() {
        let plain = Limits { quick_replies_max: 1, item_lists: false, every_link: true, ..Limits::default() };
        let button = |kind: &str, link_pc: &str, link_ios: &str| Button {
            kind: kind.into(),
            link_mobile: "https://example.com".into(),
            link_pc: link_pc.into(),
            link_android: "a://".into(),
            link_ios: link_ios.into(),
            ..Button::default()
        };
        let (whole, bare) = (button("WL", "https://example.com", ""), button("WL", "", "i://"));
        let (app, half) = (button("AL", "", "i://"), button("AL", "https://example.com", ""));
        let with = |buttons: &[&Button], quick_replies: &[&Button]| Alimtalk {
            buttons: buttons.iter().copied().cloned().collect(),
            quick_replies: quick_replies.iter().copied().cloned().collect(),
            ..Alimtalk::default()
        };
        check(&with(&[&whole, &app], &[&whole]), 0, &plain).unwrap();
        for (message, part) in [
            (with(&[], &[&whole, &app]), "quick_replies: has 2 entries; the gateway takes at most 1"),
            (with(&[&whole, &bare], &[]), "buttons[1].link_pc: is missing; the gateway needs it with WL"),
            (with(&[], &[&half]), "quick_replies[0].link_ios: is missing; the gateway needs it with AL"),
            (Alimtalk { header: "가".into(), ..Alimtalk::default() }, "header: is not taken"),
            (highlight(1, 1, ""), "highlight: is not taken"),
            (list(2, 1, 1), "items: is not taken"),
        ] {
            check(&message, 0, &Limits::default()).unwrap();
            let error = check(&message, 0, &plain).unwrap_err();
            assert_eq!(error.code(), Code::Content);
            assert!(error.text().contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn what_the_gateway_adds_to_the_body_counts() {
        assert!(check(&text("가".repeat(960)), 40, &Limits::default()).is_ok());
        assert_eq!(check(&text("가".repeat(961)), 40, &Limits::default()).unwrap_err().code(), Code::TooLong);
    }

    #[test]
    fn a_summary_is_an_amount() {
        for amount in ["", "1,000", "₩1,000", "￦ 1,000", "KRW 12.50", "$12.5", "€12", "10,000원"] {
            check(&with_summary(2, amount), 0, &Limits::default()).unwrap();
        }
        for other in ["천원", "1.234", "1.2.3", "12 pcs", "-5", "1\t2"] {
            let error = check(&with_summary(2, other), 0, &Limits::default()).unwrap_err();
            assert_eq!(error.code(), Code::Content, "{other}");
        }
    }
}
