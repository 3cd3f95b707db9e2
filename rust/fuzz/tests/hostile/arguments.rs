//! What the functions are called with.

use execd_calc::semantics::function::{Arg, Function, Param};
use execd_calc::values::heap::{Array, Layer, Store};
use execd_calc::values::range::{Origin, Range, Table};
use execd_calc::values::value::Value;
use std::sync::Arc;

/// Large, but so that an array of it and its copies fit into a budget.
const CELLS: usize = 1 << 20;
const LONG: usize = 32_767;

const NUMBERS: [f64; 28] = [
    0.0,
    1.0,
    2.0,
    -1.0,
    0.5,
    -0.5,
    0.3,
    1e-300,
    -1e-9,
    0.999999999,
    3.7,
    7.0,
    12.0,
    100.0,
    1e3,
    9_999.0,
    1e5,
    1e6,
    4e6,
    1e7,
    2_958_465.0,
    1e9,
    1e10,
    4_294_967_295.0,
    1e15,
    1e17,
    1e300,
    -1e300,
];

/// A linear congruential generator: every run makes the same calls.
pub struct Random(pub u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

pub struct Things {
    pub batch: Arc<Store>,
    texts: Vec<Value>,
    arrays: Vec<(Value, &'static str)>,
    tables: Vec<Table>,
}

impl Things {
    pub fn new() -> Things {
        let mut store = Store::new(Layer::Batch);
        let long = [
            "a".repeat(LONG),
            "1".repeat(LONG),
            " ".repeat(LONG),
            "a*".repeat(LONG / 2) + "b",
            "?".repeat(LONG / 2) + &"*a".repeat(LONG / 4) + "b",
            "(?:a?)".repeat(LONG / 6),
            "(?:(?:a?){1000}){100}b".to_owned(),
            "(a?){200}b".to_owned(),
            "$0".repeat(LONG / 2),
            "1/".repeat(LONG / 2),
            "#,##0.00;@".to_owned(),
            "@".repeat(255),
            ">".to_owned() + &"a".repeat(LONG - 1),
            "<1e300".to_owned(),
            String::new(),
            "TRUE".to_owned(),
        ];
        let texts: Vec<Value> = long.iter().map(|text| store.add_text(text)).collect();
        // Hashes, so that nothing is sorted or equal.
        let hash = |at: usize| (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let number = |at: usize| Value::number(hash(at) as f64 / 1e6 - 1e6);
        // Texts that differ in their last characters only.
        let near: Vec<Value> =
            (0..512).map(|at| store.add_text(&format!("{}{at:03}", "Aa".repeat(LONG / 2 - 2)))).collect();
        let fill = |cell: &dyn Fn(usize) -> Value| (0..CELLS).map(cell).collect::<Vec<Value>>();
        let contents = [
            (fill(&number), "numbers"),
            (fill(&|at| Value::number((at % 7) as f64 + 1.0)), "small numbers"),
            (fill(&|at| near[hash(at) as usize % near.len()]), "long texts"),
            (fill(&|at| texts[at % texts.len()]), "all texts"),
            (fill(&|at| if at % 3 == 0 { texts[at % texts.len()] } else { number(at) }), "mixed"),
        ];
        let shapes = [(CELLS, 1), (1, CELLS), (CELLS / 1024, 1024)];
        let mut arrays = Vec::new();
        let mut tables = Vec::new();
        for (cells, what) in contents {
            for (rows, cols) in shapes {
                arrays.push((store.add_array(Array::new(rows, cols, cells.clone())), what));
                tables.push(Table::new(rows, cols, cells.clone()));
            }
        }
        Things { batch: Arc::new(store), texts, arrays, tables }
    }

    /// Arguments for a function; the first rounds have one kind of argument in all places.
    pub fn arguments(&self, function: &Function, round: usize, random: &mut Random) -> Vec<Arg<'_>> {
        let (least, most) = function.arity;
        let count =
            usize::from(least) + random.below(usize::from(most.min(least.saturating_add(4)) - least) + 1);
        (0..count).map(|position| self.argument(function.param(position), round, random)).collect()
    }

    fn argument(&self, param: Param, round: usize, random: &mut Random) -> Arg<'_> {
        let number = Value::number(NUMBERS[random.below(NUMBERS.len())]);
        let text = self.texts[random.below(self.texts.len())];
        let array = self.arrays[random.below(self.arrays.len())].0;
        let range = |random: &mut Random| {
            let table = &self.tables[random.below(self.tables.len())];
            let origin = Origin { sheet: 0, row: 0, col: 0 };
            let (rows, cols) = (table.rows, table.cols);
            Arg::Range(Range { rows, cols, used_rows: rows, used_cols: cols, origin, cells: table })
        };
        match (param, round) {
            (Param::Reference, _) => range(random),
            (_, 0..6) => Arg::Value(number),
            (_, 6..10) => Arg::Value(text),
            (Param::Any, 10..14) => Arg::Value(array),
            (Param::Scalar, 10..14) => Arg::Value(if round.is_multiple_of(2) { number } else { text }),
            (Param::Any, 14..17) => range(random),
            _ => Arg::Value([number, text, array, number][random.0 as usize >> 7 & 3]),
        }
    }

    pub fn describe(&self, args: &[Arg<'_>]) -> String {
        let shown = |arg: &Arg<'_>| match arg {
            Arg::Range(range) => format!("range {}x{}", range.rows, range.cols),
            Arg::Value(value) => match value.as_number() {
                Some(x) => format!("{x:e}"),
                None => {
                    let array = self.arrays.iter().position(|(array, _)| array.same(*value));
                    let text = self.texts.iter().position(|text| text.same(*value));
                    match (array, text) {
                        (Some(at), _) => format!("array {at} of {}", self.arrays[at].1),
                        (_, Some(at)) => format!("text {at}"),
                        _ => "?".to_owned(),
                    }
                }
            },
        };
        format!("({})", args.iter().map(shown).collect::<Vec<_>>().join(", "))
    }
}
