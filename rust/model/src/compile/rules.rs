//! The rules of the interface: data validations of input cells, and cells that complain about records. What is the
//! same in every record is folded. What is not becomes a result of a plan of its own.

use super::graph::{Term, kinds};
use super::lower::{At, Failure, Lowerer, Single};
use crate::formula::ast::Expr;
use crate::markers::Declared;
use crate::markers::validations::{CellRule, Finder};
use crate::report::Remark;
use crate::workbook::{CellAddress, DataValidation, Place, ValidationKind, ValidationOperator};
use execd_calc::interface::{Bound, Complaint, Constant, Limit, Rule, Validation};
use execd_calc::semantics::coerce;
use execd_calc::semantics::primitive::{Op1, Op3};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use hashbrown::{HashMap, HashSet};

/// Allowed values of one list, and of all lists together.
const MAX_LIST: usize = 100_000;
const MAX_LISTED: usize = 5_000_000;

/// A cell's rule is compared with this many of the rules before it. A row of a table has fewer cells.
const MOST_COMPARED: usize = 64;

/// Characters of a formula that messages show.
const MOST_SHOWN: usize = 200;

/// Gives the inputs their validations, and returns the terms of the results that rules refer to by number. A rule that
/// cannot be checked becomes a warning.
pub fn attach(lowerer: &mut Lowerer<'_>, declared: &mut Declared) -> Vec<Term> {
    let mut finder = Finder::new(lowerer.sheets.book, &declared.input_cells);
    let mut rules = Rules { lowerer, results: Vec::new(), formulas: Vec::new(), listed: 0 };
    for input in &mut declared.interface.inputs {
        // Validations that have a warning already: one is enough for all their cells.
        let mut told: HashSet<*const DataValidation> = HashSet::new();
        // Lists that are ranges, and the positions of their rules: the cells of a column often share a list.
        let mut lists: HashMap<(*const DataValidation, Place), usize> = HashMap::new();
        for cell in input.first_cell..input.first_cell + input.shape.cells() {
            let found = declared.input_cells.get(cell).and_then(|at| finder.of_cell(*at));
            let Some(found) = found else { continue };
            let validation = std::ptr::from_ref(found.validation);
            let list = rules.listed_range(&found).map(|range| (validation, range));
            if let Some(at) = list.and_then(|list| lists.get(&list))
                && let Some(same) = input.validations.get_mut(*at)
            {
                same.cells.push(cell);
                continue;
            }
            match rules.rule(&found) {
                Ok(Some(rule)) => {
                    let at = add(&mut input.validations, cell, rule, found.validation);
                    lists.extend(list.map(|list| (list, at)));
                }
                Ok(None) => {}
                Err(_) if !told.insert(validation) => {}
                Err(why) => {
                    let place = rules.lowerer.label(found.at);
                    let message = format!(
                        "the validation of the input {} ({place}: {}) is not checked: {why}",
                        input.name,
                        formulas(&found)
                    );
                    let remark = Remark::new(message).of_name(format!("Xinput_{}", input.name));
                    declared.warnings.push(remark.at(rules.lowerer.sheets.book, found.at));
                }
            }
        }
    }
    for (name, at) in &declared.complaints {
        match rules.lowerer.term(*at) {
            Ok(term) => {
                let label = rules.lowerer.label(*at);
                let result = rules.result(term, label);
                declared.interface.complaints.push(Complaint { name: name.clone(), result });
            }
            Err(failure) => {
                let why = reason(&failure);
                let remark = Remark::new(format!("the name Xvalidate_{name} has no effect: {why}"));
                let remark = remark.of_name(format!("Xvalidate_{name}"));
                declared.warnings.push(remark.at(rules.lowerer.sheets.book, *at));
            }
        }
    }
    if finder.is_exhausted() {
        let message = "the workbook has too many data validations: not all of them are checked";
        declared.warnings.push(Remark::new(message));
    }
    declared.interface.formulas = rules.formulas;
    rules.results
}

