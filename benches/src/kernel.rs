//! Each compiled workbook against the same model by hand: one thread, from ready columns to whole output columns.

use crate::by_hand::{MODELS, Model, Outputs, Version, close, supported};
use crate::columns::{Column, Inputs, Named, Texts};
use crate::row::{Row, count};
use crate::timing::alternate;
use execd_calc::interface::Constant;
use execd_calc::run::Frame;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::{Unpacked, Value};
use execd_model::Compiled;
use execd_model::limits::Limits;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How fast the kernel must be beside the plain loop.
const AIMS: [(&str, f64); 5] =
    [("double", 0.5), ("mortgage", 1.0), ("premium", 0.5), ("blackscholes", 1.0), ("cashflow", 1.0)];

/// Two rows a model: against the plain loop and against the best version.
pub fn measure(folder: &Path, only: Option<&str>, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    each_model(only, |model| measure_model(folder, model, runs))
}

/// The rows of all models, or of the one that is named.
pub fn each_model(
    only: Option<&str>,
    measure: impl Fn(&Model) -> Result<Vec<Row>, Box<dyn Error>>,
) -> Result<Vec<Row>, Box<dyn Error>> {
    if !supported() {
        return Err("the hand-written versions are compiled for AVX2, which this machine lacks".into());
    }
    let mut rows = Vec::new();
    for model in MODELS.iter().filter(|model| only.is_none_or(|only| only == model.name)) {
        rows.extend(measure(model)?);
    }
    Ok(rows)
}

fn measure_model(folder: &Path, model: &Model, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let inputs = Inputs::read(folder, model.name)?;
    let records = inputs.records();
    let mut kernel = Kernel::new(folder, model, &inputs)?;
    kernel.check(&inputs.reference).map_err(|fault| format!("{}: {fault}", model.name))?;
    let (mut plain, mut best) = (Outputs::new(model.outputs, records), Outputs::new(model.outputs, records));
    for (version, out) in [(model.plain, &mut plain), (model.best, &mut best)] {
        run_version(version, &inputs, out);
        out.check(model.texts, &inputs.reference.columns)
            .map_err(|fault| format!("{}: {fault}", model.name))?;
    }
    let mut run_plain = || run_version(model.plain, &inputs, &mut plain);
    let mut run_best = || run_version(model.best, &inputs, &mut best);
    let seconds = alternate(runs, &mut [&mut || kernel.run(), &mut run_plain, &mut run_best]);
    let rate = |seconds: f64| format!("{} records/s", count(records as f64 / seconds));
    let aim = AIMS.iter().find(|(name, _)| *name == model.name).map(|(_, aim)| *aim);
    let row = |what: &str, yardstick: f64, aim: Option<f64>| Row {
        what: format!("{} against {what}", model.name),
        ratio: yardstick / seconds[0],
        ours: rate(seconds[0]),
        yardstick: rate(yardstick),
        aim,
    };
    Ok(vec![row("plain loop by hand", seconds[1], aim), row("best by hand", seconds[2], None)])
}

#[allow(unsafe_code, reason = "compiled for more than the rest of the program")]
pub fn run_version(version: Version, inputs: &Inputs, out: &mut Outputs) {
    // SAFETY: `measure` has asked whether the machine supports what the version is compiled for.
    unsafe { version(inputs, black_box(out)) }
}

/// A compiled workbook with ready input columns and room for whole output columns.
pub struct Kernel {
    compiled: Compiled,
    batch: Batch,
    /// By output, in the order of the reference: its cell, and whether its texts are gathered too.
    outputs: Vec<(usize, bool)>,
    /// By output cell.
    values: Vec<Vec<Value>>,
    texts: Texts,
}

impl Kernel {
    pub fn new(folder: &Path, model: &Model, inputs: &Inputs) -> Result<Kernel, Box<dyn Error>> {
        let workbook = fs::read(folder.join(format!("{}.xlsx", model.name)))?;
        let compiled = execd_model::compile(&workbook, &Limits::default())?;
        let batch = batch(&compiled, inputs)?;
        let mut values = vec![Vec::new(); compiled.plan.output_cells];
        let mut outputs = Vec::new();
        for (k, name) in inputs.reference.names.iter().enumerate() {
            let output = compiled.interface.outputs.iter().find(|output| output.name == *name);
            let cell = output.ok_or_else(|| format!("{}: no output {name}", model.name))?.first_cell;
            values[cell] = vec![Value::BLANK; inputs.records()];
            outputs.push((cell, model.texts.contains(&k)));
        }
        Ok(Kernel { compiled, batch, outputs, values, texts: Texts::default() })
    }

