//! Interfaces and readable forms of batches for the tests of this crate.

#![allow(dead_code, reason = "each test uses some of it")]

pub mod service;

use execd_calc::interface::{Constant, Format, Heading, Input, Interface, Output, Shape};
use execd_calc::values::batch::Batch;
use execd_calc::values::column::Column;
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_calc::values::value::{Unpacked, Value};
use execd_serve::codec::decode::rules::Rules;
use execd_serve::codec::decoded::Decoded;
use execd_serve::codec::names::Names;
use execd_serve::codec::notes::{NoteKind, ones};
use execd_serve::limits::Limits;
use execd_serve::stop::StopSignal;
use std::sync::Arc;

pub fn table(headings: &[&str], rows: usize) -> Shape {
    let headings = headings
        .iter()
        .map(|text| Heading { text: (*text).to_owned(), numeric: text.parse::<f64>().is_ok() })
        .collect();
    Shape::Table { headings, rows }
}

/// Inputs numbered in order; every default is its cell number plus a half.
pub fn inputs(declared: &[(&str, Shape, Format)]) -> Vec<Input> {
    let mut first_cell = 0;
    declared
        .iter()
        .map(|(name, shape, format)| {
            let cells = first_cell..first_cell + shape.cells();
            first_cell = cells.end;
            Input {
                name: (*name).to_owned(),
                shape: shape.clone(),
                first_cell: cells.start,
                defaults: cells.map(|cell| Constant::Number(cell as f64 + 0.5)).collect(),
                format: *format,
                formats: vec![*format],
                validations: Vec::new(),
                description: None,
                address: String::new(),
            }
        })
        .collect()
}

pub fn outputs(declared: &[(&str, Shape, Format)]) -> Vec<Output> {
    let mut first_cell = 0;
    declared
        .iter()
        .map(|(name, shape, format)| {
            let columns = match shape {
                Shape::Scalar => 1,
                Shape::Table { headings, .. } => headings.len(),
            };
            let output = Output {
                name: (*name).to_owned(),
                shape: shape.clone(),
                first_cell,
                formats: vec![*format; columns],
                description: None,
                address: String::new(),
            };
            first_cell += shape.cells();
            output
        })
        .collect()
}

/// A number, a text, a date and a table of 2 rows with the headings `K`, `B.B1` and `13`.
pub fn interface() -> Interface {
    let mut inputs = inputs(&[
        ("A", Shape::Scalar, Format::General),
        ("Name", Shape::Scalar, Format::General),
        ("Day", Shape::Scalar, Format::Date),
        ("T", table(&["K", "B.B1", "13"], 2), Format::General),
    ]);
    inputs[1].defaults = vec![Constant::Text("nobody".to_owned())];
    Interface { inputs, ..Interface::default() }
}

pub struct Setting {
    pub interface: Interface,
    pub names: Names,
    pub limits: Limits,
    pub stop: StopSignal,
}

impl Setting {
    pub fn new(interface: Interface) -> Setting {
        let names = Names::new(&interface);
        Setting { interface, names, limits: Limits::default(), stop: StopSignal::default() }
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules {
            interface: &self.interface,
            names: &self.names,
            limits: &self.limits,
            stop: &self.stop,
            holding: None,
            date1904: false,
        }
    }
}

pub fn heap_of(batch: &Batch) -> Heap {
    Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::clone(&batch.store))
}

pub fn shown(heap: &Heap, value: Value) -> String {
    match value.unpack() {
        Unpacked::Number(x) => format!("{x:?}"),
        Unpacked::Text(id) => format!("'{}'", heap.text(id)),
        Unpacked::Blank => "blank".to_owned(),
        Unpacked::Bool(b) => b.to_string(),
        _ => format!("{value:?}"),
    }
}

/// Cells of one record, `-` where the whole column is left to the workbook.
pub fn record(decoded: &Decoded, record: usize) -> Vec<String> {
    let heap = heap_of(&decoded.batch);
    let cell = |column: &Column| match column.is_empty() {
        true => "-".to_owned(),
        false => shown(&heap, column[record]),
    };
    decoded.batch.columns.iter().map(cell).collect()
}

/// What is noted about one record: `absent 1`, `empty 1`, `cut 3`, `3: message`.
pub fn notes(decoded: &Decoded, record: usize) -> Vec<String> {
    let absent = ones(decoded.notes.absent.of(record)).map(|input| format!("absent {input}"));
    let listed = decoded.notes.between(record, record + 1).iter().map(|note| match &note.kind {
        NoteKind::EmptyText => format!("empty {}", note.input),
        NoteKind::Cut => format!("cut {}", note.input),
        NoteKind::Surplus => "surplus".to_owned(),
        NoteKind::MissingHeading(heading) => format!("{}: no heading {heading}", note.input),
        NoteKind::Invalid { .. } => format!("invalid {}", note.input),
        NoteKind::Malformed(message) | NoteKind::Complaint(message) => format!("{}: {message}", note.input),
    });
    absent.chain(listed).collect()
}

/// Everything that was decoded, readable and comparable.
pub fn all(decoded: &Decoded) -> String {
    let mut lines = vec![format!("{:?} {} {}", decoded.layout, decoded.batch.records, decoded.nothing)];
    for number in 0..decoded.batch.records {
        lines.push(format!("{:?} {:?}", record(decoded, number), notes(decoded, number)));
    }
    lines.join("\n")
}
