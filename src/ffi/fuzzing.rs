//! The C functions called in any order with any arguments; see [`crate::fuzzing`].
//!
//! Invariants: what the caller of C answers for is kept (pointers are NULL or good, texts end, buffers have their size),
//! all else is hostile; no call ends with a code that the header does not know, or with an error without its details.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer finds")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "one contract for all, see above")]

mod arguments;
mod world;

use super::result::alimi_result_t;
use super::{api, wide};
use crate::error::Code;
use arbitrary::{Arbitrary, Unstructured};
use arguments::{Buffer, Room, Text, UNTOUCHED};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;
use world::{Configuration, WORLD, Who, World};

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
