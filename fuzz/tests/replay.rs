//! Runs the fuzz targets without a fuzzer: on what is in `regressions/` and `corpus/`, and on mutations of the seeds that
//! are the same each time.

use std::path::Path;

/// Mutated inputs for each seed. `NONET_FUZZ_MUTATIONS` overrides it.
const MUTATIONS: u32 = 300;

/// Marsaglia's xorshift: repeatable, and good enough for choosing where to damage bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                2 => bytes.truncate(at),
                3 => bytes.insert(at, self.below(256) as u8),
                _ => {
                    let end = (at + self.below(64)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
            }
        }
    }
}

fn replay(target: &str, seeds: &[Vec<u8>], run: fn(&[u8])) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["regressions", "corpus"] {
        let Ok(files) = std::fs::read_dir(here.join(folder).join(target)) else { continue };
        for file in files {
            run(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
    let mutations = std::env::var("NONET_FUZZ_MUTATIONS").ok().and_then(|count| count.parse().ok());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for seed in seeds {
        run(seed);
        for _ in 0..mutations.unwrap_or(MUTATIONS) {
            let mut input = seed.clone();
            random.mutate(&mut input);
            run(&input);
        }
    }
}

#[test]
fn the_assembler_survives_damaged_streams() {
    replay("assemble", &nonet_fuzz::assemble_seeds(), nonet_fuzz::assemble);
}

#[test]
fn the_decoder_survives_damaged_pictures() {
    replay("decode", &nonet_fuzz::decode_seeds(), nonet_fuzz::decode);
}
