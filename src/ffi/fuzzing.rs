//! The C functions called in any order with any arguments; see [`crate::fuzzing`].
//!
//! Invariants: what the caller of C answers for is kept (pointers are NULL or good, texts end, buffers have their size),
//! all else is hostile; buffers are exactly as large as said, so that the sanitizer sees the byte beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer finds")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one contract for all, see above")]

use super::result::alimi_result_t;
use super::text::read_config;
use super::{api, wide};
use crate::config::Settings;
use crate::error::Code;
use arbitrary::{Arbitrary, Unstructured};
use parking_lot::Mutex;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;
use tempfile::TempDir;

#[derive(Arbitrary, Debug)]
struct Step {
    wide: bool,
    room: Room,
    call: Call,
}

#[derive(Arbitrary, Debug)]
enum Call {
    Version,
    ErrorText(i16),
    LastError,
    Init(Configuration),
    Reload(Who, Configuration),
    Shutdown(Who, i8),
    Flush(Who, i8),
    Alimtalk { who: Who, key: Text, to: Text, template: Text, variables: Text, options: Text },
    Text { who: Who, key: Text, to: Text, text: Text, options: Text },
    Batch(Who, Text),
    Cancel(Who, Text),
    Poll(Who, i8, i16),
    PollJson(Who, i8),
    Acknowledge(Who, Text),
    Status(Who, Text, i16),
    StatusJson(Who, Text),
    Templates(Who, i8),
    Statistics(Who, Text),
    Health(Who),
    Wake(Who),
    Lines(i8, bool),
    Results(Who, bool),
}

#[derive(Arbitrary, Debug)]
enum Who {
    Main,
    Spare,
    Closed,
    Number(i32),
}

#[derive(Arbitrary, Debug)]
enum Configuration {
    Good(bool),
    Bad(Text),
}

#[derive(Arbitrary, Debug)]
enum Text {
    Null,
    Known(u8),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Room {
    Null(i16),
    Negative(i16),
    Of(u16),
    Ample,
}

const KNOWN: [&str; 20] = [
    "",
    "K1",
    "K2",
    "a key with blanks",
    "010-0000-0000",
    "+82 10 0000 0010",
    "01000000030",
    "visit",
    "name=Kim\ntime=9\nid=1",
    r#"{"name":"\ud55c","time":9,"id":true}"#,
    "priority=urgent\nexpires_in=3600\nfallback=lms\ntag=t",
    "send_at=2099-12-01T09:00:00+09:00",
    r#"{"fallback":"auto","fallback_text":"x","fallback_subject":"y","account":"clinic"}"#,
    "text=Kim - 9",
    r#"[{"key":"K1","to":"010-0000-0000","template":"visit","variables":{"name":"A","time":"9","id":"1"}}]"#,
    r#"[{"to":"010-0000-0001","text":"x"},{"key":"K2","to":"010-0000-0015","text":"y","tag":"z"},7]"#,
    "from=2026-01-01\nto=2026-12-31\nby=result\nformat=csv",
    r#"{"by":"request","format":"json","account":"clinic"}"#,
    "\u{ac00}\u{1f600}\r\n\\n",
    "{}",
];

/// A text as C has it, in both forms.
struct Given(Option<(Vec<u8>, Vec<u16>)>);

impl Text {
    fn given(&self) -> Given {
        let (mut bytes, mut units) = match self {
            Text::Null => return Given(None),
            Text::Known(number) => {
                let text = KNOWN[usize::from(*number) % KNOWN.len()];
                (text.as_bytes().to_vec(), text.encode_utf16().collect::<Vec<u16>>())
            }
            Text::Bytes(bytes) => {
                let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                (bytes.clone(), units)
            }
        };
        bytes.push(0);
        units.push(0);
        Given(Some((bytes, units)))
    }
}

/// What a pointer to a text or a buffer is for one form or the other.
trait Pointer {
    fn of(narrow: *mut u8, wide: *mut u16) -> Self;
}

impl Pointer for *const c_char {
    fn of(narrow: *mut u8, _: *mut u16) -> Self {
        narrow.cast()
    }
}
impl Pointer for *mut c_char {
    fn of(narrow: *mut u8, _: *mut u16) -> Self {
        narrow.cast()
    }
}
impl Pointer for *const u16 {
    fn of(_: *mut u8, wide: *mut u16) -> Self {
        wide
    }
}
impl Pointer for *mut u16 {
    fn of(_: *mut u8, wide: *mut u16) -> Self {
        wide
    }
}

impl Given {
    fn at<P: Pointer>(&self) -> P {
        match &self.0 {
            None => P::of(null_mut(), null_mut()),
            Some((bytes, units)) => P::of(bytes.as_ptr().cast_mut(), units.as_ptr().cast_mut()),
        }
    }
}

const UNTOUCHED: u8 = 0xee;

/// A buffer as C gives it, in both forms.
struct Buffer {
    narrow: Box<[u8]>,
    wide: Box<[u16]>,
    capacity: i32,
    missing: bool,
}

impl Room {
    fn buffer(&self) -> Buffer {
        let (capacity, missing) = match self {
            Room::Null(capacity) => (i32::from(*capacity), true),
            Room::Negative(capacity) => (-1 - i32::from(*capacity).abs(), false),
            Room::Of(capacity) => (i32::from(*capacity % 2048), false),
            Room::Ample => (65_536, false),
        };
        let length = if missing { 0 } else { usize::try_from(capacity).unwrap_or(0) };
        let narrow = vec![UNTOUCHED; length].into();
        Buffer { narrow, wide: vec![u16::from(UNTOUCHED); length].into(), capacity, missing }
    }
}

impl Buffer {
    fn at<P: Pointer>(&mut self) -> P {
        if self.missing {
            return P::of(null_mut(), null_mut());
        }
        P::of(self.narrow.as_mut_ptr(), self.wide.as_mut_ptr())
    }

