//! Values that cells and records hold: ordinary ones, and those at the edges of what Excel counts with.

use crate::choices::Choices;
use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;

pub const EDGES: [f64; 32] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    0.1,
    0.3,
    0.30000000000000004,
    1.0000000000000002,
    60.0,
    255.0,
    256.0,
    32_767.0,
    65_536.0,
    1_048_576.0,
    2_958_465.0,
    2_958_466.0,
    -2_958_466.0,
    4_294_967_296.0,
    999_999_999_999_999.0,
    9.007_199_254_740_993e15,
    1e18,
    1e100,
    -1e200,
    1.797_693_134_862_315_7e308,
    -1.797_693_134_862_315_7e308,
    1e-9,
    -1e-15,
    1e-300,
    2.225_073_858_507_201_4e-308,
    5e-324,
];

pub const TEXTS: [&str; 40] = [
    "",
    " ",
    "a",
    "A",
    "abc",
    "ABC",
    "1",
    " 2 ",
    "1e3",
    "50%",
    "$1,000",
    "(5)",
    "1/2/2023",
    "2024-02-29",
    "12:30",
    "TRUE",
    "false",
    "#N/A",
    "=1",
    "é",
    "ß",
    "日本",
    "😀",
    "3+4i",
    ">1",
    "<>",
    "=",
    "a*",
    "?",
    "~*",
    "d",
    "yyyy",
    "G2:H9",
    "S!A1",
    "A:A",
    "R1C1",
    "[a-z]+",
    "(a?){9}",
    "#,##0.00;@",
    "XLII",
];

/// Small whole numbers and the like, which most arguments want.
pub fn plain_number(choices: &mut Choices<'_>) -> f64 {
    match choices.below(8) {
        0 => 0.0,
        1 => -(choices.below(5) as f64),
        2 => choices.below(40) as f64 / 8.0,
        3 => choices.between(36_500, 46_000) as f64,
        4 => choices.below(2_000) as f64,
        _ => choices.below(13) as f64,
    }
}

pub fn any_number(choices: &mut Choices<'_>) -> f64 {
    match choices.below(6) {
        0..3 => plain_number(choices),
        3 => choices.pick(&EDGES),
        4 => (choices.unit() - 0.5) * 10_f64.powi(choices.below(600) as i32 - 300),
        _ => (choices.unit() * 200.0 - 100.0).round() / 4.0,
    }
}

/// What an input can hold.
pub fn constant(choices: &mut Choices<'_>) -> Constant {
    match choices.below(12) {
        0 => Constant::Blank,
        1 => Constant::Bool(choices.once_in(2)),
        2 | 3 => Constant::Text(choices.pick(&TEXTS).to_owned()),
        4 if choices.once_in(4) => {
            let length = choices.pick(&[255, 256, 1_000, 32_767]);
            Constant::Text(
                choices.pick(&["a", "1", " ", "a*", "é"]).repeat(length).chars().take(length).collect(),
            )
        }
        5..9 => Constant::Number(plain_number(choices)),
        _ => Constant::Number(any_number(choices)),
    }
}

/// What columns G and H hold mostly, and I, where the texts are.
#[derive(Clone, Copy)]
pub enum Columns {
    /// Numbers as they come, and any texts.
    Any,
    /// Keys of look-ups: most go up, some are there twice.
    Keys,
    /// Days and moments, also around those that calendars differ about; texts that read as dates.
    Days,
    /// Numbers beside texts that read as the same, and texts that differ in case, width or white space.
    Alike,
}

pub const COLUMNS: [Columns; 5] = [Columns::Any, Columns::Any, Columns::Keys, Columns::Days, Columns::Alike];

const DAYS: [f64; 12] =
    [0.0, 1.0, 59.0, 60.0, 61.0, 366.0, 36_585.0, 44_255.0, 45_351.0, 45_657.0, 46_022.0, 2_958_465.0];
const DATES: [&str; 10] = [
    "2/29/1900",
    "1900-01-01",
    "29-Feb-2024",
    "2024-02-30",
    "12/31/9999",
    "Jan 2025",
    "3/4",
    "23:59:59.9",
    "24:00",
    "1-1-30",
];
const ALIKE: [&str; 14] = [
    "1",
    "1.0",
    "01",
    "1 ",
    "a",
    "A",
    "a ",
    "\u{a0}a",
    "\u{ff21}",
    "stra\u{df}e",
    "STRASSE",
    "e\u{301}",
    "\u{e9}",
    "a?",
];

/// A column is mostly of one kind, as columns are: numbers in G and H, texts in I, anything in J.
pub fn in_a_column(choices: &mut Choices<'_>, col: char, row: usize, columns: Columns) -> Constant {
    match (col, columns) {
        _ if choices.once_in(30) => {
            Constant::Error(choices.pick(&[ErrorCode::NA, ErrorCode::Div0, ErrorCode::Value]))
        }
        _ if choices.once_in(20) => constant(choices),
        ('G', Columns::Any) => Constant::Number(choices.below(9) as f64),
        ('H', Columns::Any) => Constant::Number(any_number(choices)),
        ('I', Columns::Any) => Constant::Text(choices.pick(&TEXTS).to_owned()),
        ('G', Columns::Keys) => Constant::Number((row / 2) as f64),
        ('H', Columns::Keys) => Constant::Number(12.0 - row as f64 * 0.5),
        ('I', Columns::Keys) => Constant::Text(format!("k{:02}", row / 2)),
        ('G', Columns::Days) => Constant::Number(choices.pick(&DAYS)),
        ('H', Columns::Days) => Constant::Number(choices.pick(&DAYS) + choices.below(5) as f64 / 4.0),
        ('I', Columns::Days) => Constant::Text(choices.pick(&DATES).to_owned()),
        ('G', Columns::Alike) if choices.once_in(2) => Constant::Text(choices.below(4).to_string()),
        ('G' | 'H', Columns::Alike) => Constant::Number(choices.below(4) as f64),
        ('I', Columns::Alike) => Constant::Text(choices.pick(&ALIKE).to_owned()),
        _ => constant(choices),
    }
}
