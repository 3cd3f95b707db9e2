//! Executions over their budget of memory, on workbooks that are made here. What a record gives is hand arithmetic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

use execd_calc::semantics::function::Env;
use execd_model::limits::Limits as Compiling;
use execd_model::workbook::{Cell, CellFormula, CellValue, DefinedName, Sheet, Workbook};
use execd_serve::clock::SystemClock;
use execd_serve::engine::{Engine, Work};
use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Fragments, Service, execute};
use execd_serve::limits::Limits;
use execd_serve::stop::StopSignal;
use serde_json::{Value, json};
use std::sync::Arc;

const MB: usize = 1 << 20;

/// Input `n` and output `o`, which is the formula over A1.
fn service(formula: &str) -> Service {
    let mut sheet = Sheet { name: "S".to_owned(), extent: (1, 2), ..Sheet::default() };
    sheet.cells.insert((0, 0), Cell { value: CellValue::Number(1.0), ..Cell::default() });
    let formula = Some(CellFormula::Normal(formula.into()));
    sheet.cells.insert((0, 1), Cell { formula, ..Cell::default() });
    let name = |name: &str, text: &str| DefinedName {
        name: name.to_owned(),
        text: text.to_owned(),
        ..DefinedName::default()
    };
    let names = vec![name("Xinput_n", "S!$A$1"), name("Xoutput_o", "S!$B$1")];
    let book = Workbook { sheets: vec![sheet], names, ..Workbook::default() };
    let compiled = execd_model::compile_workbook(&book, &Compiling::default()).unwrap();
    Service::new(Arc::new(compiled.plan), Arc::new(compiled.interface))
}

fn engine(threads: usize) -> Engine {
    Engine::new(threads, Arc::new(SystemClock)).unwrap()
}

