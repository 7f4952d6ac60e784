//! The whole way from a request to a message, with settings made by hand.

#[path = "prepare_tests/limits.rs"]
mod limits;

use super::*;
use crate::config::{
    Account, Encoding, Encryption, FallbackBy, FallbackMode, FallbackSettings, GatewaySettings, Logging,
    OutboxSettings, Retention, Retry, SandboxSettings, Secret,
};
use crate::content::{Template, TemplateSource};
use crate::message::Button;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn prepare(settings: &Settings, request: Request, now: Timestamp) -> Result<Message> {
    super::prepare(settings, &Album::default(), request, now)
}

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const DAY: i64 = 86_400_000;
const MINUTE: Duration = Duration::from_secs(60);

fn account(sender_number: Option<&str>) -> Account {
    let sender_number = sender_number.map(str::to_owned);
    Account { sender_key: Secret::default(), sender_number, gateway: "sandbox".into(), sender_keys: BTreeMap::new() }
}

fn settings() -> Settings {
    let templates = [
        ("plain", r##"{"text": "안내드립니다."}"##),
        ("reminder", r##"{"text": "#{이름}님,\n예약: #{1:시각}"}"##),
        (
            "linked",
            r##"{"text": "#{이름}님", "title": "#{시각}",
            "buttons": [{"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{번호}"}]}"##,
        ),
        (
            "worded",
            r##"{"text": "#{이름}님 😀",
            "fallback": {"type": "lms", "text": "[#{과}] #{이름}님", "subject": "#{과} 안내"}}"##,
        ),
        ("silent", r##"{"text": "#{이름}님", "fallback": {"type": "none"}}"##),
    ];
    let sandbox = || GatewaySettings::Sandbox(SandboxSettings { delay: Duration::ZERO, journal: None });
    let compiled = |(name, json): (&str, &str)| {
        let source: TemplateSource = serde_json::from_str(json).unwrap();
        (name.to_owned(), Template::new(name, source).unwrap())
    };
    Settings {
        routing: crate::config::Routing::default(),
        outbox: OutboxSettings {
            path: "".into(),
            shared: false,
            max_messages: 1,
            max_megabytes: 1,
            encryption: Encryption::default(),
        },
        encoding: Encoding::Utf8,
        gateways: BTreeMap::from([("sandbox".into(), sandbox()), ("other".into(), sandbox())]),
        accounts: BTreeMap::from([("east".into(), account(Some("0212345678"))), ("west".into(), account(None))]),
        default_account: Some("east".into()),
        templates: templates.into_iter().map(compiled).collect(),
        retry: Retry { max_attempts: 1, initial: MINUTE, max: MINUTE, request_timeout: MINUTE },
        expires_in: MINUTE,
        fallback: FallbackSettings {
            mode: FallbackMode::Auto,
            by: FallbackBy::Engine,
            gateway: None,
            uncertain_after: None,
        },
        report_timeout: MINUTE,
        retention: Retention { content_days: 1, key_days: 1, statistics_days: 1 },
        logging: Logging { file: None, level: log::LevelFilter::Off, max_megabytes: 1, max_files: 1 },
        access_record: None,
        allowed_recipients: None,
        max_per_minute: None,
    }
}

fn request(body: Body, options: Options) -> Request {
    Request { key: "k1".into(), to: "010-0000-1234".into(), body, options }
}

fn by(template: &str, values: &[(&str, &str)]) -> Body {
    let variables = values.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Body::Alimtalk { template: template.into(), variables }
}

fn reminder(options: Options) -> Result<Message> {
    prepare(&settings(), request(by("reminder", &[("이름", "김하나"), ("1:시각", "9시")]), options), NOW)
}

fn send(template: &str, values: &[(&str, &str)], options: Options) -> Result<Message> {
    prepare(&settings(), request(by(template, values), options), NOW)
}

fn text(body: &str, options: Options) -> Result<Message> {
    prepare(&settings(), request(Body::Text { text: body.into() }, options), NOW)
}

fn some(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}

fn refused(result: Result<Message>, code: Code, words: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.text().contains(words), "{error}");
    assert!(!error.text().contains("김하나") && !error.text().contains("00001234"), "{error}");
}

