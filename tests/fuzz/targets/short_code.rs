#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guichet::fuzzing::short_code(data));
