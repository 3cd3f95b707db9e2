//! The body of a request: `inputs` and what is around it are found as any other reader of JSON finds them.

use crate::stopwatch::in_time;
use execd_serve::envelope::{check, scan};
use serde_json::{Map, Value};
use std::time::Duration;

const TIME: Duration = Duration::from_millis(200);

pub fn run(bytes: &[u8]) {
    let found = in_time("taking a body apart", TIME, |_| scan(bytes));
    let whole = serde_json::from_slice::<Map<String, Value>>(bytes).ok();
    let escaped = bytes.contains(&b'\\');
    match (found, whole) {
        (Some(Ok(envelope)), whole) => {
            let rest = serde_json::from_slice::<Map<String, Value>>(&envelope.rest);
            let Ok(mut rest) = rest else { panic!("the rest of the body is no JSON: {rest:?}") };
            let inputs = serde_json::from_slice::<Value>(&bytes[envelope.inputs]).ok();
            assert_eq!(inputs.is_some(), whole.is_some(), "the body and its inputs are not both valid JSON");
            if let Some((inputs, whole)) = inputs.zip(whole) {
                rest.insert("inputs".to_owned(), inputs);
                assert_eq!(rest, whole);
            }
        }
        (Some(Err(_)), _) | (None, None) => {}
        // Such a body is checked as a whole, and read by others.
        (None, Some(whole)) => {
            let plain = whole.contains_key("inputs") && !escaped && check(bytes).is_ok();
            assert!(!plain, "the inputs are not found");
        }
    }
}
