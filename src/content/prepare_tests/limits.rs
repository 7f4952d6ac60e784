//! What is too large, and what the gateways that may carry a message allow.

use super::*;

#[test]
fn a_huge_text_in_any_place_is_refused() {
    let huge = || "가".repeat(1 << 20);
    let body = || by("reminder", &[("이름", "김하나"), ("1:시각", "9시")]);
    let whole = |request: Request| prepare(&settings(), request, NOW).unwrap_err();
    let mut errors = vec![
        whole(Request { key: huge(), ..request(body(), Options::default()) }),
        whole(Request { to: huge(), ..request(body(), Options::default()) }),
        whole(request(by(&huge(), &[]), Options::default())),
        whole(request(by("reminder", &[(&huge(), "")]), Options::default())),
        whole(request(by("reminder", &[("이름", &huge())]), Options::default())),
        whole(request(Body::Text { text: huge() }, Options::default())),
        whole(request(Body::Text { text: "글".into() }, Options { subject: some(huge()), ..Options::default() })),
        whole(request(Body::Text { text: "글".into() }, Options { image: some(huge()), ..Options::default() })),
        whole(request(by("reminder", &[]), Options { text: some(huge()), ..Options::default() })),
    ];
    for options in [
        Options { account: some(huge()), ..Options::default() },
        Options { send_at: some(huge()), ..Options::default() },
        Options { expires_in: some(huge()), ..Options::default() },
        Options { expires_at: some(huge()), ..Options::default() },
        Options { priority: some(huge()), ..Options::default() },
        Options { fallback: some(huge()), ..Options::default() },
        Options { fallback_text: some(huge()), ..Options::default() },
        Options { fallback_subject: some(huge()), ..Options::default() },
        Options { fallback_image: some(huge()), ..Options::default() },
        Options { sender_number: some(huge()), ..Options::default() },
        Options { gateway: some(huge()), ..Options::default() },
        Options { tag: some(huge()), ..Options::default() },
    ] {
        errors.push(whole(request(body(), options)));
    }
    for error in errors {
        assert!(error.text().len() < 600, "{}", error.code().name());
    }
}

proptest! {
    #[test]
    fn no_request_makes_prepare_panic_or_show_the_number(
        value in "\\PC{0,30}", name in "\\PC{0,6}", text in "\\PC{0,60}", option in "\\PC{0,20}",
    ) {
        let texts = Options { text: Some(text.clone()), fallback_text: Some(option.clone()), ..Options::default() };
        for (template, options) in [("reminder", Options::default()), ("reminder", texts), ("worded", Options::default())] {
            if let Err(error) = send(template, &[("이름", &value), (&name, &value)], options) {
                prop_assert!(!error.text().contains("01000001234"));
            }
        }
        let plain = Body::Text { text };
        let _ = prepare(&settings(), request(plain, Options { subject: Some(option), ..Options::default() }), NOW);
    }
}

/// What is refused of a template with item list and buttons, with a picture of 1,200 pixels, at these gateways.
fn refused_at(gateways: serde_json::Value, fallback: serde_json::Value) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("map.jpg");
    std::fs::write(&picture, crate::content::image::jpeg(1_200, 800, 0)).unwrap();
    let items =
        serde_json::json!({"list": [{"title": "곳", "description": "2층"}, {"title": "과", "description": "내과"}]});
    let button = serde_json::json!({"type": "WL", "name": "확인", "link_mobile": "https://example.com"});
    let changes = serde_json::json!({
        "gateways": gateways,
        "accounts": {"seoul": {"sender_key": "k", "sender_number": "02-123-4567", "gateway": "first"}},
        "templates": {"visit": {"text": "가", "items": items, "buttons": [button]}},
        "fallback": fallback,
    });
    let settings = crate::config::testing::settings(folder.path(), changes);
    let options = Options { fallback_image: some(picture.to_str().unwrap()), ..Options::default() };
    let body = Body::Alimtalk { template: "visit".into(), variables: Variables::default() };
    let request = Request { key: String::new(), to: "01000000000".into(), body, options };
    prepare(&settings, request, NOW).err().map(|error| error.text().to_owned())
}

#[test]
fn the_strictest_of_all_gateways_that_may_carry_a_message_decides_what_it_may_hold() {
    use serde_json::json;
    let aligo = json!({"type": "aligo", "api_key": "a", "user_id": "u"});
    let sens = json!({"type": "sens", "access_key": "a", "secret_key": "s", "service_id": "i", "sms_service_id": "t"});
    let nhn = json!({"type": "nhncloud", "app_key": "a", "secret_key": "s", "sms_app_key": "a", "sms_secret_key": "s"});
    let sandbox = json!({"type": "sandbox", "standby": "second"});
    let alone = json!({"first": {"type": "sandbox"}});
    let engine = json!({});
    assert_eq!(refused_at(alone, engine.clone()), None);
    for (second, part) in [
        (&aligo, "items: is not taken by the gateway"),
        (&sens, "buttons[0].link_pc: is missing"),
        (&nhn, "fallback_image: the picture has 1200 x 800 pixels; allowed are at most 1000 x 1000"),
    ] {
        let wrong = refused_at(json!({"first": second}), engine.clone()).unwrap();
        assert!(wrong.contains(part), "{wrong}");
        let wrong = refused_at(json!({"first": sandbox.clone(), "second": second}), engine.clone()).unwrap();
        assert!(wrong.contains(part), "as standby: {wrong}");
    }
    let gateways = json!({"first": {"type": "sandbox"}, "second": aligo});
    assert_eq!(refused_at(gateways, json!({"gateway": "second"})), None, "the text has no items");
    let gateways = json!({"first": {"type": "sandbox"}, "second": nhn});
    let wrong = refused_at(gateways, json!({"gateway": "second"})).unwrap();
    assert!(wrong.contains("at most 1000 x 1000"), "{wrong}");
}

#[test]
fn the_buttons_of_each_gateway_are_checked_as_they_stand_there() {
    use serde_json::json;
    let link = |pc: bool| {
        let mut button = json!({"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{번호}"});
        if pc {
            button["link_pc"] = json!("https://example.com/#{번호}");
        }
        json!([button])
    };
    let asked = |there: serde_json::Value, value: &str| {
        let folder = tempfile::tempdir().unwrap();
        let sens = json!({"type": "sens", "access_key": "a", "secret_key": "s", "service_id": "i"});
        let changes = json!({
            "gateways": {"first": {"type": "sandbox", "standby": "second"}, "second": sens},
            "accounts": {"seoul": {"sender_key": "k", "gateway": "first"}},
            "templates": {"visit": {"text": "가", "buttons": link(false), "gateways": {"second": there}}},
        });
        let settings = crate::config::testing::settings(folder.path(), changes);
        let variables = [("번호".to_owned(), value.to_owned())].into();
        let body = Body::Alimtalk { template: "visit".into(), variables };
        let request = Request { key: String::new(), to: "01000000000".into(), body, options: Options::default() };
        prepare(&settings, request, NOW)
    };
    let kept = asked(json!({"buttons": link(true)}), "7").unwrap();
    assert_eq!(kept.payload.alimtalk.clone().unwrap().buttons[0].link_pc, "", "on disk are the template's own");
    refused(asked(json!({}), "7"), Code::Content, "standby gateway second: buttons[0].link_pc: is missing");
    refused(asked(json!({"buttons": link(true)}), &"7".repeat(600)), Code::TooLong, "buttons[0].link_mobile");
}