    /// What was written is a whole text.
    fn check(&self) {
        let bare = self.narrow.iter().all(|byte| *byte == UNTOUCHED)
            && self.wide.iter().all(|unit| *unit == u16::from(UNTOUCHED));
        assert!(bare || self.narrow.contains(&0) || self.wide.contains(&0), "a text without its end");
    }
}

/// Clients that live longer than one input.
struct World {
    directory: TempDir,
    main: i32,
    spare: i32,
    closed: i32,
    inputs: u32,
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

impl World {
    fn new() -> World {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut world = World { directory, main: 0, spare: 0, closed: 0, inputs: 0 };
        let config = Text::Bytes(world.configuration("main", false).into_bytes()).given();
        assert_eq!(unsafe { api::alimi_init(config.at(), &raw mut world.main) }, 0);
        world
    }

    fn configuration(&self, name: &str, cp949: bool) -> String {
        let templates = serde_json::json!({
            "visit": {"text": "#{name} - #{time}", "fallback": {"text": "#{name} #{id}"}},
        });
        let config = serde_json::json!({
            "outbox": {"path": self.directory.path().join(name), "encryption": "none", "shared": true, "max_messages": 500},
            "encoding": if cp949 { "cp949" } else { "utf-8" },
            "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
            "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
            "templates": templates,
            "retry": {"initial_ms": 1, "max_ms": 1, "request_timeout_ms": 10},
            "logging": {"file": null},
        });
        config.to_string()
    }

    fn number(&self, who: &Who) -> i32 {
        match who {
            Who::Main => self.main,
            Who::Spare => self.spare,
            Who::Closed => self.closed,
            Who::Number(number) => *number,
        }
    }

