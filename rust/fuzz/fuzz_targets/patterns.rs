#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| execd_fuzz::patterns::run(bytes));
