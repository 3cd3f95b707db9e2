//! `evaluate` over an Arrow table, as the library calls it, against the kernel alone and against the plain loop: one thread,
//! from the caller's columns to columns of the answer. The kernel and the loop write into memory that they wrote before.

use crate::by_hand::{Model, Outputs};
use crate::columns::{Column, Inputs};
use crate::kernel::{Kernel, each_model, run_version};
use crate::row::{Row, count};
use crate::timing::alternate;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use execd_calc::interface::Constant;
use execd_model::limits::Limits;
use execd_serve::arrow::{Seen, evaluate};
use execd_serve::clock::SystemClock;
use execd_serve::engine::Engine;
use execd_serve::execute::{ExecuteOptions, Service};
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// How fast a table must be beside the kernel alone, and `double` beside the plain loop.
const OF_KERNEL: f64 = 0.8;
const OF_PLAIN: [(&str, f64); 1] = [("double", 0.5)];

/// Two rows a model: against the kernel and against the plain loop.
pub fn measure(folder: &Path, only: Option<&str>, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    each_model(only, |model| measure_model(folder, model, runs))
}

fn measure_model(folder: &Path, model: &Model, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let inputs = Inputs::read(folder, model.name)?;
    let records = inputs.records();
    let mut kernel = Kernel::new(folder, model, &inputs)?;
    let mut plain = Outputs::new(model.outputs, records);
    let workbook = fs::read(folder.join(format!("{}.xlsx", model.name)))?;
    let compiled = execd_model::compile(&workbook, &Limits::default())?;
    let service = Service::new(Arc::new(compiled.plan), Arc::new(compiled.interface));
    let table = [table(&service, &inputs)?];
    let (engine, seen) = (Engine::new(1, Arc::new(SystemClock))?, Seen::default());
    let options = ExecuteOptions::default();
    let run = || evaluate(&engine, &service, &seen, &table, &options);
    run()?;
    let mut run_table = || drop(black_box(run()));
    let mut run_plain = || run_version(model.plain, &inputs, &mut plain);
    let seconds = alternate(runs, &mut [&mut run_table, &mut || kernel.run(), &mut run_plain]);
    let rate = |seconds: f64| format!("{} records/s", count(records as f64 / seconds));
    let row = |what: &str, yardstick: f64, aim: Option<f64>| Row {
        what: format!("{} as a table against {what}", model.name),
        ratio: yardstick / seconds[0],
        ours: rate(seconds[0]),
        yardstick: rate(yardstick),
        aim,
    };
    let of_plain = OF_PLAIN.iter().find(|(name, _)| *name == model.name).map(|(_, aim)| *aim);
    Ok(vec![
        row("the kernel alone", seconds[1], Some(OF_KERNEL)),
        row("plain loop by hand", seconds[2], of_plain),
    ])
}

/// The inputs as a table of one batch.
fn table(service: &Service, inputs: &Inputs) -> Result<RecordBatch, Box<dyn Error>> {
    let column = |(name, column): (&String, &Column)| -> Result<(String, ArrayRef), Box<dyn Error>> {
        let found = service.interface.inputs.iter().find(|input| input.name == *name);
        let input = found.ok_or_else(|| format!("the workbook has no input {name}"))?;
        let is_bool = matches!(input.defaults.first(), Some(Constant::Bool(_)));
        let array: ArrayRef = match column {
            Column::Numbers(numbers) if is_bool => {
                Arc::new(numbers.iter().map(|x| Some(*x != 0.0)).collect::<BooleanArray>())
            }
            Column::Numbers(numbers) => Arc::new(Float64Array::from(numbers.clone())),
            Column::Texts(texts) => {
                Arc::new((0..texts.len()).map(|i| Some(texts.get(i))).collect::<StringArray>())
            }
        };
        Ok((name.clone(), array))
    };
    let columns = inputs.all.names.iter().zip(&inputs.all.columns).map(column);
    Ok(RecordBatch::try_from_iter(columns.collect::<Result<Vec<_>, _>>()?)?)
}
