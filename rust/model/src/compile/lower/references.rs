//! From references, names and tables to places on sheets.

use super::at::At;
use super::failure::{Failure, Lowered};
use super::forms::Form;
use super::lowerer::Lowerer;
use super::values::{Abs, Single, constant};
use crate::compile::graph::Term;
use crate::formula::ast::{Expr, Reference, SheetName, TableReference};
use crate::formula::{parse, shift};
use crate::workbook::{Area, CellAddress, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels::arrays::record;
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    /// An expression that stands for a reference.
    pub fn lower_reference(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        match expr {
            Expr::Reference(reference) => self.reference(reference, at.cell).map(Abs::Places),
            Expr::Table(reference) => Ok(match self.table_reference(reference, at.cell)? {
                Ok(place) => Abs::Places(vec![place]),
                Err(code) => constant(Value::error(code)),
            }),
            Expr::Name { scope, name } => self.lower_name(scope.as_ref(), name, at),
            Expr::RangeOf(left, right) => {
                match (self.lower_places(left, at)?, self.lower_places(right, at)?) {
                    (Ok(left), Ok(right)) => Ok(hull(left, right)),
                    _ => Ok(constant(Value::error(ErrorCode::Value))),
                }
            }
            Expr::Union(items) => {
                let mut places = Vec::new();
                for item in items {
                    match self.lower_places(item, at)? {
                        Ok(more) => places.extend(more),
                        Err(_) => return Ok(constant(Value::error(ErrorCode::Value))),
                    }
                }
                Ok(Abs::Places(places))
            }
            Expr::Intersection(left, right) => {
                let (Ok(left), Ok(right)) = (self.lower_places(left, at)?, self.lower_places(right, at)?)
                else {
                    return Ok(constant(Value::error(ErrorCode::Value)));
                };
                let common: Vec<Place> =
                    left.iter().flat_map(|a| right.iter().filter_map(|b| a.intersection(b))).collect();
                Ok(if common.is_empty() {
                    constant(Value::error(ErrorCode::Null))
                } else {
                    Abs::Places(common)
                })
            }
            Expr::Spill(operand) => match self.lower_places(operand, at)? {
                Ok(places) => match *places {
                    [place] if place.is_cell() => self.spilled(CellAddress {
                        sheet: place.sheet,
                        row: place.area.first_row,
                        col: place.area.first_col,
                    }),
                    _ => Ok(constant(Value::error(ErrorCode::Ref))),
                },
                Err(_) => Ok(constant(Value::error(ErrorCode::Ref))),
            },
            Expr::Intersected(operand) => match self.lower(operand, at)? {
                Abs::Places(places) => match *places {
                    [place] => self.intersect(&place, at).map(Abs::Term),
                    _ => Ok(constant(Value::error(ErrorCode::Value))),
                },
                other => match self.single(other, at)? {
                    Single::One(term) => Ok(Abs::Term(self.graph.element(term, 0, 0))),
                    Single::Many(grid) => Ok(Abs::Term(grid.at(0, 0))),
                },
            },
            _ => Err(Failure::unsupported("an expression of an unknown form")),
        }
    }

    /// The places that an expression stands for, or what it is instead.
    pub fn lower_places(&mut self, expr: &Expr, at: &At) -> Lowered<Result<Vec<Place>, Abs>> {
        match self.lower(expr, &At { wants_range: true, ..at.clone() })? {
            Abs::Places(places) => Ok(Ok(places)),
            Abs::Choice(_) | Abs::Term(Term::Node(_)) => {
                Err(Failure::unsupported("a reference that depends on an input"))
            }
            other => Ok(Err(other)),
        }
    }

    /// The places of a reference; more than one for `Sheet1:Sheet3!A1`.
    pub fn reference(&self, reference: &Reference, at: CellAddress) -> Lowered<Vec<Place>> {
        let area = reference.area();
        let sheets = match &reference.sheet {
            None => at.sheet..=at.sheet,
            Some(SheetName::Local(name)) => {
                let sheet = self.known_sheet(name)?;
                sheet..=sheet
            }
            Some(SheetName::Span(from, to)) => {
                let (from, to) = (self.known_sheet(from)?, self.known_sheet(to)?);
                from.min(to)..=from.max(to)
            }
            Some(SheetName::External { book, .. }) => {
                return Err(Failure::unsupported(format!("a reference to another workbook ([{book}])")));
            }
        };
        Ok(sheets.map(|sheet| Place { sheet, area }).collect())
    }

    fn known_sheet(&self, name: &str) -> Lowered<usize> {
        self.sheets.sheet(name).ok_or_else(|| Failure::unsupported(format!("there is no sheet {name:?}")))
    }

    /// The place of a table reference, or the error if the table has no such rows.
    pub fn table_reference(
        &self,
        reference: &TableReference,
        at: CellAddress,
    ) -> Lowered<Result<Place, ErrorCode>> {
        let number = match &reference.table {
            Some(name) => self
                .sheets
                .table(name)
                .ok_or_else(|| Failure::unsupported(format!("there is no table {name:?}")))?,
            None => self.sheets.table_at(at).ok_or_else(|| {
                Failure::unsupported("a table reference without a table name outside any table")
            })?,
        };
        let Some(table) = self.sheets.book.tables.get(number) else {
            return Err(Failure::unsupported("a table that is not there"));
        };
        let whole = table.area.ok_or_else(|| Failure::unsupported("a table without an area"))?;
        let column = |name: &str| {
            let found = self.sheets.column_of(number, name);
            found
                .ok_or_else(|| Failure::unsupported(format!("table {:?} has no column {name:?}", table.name)))
        };
        let (first_col, last_col) = match &reference.columns {
            Some((first, last)) => (whole.first_col + column(first)?, whole.first_col + column(last)?),
            None => (whole.first_col, whole.last_col),
        };
        let data_first = whole.first_row + table.header_rows;
        let data_last = whole.last_row.saturating_sub(table.totals_rows);
        let all_data = reference.data || !(reference.headers || reference.totals || reference.this_row);
        let (first_row, last_row) = if reference.this_row {
            if !(data_first..=data_last).contains(&at.row) {
                return Ok(Err(ErrorCode::Value));
            }
            (at.row, at.row)
        } else {
            let first = if reference.headers {
                whole.first_row
            } else if all_data {
                data_first
            } else {
                data_last + 1
            };
            let last = if reference.totals {
                whole.last_row
            } else if all_data {
                data_last
            } else {
                whole.first_row
            };
            (first, last)
        };
        let (first_col, last_col) = (first_col.min(last_col), first_col.max(last_col));
        let area = Area { first_row, first_col, last_row, last_col };
        let place = Place { sheet: table.sheet, area };
        Ok(if first_row <= last_row { Ok(place) } else { Err(ErrorCode::Ref) })
    }

    fn lower_name(&mut self, scope: Option<&SheetName>, name: &str, at: &At) -> Lowered<Abs> {
        let mut variable = at.scope.as_ref();
        while let Some(found) = variable {
            if found.name.eq_ignore_ascii_case(name) {
                return Ok(found.value.clone());
            }
            variable = found.outer.as_ref();
        }
        let sheet = match scope {
            None => at.cell.sheet,
            Some(SheetName::Local(sheet)) => match self.sheets.sheet(sheet) {
                Some(sheet) => sheet,
                // In `Workbook.xlsx!Name` it is this workbook.
                None => at.cell.sheet,
            },
            Some(SheetName::Span(..)) => return Ok(constant(Value::error(ErrorCode::Name))),
            Some(SheetName::External { book, .. }) => {
                return Err(Failure::unsupported(format!("a name of another workbook ([{book}])")));
            }
        };
        let home = CellAddress { sheet, ..at.cell };
        if let Some(known) = self.memo.name(home, name, at) {
            return Ok(known);
        }
        match self.name_tree(name, home)? {
            // What a name refers to is a reference where it is used: there one value of it may be wanted.
            Some(tree) if !at.array && is_dynamic(&tree) => {
                self.lower(&tree, &At { cell: home, scope: None, ..at.clone() })
            }
            Some(tree) => {
                // The formula of a name is an array formula, wherever the name is used.
                let inside =
                    At { cell: home, array: true, forced: false, wants_range: at.wants_range, scope: None };
                let result = self.lower(&tree, &inside)?;
                let result = if at.array || at.wants_range { result } else { self.only_cell(&tree, result) };
                if !matches!(*tree, Expr::Reference(_) | Expr::Number(_) | Expr::Text(_)) {
                    self.memo.add_name(home, name, at, &result);
                }
                Ok(result)
            }
            // The bare name of a table means its data.
            None if scope.is_none() && self.sheets.table(name).is_some() => {
                let whole = TableReference { table: Some(name.into()), ..TableReference::default() };
                self.lower_reference(&Expr::Table(whole), at)
            }
            None => Ok(constant(Value::error(ErrorCode::Name))),
        }
    }

    /// What INDEX picks for a record, where one value is wanted. Where more cells than one cross the formula is not known.
    fn only_cell(&mut self, tree: &Expr, picked: Abs) -> Abs {
        match (tree, picked) {
            (Expr::Call { name, .. }, Abs::Term(term @ Term::Node(_)))
                if Form::find(name) == Some(Form::Index) && self.graph.is_array(term) =>
            {
                Abs::Term(self.graph.call_named(record::ONLY, &[term]))
            }
            (_, other) => other,
        }
    }

    /// The tree of a defined name as seen from a cell. Relative references in names count from A1.
    pub fn name_tree(&mut self, name: &str, at: CellAddress) -> Lowered<Option<Rc<Expr>>> {
        let key = (at.sheet, name.to_lowercase());
        let tree = match self.name_trees.get(&key) {
            Some(tree) => tree.clone()?,
            None => {
                let Some(defined) = self.sheets.name(at.sheet, name) else { return Ok(None) };
                let text = &defined.text;
                let tree = parse(text).map(Rc::new).map_err(|error| {
                    Failure::unsupported(format!("the name {name} ({text}) cannot be read: {error}"))
                });
                self.name_trees.insert(key, tree.clone());
                tree?
            }
        };
        if is_relative(&tree) {
            return Ok(Some(Rc::new(shift(&tree, i64::from(at.row), i64::from(at.col)))));
        }
        Ok(Some(tree))
    }
}

