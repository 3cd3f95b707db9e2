//! A1 addresses and rectangles as XML attributes spell them: without a sheet, with or without `$`.

use crate::workbook::{Area, MAX_COL, MAX_ROW};

/// `B3` or `$B$3` as (row, column), zero-based. None if there is no such cell.
pub fn cell(text: &str) -> Option<(u32, u32)> {
    let (col, rest) = column(text.as_bytes());
    let (row, rest) = row(rest);
    rest.is_empty().then_some((row?, col?))
}

/// `A1:C5`, `A1`, `A:C` or `2:4`.
pub fn area(text: &str) -> Option<Area> {
    let Some((first, last)) = text.split_once(':') else {
        return cell(text).map(|(row, col)| Area::cell(row, col));
    };
    let (first, last) = (corner(first)?, corner(last)?);
    if first.0.is_none() != last.0.is_none() || first.1.is_none() != last.1.is_none() {
        return None;
    }
    let (row1, row2) = (first.0.unwrap_or(0), last.0.unwrap_or(MAX_ROW));
    let (col1, col2) = (first.1.unwrap_or(0), last.1.unwrap_or(MAX_COL));
    Some(Area {
        first_row: row1.min(row2),
        first_col: col1.min(col2),
        last_row: row1.max(row2),
        last_col: col1.max(col2),
    })
}

/// Rectangles separated by blanks, as in `sqref`. Anything else is left out.
pub fn areas(text: &str) -> impl Iterator<Item = Area> + '_ {
    text.split_ascii_whitespace().filter_map(area)
}

/// Row and column, one of which may be missing.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let (col, rest) = column(text.as_bytes());
    if rest.is_empty() && col.is_some() {
        return Some((None, col));
    }
    let (row, rest) = row(rest);
    (rest.is_empty() && row.is_some()).then_some((row, col))
}

fn column(text: &[u8]) -> (Option<u32>, &[u8]) {
    let letters = text.strip_prefix(b"$").unwrap_or(text);
    let count = letters.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    if count == 0 || count > 3 {
        return (None, text);
    }
    let (letters, rest) = letters.split_at(count);
    let number = letters.iter().fold(0, |n, c| n * 26 + u32::from(c.to_ascii_uppercase() - b'A') + 1);
    match number - 1 {
        col @ 0..=MAX_COL => (Some(col), rest),
        _ => (None, text),
    }
}

fn row(text: &[u8]) -> (Option<u32>, &[u8]) {
    let digits = text.strip_prefix(b"$").unwrap_or(text);
    let count = digits.iter().take_while(|c| c.is_ascii_digit()).count();
    if count == 0 || count > 7 {
        return (None, text);
    }
    let (digits, rest) = digits.split_at(count);
    let number = digits.iter().fold(0, |n, c| n * 10 + u32::from(c - b'0'));
    match number {
        1..=1_048_576 => (Some(number - 1), rest),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_areas() {
        assert_eq!(cell("B3"), Some((2, 1)));
        assert_eq!(cell("$xfd$1048576"), Some((MAX_ROW, MAX_COL)));
        for wrong in ["", "B", "3", "XFE1", "A1048577", "A0", "A1B", "AAAA1", "A-1", "A1:B2"] {
            assert_eq!(cell(wrong), None, "{wrong}");
        }
        let whole = Area { first_row: 0, first_col: 1, last_row: MAX_ROW, last_col: 2 };
        assert_eq!(area("$B:$C"), Some(whole));
        assert_eq!(area("C5:A1"), area("A1:C5"));
        assert_eq!(area("2:4").map(|a| (a.first_row, a.last_row, a.last_col)), Some((1, 3, MAX_COL)));
        assert_eq!(area("A1:B"), None);
        assert_eq!(area("#REF!"), None);
        assert_eq!(areas("A1 B2:B4 x ").count(), 2);
    }
}
