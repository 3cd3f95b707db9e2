//! Which bytes a JSON string cannot hold as they are.

/// How many bytes come before the first quote, backslash or control character.
#[inline]
pub fn plain_length(bytes: &[u8]) -> usize {
    let mut count = 0;
    for chunk in bytes.chunks_exact(8) {
        let special = special_bytes(chunk.try_into().unwrap_or([0; 8]));
        if special != 0 {
            return count + special.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    let rest = bytes.get(count..).unwrap_or(&[]);
    count + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Sets the top bit of the first special byte of eight. The bits of later bytes may be wrong.
#[inline]
fn special_bytes(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(chunk);
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    zero_in(word ^ (ONES * u64::from(b'"'))) | zero_in(word ^ (ONES * u64::from(b'\\'))) | control
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for special in (0..=0x1F).chain([b'"', b'\\']) {
            for position in 0..20 {
                let mut bytes = *b"a~ \xC3\xA9!#[]\x7F\xFFabcdefghi";
                bytes[position] = special;
                assert_eq!(plain_length(&bytes), position, "{special} at {position}");
            }
        }
        assert_eq!(plain_length(b"a~ \xC3\xA9!#[]\x7F\xFFabcdefghi"), 20);
    }
}
