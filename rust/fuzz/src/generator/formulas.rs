//! Random formulas over what a workbook of the generator has. Functions come from the table, and their arguments are of
//! the shape that their row asks for; of the wrong one now and then.

use super::constants::{EDGES, TEXTS, any_number, plain_number};
use super::layout::Layout;
use crate::choices::Choices;
use execd_calc::kernels;
use execd_calc::semantics::function::{Function, Param};
use std::sync::LazyLock;

pub struct Formulas<'c, 'b> {
    choices: &'c mut Choices<'b>,
    layout: &'c Layout,
    /// Arguments of LAMBDAs and names of LETs around.
    bound: Vec<String>,
    /// Formulas above this one, which it can refer to.
    above: usize,
    /// What the arguments of a function are mostly.
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Edges,
    Texts,
    Inputs,
    Mixed,
}

const OPERATORS: [&str; 12] = ["+", "-", "*", "/", "^", "&", "=", "<", ">", "<=", ">=", "<>"];

impl<'c, 'b> Formulas<'c, 'b> {
    pub fn new(choices: &'c mut Choices<'b>, layout: &'c Layout) -> Formulas<'c, 'b> {
        Formulas { choices, layout, bound: Vec::new(), above: 0, kind: Kind::Mixed }
    }

    /// For the cell of this row, which may refer to those above it.
    pub fn at(self, row: usize) -> Formulas<'c, 'b> {
        // A formula that refers to itself or to what is below is a circle, or nearly.
        let above = if self.choices.once_in(40) { self.layout.formulas } else { row - 1 };
        Formulas { above, ..self }
    }

    /// What a cell holds: mostly a call, of which most know an input.
    pub fn cell(&mut self, depth: usize) -> String {
        match self.choices.below(10) {
            0 => self.value(depth),
            1 => self.array(depth),
            2 => format!("SUM({})", self.array(depth)),
            3 => self.form(depth),
            _ => self.call(depth),
        }
    }

    /// What a defined name stands for.
    pub fn named(&mut self) -> String {
        match self.choices.below(6) {
            0 => self.value(1),
            1 => self.area().replace('$', ""),
            2 => format!("OFFSET(S!$G$1,{},{},{},2)", self.value(0), self.choices.below(3), self.value(0)),
            3 => self.array(1),
            _ => self.area(),
        }
    }

    pub fn lambda_with_a_name(&mut self) -> (String, usize) {
        let arity = self.choices.between(1, 3);
        (self.lambda(arity, 2), arity)
    }

    pub fn value(&mut self, depth: usize) -> String {
        let choice = self.choices.below(if depth == 0 { 12 } else { 24 });
        match choice {
            0..3 => self.input(),
            3..6 => self.literal(),
            6 => format!(
                "{}{}",
                self.choices.pick(&["G", "$H", "I$", "J"]),
                self.choices.between(1, self.layout.data + 1)
            ),
            7 if self.above > 0 => format!("L{}", self.choices.between(1, self.above)),
            8 if !self.bound.is_empty() => self.bound_name(),
            9 if !self.layout.names.is_empty() => self.name(),
            10 => self.literal_of(Kind::Mixed),
            7..12 => self.input(),
            12..15 => {
                let [left, right] = [0, 1].map(|_| self.value(depth - 1));
                format!("({left}{}{right})", self.choices.pick(&OPERATORS))
            }
            15 => format!("-{}", self.value(depth - 1)),
            16 => format!("{}%", self.value(depth - 1)),
            17 | 18 => self.form(depth - 1),
            _ => self.call(depth - 1),
        }
    }

