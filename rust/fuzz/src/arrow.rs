//! Arrow IPC, as a file or as a stream, read as records.

use crate::records::evaluate;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

pub fn run(bytes: &[u8]) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if !is_of_arrow(panic) {
                report(panic);
            }
        }));
    });
    evaluate(bytes, "arrow");
}

/// libFuzzer ends the process at any panic, also one that is caught. Those inside of the Arrow crates become errors.
fn is_of_arrow(panic: &PanicHookInfo<'_>) -> bool {
    let crates = ["/arrow-", "/flatbuffers-"];
    panic.location().is_some_and(|place| crates.iter().any(|name| place.file().contains(name)))
}
