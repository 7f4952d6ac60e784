//! The promises of the argument texts.

use super::super::{Body, Request};
use super::options::NAMES;
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Stands for every value: no error may show it.
const MARK: &str = "0M4RK8";

fn pairs(variables: &Variables) -> Vec<(&str, &str)> {
    variables.iter().collect()
}

fn variables_refused(text: &str) -> Error {
    quiet(parse_variables(text).unwrap_err())
}

fn options_refused(text: &str) -> Error {
    quiet(parse_options(text).err().unwrap())
}

fn quiet(error: Error) -> Error {
    assert!(!error.to_string().contains(MARK), "{error}");
    error
}

fn assert_refused(error: &Error, code: Code, begins: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.text().starts_with(begins), "expected {begins:?}..., got {:?}", error.text());
}

#[test]
fn lines_give_trimmed_names_and_exact_values() {
    let text = "이름=홍길동\r\n\n  시각 = 오전 9시 \n수식=a=b=c\n빈값=\n \t\r\n여러줄=하나\\n둘\\\\n셋";
    let variables = parse_variables(text).unwrap();
    let expected =
        [("이름", "홍길동"), ("시각", " 오전 9시 "), ("수식", "a=b=c"), ("빈값", ""), ("여러줄", "하나\n둘\\n셋")];
    assert_eq!(pairs(&variables), expected);
    assert!(parse_variables("").unwrap().is_empty());
    assert!(parse_variables(" \r\n\n").unwrap().is_empty());
}

#[test]
fn json_gives_the_same_variables_with_numbers_and_booleans_as_their_text() {
    let text =
        "\n {\"이름\": \"홍길동\", \"줄\": \"하나\\n둘\", \"수\": 18446744073709551615, \"음\": -5, \"예\": true}";
    let variables = parse_variables(text).unwrap();
    let expected =
        [("이름", "홍길동"), ("줄", "하나\n둘"), ("수", "18446744073709551615"), ("음", "-5"), ("예", "true")];
    assert_eq!(pairs(&variables), expected);
    assert!(parse_variables("{}").unwrap().is_empty());
}

#[test]
fn a_wrong_line_is_named_by_its_number_and_not_by_its_content() {
    for (text, begins) in [
        ("a=1\n\n0M4RK8", "variables: line 3 has no `=`"),
        ("a=1\r\n =0M4RK8", "variables: line 2 has no name before `=`"),
        ("a=C:\\0M4RK8", "variables: line 1 has a backslash"),
        ("a=0M4RK8\\", "variables: line 1 has a backslash"),
        ("0M4RK8=1\nb=2\n 0M4RK8 =3", "variables: line 3 has a name that an earlier line has"),
    ] {
        assert_refused(&variables_refused(text), Code::InvalidArgument, begins);
    }
    assert_refused(&options_refused("tag=1\n0M4RK8"), Code::InvalidArgument, "options: line 2 has no `=`");
    assert_refused(&options_refused("tag=1\ntag=0M4RK8"), Code::InvalidArgument, "options: line 2: tag: appears twice");
}

