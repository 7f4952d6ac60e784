//! Whether a finished text can come from a template. Written apart from the library on purpose: the two check each other.
//!
//! Invariant: every `#{name}` stands for any text, everything else for itself, to the last blank and line break.

/// The template's fixed texts, one more than it has variables.
fn fixed_parts(template: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("#{") {
        let Some((_, behind)) = after.split_once('}') else { break };
        parts.push(before);
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// The names of the variables, each once.
pub fn names(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once("#{") {
        let Some((name, behind)) = after.split_once('}') else { break };
        if !names.contains(&name) {
            names.push(name);
        }
        rest = behind;
    }
    names
}

/// Whether `text` is `template` with some values.
pub fn matches(template: &str, text: &str) -> bool {
    let parts = fixed_parts(template);
    let [first, middle @ .., last] = parts.as_slice() else { return text == template };
    let Some(rest) = text.strip_prefix(first) else { return false };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

/// The template with values; `None` when one is missing.
pub fn fill<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("#{") {
        let Some((name, behind)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(value(name)?);
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}

/// Bytes of a text as the carriers count them, or `None` when it cannot be written in EUC-KR (CP949).
pub fn korean_bytes(text: &str) -> Option<usize> {
    let (bytes, _, lost) = encoding_rs::EUC_KR.encode(text);
    (!lost).then_some(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_a_variable_may_differ() {
        let template = "#{이름}님, #{시각} 예약입니다.\n감사합니다";
        assert!(matches(template, "김하늘님, 14:30 예약입니다.\n감사합니다"));
        assert!(matches(template, "님,  예약입니다.\n감사합니다"));
        assert!(!matches(template, "김하늘님, 14:30 예약입니다. 감사합니다"));
        assert!(!matches(template, "김하늘님, 14:30 예약입니다.\n감사합니다."));
        assert!(!matches("예약", "예약 "));
        assert!(!matches("예약입니다 #{a}", "예약 #{a}"));
        assert_eq!(names(template), ["이름", "시각"]);
        assert_eq!(fill("#{a}-#{b}", |name| (name == "a").then_some("1")), None);
        assert_eq!(fill("#{a}-#{a}", |_| Some("1")).as_deref(), Some("1-1"));
    }
}