fn hull(left: Vec<Place>, right: Vec<Place>) -> Abs {
    let mut all = left.into_iter().chain(right);
    let Some(first) = all.next() else { return constant(Value::error(ErrorCode::Ref)) };
    let mut whole = first;
    for place in all {
        if place.sheet != whole.sheet {
            return constant(Value::error(ErrorCode::Value));
        }
        whole = whole.hull(&place);
    }
    Abs::Places(vec![whole])
}

/// A reference that may depend on a record, or a name for one.
fn is_dynamic(expr: &Expr) -> bool {
    match expr {
        Expr::Name { .. } => true,
        Expr::Call { name, .. } => matches!(Form::find(name), Some(Form::Offset | Form::Indirect)),
        _ => false,
    }
}

fn is_relative(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => {
            let (first, last) = (reference.first, reference.last);
            let whole_rows = first.row == 0 && last.row == MAX_ROW;
            let whole_cols = first.col == 0 && last.col == MAX_COL;
            !(whole_rows || first.row_fixed && last.row_fixed)
                || !(whole_cols || first.col_fixed && last.col_fixed)
        }
        Expr::Unary(_, a) | Expr::Spill(a) | Expr::Intersected(a) => is_relative(a),
        Expr::Binary(_, a, b) | Expr::RangeOf(a, b) | Expr::Intersection(a, b) => {
            is_relative(a) || is_relative(b)
        }
        Expr::Union(items) | Expr::Call { args: items, .. } => items.iter().any(is_relative),
        Expr::Invoke { callee, args } => is_relative(callee) || args.iter().any(is_relative),
        _ => false,
    }
}
