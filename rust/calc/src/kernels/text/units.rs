//! Places in a text counted in UTF-16 units, as Excel counts, against bytes of UTF-8.

/// Length in UTF-16 units.
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The byte where the unit at `place` begins (the end if the text is shorter), and whether the place lies in the
/// middle of a character of two units; the byte is then that character's.
pub fn locate(text: &str, place: usize) -> (usize, bool) {
    if text.is_ascii() {
        return (place.min(text.len()), false);
    }
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units >= place {
            return (byte, false);
        }
        units += c.len_utf16();
        if units > place {
            return (byte, true);
        }
    }
    (text.len(), false)
}

/// Appends the units `from..to`. Half a character, which UTF-8 cannot hold, becomes U+FFFD.
pub fn write_slice(text: &str, from: usize, to: usize, out: &mut String) {
    let ((start, starts_inside), (end, ends_inside)) = (locate(text, from), locate(text, to));
    if from >= to {
        return;
    }
    let start = if starts_inside {
        out.push(char::REPLACEMENT_CHARACTER);
        start + 4
    } else {
        start
    };
    out.push_str(text.get(start..end).unwrap_or(""));
    if ends_inside {
        out.push(char::REPLACEMENT_CHARACTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LEN("😀") is 2 in Excel.
    #[test]
    fn characters_beyond_the_basic_plane_take_two_units() {
        assert_eq!(length("a😀b"), 4);
        assert_eq!(locate("a😀b", 3), (5, false));
        assert_eq!(locate("a😀b", 2), (1, true));
        let slice = |from, to| {
            let mut out = String::new();
            write_slice("a😀b", from, to, &mut out);
            out
        };
        assert_eq!(slice(1, 3), "😀");
        assert_eq!(slice(0, 2), "a\u{FFFD}");
        assert_eq!(slice(2, 9), "\u{FFFD}b");
        assert_eq!(slice(3, 3), "");
    }
}
