//! References to cells and ranges, and names: from the parser crate's types to ours.

use super::ast::{Corner, Expr, Reference, SheetName};
use super::error::ParseError;
use super::names::name;
use super::table;
use crate::workbook::{MAX_COL, MAX_ROW};
use formualizer_parse::parser::{ExternalRefKind, ExternalReference, ReferenceType};

/// A row or a column, and whether a `$` fixes it.
pub(super) type Coordinate = (u32, bool);

pub(super) fn operand(original: &str, reference: ReferenceType) -> Result<Expr, ParseError> {
    // Decided by the text: the crate looks for `!` inside a table's brackets, too.
    if original.ends_with(']') {
        return table::read(original);
    }
    match reference {
        ReferenceType::Cell { sheet, row, col, row_abs, col_abs } => {
            cell(sheet.map(local), (row, row_abs), (col, col_abs))
        }
        ReferenceType::Cell3D { sheet_first, sheet_last, row, col, row_abs, col_abs } => {
            cell(Some(span(sheet_first, sheet_last)), (row, row_abs), (col, col_abs))
        }
        ReferenceType::Range {
            sheet,
            start_row,
            start_col,
            end_row,
            end_col,
            start_row_abs,
            start_col_abs,
            end_row_abs,
            end_col_abs,
        } => area(
            sheet.map(local),
            (start_row, start_row_abs, end_row, end_row_abs),
            (start_col, start_col_abs, end_col, end_col_abs),
        ),
        ReferenceType::Range3D {
            sheet_first,
            sheet_last,
            start_row,
            start_col,
            end_row,
            end_col,
            start_row_abs,
            start_col_abs,
            end_row_abs,
            end_col_abs,
        } => area(
            Some(span(sheet_first, sheet_last)),
            (start_row, start_row_abs, end_row, end_row_abs),
            (start_col, start_col_abs, end_col, end_col_abs),
        ),
        ReferenceType::External(reference) => external(reference),
        ReferenceType::Table(_) => table::read(original),
        ReferenceType::NamedRange(text) => match text.strip_prefix('!') {
            Some(rest) => on_own_sheet(rest),
            None => name(&text),
        },
    }
}

/// `!A1` in a defined name is the cell on the sheet that uses the name. A reference without a sheet means the same.
fn on_own_sheet(text: &str) -> Result<Expr, ParseError> {
    match ReferenceType::from_string(text) {
        Ok(ReferenceType::NamedRange(text)) => name(&text),
        Ok(reference) => operand(text, reference),
        Err(_) => Err(ParseError::new(format!("not a reference: !{text}"))),
    }
}

fn local(name: String) -> SheetName {
    SheetName::Local(name.into())
}

fn span(first: String, last: String) -> SheetName {
    SheetName::Span(first.into(), last.into())
}

fn external(reference: ExternalReference) -> Result<Expr, ParseError> {
    let book = reference.book.token().replace(['[', ']'], "");
    let sheet = Some(SheetName::External { book: book.into(), sheet: reference.sheet.into() });
    match reference.kind {
        ExternalRefKind::Cell { row, col, row_abs, col_abs } => cell(sheet, (row, row_abs), (col, col_abs)),
        ExternalRefKind::Range {
            start_row,
            start_col,
            end_row,
            end_col,
            start_row_abs,
            start_col_abs,
            end_row_abs,
            end_col_abs,
        } => area(
            sheet,
            (start_row, start_row_abs, end_row, end_row_abs),
            (start_col, start_col_abs, end_col, end_col_abs),
        ),
    }
}

fn cell(sheet: Option<SheetName>, row: Coordinate, col: Coordinate) -> Result<Expr, ParseError> {
    area(sheet, (Some(row.0), row.1, Some(row.0), row.1), (Some(col.0), col.1, Some(col.0), col.1))
}

/// First and last row (or column) as the crate gives them: one-based, None if all rows are meant.
type Ends = (Option<u32>, bool, Option<u32>, bool);

fn area(sheet: Option<SheetName>, rows: Ends, cols: Ends) -> Result<Expr, ParseError> {
    let (top, bottom) = ends(rows, MAX_ROW)?;
    let (left, right) = ends(cols, MAX_COL)?;
    Ok(Expr::Reference(rectangle(sheet, (top, bottom), (left, right))))
}

fn ends(
    (start, start_fixed, end, end_fixed): Ends,
    max: u32,
) -> Result<(Coordinate, Coordinate), ParseError> {
    let zero_based = |position: u32| match position.checked_sub(1) {
        Some(index) if index <= max => Ok(index),
        _ => Err(ParseError::new(format!("row or column {position} is off the sheet"))),
    };
    match (start, end) {
        (None, None) => Ok(((0, true), (max, true))),
        (Some(a), Some(b)) => Ok(((zero_based(a)?, start_fixed), (zero_based(b)?, end_fixed))),
        _ => Err(ParseError::new("a range must have a row, or no row, on both sides")),
    }
}

/// The rectangle between two rows and two columns in any order. Whole columns have fixed rows, and whole rows fixed
/// columns: shifting does not move them.
pub(super) fn rectangle(
    sheet: Option<SheetName>,
    rows: (Coordinate, Coordinate),
    cols: (Coordinate, Coordinate),
) -> Reference {
    let (top, bottom) = ordered(rows, MAX_ROW);
    let (left, right) = ordered(cols, MAX_COL);
    let corner = |row: Coordinate, col: Coordinate| Corner {
        row: row.0,
        col: col.0,
        row_fixed: row.1,
        col_fixed: col.1,
    };
    Reference { sheet, first: corner(top, left), last: corner(bottom, right) }
}

fn ordered((a, b): (Coordinate, Coordinate), max: u32) -> (Coordinate, Coordinate) {
    let (low, high) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    if low.0 == 0 && high.0 == max { ((0, true), (max, true)) } else { (low, high) }
}

/// `left:right`. Two single cells of one sheet make a rectangle.
pub(super) fn range(left: Expr, right: Expr) -> Expr {
    match (left, right) {
        (Expr::Reference(a), Expr::Reference(b))
            if a.first == a.last && b.first == b.last && (b.sheet.is_none() || b.sheet == a.sheet) =>
        {
            let (from, to) = (a.first, b.first);
            Expr::Reference(rectangle(
                a.sheet,
                ((from.row, from.row_fixed), (to.row, to.row_fixed)),
                ((from.col, from.col_fixed), (to.col, to.col_fixed)),
            ))
        }
        (left, right) => Expr::RangeOf(Box::new(left), Box::new(right)),
    }
}