fn answer(
    engine: &Engine,
    service: &Service,
    inputs: &[f64],
    memory: usize,
) -> Result<Fragments, ServeError> {
    let records: Vec<Value> = inputs.iter().map(|n| json!({ "n": n })).collect();
    let limits = Limits { memory, ..Limits::default() };
    let options = ExecuteOptions { service: "F/s".to_owned(), limits, ..ExecuteOptions::default() };
    execute(engine, service, Value::from(records).to_string().as_bytes(), &options)
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// 1 + 2 + … + 4n.
fn sum(n: f64) -> u64 {
    let last = 4 * n as u64;
    last * (last + 1) / 2
}

/// Arrays of 16 kB to 32 MB within 16 MB, on one thread and on four.
#[test]
fn a_record_over_the_budget_is_an_error_and_the_others_are_right() {
    let service = service("SUM(SEQUENCE(A1,4))");
    let inputs: Vec<f64> =
        (0..1_300).map(|record| if record % 400 == 7 { 1e6 } else { 500.0 + f64::from(record) }).collect();
    for threads in [1, 4] {
        let found = answer(&engine(threads), &service, &inputs, 16 * MB).unwrap();
        let (outputs, errors) = (read(&found.outputs), read(&found.errors));
        for (record, &n) in inputs.iter().enumerate() {
            if n < 1e6 {
                assert_eq!(outputs[record], json!({ "o": sum(n) }), "{record} on {threads}");
                assert_eq!(errors[record], Value::Null);
                continue;
            }
            assert_eq!(outputs[record], json!({ "o": "#CALC!" }));
            let item = json!([{
                "source_path": "$.Output.o",
                "error_category": "limit_error",
                "error_type": "error.LIMIT",
                "message": "not calculated: the record needs more than 16777216 bytes of memory",
                "additional_details": "F/s",
            }]);
            assert_eq!(errors[record], item, "{record} on {threads}");
        }
    }
}

/// 200 arrays of 4 MB each do not fit into 16 MB together; one after the other they do.
#[test]
fn records_that_fit_one_by_one_are_calculated() {
    let service = service("SUM(SEQUENCE(A1,4))");
    let inputs: Vec<f64> = (0..200).map(|record| 131_000.0 + f64::from(record)).collect();
    let found = answer(&engine(1), &service, &inputs, 16 * MB).unwrap();
    let expected: Vec<Value> = inputs.iter().map(|&n| json!({ "o": sum(n) })).collect();
    assert_eq!(read(&found.outputs), Value::from(expected));
}

/// 20,000 texts of 30,000 characters are 600 MB.
#[test]
fn texts_count() {
    let service = service("SUMPRODUCT(LEN(SEQUENCE(A1)&REPT(\"x\",30000)))");
    let found = answer(&engine(1), &service, &[10.0, 20_000.0], 64 * MB).unwrap();
    // Ten numbers have eleven digits.
    assert_eq!(read(&found.outputs), json!([{ "o": 300_011 }, { "o": "#CALC!" }]));
    assert_eq!(read(&found.errors)[0], Value::Null);
    assert_eq!(read(&found.errors)[1][0]["error_type"], "error.LIMIT");
}

#[test]
fn an_expression_that_would_take_long_is_told() {
    let service = service("REGEXTEST(REPT(\"a\",A1),\"(?:a?){1000}b\")");
    let found = answer(&engine(1), &service, &[10.0, 32_767.0], 64 * MB).unwrap();
    assert_eq!(read(&found.outputs), json!([{ "o": false }, { "o": "#CALC!" }]));
    let message = "not calculated: a regular expression is too long for the text that it is matched against";
    assert_eq!(read(&found.errors)[1][0]["message"], message);
}

/// An execution in the middle of its first block holds 4 of the 6 MB of all executions: another that needs 3 is refused
/// and may be repeated, one that needs less is calculated.
#[test]
fn all_executions_share_a_budget() {
    let service = service("SUM(SEQUENCE(A1,4))");
    let engine = engine(1).with_memory(6 * MB);
    let (env, stop) = (Env::default(), StopSignal::default());
    let rules = ExecuteOptions::default();
    let first = execd_serve::codec::decode::decode(br#"[{"n":160000}]"#, service.rules(&rules)).unwrap();
    let memory = 64 * MB;
    let work = Work { plan: &service.plan, env: &env, stop: &stop, memory, times: None };
    let held = engine.evaluate(
        &work,
        &first.batch,
        |_| (),
        |(), _, block| {
            assert_eq!(block.refused, None);
            let refused = answer(&engine, &service, &[130_000.0], memory);
            assert_eq!(refused.err(), Some(ServeError::Overloaded));
            let small = answer(&engine, &service, &[10_000.0], memory)?;
            assert_eq!(read(&small.outputs), json!([{ "o": sum(10_000.0) }]));
            Ok(())
        },
    );
    held.unwrap();
    let after = answer(&engine, &service, &[130_000.0], memory).unwrap();
    assert_eq!(read(&after.outputs), json!([{ "o": sum(130_000.0) }]));
}

/// 400,000 numbers are 3.2 MB, in the records of one call.
#[test]
fn inputs_count() {
    let service = service("A1*2");
    let inputs = vec![1.0; 400_000];
    let too_large = answer(&engine(1), &service, &inputs, 3 * MB).err();
    let what = "memory of the inputs in bytes";
    assert_eq!(too_large, Some(ServeError::TooLarge { what, limit: 3 * MB }));
    let never = answer(&engine(1).with_memory(2 * MB), &service, &inputs, 64 * MB).err();
    assert_eq!(never, Some(ServeError::TooLarge { what, limit: 2 * MB }), "waiting would not help");
    assert_eq!(answer(&engine(1), &service, &inputs, 64 * MB).unwrap().records, 400_000);

    let engine = engine(1).with_memory(8 * MB);
    let others = engine.holding(usize::MAX);
    others.cover(6 * MB).unwrap();
    assert_eq!(answer(&engine, &service, &inputs, 64 * MB).err(), Some(ServeError::Overloaded));
    assert_eq!(answer(&engine, &service, &inputs[..1_000], 64 * MB).unwrap().records, 1_000);
}

/// 200 texts of 30,000 characters are an answer of 6 MB, which is there twice when it is put together.
#[test]
fn answers_count_until_they_are_dropped() {
    let service = service("REPT(\"x\",A1)");
    let inputs = [30_000.0; 200];
    for threads in [1, 4] {
        let engine = engine(threads).with_memory(20 * MB);
        let first = answer(&engine, &service, &inputs, 4 * MB).unwrap();
        assert_eq!(first.outputs.len(), 200 * (r#"{"o":""},"#.len() + 30_000) + 1);
        let second = answer(&engine, &service, &inputs, 4 * MB);
        assert_eq!(second.err(), Some(ServeError::Overloaded), "the first is still there");
        drop(first);
        assert_eq!(answer(&engine, &service, &inputs, 4 * MB).unwrap().records, 200);
    }
    let never = answer(&engine(1).with_memory(8 * MB), &service, &inputs, 4 * MB).err();
    assert_eq!(never, Some(ServeError::TooLarge { what: "answer in bytes", limit: 4 * MB }));
}
