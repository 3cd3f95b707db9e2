//! Whole calls over real workbooks, compiled from `examples/services`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod sample;

use execd_serve::execute::{ExecuteOptions, Service, execute};
use sample::service::engine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn service(workbook: &str) -> Service {
    let bytes = std::fs::read(project().join("examples/services").join(workbook)).unwrap();
    let compiled = execd_model::compile(&bytes, &execd_model::limits::Limits::default()).unwrap();
    Service::new(Arc::new(compiled.plan), Arc::new(compiled.interface))
}

fn options(service: &str) -> ExecuteOptions {
    ExecuteOptions { service: service.to_owned(), ..ExecuteOptions::default() }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Oracle: the documented sample of the Execute API v4, request and response.
#[test]
fn the_documented_sample_in_both_layouts() {
    let service = service("MyFolder/BlockParty.xlsx");
    for layout in ["sample-objects", "sample-arrays"] {
        let read = |name: &str| {
            json(&std::fs::read(project().join("tests/wire/execute").join(layout).join(name)).unwrap())
        };
        let (request, expected) = (read("request.json"), &read("expected.json")["body"]);
        let inputs = request["inputs"].to_string();
        let found = execute(&engine(1), &service, inputs.as_bytes(), &options("BlockParty")).unwrap();
        assert_eq!(json(&found.outputs), expected["outputs"], "{layout}");
        assert_eq!(json(&found.warnings), expected["warnings"], "{layout}");
        assert_eq!(json(&found.errors), expected["errors"], "{layout}");
        assert_eq!(json(&found.process_time).as_array().map(Vec::len), Some(found.records));
    }
}

/// A record gives the same bits alone, in a batch of any size, on any number of threads.
#[test]
fn batches_and_threads_change_nothing() {
    for workbook in ["models/mortgage.xlsx", "models/premium.xlsx", "models/blackscholes.xlsx"] {
        let service = service(workbook);
        let names: Vec<&str> = service.interface.inputs.iter().map(|input| input.name.as_str()).collect();
        let defaults: Vec<String> =
            service.interface.inputs.iter().map(|input| default(&input.defaults[0])).collect();
        // Every record changes one numeric input by a different part.
        let record = |n: usize| {
            let mut values = defaults.clone();
            let at = n % values.len();
            if let Ok(x) = values[at].parse::<f64>() {
                values[at] = (x * (1.0 + (n % 97) as f64 / 1_000.0)).to_string();
            }
            format!("[{}]", values.join(","))
        };
        let header = serde_json::to_string(&names).unwrap();
        let request = |range: std::ops::Range<usize>| {
            let records: Vec<String> = range.map(record).collect();
            format!("[{header},{}]", records.join(","))
        };
        let (one, two) = (engine(1), engine(2));
        let run = |engine, range| {
            let found = execute(engine, &service, request(range).as_bytes(), &options("m")).unwrap();
            json(&found.outputs).as_array().unwrap()[1..].to_vec()
        };
        const COUNT: usize = 2_000;
        let whole = run(&one, 0..COUNT);
        assert_eq!(whole.len(), COUNT);
        assert_eq!(run(&two, 0..COUNT), whole, "{workbook} on two threads");
        for first in (0..COUNT).step_by(331) {
            assert_eq!(run(&two, first..first + 1)[0], whole[first], "{workbook}, record {first} alone");
            let seven = first..(first + 7).min(COUNT);
            assert_eq!(run(&one, seven.clone()), whole[seven], "{workbook}, seven records from {first}");
        }
    }
}

fn default(constant: &execd_calc::interface::Constant) -> String {
    use execd_calc::interface::Constant;
    match constant {
        Constant::Number(x) => x.to_string(),
        Constant::Bool(b) => b.to_string(),
        Constant::Text(text) => Value::from(text.as_str()).to_string(),
        Constant::Blank | Constant::Error(_) => "null".to_owned(),
    }
}
