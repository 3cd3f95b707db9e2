//! The tree as text that parses back to the same tree, for reports and tests. Numbers are written with all their
//! digits, not as Excel would display them.

use super::ast::{Corner, Expr, Reference, SheetName, TableReference};
use crate::workbook::{MAX_COL, MAX_ROW, column_letters};
use execd_calc::semantics::operator::{BinaryOp, UnaryOp};
use std::fmt::{self, Formatter, Write};

/// How tightly the operators bind, loosest first.
mod level {
    pub const COMPARE: u8 = 1;
    pub const CONCAT: u8 = 2;
    pub const ADD: u8 = 3;
    pub const MULTIPLY: u8 = 4;
    pub const POWER: u8 = 5;
    pub const PREFIX: u8 = 6;
    pub const PERCENT: u8 = 7;
    pub const INTERSECTION: u8 = 9;
    pub const RANGE: u8 = 10;
    pub const SPILL: u8 = 11;
    pub const OPERAND: u8 = 12;
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(x) => number(f, *x),
            Expr::Text(text) => write!(f, "\"{}\"", text.replace('"', "\"\"")),
            Expr::Bool(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            Expr::Error(code) => f.write_str(code.text()),
            Expr::Omitted => Ok(()),
            Expr::Array { cols, cells, .. } => array(f, *cols, cells),
            Expr::Reference(reference) => fmt::Display::fmt(reference, f),
            Expr::Name { scope, name } => {
                scope.as_ref().map_or(Ok(()), |scope| sheet(f, scope))?;
                f.write_str(name)
            }
            Expr::Table(reference) => table(f, reference),
            Expr::Unary(UnaryOp::Plus, operand) => prefix(f, '+', operand),
            Expr::Unary(UnaryOp::Minus, operand) => prefix(f, '-', operand),
            Expr::Unary(UnaryOp::Percent, operand) => {
                at_least(f, operand, level::PERCENT)?;
                f.write_char('%')
            }
            Expr::Intersected(operand) => prefix(f, '@', operand),
            Expr::Spill(anchor) => {
                at_least(f, anchor, level::SPILL)?;
                f.write_char('#')
            }
            Expr::Binary(op, left, right) => infix(f, left, sign(*op), right, level_of(self)),
            Expr::RangeOf(left, right) => infix(f, left, ":", right, level::RANGE),
            Expr::Intersection(left, right) => infix(f, left, " ", right, level::INTERSECTION),
            Expr::Union(areas) => {
                f.write_char('(')?;
                list(f, areas)?;
                f.write_char(')')
            }
            Expr::Call { name, args } => {
                write!(f, "{name}(")?;
                list(f, args)?;
                f.write_char(')')
            }
            Expr::Invoke { callee, args } => {
                at_least(f, callee, level::OPERAND)?;
                f.write_char('(')?;
                list(f, args)?;
                f.write_char(')')
            }
        }
    }
}

fn level_of(expr: &Expr) -> u8 {
    match expr {
        Expr::Binary(op, ..) => match op {
            BinaryOp::Add | BinaryOp::Sub => level::ADD,
            BinaryOp::Mul | BinaryOp::Div => level::MULTIPLY,
            BinaryOp::Pow => level::POWER,
            BinaryOp::Concat => level::CONCAT,
            _ => level::COMPARE,
        },
        Expr::Unary(UnaryOp::Percent, _) => level::PERCENT,
        Expr::Unary(..) | Expr::Intersected(_) => level::PREFIX,
        Expr::Intersection(..) => level::INTERSECTION,
        Expr::RangeOf(..) => level::RANGE,
        Expr::Spill(_) => level::SPILL,
        Expr::Number(x) if x.is_sign_negative() => level::PREFIX,
        _ => level::OPERAND,
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Pow => "^",
        BinaryOp::Concat => "&",
        BinaryOp::Eq => "=",
        BinaryOp::Ne => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
    }
}

/// In parentheses if it binds more loosely than `level`.
fn at_least(f: &mut Formatter<'_>, expr: &Expr, level: u8) -> fmt::Result {
    if level_of(expr) >= level { write!(f, "{expr}") } else { write!(f, "({expr})") }
}

fn prefix(f: &mut Formatter<'_>, sign: char, operand: &Expr) -> fmt::Result {
    f.write_char(sign)?;
    at_least(f, operand, level::PREFIX)
}

/// All infix operators group to the left.
fn infix(f: &mut Formatter<'_>, left: &Expr, sign: &str, right: &Expr, level: u8) -> fmt::Result {
    at_least(f, left, level)?;
    f.write_str(sign)?;
    at_least(f, right, level + 1)
}

