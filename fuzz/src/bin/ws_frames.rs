#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| arena_fuzz::ws_frames(bytes));