    /// A configuration; `None` where it would be a good one of unknown paths and addresses.
    fn given(&self, configuration: &Configuration) -> Option<Given> {
        let text = match configuration {
            Configuration::Good(cp949) => return Some(Text::Bytes(self.configuration("spare", *cp949).into()).given()),
            Configuration::Bad(text) => text,
        };
        let Given(Some((bytes, units))) = text.given() else { return Some(Given(None)) };
        // Never a path.
        let given = Given(Some(([b"{", &*bytes].concat(), [&[u16::from(b'{')], &*units].concat())));
        let narrow = unsafe { read_config::<u8>(given.at::<*const c_char>().cast()) };
        let wide = unsafe { read_config::<u16>(given.at()) };
        let good = [narrow, wide].into_iter().flatten().any(|(text, _)| Settings::parse(&text).is_ok());
        (!good).then_some(given)
    }
}

/// Calls a function or its twin for UTF-16.
macro_rules! either {
    ($wide:expr, $narrow:ident | $twin:ident ($($argument:expr),*)) => {
        if $wide { unsafe { wide::$twin($($argument),*) } } else { unsafe { api::$narrow($($argument),*) } }
    };
}

/// A code that the header knows; an error with its details.
fn check(code: i32) {
    let known = Code::from_number(code).unwrap_or_else(|| panic!("{code} is no code"));
    assert_ne!(known, Code::Internal);
    if code < 0 {
        let mut details = [0_u8; super::guard::ERROR_BYTES_MAX];
        assert_eq!(unsafe { api::alimi_last_error(details.as_mut_ptr().cast(), details.len() as i32) }, 0);
        let text = CStr::from_bytes_until_nul(&details).unwrap().to_bytes();
        assert!(text.starts_with(known.name().as_bytes()), "{}", text.escape_ascii());
    }
}

unsafe extern "system" fn on_line(level: i32, text: *const c_char, context: *mut c_void) {
    assert!((1..=5).contains(&level) && context.is_null());
    assert!(unsafe { CStr::from_ptr(text) }.to_str().is_ok());
}

unsafe extern "system" fn on_result(client: i32, result: *const alimi_result_t, context: *mut c_void) {
    assert!(context.is_null());
    let result = unsafe { &*result };
    check(unsafe { api::alimi_ack_result(client, result.key.as_ptr()) });
}

fn with_result(size: i16, call: impl FnOnce(*mut alimi_result_t) -> i32) -> i32 {
    // As many bytes as the caller says, and a word where it says what cannot be.
    let length = usize::try_from(size).unwrap_or(0).clamp(4, size_of::<alimi_result_t>());
    let mut room: Box<[u8]> = vec![UNTOUCHED; length].into();
    room[..4].copy_from_slice(&i32::from(size).to_ne_bytes());
    call(room.as_mut_ptr().cast())
}

impl World {
    fn step(&mut self, Step { wide, room, call }: &Step) {
        let (wide, mut buffer) = (*wide, room.buffer());
        let code = match call {
            Call::Init(configuration) => self.init(wide, configuration),
            Call::Shutdown(who, time) => {
                let number = if matches!(who, Who::Main) { self.spare } else { self.number(who) };
                if number == self.spare {
                    (self.spare, self.closed) = (0, number);
                }
                api::alimi_shutdown(number, (*time % 4).into())
            }
            other => self.call(wide, other, &mut buffer),
        };
        check(code);
        buffer.check();
    }

