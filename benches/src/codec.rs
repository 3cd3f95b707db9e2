//! JSON to columns and back, beside msgspec (a child process that decodes and encodes the same values to and from
//! Python objects) and beside copying the same bytes.

use crate::columns::{Column, Inputs};
use crate::row::{Row, count};
use crate::timing::alternate;
use execd_calc::run::Frame;
use execd_calc::semantics::function::Env;
use execd_calc::values::budget::{Budget, Holding};
use execd_model::limits::Limits as WorkbookLimits;
use execd_model::{Compiled, compile};
use execd_serve::codec::decode::decode;
use execd_serve::codec::decode::rules::Rules;
use execd_serve::codec::decoded::{Decoded, Layout};
use execd_serve::codec::encode::template::Template;
use execd_serve::codec::encode::wording::Wording;
use execd_serve::codec::encode::writer::Results;
use execd_serve::codec::encode::{Style, Written};
use execd_serve::codec::names::Names;
use execd_serve::limits::Limits;
use execd_serve::stop::StopSignal;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/json_against_msgspec.py");
const RECORDS: usize = 10_000;
/// One model of numbers, one with texts.
const MODELS: [&str; 2] = ["blackscholes", "premium"];

/// For each model: decode and encode, each against msgspec and against a memory copy.
pub fn measure(folder: &Path, python: &str, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for model in MODELS {
        let inputs = Inputs::read(folder, model)?;
        let workbook = fs::read(folder.join(format!("{model}.xlsx")))?;
        let compiled = compile(&workbook, &WorkbookLimits::default())?;
        let json = array_layout(&inputs);
        let case = Case { model, compiled: &compiled, records: inputs.records().min(RECORDS), runs };
        let (decoded, decode_rows) = case.decode(&json, &mut Msgspec::start(python, &json)?)?;
        rows.extend(decode_rows);
        rows.extend(case.encode(&decoded, python)?);
    }
    Ok(rows)
}

/// The `inputs` of Execute v4 in array layout.
fn array_layout(inputs: &Inputs) -> String {
    let mut json = format!("[{:?}", inputs.all.names);
    for i in 0..inputs.records().min(RECORDS) {
        for (k, column) in inputs.all.columns.iter().enumerate() {
            json.push_str(if k == 0 { ",[" } else { "," });
            // Writing to a string does not fail.
            let _ = match column {
                Column::Numbers(numbers) => write!(json, "{}", numbers[i]),
                Column::Texts(texts) => write!(json, "{:?}", texts.get(i)),
            };
        }
        json.push(']');
    }
    json.push(']');
    json
}

struct Case<'a> {
    model: &'a str,
    compiled: &'a Compiled,
    records: usize,
    runs: usize,
}

