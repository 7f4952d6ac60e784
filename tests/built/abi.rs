//! The functions of the library as a program in another language finds them, loaded by their names.

use libloading::Library;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

pub type LogCallback = unsafe extern "system" fn(i32, *const c_char, *mut c_void);
pub type ResultCallback = unsafe extern "system" fn(i32, *const AlimiResult, *mut c_void);

/// `alimi_result_t`, written down once more on purpose.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AlimiResult {
    pub size: i32,
    pub state: i32,
    pub channel: i32,
    pub certainty: i32,
    pub attempts: i32,
    pub reason: i32,
    pub key: [u8; 68],
    pub account: [u8; 128],
    pub gateway: [u8; 64],
    pub gateway_id: [u8; 128],
    pub gateway_code: [u8; 32],
    pub created: [u8; 32],
    pub sent: [u8; 32],
    pub finished: [u8; 32],
    pub text: [u8; 256],
}

impl AlimiResult {
    pub fn new() -> AlimiResult {
        // SAFETY: integers and bytes may be zero.
        let mut result: AlimiResult = unsafe { std::mem::zeroed() };
        result.size = i32::try_from(size_of::<AlimiResult>()).unwrap();
        result
    }

    pub fn key(&self) -> &str {
        CStr::from_bytes_until_nul(&self.key).unwrap().to_str().unwrap()
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: plain bytes without gaps.
        unsafe { std::slice::from_raw_parts((&raw const *self).cast(), size_of::<AlimiResult>()) }
    }
}

macro_rules! functions {
    ($($name:ident($($type:ty),*);)*) => {
        /// Every function of the header.
        pub struct Abi { $(pub $name: unsafe extern "system" fn($($type),*) -> i32,)* }

        impl Abi {
            fn load() -> Abi {
                // SAFETY: the library starts nothing when it is loaded and stays; types are those of the header.
                unsafe {
                    let library = Box::leak(Box::new(Library::new(super::library()).unwrap()));
                    Abi { $($name: *library.get(concat!("alimi_", stringify!($name)).as_bytes()).unwrap(),)* }
                }
            }
        }
    };
}

type Text = *const c_char;
type Buffer = *mut c_char;

functions! {
    version(Buffer, i32);
    error_text(i32, Buffer, i32);
    last_error(Buffer, i32);
    init(Text, *mut i32);
    shutdown(i32, i32);
    flush(i32, i32);
    send_alimtalk(i32, Text, Text, Text, Text, Text, Buffer, i32);
    send_text(i32, Text, Text, Text, Text, Buffer, i32);
    send_batch(i32, Text, Buffer, i32);
    cancel(i32, Text);
    poll_result(i32, i32, *mut AlimiResult);
    poll_result_json(i32, i32, Buffer, i32);
    ack_result(i32, Text);
    get_status(i32, Text, *mut AlimiResult);
    wake(i32);
    get_stats(i32, Text, Buffer, i32);
    get_health(i32, Buffer, i32);
    set_log_callback(i32, Option<LogCallback>, *mut c_void);
    set_result_callback(i32, Option<ResultCallback>, *mut c_void);
}

/// The loaded library.
pub fn abi() -> &'static Abi {
    static ABI: OnceLock<Abi> = OnceLock::new();
    ABI.get_or_init(Abi::load)
}

/// Bytes with their NUL. What holds a NUL inside ends there, as in C.
pub fn c(bytes: impl AsRef<[u8]>) -> CString {
    let bytes = bytes.as_ref();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap()
}

/// A code, and the text that came with it.
pub type Answer = (i32, Vec<u8>);

/// Calls with a buffer; the answer is what stands in it.
pub fn with_buffer(capacity: usize, call: impl FnOnce(*mut c_char, i32) -> i32) -> Answer {
    let mut buffer = vec![0_u8; capacity.max(1)];
    let code = call(buffer.as_mut_ptr().cast(), i32::try_from(capacity).unwrap());
    buffer.truncate(buffer.iter().position(|byte| *byte == 0).expect("every text is terminated"));
    (code, buffer)
}

