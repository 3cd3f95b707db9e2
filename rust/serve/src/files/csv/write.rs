//! Output columns of a block to lines of CSV: what is carried, the outputs, errors and warnings. Excel errors are shown in
//! place and told in `errors`, too.

use crate::codec::dates;
use crate::codec::encode::scalar::write_number;
use crate::engine::Block;
use crate::files::csv::dialect::Marks;
use crate::flat::OutputColumn;
use crate::remarks::Remarks;
use arrow_array::{Array, StringArray};
use execd_calc::interface::Format;
use execd_calc::numbers::digits::general;
use execd_calc::run::Frame;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{ErrorCode, Unpacked, Value};

/// The header row.
pub fn write_header<'n>(out: &mut Vec<u8>, names: impl Iterator<Item = &'n str>, marks: Marks) {
    for (position, name) in names.enumerate() {
        if position > 0 {
            out.push(marks.delimiter);
        }
        write_field(out, name, marks);
    }
    out.push(b'\n');
}

/// Appends the lines of a block.
pub fn write_block(
    out: &mut Vec<u8>,
    carried: &[StringArray],
    columns: &[OutputColumn],
    frame: &Frame,
    block: Block,
    mut remarks: Remarks,
    date1904: bool,
    marks: Marks,
) {
    let values: Vec<_> = columns.iter().map(|column| frame.output(column.cell)).collect();
    for record in 0..block.records {
        for texts in carried {
            if texts.is_valid(block.first + record) {
                write_field(out, texts.value(block.first + record), marks);
            }
            out.push(marks.delimiter);
        }
        for (column, values) in columns.iter().zip(&values) {
            let value = values.get(record).copied().unwrap_or(Value::BLANK);
            if let Some(code) = write_value(out, frame.heap(), value, column.format, date1904, marks) {
                remarks.output(record, &column.name, code.text());
            }
            out.push(marks.delimiter);
        }
        if let Some(errors) = remarks.errors.get(&record) {
            write_field(out, errors, marks);
        }
        out.push(marks.delimiter);
        if let Some(warnings) = remarks.warnings.get(&record) {
            write_field(out, warnings, marks);
        }
        out.push(b'\n');
    }
}

/// Writes a value; an Excel error is given back.
fn write_value(
    out: &mut Vec<u8>,
    heap: &Heap,
    value: Value,
    format: Format,
    date1904: bool,
    marks: Marks,
) -> Option<ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => match format {
            Format::Text => write_field(out, &general(x), marks),
            _ if dates::write_serial(out, x, format, date1904) => {}
            _ if marks.decimal_comma => write_with_comma(out, x),
            _ => write_number(out, x),
        },
        Unpacked::Text(id) => write_field(out, heap.text(id), marks),
        Unpacked::Bool(b) => out.extend_from_slice(if b { b"TRUE" } else { b"FALSE" }),
        Unpacked::Blank | Unpacked::Omitted => {}
        Unpacked::Error(code) => {
            out.extend_from_slice(code.text().as_bytes());
            return Some(code);
        }
        Unpacked::Array(_) => return write_value(out, heap, heap.shown(value), format, date1904, marks),
    }
    None
}

fn write_with_comma(out: &mut Vec<u8>, x: f64) {
    let start = out.len();
    write_number(out, x);
    let point = out.iter().skip(start).position(|byte| *byte == b'.');
    if let Some(point) = point.and_then(|point| out.get_mut(start + point)) {
        *point = b',';
    }
}

/// An empty text is quoted, so that it differs from a blank. Where a dialect has no quotes they are double ones.
fn write_field(out: &mut Vec<u8>, text: &str, marks: Marks) {
    let quote = marks.quote.unwrap_or(b'"');
    let is_mark = |byte: u8| byte == marks.delimiter || byte == quote || matches!(byte, b'\n' | b'\r');
    if !text.is_empty() && !text.bytes().any(is_mark) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(quote);
    for byte in text.bytes() {
        if byte == quote {
            out.push(quote);
        }
        out.push(byte);
    }
    out.push(quote);
}
