//! Output columns of a block to lines of NDJSON: what is carried, the outputs, errors and warnings. Excel errors are shown
//! in place and told in `errors`, too.

use crate::codec::encode::buffer::Buffer;
use crate::codec::encode::scalar::write_text;
use crate::codec::encode::template::Template;
use crate::codec::encode::writer::{RecordWriter, Results};
use crate::engine::Block;
use crate::flat::OutputColumn;
use crate::remarks::Remarks;
use arrow_array::{Array, StringArray};
use execd_calc::run::Frame;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};

/// What stands around the values of a line.
pub struct LineTemplate {
    outputs: Template,
    columns: Vec<OutputColumn>,
    /// `"key":` of each carried column.
    carried: Vec<Vec<u8>>,
    /// `,"errors":` and `,"warnings":`.
    remarks: [Vec<u8>; 2],
    /// The end of a line without remarks.
    silent: Vec<u8>,
    /// What begins and ends a record.
    around: [Vec<u8>; 2],
}

/// Nothing before a line, and its end.
pub const LINE: [&[u8]; 2] = [b"", b"\n"];

impl LineTemplate {
    /// `around` is what stands before and behind each object.
    pub fn new<'n>(
        outputs: Template,
        columns: Vec<OutputColumn>,
        carried: impl Iterator<Item = &'n str>,
        remarks: &[String; 2],
        around: [&[u8]; 2],
    ) -> LineTemplate {
        let key = |before: &str, name: &str| {
            let mut key = before.as_bytes().to_vec();
            write_text(&mut key, name);
            key.push(b':');
            key
        };
        let [errors, warnings] = remarks;
        let comma = if columns.is_empty() { "" } else { "," };
        let remarks = [key(comma, errors), key(",", warnings)];
        let [errors, warnings] = &remarks;
        let [before, after] = around;
        let around = [[before, b"{"].concat(), [b"}", after].concat()];
        let silent = [errors.as_slice(), b"null", warnings, b"null", &around[1]].concat();
        LineTemplate {
            outputs,
            columns,
            carried: carried.map(|name| key("", name)).collect(),
            remarks,
            silent,
            around,
        }
    }
}

/// Appends the lines of a block.
pub fn write_block(
    out: &mut Vec<u8>,
    template: &LineTemplate,
    carried: &[StringArray],
    frame: &Frame,
    block: Block,
    mut remarks: Remarks,
    date1904: bool,
) {
    let columns = template.outputs.parts.iter().map(|part| frame.output(part.cell)).collect();
    let results = Results { columns, heap: frame.heap(), refused: None };
    let mut writer = RecordWriter::new(&template.outputs, &results, date1904);
    let mut lines = Buffer::after(std::mem::take(out));
    let mut failed = Vec::new();
    for record in 0..block.records {
        lines.push(&template.around[0]);
        for (key, texts) in template.carried.iter().zip(carried) {
            lines.push(key);
            let row = block.first + record;
            lines.push(if texts.is_valid(row) { texts.value(row).as_bytes() } else { b"null" });
            lines.push(b",");
        }
        writer.record(&mut lines, record, &mut failed);
        if !failed.is_empty() {
            failed.clear();
            excel_errors(template, frame, record, &mut remarks);
        }
        write_remarks(&mut lines, template, record, &remarks);
    }
    *out = lines.finish();
}

#[cold]
fn excel_errors(template: &LineTemplate, frame: &Frame, record: usize, remarks: &mut Remarks) {
    let heap: &Heap = frame.heap();
    for column in &template.columns {
        let value = frame.output(column.cell).get(record).copied().unwrap_or(Value::BLANK);
        if let Unpacked::Error(code) = heap.shown(value).unpack() {
            remarks.output(record, &column.name, code.text());
        }
    }
}

/// Appends the end of a line.
fn write_remarks(lines: &mut Buffer, template: &LineTemplate, record: usize, remarks: &Remarks) {
    let texts = [remarks.errors.get(&record), remarks.warnings.get(&record)];
    if texts == [None, None] {
        return lines.push(&template.silent);
    }
    for (key, text) in template.remarks.iter().zip(texts) {
        lines.push(key);
        let mut value = Vec::new();
        match text {
            Some(text) => write_text(&mut value, text),
            None => value.extend_from_slice(b"null"),
        }
        lines.push(&value);
    }
    lines.push(&template.around[1]);
}
