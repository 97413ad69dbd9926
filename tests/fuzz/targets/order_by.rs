#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guichet::fuzzing::order_by(data));