/// Adds a cell to the validation with this rule, or to a new one. Returns its position.
fn add(validations: &mut Vec<Validation>, cell: usize, rule: Rule, found: &DataValidation) -> usize {
    let (message, ignore_blank) = (&found.error_message, found.allow_blank);
    let recent = validations.len().saturating_sub(MOST_COMPARED);
    for (at, old) in validations.iter_mut().enumerate().skip(recent).rev() {
        if old.rule == rule && old.message == *message && old.ignore_blank == ignore_blank {
            old.cells.push(cell);
            return at;
        }
    }
    validations.push(Validation { cells: vec![cell], rule, message: message.clone(), ignore_blank });
    validations.len() - 1
}

/// The formulas of a validation for a message, if possible as seen from the cell.
fn formulas(found: &CellRule) -> String {
    let shown = |tree: Result<Expr, String>, text: &Option<String>| match tree {
        Ok(tree) => Some(format!("={tree}")),
        Err(_) => text.as_ref().map(|text| format!("={text}")),
    };
    let validation = found.validation;
    let both = [shown(found.first(), &validation.formula1), shown(found.second(), &validation.formula2)];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

struct Rules<'l, 'w> {
    lowerer: &'l mut Lowerer<'w>,
    results: Vec<Term>,
    /// The formulas of the results.
    formulas: Vec<String>,
    /// Values of all lists so far.
    listed: usize,
}

impl Rules<'_, '_> {
    /// The rule, or why it cannot be checked. None if it accepts every value.
    fn rule(&mut self, found: &CellRule) -> Result<Option<Rule>, String> {
        Ok(Some(match found.validation.kind {
            ValidationKind::Whole => Rule::Whole(self.bound(found)?),
            ValidationKind::Decimal => Rule::Decimal(self.bound(found)?),
            ValidationKind::Date => Rule::Date(self.bound(found)?),
            ValidationKind::Time => Rule::Time(self.bound(found)?),
            ValidationKind::TextLength => Rule::TextLength(self.bound(found)?),
            ValidationKind::List => self.list(found)?,
            ValidationKind::Custom => return self.custom(found),
            ValidationKind::None => return Ok(None),
        }))
    }

    fn bound(&mut self, found: &CellRule) -> Result<Bound<Limit>, String> {
        let first = self.limit(found, &found.first()?)?;
        let mut second = || self.limit(found, &found.second()?);
        Ok(match found.validation.operator {
            ValidationOperator::Between => Bound::Between(first, second()?),
            ValidationOperator::NotBetween => Bound::NotBetween(first, second()?),
            ValidationOperator::Equal => Bound::Equal(first),
            ValidationOperator::NotEqual => Bound::NotEqual(first),
            ValidationOperator::GreaterThan => Bound::Greater(first),
            ValidationOperator::LessThan => Bound::Less(first),
            ValidationOperator::GreaterThanOrEqual => Bound::AtLeast(first),
            ValidationOperator::LessThanOrEqual => Bound::AtMost(first),
        })
    }

    fn limit(&mut self, found: &CellRule, tree: &Expr) -> Result<Limit, String> {
        let value = self.value(found, tree)?;
        let value = if found.validation.allow_blank { value } else { self.one(Op1::CellValue, value) };
        let term = self.unless_blank(found, tree, value)?;
        let Some(value) = term.constant() else {
            return Ok(Limit::Result(self.result(term, tree.to_string())));
        };
        let number = match Constant::of(&self.lowerer.graph.heap, value) {
            Constant::Number(x) => Some(x),
            Constant::Bool(b) => Some(f64::from(u8::from(b))),
            Constant::Text(text) => {
                coerce::number_from_text(&text, self.lowerer.sheets.book.settings.date1904)
            }
            Constant::Error(code) => return Err(format!("{tree} is always {}", code.text())),
            Constant::Blank => return Err(always_allowed(&tree.to_string())),
        };
        number.map(Limit::Constant).ok_or_else(|| format!("{tree} is not a number"))
    }

    /// The rule of a formula that says whether the value is allowed.
    fn custom(&mut self, found: &CellRule) -> Result<Option<Rule>, String> {
        let tree = found.first()?;
        let value = self.value(found, &tree)?;
        let verdict = self.one(Op1::Truth, value);
        let verdict = self.unless_blank(found, &tree, verdict)?;
        match verdict.constant().map(Value::unpack) {
            Some(Unpacked::Bool(true)) => Ok(None),
            Some(Unpacked::Error(code)) => Err(format!("{tree} is always {}", code.text())),
            _ => Ok(Some(Rule::Holds(self.result(verdict, tree.to_string())))),
        }
    }

    /// The range of a list, if the list is a range or the name of one.
    fn listed_range(&mut self, found: &CellRule) -> Option<Place> {
        if found.validation.kind != ValidationKind::List {
            return None;
        }
        let reference = match found.first().ok()? {
            Expr::Reference(reference) => reference,
            Expr::Name { scope: None, name } => match &*self.lowerer.name_tree(&name, found.at).ok()?? {
                Expr::Reference(reference) => reference.clone(),
                _ => return None,
            },
            _ => return None,
        };
        match self.lowerer.reference(&reference, found.at).ok()?.as_slice() {
            [place] => Some(*place),
            _ => None,
        }
    }

    /// The rule of a list: items in quotes (`"a,b"`), or the values of a range without its blank cells.
    fn list(&mut self, found: &CellRule) -> Result<Rule, String> {
        let tree = found.first()?;
        if let Expr::Text(items) = &tree {
            return Ok(Rule::List(items.split(',').map(|item| item_of_text(item.trim())).collect()));
        }
        let at = At { wants_range: true, ..seen_from(found.at) };
        let list = self.lowerer.lower(&tree, &at).and_then(|list| self.lowerer.single(list, &at));
        let list = list.map_err(|failure| reason(&failure))?;
        let (rows, cols) = list.shape();
        let count = rows.saturating_mul(cols);
        self.listed = self.listed.saturating_add(count);
        if count > MAX_LIST || self.listed > MAX_LISTED {
            return Err(format!(
                "its list has more than {MAX_LIST} cells, or all lists together have too many"
            ));
        }
        let whole = match &list {
            Single::Many(grid) if matches!(tree, Expr::Name { .. }) => {
                let cells: Vec<Term> = grid.terms.iter().copied().chain(grid.beyond).collect();
                let whole = self.lowerer.whole(&list);
                self.unless_any_blank(found, cells, whole)
            }
            _ => {
                let mut whole = self.lowerer.whole(&list);
                // A blank result would accept every value, but a list of one blank cell accepts none.
                let graph = &mut self.lowerer.graph;
                if whole.constant().is_none() && graph.kinds(whole) & kinds::BLANK != 0 {
                    let is_blank = graph.call_named("ISBLANK", &[whole]);
                    let nothing = Term::Const(Value::error(ErrorCode::NA));
                    whole = graph.three(Op3::Select, is_blank, nothing, whole);
                }
                match tree {
                    Expr::Reference(_) => Ok(whole),
                    _ => self.unless_blank(found, &tree, whole),
                }
            }
        }?;
        match whole.constant() {
            Some(value) => self.constant_list(value).map_err(|code| format!("{tree} is always {code}")),
            None => Ok(Rule::ListFrom(self.result(whole, tree.to_string()))),
        }
    }

    /// The rule of a list that is the same in every record. Fails with the text of an error value.
    fn constant_list(&self, value: Value) -> Result<Rule, &'static str> {
        let heap = &self.lowerer.graph.heap;
        let values = match value.unpack() {
            Unpacked::Array(id) => heap.array(id).cells.as_slice(),
            Unpacked::Error(code) => return Err(code.text()),
            _ => &[value][..],
        };
        let constants = values.iter().map(|&value| Constant::of(heap, value));
        Ok(Rule::List(constants.filter(|value| *value != Constant::Blank).collect()))
    }

    /// The value of a formula, or the first one of an array.
    fn value(&mut self, found: &CellRule, tree: &Expr) -> Result<Term, String> {
        let at = seen_from(found.at);
        let value = self.lowerer.lower_root(tree, &at).and_then(|value| self.lowerer.single(value, &at));
        Ok(match value.map_err(|failure| reason(&failure))? {
            Single::One(term) => self.lowerer.graph.element(term, 0, 0),
            Single::Many(grid) => grid.at(0, 0),
        })
    }

    fn one(&mut self, op: Op1, term: Term) -> Term {
        self.lowerer.graph.one(op, term)
    }

    fn result(&mut self, term: Term, formula: String) -> usize {
        let is_long = formula.chars().nth(MOST_SHOWN).is_some();
        self.formulas.push(match is_long {
            true => formula.chars().take(MOST_SHOWN).chain(['…']).collect(),
            false => formula,
        });
        self.results.push(term);
        self.results.len() - 1
    }

    /// With "Ignore blank", Excel accepts every value if a cell that the formula names is blank. Ranges do not count,
    /// nor does the cell itself.
    fn unless_blank(&mut self, found: &CellRule, tree: &Expr, term: Term) -> Result<Term, String> {
        let mut cells = Vec::new();
        self.named_cells(tree, found.at, &mut cells);
        cells.retain(|cell| *cell != found.at);
        let values: Result<Vec<Term>, Failure> =
            cells.into_iter().map(|cell| self.lowerer.term(cell)).collect();
        self.unless_any_blank(found, values.map_err(|failure| reason(&failure))?, term)
    }

    fn unless_any_blank(
        &mut self,
        found: &CellRule,
        cells: Vec<Term>,
        mut term: Term,
    ) -> Result<Term, String> {
        if !found.validation.allow_blank {
            return Ok(term);
        }
        let graph = &mut self.lowerer.graph;
        for cell in cells {
            if cell.constant().is_some_and(Value::is_blank) {
                return Err(always_allowed("a cell that it refers to"));
            }
            if graph.kinds(cell) & kinds::BLANK != 0 {
                let is_blank = graph.call_named("ISBLANK", &[cell]);
                term = graph.three(Op3::Select, is_blank, Term::Const(Value::BLANK), term);
            }
        }
        Ok(term)
    }

    /// The single cells that a formula names.
    fn named_cells(&mut self, tree: &Expr, at: CellAddress, cells: &mut Vec<CellAddress>) {
        match tree {
            Expr::Reference(reference) => {
                if let Ok([place]) = self.lowerer.reference(reference, at).as_deref()
                    && place.is_cell()
                {
                    let area = place.area;
                    cells.push(CellAddress { sheet: place.sheet, row: area.first_row, col: area.first_col });
                }
            }
            Expr::Name { scope: None, name } => {
                if let Ok(Some(named)) = self.lowerer.name_tree(name, at)
                    && let Expr::Reference(_) = *named
                {
                    self.named_cells(&named, at, cells);
                }
            }
            Expr::Unary(_, a) | Expr::Intersected(a) => self.named_cells(a, at, cells),
            Expr::Binary(_, a, b) => {
                self.named_cells(a, at, cells);
                self.named_cells(b, at, cells);
            }
            Expr::Call { args, .. } => args.iter().for_each(|arg| self.named_cells(arg, at, cells)),
            _ => {}
        }
    }
}

/// Where a validation's formula is evaluated: it is an array formula.
fn seen_from(cell: CellAddress) -> At {
    At { cell, array: true, forced: false, wants_range: false, scope: None }
}

fn always_allowed(what: &str) -> String {
    format!("{what} is blank, and with \"Ignore blank\" every value is allowed")
}

/// Why a formula cannot be compiled, with the other cell that is the reason, if there is one.
fn reason(failure: &Failure) -> String {
    match failure.origin.as_deref() {
        Some(origin) => origin.to_string(),
        None => failure.reason.to_string(),
    }
}

/// An item of a list in quotes: a number, a boolean or a text, as if it were typed into a cell.
fn item_of_text(item: &str) -> Constant {
    match item.parse::<f64>() {
        Ok(x) if x.is_finite() && item.bytes().any(|c| c.is_ascii_digit()) => Constant::Number(x),
        _ if item.eq_ignore_ascii_case("true") => Constant::Bool(true),
        _ if item.eq_ignore_ascii_case("false") => Constant::Bool(false),
        _ => Constant::Text(item.to_owned()),
    }
}