    fn call(&self, wide: bool, call: &Call, b: &mut Buffer) -> i32 {
        let ms = |ms: &i8| i32::from(*ms % 4);
        match call {
            Call::Version => either!(wide, alimi_version | alimi_version_w(b.at(), b.capacity)),
            Call::ErrorText(code) => {
                either!(wide, alimi_error_text | alimi_error_text_w((*code).into(), b.at(), b.capacity))
            }
            Call::LastError => {
                // Answers with codes that it does not remember.
                let code = either!(wide, alimi_last_error | alimi_last_error_w(b.at(), b.capacity));
                Code::from_number(code).map_or(code, |_| 0)
            }
            Call::Reload(who, configuration) => {
                let Some(config) = self.given(configuration) else { return 0 };
                either!(wide, alimi_reload | alimi_reload_w(self.number(who), config.at()))
            }
            Call::Flush(who, time) => api::alimi_flush(self.number(who), ms(time)),
            Call::Alimtalk { who, key, to, template, variables, options } => {
                let texts = [key, to, template, variables, options].map(Text::given);
                let [key, to, name, variables, options] = &texts;
                let (client, capacity) = (self.number(who), b.capacity);
                either!(
                    wide,
                    alimi_send_alimtalk
                        | alimi_send_alimtalk_w(
                            client,
                            key.at(),
                            to.at(),
                            name.at(),
                            variables.at(),
                            options.at(),
                            b.at(),
                            capacity
                        )
                )
            }
            Call::Text { who, key, to, text, options } => {
                let [key, to, text, options] = [key, to, text, options].map(Text::given);
                let (client, capacity) = (self.number(who), b.capacity);
                either!(
                    wide,
                    alimi_send_text
                        | alimi_send_text_w(client, key.at(), to.at(), text.at(), options.at(), b.at(), capacity)
                )
            }
            Call::Batch(who, json) => {
                let json = json.given();
                either!(wide, alimi_send_batch | alimi_send_batch_w(self.number(who), json.at(), b.at(), b.capacity))
            }
            Call::Cancel(who, key) => {
                let key = key.given();
                either!(wide, alimi_cancel | alimi_cancel_w(self.number(who), key.at()))
            }
            Call::Poll(who, time, size) => {
                with_result(*size, |result| unsafe { api::alimi_poll_result(self.number(who), ms(time), result) })
            }
            Call::PollJson(who, time) => {
                let number = self.number(who);
                either!(wide, alimi_poll_result_json | alimi_poll_result_json_w(number, ms(time), b.at(), b.capacity))
            }
            Call::Acknowledge(who, key) => {
                let key = key.given();
                either!(wide, alimi_ack_result | alimi_ack_result_w(self.number(who), key.at()))
            }
            Call::Status(who, key, size) => {
                let key = key.given();
                with_result(*size, |result| unsafe { api::alimi_get_status(self.number(who), key.at(), result) })
            }
            Call::StatusJson(who, key) => {
                let (key, number) = (key.given(), self.number(who));
                either!(wide, alimi_get_status_json | alimi_get_status_json_w(number, key.at(), b.at(), b.capacity))
            }
            Call::Templates(who, time) => {
                let number = self.number(who);
                either!(wide, alimi_sync_templates | alimi_sync_templates_w(number, ms(time), b.at(), b.capacity))
            }
            Call::Statistics(who, query) => {
                let (query, number) = (query.given(), self.number(who));
                either!(wide, alimi_get_stats | alimi_get_stats_w(number, query.at(), b.at(), b.capacity))
            }
            Call::Health(who) => {
                either!(wide, alimi_get_health | alimi_get_health_w(self.number(who), b.at(), b.capacity))
            }
            Call::Wake(who) => api::alimi_wake(self.number(who)),
            Call::Lines(level, on) => {
                api::alimi_set_log_callback((*level).into(), on.then_some(on_line as _), null_mut())
            }
            Call::Results(who, on) => {
                api::alimi_set_result_callback(self.number(who), on.then_some(on_result as _), null_mut())
            }
            Call::Init(_) | Call::Shutdown(..) => 0,
        }
    }

    fn init(&mut self, wide: bool, configuration: &Configuration) -> i32 {
        let Some(config) = self.given(configuration) else { return 0 };
        let mut number = -1;
        let code = either!(wide, alimi_init | alimi_init_w(config.at(), &raw mut number));
        assert!(if code == 0 { number > 0 } else { number == 0 });
        if code == 0 {
            self.spare = number;
        }
        code
    }

    /// Leaves little behind for the next input.
    fn tidy(&mut self) {
        check(api::alimi_set_log_callback(0, None, null_mut()));
        check(api::alimi_set_result_callback(self.main, None, null_mut()));
        if self.spare != 0 {
            check(api::alimi_shutdown(self.spare, 1_000));
            (self.spare, self.closed) = (0, self.spare);
        }
        for file in std::fs::read_dir(self.directory.path()).into_iter().flatten().flatten() {
            if file.file_name().to_string_lossy().starts_with("spare") {
                let _ = std::fs::remove_file(file.path());
            }
        }
        let take = |result| unsafe {
            let code = api::alimi_poll_result(self.main, 0, result);
            if code == 0 { api::alimi_ack_result(self.main, (&raw const (*result).key).cast()) } else { code }
        };
        for _ in 0..50 {
            if with_result(i16::MAX, take) != 0 {
                break;
            }
        }
    }
}

/// Any calls of any functions with any arguments, from one thread, while the threads of the clients work.
pub fn abi(data: &[u8]) {
    let Ok(steps) = Vec::<Step>::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let mut place = WORLD.lock();
    if place.as_ref().is_some_and(|world| world.inputs > 500 || api::alimi_wake(world.main) != 0) {
        let world = place.take().unwrap();
        api::alimi_shutdown(world.main, 10);
    }
    let world = place.get_or_insert_with(World::new);
    world.inputs += 1;
    for step in steps.iter().take(24) {
        world.step(step);
    }
    world.tidy();
}
