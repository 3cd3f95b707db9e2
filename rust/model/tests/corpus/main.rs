//! Workbooks that Excel saved, from a folder beside the project: what they hold is read, and what they calculate comes
//! out as Excel stored it. A folder that is not there is reported as ignored. The project's own workbooks are always
//! there, with the values of another program.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod formulas;
mod lists;
mod own;
mod reading;
mod recalculation;
mod services;
mod waivers;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use lists::Folder;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

/// What is checked of one folder; an error says what is wrong.
type Check = fn(&Folder) -> Result<(), String>;

const CHECKS: [(&str, Check); 4] = [
    ("formula cells are those of the list", reading::check),
    ("formulas parse and read back", formulas::check),
    ("workbooks recalculate to what Excel stored", recalculation::check),
    ("plans give what recalculation gives", services::check),
];

/// The lists of the project's own workbooks have values, but no texts of formulas.
const OWN_CHECKS: [(&str, Check); 3] = [
    ("formula cells are those of the list", own::check_cells),
    ("workbooks recalculate to what the list says", recalculation::check),
    ("plans give what recalculation gives", services::check),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !lists::corpus().exists() && !arguments.list {
        // Quiet runs show no reasons.
        println!("ignored: there is no ../shared/corpus beside the project");
    }
    let names = lists::names();
    let mut trials = Vec::new();
    for name in &names {
        // The list of a folder is read once, by the first check that runs.
        let folder = Arc::new(OnceLock::new());
        for (what, check) in CHECKS {
            let (name, folder) = (name.clone(), Arc::clone(&folder));
            let title = format!("{name}: {what}");
            trials.push(Trial::ignorable_test(title, move || {
                let folder = folder.get_or_init(|| lists::folder(&name));
                run(folder.as_ref(), check)
            }));
        }
    }
    for (what, check) in OWN_CHECKS {
        let title = format!("{}: {what}", own::NAME);
        trials.push(Trial::test(title, move || check(&own::folder()).map_err(Failed::from)));
    }
    trials.push(Trial::ignorable_test("all: shifted formulas equal the texts below them", || {
        let folders: Vec<Folder> = lists::names().iter().filter_map(|name| lists::folder(name)).collect();
        match folders.is_empty() {
            true => run(None, |_| Ok(())),
            false => formulas::check_shifts(&folders).map(|()| Completion::Completed).map_err(Failed::from),
        }
    }));
    trials.push(Trial::test("waivers: each is of a folder of the corpus", move || {
        waivers::check(&names).map_err(Failed::from)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(folder: Option<&Folder>, check: Check) -> Result<Completion, Failed> {
    match folder {
        Some(folder) => check(folder).map(|()| Completion::Completed).map_err(Failed::from),
        None => Ok(Completion::ignored_with("not in ../shared/corpus")),
    }
}
