#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| alimi::fuzzing::cp949(data));