    /// What is timed: all records, into whole columns.
    pub fn run(&mut self) {
        let (mut values, mut texts) = (std::mem::take(&mut self.values), std::mem::take(&mut self.texts));
        texts.clear();
        self.blocks(&mut values, self.batch.records, |_, columns, frame| {
            for &(cell, _) in self.outputs.iter().filter(|(_, gathered)| *gathered) {
                columns[cell].iter().for_each(|value| push_text(&mut texts, frame, *value));
            }
        });
        (self.values, self.texts) = (black_box(values), black_box(texts));
    }

    /// Runs the plan block by block into columns, and hands on each block's first record, columns and frame.
    fn blocks(
        &self,
        values: &mut [Vec<Value>],
        records: usize,
        mut take: impl FnMut(usize, &[&mut [Value]], &Frame),
    ) {
        let plan = &self.compiled.plan;
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut frame = plan.frame(&self.batch);
        for first in (0..records).step_by(plan.block_records()) {
            let block = first..records.min(first + plan.block_records());
            let column = |values| <[Value]>::get_mut(values, block.clone()).unwrap_or_default();
            let mut columns: Vec<&mut [Value]> = values.iter_mut().map(|values| column(values)).collect();
            if plan.run_into(&mut frame, &self.batch, block.clone(), &mut columns, &env, &cancel).is_ok() {
                take(first, &columns, &frame);
            }
        }
    }

    /// Compares the first records with the reference, within 1e-9 relative.
    fn check(&mut self, reference: &Named) -> Result<(), String> {
        let records = reference.columns.first().map_or(0, Column::len);
        let mut values = std::mem::take(&mut self.values);
        let mut fault = None;
        self.blocks(&mut values, records, |first, columns, frame| {
            for (k, &(cell, _)) in self.outputs.iter().enumerate() {
                for (i, value) in columns[cell].iter().enumerate() {
                    if !agrees(*value, frame, &reference.columns[k], first + i) {
                        let name = &reference.names[k];
                        fault.get_or_insert(format!("{name} of record {}: {value:?}", first + i));
                    }
                }
            }
        });
        self.values = values;
        fault.map_or(Ok(()), Err)
    }
}

fn push_text(texts: &mut Texts, frame: &Frame, value: Value) {
    if let Unpacked::Text(id) = value.unpack() {
        texts.bytes.push_str(frame.heap().text(id));
    }
    texts.end_text();
}

fn agrees(value: Value, frame: &Frame, reference: &Column, i: usize) -> bool {
    match (value.unpack(), reference) {
        (Unpacked::Number(x), Column::Numbers(wanted)) => close(x, wanted[i]),
        (Unpacked::Text(id), Column::Texts(wanted)) => frame.heap().text(id) == wanted.get(i),
        _ => false,
    }
}

/// The columns as values, in the cells that the compiled workbook gave to the inputs of the same names.
fn batch(compiled: &Compiled, inputs: &Inputs) -> Result<Batch, Box<dyn Error>> {
    let mut store = Store::new(Layer::Batch);
    let mut batch = Batch::defaults(inputs.records(), compiled.plan.input_cells);
    for (name, column) in inputs.all.names.iter().zip(&inputs.all.columns) {
        let found = compiled.interface.inputs.iter().find(|input| input.name == *name);
        let input = found.ok_or_else(|| format!("the workbook has no input {name}"))?;
        let is_bool = matches!(input.defaults.first(), Some(Constant::Bool(_)));
        batch.columns[input.first_cell] = match column {
            Column::Numbers(numbers) if is_bool => numbers.iter().map(|x| Value::bool(*x != 0.0)).collect(),
            Column::Numbers(numbers) => numbers.iter().map(|x| Value::number(*x)).collect(),
            Column::Texts(texts) => (0..texts.len()).map(|i| store.add_text(texts.get(i))).collect(),
        };
    }
    batch.store = Arc::new(store);
    Ok(batch)
}