#[test]
fn an_alimtalk_is_finished_with_its_fallback() {
    let message = reminder(Options { tag: some("외래"), priority: some("urgent"), ..Options::default() }).unwrap();
    assert_eq!((message.key.as_str(), message.account.as_str(), message.gateway.as_str()), ("k1", "east", "sandbox"));
    assert_eq!((message.template.as_str(), message.tag.as_str()), ("reminder", "외래"));
    assert_eq!((message.priority, message.channel), (Priority::Urgent, Channel::Alimtalk));
    assert_eq!((message.created, message.send_at, message.expires_at), (NOW, NOW, NOW.after(MINUTE)));
    let (alimtalk, text) = (message.payload.alimtalk.clone().unwrap(), message.payload.text.clone().unwrap());
    assert_eq!(alimtalk.text, "김하나님,\n예약: 9시");
    assert_eq!(alimtalk.variables.len(), 2);
    assert_eq!((text.channel, text.body, text.from.as_str()), (Channel::Sms, alimtalk.text, "0212345678"));
}

#[test]
fn a_request_without_key_gets_one() {
    let empty = Request { key: String::new(), ..request(by("plain", &[]), Options::default()) };
    assert_eq!(prepare(&settings(), empty, NOW).unwrap().key.as_str().len(), 26);
}

#[test]
fn the_account_is_the_named_the_default_or_the_only_one() {
    let no_fallback = Options { account: some("west"), fallback: some("none"), ..Options::default() };
    assert_eq!(reminder(no_fallback).unwrap().account, "west");
    refused(reminder(Options { account: some("north"), ..Options::default() }), Code::UnknownAccount, "east, west");
    let mut settings = settings();
    settings.default_account = None;
    let plain = || request(by("plain", &[]), Options::default());
    refused(prepare(&settings, plain(), NOW), Code::UnknownAccount, "several");
    settings.accounts.remove("west");
    assert_eq!(prepare(&settings, plain(), NOW).unwrap().account, "east");
}

#[test]
fn the_gateway_is_the_named_one_or_that_of_the_account() {
    assert_eq!(reminder(Options { gateway: some("other"), ..Options::default() }).unwrap().gateway, "other");
    refused(reminder(Options { gateway: some("none"), ..Options::default() }), Code::UnknownGateway, "sandbox");
}

#[test]
fn only_allowed_recipients_pass_where_the_configuration_names_some() {
    let mut settings = settings();
    let plain = || request(by("plain", &[]), Options::default());
    for (entry, passes) in
        [("01000001234", true), ("0100000*", true), ("*", true), ("0100000123", false), ("0109*", false)]
    {
        settings.allowed_recipients = Some(vec!["01099999999".into(), entry.into()]);
        let result = prepare(&settings, plain(), NOW);
        if passes { drop(result.unwrap()) } else { refused(result, Code::RecipientNotAllowed, "010-****-1234") }
    }
}

#[test]
fn every_missing_variable_and_the_unknown_one_are_named() {
    refused(send("reminder", &[], Options::default()), Code::VariableMissing, "#{이름}, #{1:시각}");
    let twisted = [("이름", "김하나"), ("시각", "9시")];
    refused(send("reminder", &twisted, Options::default()), Code::VariableUnknown, "\"시각\"");
    refused(send("no", &[], Options::default()), Code::UnknownTemplate, "reminder");
    let unfilled = [("이름", "#{이름}"), ("1:시각", "9시")];
    refused(send("reminder", &unfilled, Options::default()), Code::VariableMissing, "#{이름}");
}

