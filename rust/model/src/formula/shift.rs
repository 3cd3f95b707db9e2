//! Moves a formula to another cell, for shared formulas and relative names. It changes the tree, not the text.

use super::ast::{Expr, Reference};
use super::reference::{Coordinate, rectangle};
use crate::workbook::{MAX_COL, MAX_ROW};

/// The formula as it reads `rows` further down and `cols` further right. Rows and columns without `$` move, and wrap
/// around the edges of the sheet. Whole columns and rows stay whole.
pub fn shift(expr: &Expr, rows: i64, cols: i64) -> Expr {
    let moved = |inner: &Expr| Box::new(shift(inner, rows, cols));
    let all = |list: &[Expr]| list.iter().map(|inner| shift(inner, rows, cols)).collect::<Vec<_>>();
    match expr {
        Expr::Reference(reference) => Expr::Reference(shift_reference(reference, rows, cols)),
        Expr::Unary(op, operand) => Expr::Unary(*op, moved(operand)),
        Expr::Binary(op, left, right) => Expr::Binary(*op, moved(left), moved(right)),
        Expr::RangeOf(left, right) => Expr::RangeOf(moved(left), moved(right)),
        Expr::Union(areas) => Expr::Union(all(areas)),
        Expr::Intersection(left, right) => Expr::Intersection(moved(left), moved(right)),
        Expr::Spill(anchor) => Expr::Spill(moved(anchor)),
        Expr::Intersected(operand) => Expr::Intersected(moved(operand)),
        Expr::Call { name, args } => Expr::Call { name: name.clone(), args: all(args) },
        Expr::Invoke { callee, args } => Expr::Invoke { callee: moved(callee), args: all(args) },
        Expr::Number(_)
        | Expr::Text(_)
        | Expr::Bool(_)
        | Expr::Error(_)
        | Expr::Omitted
        | Expr::Array { .. }
        | Expr::Name { .. }
        | Expr::Table(_) => expr.clone(),
    }
}

fn shift_reference(reference: &Reference, rows: i64, cols: i64) -> Reference {
    let (first, last) = (reference.first, reference.last);
    rectangle(
        reference.sheet.clone(),
        (
            moved((first.row, first.row_fixed), rows, MAX_ROW),
            moved((last.row, last.row_fixed), rows, MAX_ROW),
        ),
        (
            moved((first.col, first.col_fixed), cols, MAX_COL),
            moved((last.col, last.col_fixed), cols, MAX_COL),
        ),
    )
}

fn moved((position, fixed): Coordinate, by: i64, max: u32) -> Coordinate {
    if fixed {
        return (position, true);
    }
    let size = i64::from(max) + 1;
    let wrapped = (i64::from(position) + by % size).rem_euclid(size);
    (u32::try_from(wrapped).unwrap_or(position), false)
}