    /// An expression of several values: a range, an array, or what becomes one.
    pub fn array(&mut self, depth: usize) -> String {
        match self.choices.below(if depth == 0 { 6 } else { 12 }) {
            0 => self.literal_array(),
            1..6 => self.area(),
            6 => format!(
                "({}{}{})",
                self.array(depth - 1),
                self.choices.pick(&OPERATORS),
                self.value(depth - 1)
            ),
            7 => format!(
                "({}{}{})",
                self.array(depth - 1),
                self.choices.pick(&OPERATORS),
                self.array(depth - 1)
            ),
            8 => format!("IF({},{})", self.array(depth - 1), self.array(depth - 1)),
            9 => self.maker(depth - 1),
            10 => self.over_arrays(depth - 1),
            _ => {
                // What a look-up finds in a whole column that is not in order depends on where the column ends.
                let (first, last) = (self.choices.between(1, 3), self.layout.data + 1);
                format!("INDEX(H{first}:J{last},0,{})", self.value(0))
            }
        }
    }

    fn area(&mut self) -> String {
        let data = self.layout.data;
        let (first, last) = (self.choices.between(1, data), self.choices.between(1, data + 1));
        let (first, last) = (first.min(last), first.max(last));
        match self.choices.below(16) {
            0 => format!("G2:G{}", data + 1),
            1 => format!("H${first}:H{last}"),
            2 => format!("$I{first}:$I${last}"),
            3 => format!("G{first}:J{last}"),
            4 => self.choices.pick(&["G:G", "G:H", "$J:$J", "A:A", "2:2", "XFD:XFD"]).to_owned(),
            5 if self.layout.table_rows > 0 => {
                format!("C2:{}{}", self.choices.pick(&["C", "E"]), self.layout.table_rows + 1)
            }
            6 => format!("A1:A{}", self.layout.scalars),
            7 if self.above > 0 => format!("L1:L{}", self.above),
            8 if self.layout.is_table => self
                .choices
                .pick(&["Data[one]", "Data", "Data[[two]:[four]]", "Data[#Headers]", "Data[[#All],[two]]"])
                .to_owned(),
            9 if !self.layout.names.is_empty() => self.name(),
            10 => format!(
                "OFFSET(G1,{},{},{},{})",
                self.value(0),
                self.choices.below(3),
                self.value(0),
                self.choices.between(1, 3)
            ),
            11 => format!("INDIRECT(\"{}\"&{})", self.choices.pick(&["G1:H", "G", "S!J2:J"]), self.value(0)),
            12 => format!("G1:INDEX(G1:J{last},{},{})", self.value(0), self.value(0)),
            13 => format!("S!G{}:J1048576", data + 1),
            _ => format!("{0}{first}:{0}{last}", self.choices.pick(&["G", "H", "I", "J"])),
        }
    }

    fn literal_array(&mut self) -> String {
        let (rows, cols) = (self.choices.between(1, 3), self.choices.between(1, 3));
        let row = |formulas: &mut Formulas<'_, '_>| {
            let cells: Vec<String> = (0..cols).map(|_| formulas.literal()).collect();
            cells.join(",")
        };
        let rows: Vec<String> = (0..rows).map(|_| row(self)).collect();
        format!("{{{}}}", rows.join(";"))
    }

    fn input(&mut self) -> String {
        if self.layout.table_rows > 0 && self.choices.once_in(4) {
            return format!(
                "{}{}",
                self.choices.pick(&["C", "D", "E"]),
                self.choices.between(2, self.layout.table_rows + 1)
            );
        }
        format!("A{}", self.choices.between(1, self.layout.scalars))
    }

    fn name(&mut self) -> String {
        self.layout.names[self.choices.below(self.layout.names.len())].clone()
    }

    fn bound_name(&mut self) -> String {
        self.bound[self.choices.below(self.bound.len())].clone()
    }

    fn literal(&mut self) -> String {
        self.literal_of(self.kind)
    }

