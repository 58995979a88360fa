#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| nonet_fuzz::assemble(input));