#[test]
fn decomposed_names_and_values_are_composed_before_anything_else() {
    let apart = [("\u{110b}\u{1175}\u{1105}\u{1173}\u{11b7}", "\u{1112}\u{1161}\u{1102}\u{1161}"), ("1:시각", "9시")];
    let message = send("reminder", &apart, Options::default()).unwrap();
    let alimtalk = message.payload.alimtalk.clone().unwrap();
    assert_eq!(alimtalk.text, "하나님,\n예약: 9시");
    assert_eq!(alimtalk.variables.get("이름"), Some("하나"));
    let both = [apart[0], ("이름", "하나")];
    refused(send("reminder", &both, Options::default()), Code::Content, "twice");
}

#[test]
fn a_value_and_the_finished_body_have_limits() {
    let long = "가".repeat(1_301);
    refused(
        send("reminder", &[("이름", &long), ("1:시각", "")], Options::default()),
        Code::TooLong,
        "variable #{이름}",
    );
    let body = "가".repeat(990);
    let none = || Options { fallback: some("none"), ..Options::default() };
    assert!(send("silent", &[("이름", &body)], none()).is_ok());
    refused(send("silent", &[("이름", &"가".repeat(1_000))], none()), Code::TooLong, "text: has 1001");
}

#[test]
fn a_value_of_several_lines_stays_out_of_parts_of_one_line() {
    let values = |link| [("이름", "김하나\n하나"), ("시각", "9시"), ("번호", link)];
    assert!(send("linked", &values("7"), Options::default()).is_ok());
    refused(send("linked", &values("7\n8"), Options::default()), Code::Content, "buttons[0].link_mobile");
}

#[test]
fn a_finished_text_is_compared_and_its_values_are_found() {
    let options = |text: &str| Options { text: some(text), ..Options::default() };
    let message = send("reminder", &[], options("김하나님,\r\n예약: 9시")).unwrap();
    let filled = reminder(Options::default()).unwrap();
    assert_eq!(message.payload, filled.payload);
    assert_eq!(message.digest, filled.digest, "the same content, however it was given");
    refused(send("reminder", &[], options("김하나님, 예약: 9시")), Code::TemplateMismatch, "line 1");
    refused(send("reminder", &[], options("#{이름}님,\n예약: 9시")), Code::VariableMissing, "#{이름}");
    refused(send("reminder", &[("이름", "김하나")], options("김하나님,\n예약: 9시")), Code::Option, "#{이름}");
}

#[test]
fn what_the_text_does_not_hold_comes_from_variables_or_buttons() {
    let button = |kind: &str, link: &str| Button {
        kind: kind.into(),
        name: "확인".into(),
        link_mobile: link.into(),
        ..Button::default()
    };
    let options =
        |buttons: Vec<Button>| Options { text: some("김하나님"), buttons: Some(buttons), ..Options::default() };
    let title = [("시각", "9시")];
    let message = send("linked", &title, options(vec![button("WL", "https://example.com/7")])).unwrap();
    let alimtalk = message.payload.alimtalk.clone().unwrap();
    assert_eq!((alimtalk.title.as_str(), alimtalk.variables.get("번호")), ("9시", Some("7")));
    assert_eq!(alimtalk.buttons[0].link_mobile, "https://example.com/7");
    for (buttons, words) in [
        (vec![], "has 0 entries"),
        (vec![button("WL", "https://example.org/7")], "buttons[0].link_mobile"),
        (vec![button("AL", "https://example.com/7")], "buttons[0].type"),
    ] {
        refused(send("linked", &title, options(buttons)), Code::TemplateMismatch, words);
    }
    refused(send("linked", &title, options(vec![Button::default(); 100_000])), Code::Content, "at most 5");
    refused(
        send("linked", &[], Options { text: some("김하나님"), ..Options::default() }),
        Code::VariableMissing,
        "번호",
    );
}

