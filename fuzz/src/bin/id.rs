#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| arena_fuzz::id(text));
