//! Text functions: the family's table. Lengths and positions count UTF-16 units, as Excel does; the functions in bytes
//! (LENB …) count the same, as they do wherever no double-byte language is set.

mod arguments;
mod change;
mod codes;
mod convert;
mod find;
pub mod infix;
mod join;
pub mod regex;
mod slice;
mod split;
mod units;

use crate::semantics::function::{Function, Param, flags, scalar, shaped};

const ANY: &[Param] = &[Param::Any];
const BEFORE_AFTER: &[Param] =
    &[Param::Scalar, Param::Any, Param::Scalar, Param::Scalar, Param::Scalar, Param::Any];
const SPLIT: &[Param] = &[Param::Scalar, Param::Any, Param::Any, Param::Scalar, Param::Scalar, Param::Any];

#[rustfmt::skip]
pub const TABLE: &[Function] = &[
    scalar("LEN", 1, 1, slice::len),
    scalar("LENB", 1, 1, slice::len),
    scalar("LEFT", 1, 2, slice::left),
    scalar("LEFTB", 1, 2, slice::left),
    scalar("RIGHT", 1, 2, slice::right),
    scalar("RIGHTB", 1, 2, slice::right),
    scalar("MID", 3, 3, slice::mid),
    scalar("MIDB", 3, 3, slice::mid),
    scalar("REPLACE", 4, 4, slice::replace),
    scalar("REPLACEB", 4, 4, slice::replace),
    scalar("FIND", 2, 3, find::find),
    scalar("FINDB", 2, 3, find::find),
    scalar("SEARCH", 2, 3, find::search),
    scalar("SEARCHB", 2, 3, find::search),
    scalar("SUBSTITUTE", 3, 4, find::substitute),
    scalar("EXACT", 2, 2, find::exact),
    scalar("UPPER", 1, 1, change::upper),
    scalar("LOWER", 1, 1, change::lower),
    scalar("PROPER", 1, 1, change::proper),
    scalar("TRIM", 1, 1, change::trim),
    scalar("CLEAN", 1, 1, change::clean),
    scalar("REPT", 2, 2, change::rept),
    scalar("ASC", 1, 1, change::asc),
    shaped("T", 1, 1, ANY, change::t),
    scalar("CHAR", 1, 1, codes::char),
    scalar("CODE", 1, 1, codes::code),
    scalar("UNICHAR", 1, 1, codes::unichar),
    scalar("UNICODE", 1, 1, codes::unicode),
    scalar("ENCODEURL", 1, 1, codes::encodeurl),
    scalar("CONCATENATE", 1, 255, join::concatenate).with(flags::JOINS_TEXTS),
    shaped("CONCAT", 1, 255, ANY, join::concat).with(flags::JOINS_TEXTS),
    shaped("TEXTJOIN", 3, 255, &[Param::Any, Param::Scalar, Param::Any], join::textjoin),
    shaped("TEXTBEFORE", 2, 6, BEFORE_AFTER, split::textbefore),
    shaped("TEXTAFTER", 2, 6, BEFORE_AFTER, split::textafter),
    shaped("TEXTSPLIT", 2, 6, SPLIT, split::textsplit).with(flags::GIVES_ARRAY),
    scalar("REGEXTEST", 2, 3, regex::regextest),
    scalar("REGEXEXTRACT", 2, 4, regex::regexextract).with(flags::GIVES_ARRAY),
    scalar("REGEXREPLACE", 3, 5, regex::regexreplace),
    scalar("TEXT", 2, 2, convert::text).with(flags::TAKES_FORMAT),
    scalar("FIXED", 1, 3, convert::fixed),
    scalar("DOLLAR", 1, 2, convert::dollar),
    scalar("VALUE", 1, 1, convert::value),
    scalar("NUMBERVALUE", 1, 3, convert::numbervalue),
    scalar("VALUETOTEXT", 1, 2, convert::valuetotext).with(flags::SEES_ERRORS),
    shaped("ARRAYTOTEXT", 1, 2, &[Param::Any, Param::Scalar], convert::arraytotext),
];