fn list(f: &mut Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_char(',')?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn array(f: &mut Formatter<'_>, cols: usize, cells: &[Expr]) -> fmt::Result {
    f.write_char('{')?;
    for (position, row) in cells.chunks(cols.max(1)).enumerate() {
        if position > 0 {
            f.write_char(';')?;
        }
        list(f, row)?;
    }
    f.write_char('}')
}

fn number(f: &mut Formatter<'_>, x: f64) -> fmt::Result {
    let size = x.abs();
    if size == 0.0 || (1e-6..1e15).contains(&size) {
        return write!(f, "{x}");
    }
    let scientific = format!("{x:E}");
    match scientific.split_once('E') {
        Some((digits, exponent)) if !exponent.starts_with('-') => write!(f, "{digits}E+{exponent}"),
        _ => f.write_str(&scientific),
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.sheet.as_ref().map_or(Ok(()), |name| sheet(f, name))?;
        let (first, last) = (self.first, self.last);
        if first.row == 0 && last.row == MAX_ROW {
            column(f, first)?;
            f.write_char(':')?;
            return column(f, last);
        }
        if first.col == 0 && last.col == MAX_COL {
            row(f, first)?;
            f.write_char(':')?;
            return row(f, last);
        }
        corner(f, first)?;
        if first != last {
            f.write_char(':')?;
            corner(f, last)?;
        }
        Ok(())
    }
}

fn corner(f: &mut Formatter<'_>, corner: Corner) -> fmt::Result {
    column(f, corner)?;
    row(f, corner)
}

fn column(f: &mut Formatter<'_>, corner: Corner) -> fmt::Result {
    let mark = if corner.col_fixed { "$" } else { "" };
    write!(f, "{mark}{}", column_letters(corner.col))
}

fn row(f: &mut Formatter<'_>, corner: Corner) -> fmt::Result {
    let mark = if corner.row_fixed { "$" } else { "" };
    write!(f, "{mark}{}", corner.row + 1)
}

/// The name as it stands before a reference, with `!`.
fn sheet(f: &mut Formatter<'_>, name: &SheetName) -> fmt::Result {
    let (text, plain) = match name {
        SheetName::Local(sheet) => (sheet.to_string(), is_plain(sheet)),
        SheetName::Span(first, last) => (format!("{first}:{last}"), is_plain(first) && is_plain(last)),
        SheetName::External { book, sheet } => {
            let (path, file) = match book.rfind(['/', '\\']) {
                Some(at) => book.split_at(at + 1),
                None => ("", &**book),
            };
            let plain = is_book_number(file) && path.is_empty() && (sheet.is_empty() || is_plain(sheet));
            (format!("{path}[{file}]{sheet}"), plain)
        }
    };
    if plain { write!(f, "{text}!") } else { write!(f, "'{}'!", text.replace('\'', "''")) }
}

fn is_book_number(book: &str) -> bool {
    book.bytes().all(|b| b.is_ascii_digit())
}

/// True for a sheet name that needs no quotes: letters, digits, `_` and `.`, and not like a cell, a number or a
/// boolean.
fn is_plain(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let letters = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let after_letters = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let cell_like =
        after_letters.starts_with(|c: char| c.is_ascii_digit()) && name.len() - after_letters.len() <= 3;
    let word = ["TRUE", "FALSE", "R", "C", "RC"].iter().any(|word| name.eq_ignore_ascii_case(word));
    starts && letters && !cell_like && !word
}

fn table(f: &mut Formatter<'_>, reference: &TableReference) -> fmt::Result {
    f.write_str(reference.table.as_deref().unwrap_or(""))?;
    let mut items: Vec<String> = Vec::new();
    if reference.headers && reference.data && reference.totals {
        items.push("[#All]".into());
    } else {
        let rows =
            [(reference.headers, "[#Headers]"), (reference.data, "[#Data]"), (reference.totals, "[#Totals]")];
        items.extend(rows.iter().filter(|(wanted, _)| *wanted).map(|(_, item)| (*item).into()));
    }
    if reference.this_row {
        items.push("[#This Row]".into());
    }
    match &reference.columns {
        Some((first, last)) if first == last => items.push(format!("[{}]", escaped(first))),
        Some((first, last)) => items.push(format!("[{}]:[{}]", escaped(first), escaped(last))),
        None => {}
    }
    write!(f, "[{}]", items.join(","))
}

fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '[' | ']' | '#' | '\'' | '@') {
            out.push('\'');
        }
        out.push(c);
    }
    out
}
