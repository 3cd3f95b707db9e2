//! Patterns of callers: an entry of `output` on the first line, a replacement on the second, a text on the rest. The first
//! is matched against the outputs of a service, and against the text by functions that take patterns.

use crate::promises::call_options;
use crate::service::{compiled, engine, refused_at_most};
use crate::stopwatch::in_time;
use execd_serve::execute::{ExecuteOptions, Service, execute};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

const TIME: Duration = Duration::from_millis(200);

pub fn run(bytes: &[u8]) {
    static SERVICE: LazyLock<Service> = LazyLock::new(|| compiled(include_str!("../corpus/xlsx/patterns")));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pattern, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (replacement, text) = rest.split_once('\n').unwrap_or(("", rest));
    let body = json!([{ "Pattern": pattern, "Replacement": replacement, "Text": text }]).to_string();
    for outputs in [vec![], vec![pattern.to_owned(), replacement.to_owned()]] {
        let options = ExecuteOptions { outputs, ..call_options() };
        let answer = in_time("matching", TIME, |_| execute(&engine(), &SERVICE, body.as_bytes(), &options));
        if let Ok(fragments) = &answer {
            for part in [&fragments.outputs, &fragments.warnings, &fragments.errors] {
                let read = serde_json::from_slice::<Value>(part);
                assert!(read.is_ok(), "no JSON: {}", String::from_utf8_lossy(part));
            }
        }
        refused_at_most(answer.map(drop));
    }
}