#[test]
fn the_wording_of_the_fallback_is_the_requests_the_templates_or_the_body() {
    let values = [("이름", "김하나"), ("과", "내과")];
    let message = send("worded", &values, Options::default()).unwrap();
    let fallback = message.payload.text.clone().unwrap();
    assert_eq!((fallback.channel, fallback.body.as_str()), (Channel::Lms, "[내과] 김하나님"));
    assert_eq!(fallback.subject, "내과 안내");
    assert!(message.payload.alimtalk.clone().unwrap().variables.get("과").is_none(), "only the fallback has it");

    let own = Options { fallback: some("sms"), fallback_text: some("짧은 글"), ..Options::default() };
    let fallback = send("worded", &values, own).unwrap().payload.text.clone().unwrap();
    assert_eq!((fallback.channel, fallback.body.as_str(), fallback.subject.as_str()), (Channel::Sms, "짧은 글", ""));

    assert_eq!(send("silent", &values[..1], Options::default()).unwrap().payload.text, None);
    let asked = Options { fallback: some("auto"), ..Options::default() };
    assert!(send("silent", &values[..1], asked).unwrap().payload.text.is_some());
}

#[test]
fn a_fallback_that_could_not_be_sent_is_refused_at_send_time() {
    let emoji = [("이름", "김하나😀"), ("1:시각", "9시")];
    refused(send("reminder", &emoji, Options::default()), Code::NotCp949, "character 4 is U+1F600");
    assert!(send("reminder", &emoji, Options { fallback: some("none"), ..Options::default() }).is_ok());
    let long = Options { fallback: some("sms"), fallback_text: some("가".repeat(46)), ..Options::default() };
    refused(reminder(long), Code::TooLong, "fallback_text: has 92");
    refused(
        reminder(Options { account: some("west"), ..Options::default() }),
        Code::SenderNumber,
        "accounts.west.sender_number",
    );
    let given = Options { account: some("west"), sender_number: some("1588-0000"), ..Options::default() };
    assert_eq!(reminder(given).unwrap().payload.text.clone().unwrap().from, "15880000");
    refused(reminder(Options { fallback: some("mms"), ..Options::default() }), Code::Image, "fallback_image");
    refused(reminder(Options { fallback: some("fax"), ..Options::default() }), Code::Option, "auto, none");
    let pointless = Options { fallback: some("none"), fallback_text: some("글"), ..Options::default() };
    refused(reminder(pointless), Code::Option, "fallback_text");
}

#[test]
fn a_plain_text_is_sms_lms_or_mms() {
    assert_eq!(text("안녕하세요", Options::default()).unwrap().channel, Channel::Sms);
    let lms = text("안녕하세요", Options { subject: some("제목"), ..Options::default() }).unwrap();
    assert_eq!((lms.channel, lms.payload.alimtalk.clone()), (Channel::Lms, None));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), crate::content::image::jpeg(8, 8, 0)).unwrap();
    let image = some(file.path().to_str().unwrap());
    let mms = text("안녕하세요", Options { image: image.clone(), ..Options::default() }).unwrap();
    assert_eq!((mms.channel, mms.payload.text.clone().unwrap().images.len()), (Channel::Mms, 1));
    let fallback =
        reminder(Options { fallback_image: image, ..Options::default() }).unwrap().payload.text.clone().unwrap();
    assert_eq!(fallback.channel, Channel::Mms);
}

#[test]
fn options_that_a_kind_of_message_cannot_have_are_refused_by_name() {
    let given = || some("값");
    for (name, options) in [
        ("subject", Options { subject: given(), ..Options::default() }),
        ("image", Options { image: given(), ..Options::default() }),
    ] {
        refused(reminder(options), Code::Option, name);
    }
    for (name, options) in [
        ("fallback:", Options { fallback: given(), ..Options::default() }),
        ("fallback_text:", Options { fallback_text: given(), ..Options::default() }),
        ("fallback_subject:", Options { fallback_subject: given(), ..Options::default() }),
        ("fallback_image:", Options { fallback_image: given(), ..Options::default() }),
        ("text:", Options { text: given(), ..Options::default() }),
        ("buttons:", Options { buttons: Some(Vec::new()), ..Options::default() }),
    ] {
        refused(text("글", options), Code::Option, name);
    }
    refused(reminder(Options { priority: some("soon"), ..Options::default() }), Code::Option, "urgent");
    refused(reminder(Options { tag: some("가".repeat(33)), ..Options::default() }), Code::Option, "tag");
    refused(reminder(Options { tag: some("a\nb"), ..Options::default() }), Code::Option, "tag");
    assert!(reminder(Options { tag: some("가".repeat(32)), ..Options::default() }).is_ok());
}

