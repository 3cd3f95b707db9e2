//! `inputs` as JSON: what the fast decoder accepts, the reference decoder accepts with the same records; together they
//! give what the reference alone gives. A file of the same bytes is read, too, an array or lines.

use crate::records::evaluate;
use crate::service::service;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_calc::values::value::{Unpacked, Value};
use execd_serve::codec::decode::{decode, fast, reference};
use execd_serve::codec::decoded::Decoded;
use execd_serve::execute::ExecuteOptions;
use std::sync::Arc;

pub fn run(bytes: &[u8]) {
    evaluate(bytes, if bytes.len().is_multiple_of(3) { "ndjson" } else { "json" });
    let options = ExecuteOptions::default();
    let rules = service().rules(&options);
    let both = decode(bytes, rules);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(both.is_err(), "accepted what is not UTF-8");
        return;
    };
    match (fast::decode(text, rules), reference::decode(text, rules), both) {
        (Some(fast), Ok(reference), Ok(both)) => {
            assert_same(&fast, &reference);
            assert_same(&both, &reference);
        }
        (None, Ok(reference), Ok(both)) => assert_same(&both, &reference),
        (None, Err(reference), Err(both)) => assert_eq!(both, reference),
        (Some(_), Err(reference), _) => panic!("the fast decoder accepts what is {reference}"),
        (_, Ok(_), Err(both)) => panic!("refused as {both}, but the reference accepts it"),
        (None, Err(reference), Ok(_)) => panic!("accepted, but the reference refuses it as {reference}"),
    }
}

fn assert_same(one: &Decoded, other: &Decoded) {
    assert_eq!((one.layout, one.nothing), (other.layout, other.nothing));
    assert_eq!(one.batch.records, other.batch.records);
    assert_eq!(one.notes, other.notes);
    assert_eq!(cells(&one.batch), cells(&other.batch));
}

/// Every value of every column with its bits or its text.
fn cells(batch: &Batch) -> Vec<Vec<String>> {
    let heap = Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::clone(&batch.store));
    let shown = |value: &Value| match value.unpack() {
        Unpacked::Number(x) => format!("{:x}", x.to_bits()),
        Unpacked::Text(id) => format!("\"{}\"", heap.text(id)),
        other => format!("{other:?}"),
    };
    batch.columns.iter().map(|column| column.iter().map(shown).collect()).collect()
}
