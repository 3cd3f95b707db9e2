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

/// A column is mostly of one kind, as columns are: numbers in G and H, which may ascend, texts in I, anything in J.
pub fn in_a_column(choices: &mut Choices<'_>, col: char) -> Constant {
    match col {
        _ if choices.once_in(30) => {
            Constant::Error(choices.pick(&[ErrorCode::NA, ErrorCode::Div0, ErrorCode::Value]))
        }
        _ if choices.once_in(20) => constant(choices),
        'G' => Constant::Number(choices.below(9) as f64),
        'H' => Constant::Number(any_number(choices)),
        'I' => Constant::Text(choices.pick(&TEXTS).to_owned()),
        _ => constant(choices),
    }
}