impl Abi {
    /// The details of the last error of this thread.
    pub fn error(&self) -> Vec<u8> {
        // SAFETY: the buffer has the capacity given.
        with_buffer(1024, |buffer, capacity| unsafe { (self.last_error)(buffer, capacity) }).1
    }

    /// Opens a client, or says the code.
    pub fn open(&self, configuration: impl AsRef<[u8]>) -> Result<Caller, i32> {
        let mut client = -1;
        // SAFETY: the text ends with a NUL and the number lives through the call.
        match unsafe { (self.init)(c(configuration).as_ptr(), &raw mut client) } {
            0 => Ok(Caller(client)),
            code => {
                assert_eq!(client, 0, "an error leaves no number");
                Err(code)
            }
        }
    }
}

/// A client by its number, called as a program does that has its texts as bytes.
#[derive(Clone, Copy)]
pub struct Caller(pub i32);

// SAFETY: of all calls below: texts end with a NUL, buffers have the capacity given, and both live through the call.
impl Caller {
    pub fn send(
        self,
        key: impl AsRef<[u8]>,
        to: impl AsRef<[u8]>,
        template: impl AsRef<[u8]>,
        variables: impl AsRef<[u8]>,
        options: impl AsRef<[u8]>,
    ) -> i32 {
        let [key, to, template] = [c(key), c(to), c(template)];
        let [variables, options] = [c(variables), c(options)];
        let texts = [&key, &to, &template, &variables, &options].map(|text| text.as_ptr());
        let [key, to, template, variables, options] = texts;
        unsafe { (abi().send_alimtalk)(self.0, key, to, template, variables, options, null_mut(), 0) }
    }

    pub fn send_text(
        self,
        key: impl AsRef<[u8]>,
        to: impl AsRef<[u8]>,
        text: impl AsRef<[u8]>,
        options: impl AsRef<[u8]>,
    ) -> i32 {
        let texts = [c(key), c(to), c(text), c(options)];
        let [key, to, text, options] = [&texts[0], &texts[1], &texts[2], &texts[3]].map(|text| text.as_ptr());
        unsafe { (abi().send_text)(self.0, key, to, text, options, null_mut(), 0) }
    }

    pub fn batch(self, json: impl AsRef<[u8]>) -> Answer {
        let json = c(json);
        with_buffer(1 << 20, |buffer, capacity| unsafe { (abi().send_batch)(self.0, json.as_ptr(), buffer, capacity) })
    }

    pub fn cancel(self, key: impl AsRef<[u8]>) -> i32 {
        unsafe { (abi().cancel)(self.0, c(key).as_ptr()) }
    }

    pub fn acknowledge(self, key: impl AsRef<[u8]>) -> i32 {
        unsafe { (abi().ack_result)(self.0, c(key).as_ptr()) }
    }

    pub fn poll(self, timeout_ms: i32) -> (i32, AlimiResult) {
        let mut result = AlimiResult::new();
        (unsafe { (abi().poll_result)(self.0, timeout_ms, &raw mut result) }, result)
    }

    pub fn poll_json(self, timeout_ms: i32) -> Answer {
        with_buffer(8192, |buffer, capacity| unsafe { (abi().poll_result_json)(self.0, timeout_ms, buffer, capacity) })
    }

    pub fn status(self, key: impl AsRef<[u8]>) -> (i32, AlimiResult) {
        let mut result = AlimiResult::new();
        (unsafe { (abi().get_status)(self.0, c(key).as_ptr(), &raw mut result) }, result)
    }

    pub fn statistics(self, query: impl AsRef<[u8]>) -> Answer {
        let query = c(query);
        with_buffer(1 << 20, |buffer, capacity| unsafe { (abi().get_stats)(self.0, query.as_ptr(), buffer, capacity) })
    }

    pub fn health(self) -> Answer {
        with_buffer(8192, |buffer, capacity| unsafe { (abi().get_health)(self.0, buffer, capacity) })
    }

    pub fn flush(self, timeout_ms: i32) -> i32 {
        unsafe { (abi().flush)(self.0, timeout_ms) }
    }

    pub fn shutdown(self, timeout_ms: i32) -> i32 {
        unsafe { (abi().shutdown)(self.0, timeout_ms) }
    }
}

/// NULL where a text is expected.
pub const NO_TEXT: *const c_char = null();