impl Case<'_> {
    fn decode(&self, json: &str, msgspec: &mut Msgspec) -> Result<(Decoded, [Row; 2]), Box<dyn Error>> {
        let interface = &self.compiled.interface;
        let (names, limits, stop) = (Names::new(interface), Limits::default(), StopSignal::default());
        let date1904 = self.compiled.date1904;
        let rules = Rules { interface, names: &names, limits: &limits, stop: &stop, holding: None, date1904 };
        let decoded = decode(json.as_bytes(), rules).map_err(|e| format!("{}: {e:?}", self.model))?;
        let mut ours = || {
            let _ = black_box(decode(black_box(json.as_bytes()), rules));
        };
        let mut copy = vec![0; json.len()];
        let seconds = alternate(
            self.runs,
            &mut [&mut ours, &mut || msgspec.pass("decode"), &mut || {
                black_box(&mut copy).copy_from_slice(black_box(json.as_bytes()))
            }],
        );
        Ok((decoded, self.rows("decode", json.len(), &seconds)))
    }

    fn encode(&self, decoded: &Decoded, python: &str) -> Result<[Row; 2], Box<dyn Error>> {
        let interface = &self.compiled.interface;
        let all: Vec<usize> = (0..interface.outputs.len()).collect();
        let (template, wording) = (
            Template::new(interface, &all, Layout::Arrays),
            Wording::new(Arc::new(interface.clone()), false),
        );
        let (limits, stop, size) = (Limits::default(), StopSignal::default(), AtomicUsize::new(0));
        let holding = Holding::new(usize::MAX, &Arc::new(Budget::new(usize::MAX)));
        let style = Style {
            template: &template,
            wording: &wording,
            notes: &decoded.notes,
            batch: &decoded.batch,
            service: self.model,
            date1904: self.compiled.date1904,
            output_bytes: limits.output_bytes,
            written: &size,
            holding: &holding,
            stop: &stop,
        };
        let frames = self.evaluate(decoded);
        let mut written = Written::default();
        let encode = |written: &mut Written| {
            size.store(0, Ordering::Relaxed);
            written.outputs.clear();
            written.warnings.clear();
            written.errors.clear();
            for (first, records, frame) in &frames {
                let columns = template.parts.iter().map(|part| frame.output(part.cell)).collect();
                let results = Results { columns, heap: frame.heap(), refused: None };
                let _ = black_box(written.block(&style, &results, *first, *records));
            }
        };
        encode(&mut written);
        let outputs = std::mem::take(&mut written.outputs).finish();
        let json = format!("[{}]", String::from_utf8_lossy(outputs.get(1..).unwrap_or(&[])));
        let mut msgspec = Msgspec::start(python, &json)?;
        let mut copy = vec![0; json.len()];
        let seconds = alternate(
            self.runs,
            &mut [&mut || encode(&mut written), &mut || msgspec.pass("encode"), &mut || {
                black_box(&mut copy).copy_from_slice(black_box(json.as_bytes()))
            }],
        );
        Ok(self.rows("encode", json.len(), &seconds))
    }

    /// Evaluates the batch; one frame per block, as each holds its last block only.
    fn evaluate(&self, decoded: &Decoded) -> Vec<(usize, usize, Frame)> {
        let (plan, cancel) = (&self.compiled.plan, AtomicBool::new(false));
        let size = plan.block_records();
        let starts = (0..self.records).step_by(size);
        let run = |first| {
            let records = size.min(self.records - first);
            let mut frame = plan.frame(&decoded.batch);
            let done = plan.run(&mut frame, &decoded.batch, first..first + records, &Env::default(), &cancel);
            done.is_ok().then_some((first, records, frame))
        };
        starts.filter_map(run).collect()
    }

    /// `seconds` of execd, msgspec and the copy.
    fn rows(&self, what: &str, bytes: usize, seconds: &[f64]) -> [Row; 2] {
        let rate = |seconds: f64| format!("{}B/s", count(bytes as f64 / seconds));
        ["msgspec", "a memory copy"].map(|yardstick| {
            let theirs = if yardstick == "msgspec" { seconds[1] } else { seconds[2] };
            Row {
                what: format!("JSON {what}, {}, against {yardstick}", self.model),
                ratio: theirs / seconds[0],
                ours: rate(seconds[0]),
                yardstick: rate(theirs),
                aim: (yardstick == "msgspec").then_some(1.0),
            }
        })
    }
}

/// The child process. It decodes or encodes once per line that it reads and answers with an empty line.
struct Msgspec {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Msgspec {
    fn start(python: &str, json: &str) -> Result<Msgspec, Box<dyn Error>> {
        let mut child = Command::new(python)
            .arg(SCRIPT)
            .arg(json.len().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut to = child.stdin.take().ok_or("no pipe to the child")?;
        let from = BufReader::new(child.stdout.take().ok_or("no pipe from the child")?);
        to.write_all(json.as_bytes())?;
        let mut msgspec = Msgspec { child, to, from };
        msgspec.ask("decode")?;
        Ok(msgspec)
    }

    fn ask(&mut self, what: &str) -> Result<(), Box<dyn Error>> {
        writeln!(self.to, "{what}")?;
        let mut answer = String::new();
        if self.from.read_line(&mut answer)? == 0 {
            return Err("the msgspec script has ended".into());
        }
        Ok(())
    }

    /// One pass; the child was shown to answer when it started.
    fn pass(&mut self, what: &str) {
        let _ = self.ask(what);
    }
}

impl Drop for Msgspec {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