#[test]
fn times_are_read_and_bounded() {
    let at = |ms: i64| some(Timestamp(NOW.0 + ms).to_iso());
    let past = reminder(Options { send_at: at(-DAY), ..Options::default() }).unwrap();
    assert_eq!(past.send_at, NOW);
    let later = reminder(Options { send_at: at(DAY), expires_in: some("60"), ..Options::default() }).unwrap();
    assert_eq!((later.send_at.0, later.expires_at.0), (NOW.0 + DAY, NOW.0 + DAY + 60_000));
    let end = reminder(Options { expires_at: at(DAY), ..Options::default() }).unwrap();
    assert_eq!(end.expires_at.0, NOW.0 + DAY);
    assert!(reminder(Options { send_at: at(180 * DAY), expires_in: some("15552000"), ..Options::default() }).is_ok());
    for (options, part) in [
        (Options { send_at: at(180 * DAY + 1), ..Options::default() }, "send_at"),
        (Options { send_at: some("soon"), ..Options::default() }, "send_at"),
        (Options { expires_in: some("0"), ..Options::default() }, "expires_in"),
        (Options { expires_in: some("15552001"), ..Options::default() }, "expires_in"),
        (Options { expires_in: some("-1"), ..Options::default() }, "expires_in"),
        (Options { expires_in: some("1.5"), ..Options::default() }, "expires_in"),
        (Options { expires_at: at(0), ..Options::default() }, "expires_at"),
        (Options { send_at: at(DAY), expires_at: at(DAY), ..Options::default() }, "expires_at"),
        (Options { expires_at: at(181 * DAY), ..Options::default() }, "expires_at"),
    ] {
        refused(reminder(options), Code::Time, part);
    }
    let both = Options { expires_in: some("60"), expires_at: at(DAY), ..Options::default() };
    refused(reminder(both), Code::Option, "expires_at");
}

#[test]
fn the_digest_tells_contents_apart_and_repeats_later() {
    let at = |ms: i64| some(Timestamp(NOW.0 + ms).to_iso());
    let base = reminder(Options::default()).unwrap();
    let again = request(by("reminder", &[("이름", "김하나"), ("1:시각", "9시")]), Options::default());
    assert_eq!(prepare(&settings(), again, Timestamp(NOW.0 + DAY)).unwrap().digest, base.digest);
    let handling = Options { tag: some("a"), priority: some("bulk"), ..Options::default() };
    assert_eq!(reminder(handling).unwrap().digest, base.digest);
    let mut digests = vec![base.digest];
    for options in [
        Options { send_at: at(DAY), ..Options::default() },
        Options { send_at: at(2 * DAY), ..Options::default() },
        Options { expires_in: some("60"), ..Options::default() },
        Options { expires_at: at(DAY), ..Options::default() },
        Options { fallback: some("none"), ..Options::default() },
        Options { fallback: some("lms"), ..Options::default() },
        Options { fallback_text: some("글"), ..Options::default() },
        Options { fallback_subject: some("글"), ..Options::default() },
        Options { gateway: some("other"), ..Options::default() },
        Options { sender_number: some("15880000"), ..Options::default() },
    ] {
        digests.push(reminder(options).unwrap().digest);
    }
    digests.push(send("reminder", &[("이름", "김하"), ("1:시각", "나9시")], Options::default()).unwrap().digest);
    digests.push(text("김하나님,\n예약: 9시", Options::default()).unwrap().digest);
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}