#[test]
fn a_wrong_variable_in_json_is_named_and_its_value_is_not() {
    for (text, code, begins) in [
        (r#"{"수": 1.50}"#, Code::InvalidArgument, "variables: `수` is a number with a fraction"),
        (r#"{"수": 18446744073709551616}"#, Code::InvalidArgument, "variables: `수` is a number with a fraction"),
        (r#"{"수": null}"#, Code::InvalidArgument, "variables: `수` is null; expected a string"),
        (r#"{"수": ["0M4RK8"]}"#, Code::InvalidArgument, "variables: `수` is an array; expected a string"),
        (r#"{"수": {"0M4RK8": 1}}"#, Code::InvalidArgument, "variables: `수` is an object; expected a string"),
        (r#"{"수": "0M4RK8", "수": "0M4RK8"}"#, Code::InvalidArgument, "variables: `수` appears twice"),
        ("{\"수\": \"0M4RK8\",\n}", Code::InvalidJson, "variables: line 2, column 1: "),
        ("{\"수\": \"0M4RK8\"} x", Code::InvalidJson, "variables: line 1, column 17: trailing characters"),
    ] {
        assert_refused(&variables_refused(text), code, begins);
    }
}

#[test]
fn every_option_has_its_place_in_both_forms() {
    for name in NAMES.iter().filter(|name| **name != "buttons") {
        for text in [format!("{name}=값"), json!({*name: "값"}).to_string()] {
            let mut options = parse_options(&text).unwrap();
            let found = [
                ("account", options.account.take()),
                ("send_at", options.send_at.take()),
                ("expires_in", options.expires_in.take()),
                ("expires_at", options.expires_at.take()),
                ("priority", options.priority.take()),
                ("fallback", options.fallback.take()),
                ("fallback_text", options.fallback_text.take()),
                ("fallback_subject", options.fallback_subject.take()),
                ("fallback_image", options.fallback_image.take()),
                ("subject", options.subject.take()),
                ("image", options.image.take()),
                ("sender_number", options.sender_number.take()),
                ("gateway", options.gateway.take()),
                ("text", options.text.take()),
                ("tag", options.tag.take()),
            ];
            let set: Vec<_> = found.iter().filter(|(_, value)| value.is_some()).collect();
            assert_eq!(set, [&(*name, Some("값".to_owned()))], "{text}");
        }
    }
}

#[test]
fn times_and_spans_may_be_numbers_and_null_is_not_given() {
    let options =
        parse_options(r#"{"expires_in": 60, "send_at": 20261201090000, "tag": null, "buttons": null}"#).unwrap();
    assert_eq!(options.expires_in.as_deref(), Some("60"));
    assert_eq!(options.send_at.as_deref(), Some("20261201090000"));
    assert!(options.tag.is_none() && options.buttons.is_none());
}

#[test]
fn buttons_are_an_array_or_in_a_line_its_text() {
    let array = r#"[{"type": "WL", "name": "예약 보기", "link_mobile": "https://example.com"}]"#;
    for text in [format!("tag=a\nbuttons={array}"), format!("{{\"buttons\": {array}}}")] {
        let buttons = parse_options(&text).unwrap().buttons.unwrap();
        assert_eq!((buttons.len(), buttons[0].name.as_str()), (1, "예약 보기"));
    }
    for (text, begins) in [
        (r#"{"buttons": "0M4RK8"}"#, "options: buttons: is a string; expected an array"),
        (r#"{"buttons": ["0M4RK8"]}"#, "options: buttons[0]: is a string; expected an object"),
        (r#"{"buttons": [{}, {"name": 5}]}"#, "options: buttons[1].name: is a number; expected a string"),
        (r#"{"buttons": [{"colour": "0M4RK8"}]}"#, "options: buttons[0].colour: unknown key; allowed are type, name, "),
        ("buttons=[{\"name\": 0M4RK8}]", "options: line 1: buttons: line 1, column 12: "),
        ("buttons=\"0M4RK8\"", "options: line 1: buttons: is a string; expected an array"),
    ] {
        assert_refused(&options_refused(text), Code::Option, begins);
    }
}

#[test]
fn a_wrong_kind_of_value_is_named_by_its_option() {
    for (text, begins) in [
        (r#"{"sender_number": 21234567}"#, "options: sender_number: is a number; expected a string"),
        (r#"{"expires_in": -5}"#, "options: expires_in: is a number; expected a string or a whole number"),
        (r#"{"expires_in": 1.5}"#, "options: expires_in: is a number; expected a string or a whole number"),
        (r#"{"tag": ["0M4RK8"]}"#, "options: tag: is an array; expected a string"),
        (r#"{"fallback": false}"#, "options: fallback: is a boolean; expected a string"),
    ] {
        assert_refused(&options_refused(text), Code::Option, begins);
    }
    let twice = options_refused(r#"{"tag": "0M4RK8", "tag": "0M4RK8"}"#);
    assert_refused(&twice, Code::InvalidArgument, "options: tag: appears twice");
}

#[test]
fn an_unknown_option_is_named_with_the_allowed_ones_unless_it_may_be_a_piece_of_a_text() {
    for (text, begins) in [
        ("tag=a\ncolour=0M4RK8", "options: line 2: `colour` is no option; allowed are account, send_at, "),
        (r#"{"colour": "0M4RK8"}"#, "options: `colour` is no option; allowed are account, "),
        ("0M4RK8=1", "options: line 1: a name of other characters"),
        ("홍길동님 0M4RK8 a=b", "options: line 1: a name of other characters"),
        ("010-1234-5678=1", "options: line 1: a name of other characters"),
    ] {
        assert_refused(&options_refused(text), Code::UnknownOption, begins);
    }
    let long = options_refused(&format!("{}=1", "a".repeat(100)));
    assert!(long.text().contains(&format!("`{}…`", "a".repeat(40))), "{long}");
}

#[test]
fn an_argument_is_bounded_in_bytes_and_values() {
    let value = "x".repeat(ARGUMENT_BYTES_MAX - 2);
    assert!(parse_variables(&format!("a={value}")).is_ok());
    let long = variables_refused(&format!("a={value}x"));
    assert_refused(&long, Code::InvalidArgument, "variables: has 262145 bytes; at most 262144 are allowed");
    let many = options_refused(&format!("{{\"buttons\": [{}0]}}", "0,".repeat(10_000)));
    assert_refused(&many, Code::InvalidArgument, "options: has more than 10000 JSON values");
    let deep = variables_refused(&format!("{{\"a\":{}", "[".repeat(200_000)));
    assert_refused(&deep, Code::InvalidJson, "variables: line 1, column ");
}

#[test]
fn a_batch_gives_a_request_or_an_error_for_each_entry() {
    let text = json!([
        {"key": "1", "to": "01000000001", "template": "접수", "variables": {"이름": "가"}, "fallback": "none", "text": "전문"},
        {"to": "01000000002", "text": "안내", "subject": "제목", "send_at": 20261201090000_u64, "key": null},
        {"to": "01000000003", "text": "x", "colour": MARK},
        {"to": "01000000004", "template": "t"},
    ]);
    let entries = parse_batch(&text.to_string()).unwrap();
    let [Ok(first), Ok(second), Err(third), Ok(fourth)] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((first.key.as_str(), first.to.as_str()), ("1", "01000000001"));
    let Body::Alimtalk { template, variables } = &first.body else { panic!() };
    assert_eq!((template.as_str(), pairs(variables)), ("접수", vec![("이름", "가")]));
    assert_eq!((first.options.fallback.as_deref(), first.options.text.as_deref()), (Some("none"), Some("전문")));
    let Body::Text { text } = &second.body else { panic!() };
    assert_eq!((second.key.as_str(), text.as_str()), ("", "안내"));
    assert_eq!((second.options.subject.as_deref(), &second.options.text), (Some("제목"), &None));
    assert_eq!(second.options.send_at.as_deref(), Some("20261201090000"));
    let begins = "messages[2]: `colour` is no option; allowed are key, to, template, variables, account, ";
    assert_refused(&quiet(third.clone()), Code::UnknownOption, begins);
    assert!(matches!(&fourth.body, Body::Alimtalk { variables, .. } if variables.is_empty()));
    assert!(parse_batch(" [] ").unwrap().is_empty());
}

#[test]
fn a_wrong_entry_is_named_by_its_place_and_spoils_no_other() {
    for (entry, code, begins) in [
        (json!(MARK), Code::InvalidArgument, "messages[1]: is a string; expected an object"),
        (json!({"text": MARK}), Code::InvalidArgument, "messages[1]: to: is missing"),
        (json!({"to": MARK}), Code::InvalidArgument, "messages[1]: has neither a template nor a text"),
        (
            json!({"to": 1_012_345_678, "text": "x"}),
            Code::InvalidArgument,
            "messages[1]: to: is a number; expected a string",
        ),
        (json!({"to": MARK, "text": [MARK]}), Code::Option, "messages[1]: text: is an array; expected a string"),
        (json!({"to": MARK, "variables": {}}), Code::InvalidArgument, "messages[1]: variables: need a template"),
        (
            json!({"to": MARK, "template": "t", "variables": MARK}),
            Code::InvalidArgument,
            "messages[1]: variables: is a string",
        ),
        (
            json!({"to": MARK, "template": "t", "variables": {"a": [MARK]}}),
            Code::InvalidArgument,
            "messages[1]: variables: `a` is an array",
        ),
        (
            json!({"to": MARK, "text": "t", "buttons": [{"x": MARK}]}),
            Code::Option,
            "messages[1]: buttons[0].x: unknown key",
        ),
    ] {
        let good = json!({"to": "01000000001", "text": "x"});
        let entries = parse_batch(&json!([good, entry, good]).to_string()).unwrap();
        assert!(entries[0].is_ok() && entries[2].is_ok() && entries.len() == 3);
        assert_refused(&quiet(entries[1].clone().unwrap_err()), code, begins);
    }
    let twice = parse_batch(r#"[{"to": "0M4RK8", "to": "0M4RK8", "text": "x"}]"#).unwrap().remove(0).unwrap_err();
    assert_refused(&quiet(twice), Code::InvalidArgument, "messages[0]: to: appears twice");
}

#[test]
fn a_batch_that_is_not_an_array_of_json_is_refused_as_a_whole() {
    for (text, begins) in [
        ("", "messages: is no JSON array"),
        ("\"0M4RK8\"", "messages: is no JSON array"),
        ("{\"to\": \"0M4RK8\"}", "messages: is no JSON array"),
        ("[{\"to\": \"0M4RK8\"},\n{\"to\" 0M4RK8}]", "messages: line 2, column 7: "),
        ("[] 0M4RK8", "messages: line 1, column 4: "),
        ("[{\"to\": \"0M4RK8\"", "messages: line 1, column 16: "),
    ] {
        assert_refused(&quiet(parse_batch(text).unwrap_err()), Code::InvalidJson, begins);
    }
}

#[test]
fn a_batch_is_bounded_in_bytes_messages_and_values() {
    let refused = |text: &str| parse_batch(text).unwrap_err();
    let entries = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    assert_eq!(parse_batch(&entries(10_000)).unwrap().len(), 10_000);
    assert_refused(&refused(&entries(10_001)), Code::InvalidArgument, "messages: has more than 10000 messages");
    let long = " ".repeat((16 << 20) + 1);
    assert_refused(
        &refused(&long),
        Code::InvalidArgument,
        "messages: has 16777217 bytes; at most 16777216 are allowed",
    );
    let wide = format!("[{{}}, [{}0]]", "0,".repeat(10_000));
    assert_refused(&refused(&wide), Code::InvalidArgument, "messages[1]: has more than 10000 JSON values");
}

#[test]
fn a_request_prints_no_personal_data() {
    let text = json!([{"key": "k", "to": MARK, "template": "t", "variables": {"a": MARK}, "fallback_text": MARK}]);
    let request: Request = parse_batch(&text.to_string()).unwrap().remove(0).unwrap();
    assert!(!format!("{request:?}").contains(MARK));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>(), lines in "([a-z]{0,3}[=\\\\n \r\n{}\\[\\]\"]{0,3}){0,20}", bytes in any::<Vec<u8>>()) {
        for text in [&text, &lines, &format!("{{{text}"), &format!("[{text}"), &String::from_utf8_lossy(&bytes).into_owned()] {
            let _ = parse_variables(text);
            let _ = parse_options(text);
            let _ = parse_batch(text);
        }
    }

    #[test]
    fn what_is_escaped_comes_back(values in prop::collection::btree_map("[a-z가-힣]{1,5}", "[^\r]*", 0..5)) {
        let lines: Vec<String> = values
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('\\', "\\\\").replace('\n', "\\n")))
            .collect();
        let json = json!(values).to_string();
        let values: Variables = values.into_iter().collect();
        prop_assert_eq!(&parse_variables(&lines.join("\r\n")).unwrap(), &values);
        prop_assert_eq!(&parse_variables(&json).unwrap(), &values);
    }

    #[test]
    fn no_piece_of_a_batch_shows_a_value(cut in any::<prop::sample::Index>()) {
        let text = json!([{"to": MARK, "template": "t", "variables": {"a": MARK}, "text": MARK, "tag": MARK}]).to_string();
        let error = parse_batch(&text[..cut.index(text.len())]).unwrap_err();
        prop_assert!(!error.to_string().contains(MARK), "{error}");
    }
}
