//! Small changes of an input, the same in every run.

/// xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() >> 32) as usize % count.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A place in the bytes and some of those after it.
    fn span(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() + 1);
        let most = if self.below(4) == 0 { bytes.len() } else { 8 };
        start..(start + 1 + self.below(most)).min(bytes.len())
    }
}

/// Figures at the edges of what formats and Excel count with.
const FIGURES: [&str; 16] = [
    "0",
    "-1",
    "1",
    "255",
    "16384",
    "16385",
    "32768",
    "65536",
    "1048576",
    "1048577",
    "2958466",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e308",
    "1e-400",
];

const INTEGERS: [u64; 8] =
    [0, 1, 0x7F, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF];

/// What means something in one of the formats.
const MARKS: &[u8] = b"[]{}()<>,;:\"'\\/=+-*%^&#@!?_$. \t\n\r0123456789eEAaMmDdHhSsYy\x00\x7F\xFF";

/// One to four changes of `seed`; some bring in a piece of `other`.
pub fn mutated(random: &mut Random, seed: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let span = random.span(&bytes);
        match random.below(8) {
            0 => {
                let at = span.start;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            1 => {
                let mark = random.pick(MARKS);
                if let Some(byte) = bytes.get_mut(span.start) {
                    *byte = mark;
                }
            }
            2 => bytes.insert(span.start, random.pick(MARKS)),
            3 => drop(bytes.drain(span)),
            4 => {
                let again = bytes[span.clone()].to_vec();
                let times = if random.below(16) == 0 { 100 } else { 1 };
                bytes.splice(span.end..span.end, again.repeat(times));
            }
            5 => {
                let piece = other[random.span(other)].to_vec();
                bytes.splice(span, piece);
            }
            6 => {
                let figure = random.pick(&FIGURES);
                let digits = figures_from(&bytes, span.start);
                bytes.splice(digits, figure.bytes());
            }
            _ => {
                let integer = random.pick(&INTEGERS).to_le_bytes();
                let width = random.pick(&[1, 2, 4, 8]).min(bytes.len() - span.start);
                bytes[span.start..span.start + width].copy_from_slice(&integer[..width]);
            }
        }
    }
    bytes
}

/// The first run of digits at or after a place.
fn figures_from(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let rest = &bytes[at..];
    let start = at + rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    start..start + digits
}