    fn literal_of(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Plain => number(plain_number(self.choices)),
            Kind::Edges => number(self.choices.pick(&EDGES)),
            Kind::Texts => format!("\"{}\"", self.choices.pick(&TEXTS).replace('"', "\"\"")),
            Kind::Inputs => number(any_number(self.choices)),
            Kind::Mixed => match self.choices.below(12) {
                0 => "TRUE".to_owned(),
                1 => "FALSE".to_owned(),
                2 => self.choices.pick(&["#N/A", "#DIV/0!", "#REF!", "#NUM!"]).to_owned(),
                3 | 4 => self.literal_of(Kind::Texts),
                5 => self.literal_of(Kind::Edges),
                6 => number(any_number(self.choices)),
                _ => self.literal_of(Kind::Plain),
            },
        }
    }

    /// A call of any function of the table, or of a LAMBDA with a name.
    fn call(&mut self, depth: usize) -> String {
        // Those that only the compiler calls have no name that a formula can have.
        static FUNCTIONS: LazyLock<Vec<&Function>> =
            LazyLock::new(|| kernels::all().filter(|function| !function.name.starts_with('\u{1}')).collect());
        if !self.layout.lambdas.is_empty() && self.choices.once_in(12) {
            let (name, arity) = self.layout.lambdas[self.choices.below(self.layout.lambdas.len())].clone();
            let args: Vec<String> = (0..arity).map(|_| self.value(depth)).collect();
            return format!("{name}({})", args.join(","));
        }
        let function = self.choices.pick(&FUNCTIONS);
        let (least, most) = (usize::from(function.arity.0), usize::from(function.arity.1));
        let count = self.choices.between(least, most.min(least + 4));
        let outer = self.kind;
        self.kind = self.choices.pick(&[
            Kind::Plain,
            Kind::Plain,
            Kind::Edges,
            Kind::Texts,
            Kind::Inputs,
            Kind::Mixed,
        ]);
        let args: Vec<String> =
            (0..count).map(|position| self.argument(function.param(position), depth)).collect();
        self.kind = outer;
        format!("{}({})", function.name, args.join(","))
    }

    fn argument(&mut self, param: Param, depth: usize) -> String {
        if self.choices.once_in(40) {
            return String::new();
        }
        let several = match param {
            Param::Reference => !self.choices.once_in(10),
            Param::Any => !self.choices.once_in(4),
            Param::Scalar => self.choices.once_in(10),
        };
        match (several, self.kind) {
            (true, _) if param == Param::Reference => self.area(),
            (true, _) => self.array(depth.min(1)),
            (_, Kind::Inputs) if !self.choices.once_in(3) => self.input(),
            (_, Kind::Mixed) => self.value(depth),
            _ if self.choices.once_in(3) => self.input(),
            _ if self.choices.once_in(4) => self.value(depth),
            _ => self.literal(),
        }
    }

    /// One of the forms that are not called like functions.
    fn form(&mut self, depth: usize) -> String {
        let mut value = |depth: usize| self.value(depth.saturating_sub(1));
        match value(0).len() % 2 + 2 * self.choices.below(10) {
            0 => format!("IF({},{},{})", self.value(depth), self.value(depth), self.value(depth)),
            1 => format!("IFERROR({},{})", self.call(depth), self.value(depth)),
            2 => format!("IFS({},{},TRUE,{})", self.value(depth), self.value(depth), self.value(depth)),
            3 => format!(
                "CHOOSE({},{},{},{})",
                self.value(0),
                self.value(depth),
                self.array(0),
                self.value(depth)
            ),
            4 => format!(
                "SWITCH({},{},{},{},{})",
                self.value(0),
                self.literal(),
                self.value(depth),
                self.value(0),
                self.value(depth)
            ),
            5 => format!("INDEX({},{},{})", self.array(depth), self.value(0), self.value(0)),
            6 => format!("IFNA({},{})", self.call(depth), self.value(depth)),
            7 => format!("SUBTOTAL({},{})", self.choices.pick(&["1", "9", "103", "105", "A1"]), self.area()),
            8 => format!(
                "AGGREGATE({},{},{},{})",
                self.choices.between(1, 19),
                self.choices.below(8),
                self.array(0),
                self.value(0)
            ),
            9 => format!("SUM(OFFSET({},{},{}))", self.area(), self.value(0), self.value(0)),
            10 => format!(
                "{}({})",
                self.choices.pick(&[
                    "ROW",
                    "COLUMN",
                    "ROWS",
                    "COLUMNS",
                    "AREAS",
                    "SHEET",
                    "ISREF",
                    "ISFORMULA",
                    "FORMULATEXT"
                ]),
                self.area()
            ),
            11 => self.let_form(depth),
            12 => format!("REDUCE({},{},{})", self.value(0), self.array(depth), self.lambda(2, depth)),
            13 => format!("SUM({})", self.over_arrays(depth)),
            14 => format!("SUM({})", self.maker(depth)),
            15 => format!("{}({})", self.lambda(2, depth), [0, 1].map(|_| self.value(depth)).join(",")),
            16 => format!(
                "CELL(\"{}\",{})",
                self.choices.pick(&["row", "address", "contents", "type", "format"]),
                self.area()
            ),
            17 => format!("SUMPRODUCT({},{})", self.array(depth), self.array(depth)),
            18 => format!("INDIRECT({})", self.value(0)),
            _ => format!("SUMIFS({},{},{})", self.area(), self.area(), self.value(depth)),
        }
    }

    fn let_form(&mut self, depth: usize) -> String {
        let outer = self.bound.len();
        let mut bindings = String::new();
        for _ in 0..self.choices.between(1, 3) {
            let name = format!("v_{}_", self.bound.len());
            let value = if self.choices.once_in(3) { self.array(depth) } else { self.value(depth) };
            bindings += &format!("{name},{value},");
            self.bound.push(name);
        }
        let text = format!("LET({bindings}{})", self.value(depth));
        self.bound.truncate(outer);
        text
    }

    fn lambda(&mut self, arity: usize, depth: usize) -> String {
        let outer = self.bound.len();
        for _ in 0..arity {
            self.bound.push(format!("v_{}_", self.bound.len()));
        }
        let args = self.bound[outer..].join(",");
        let first = self.bound[outer].clone();
        let text = match self.choices.below(3) {
            0 => {
                format!("LAMBDA({args},{first}{}{})", self.choices.pick(&OPERATORS), self.value(depth.min(1)))
            }
            _ => format!("LAMBDA({args},{})", self.value(depth.min(1))),
        };
        self.bound.truncate(outer);
        text
    }

    /// A form that gives LAMBDAs the values of arrays.
    fn over_arrays(&mut self, depth: usize) -> String {
        match self.choices.below(5) {
            0 => format!("MAP({},{})", self.array(depth), self.lambda(1, depth)),
            1 => format!("MAP({},{},{})", self.array(0), self.array(0), self.lambda(2, depth)),
            2 => format!("SCAN({},{},{})", self.value(0), self.array(depth), self.lambda(2, depth)),
            3 => format!("BYROW({},{})", self.array(depth), self.lambda(1, depth)),
            _ => format!("BYCOL({},{})", self.array(depth), self.lambda(1, depth)),
        }
    }

    /// A function that gives an array of a size that its arguments say.
    fn maker(&mut self, depth: usize) -> String {
        match self.choices.below(8) {
            0 => format!("SEQUENCE({},{})", self.value(0), self.choices.between(1, 4)),
            1 => format!(
                "MAKEARRAY({},{},{})",
                self.value(0),
                self.choices.between(1, 4),
                self.lambda(2, depth)
            ),
            2 => format!("FILTER({},{})", self.array(0), self.array(depth)),
            3 => format!("SORT({},{})", self.array(depth), self.value(0)),
            4 => format!("UNIQUE({})", self.array(depth)),
            5 => format!("TAKE({},{})", self.array(depth), self.value(0)),
            6 => format!("VSTACK({},{})", self.array(depth), self.array(0)),
            _ => format!("TRANSPOSE({})", self.array(depth)),
        }
    }
}

fn number(x: f64) -> String {
    format!("{x:?}").to_uppercase().trim_end_matches(".0").to_owned()
}
