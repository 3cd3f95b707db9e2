//! Compile time against the number of formula cells: reading, parsing and compiling from the bytes of the file.

use crate::row::Row;
use crate::timing::alternate;
use execd_model::limits::Limits;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;

/// What a workbook of the size of the largest of the five may take; larger ones may take more in proportion.
const SECONDS: f64 = 0.150;
const CELLS: usize = 5_852;

/// One row per workbook in `folder` and `folder/scaled`, smallest first.
pub fn measure(folder: &Path, runs: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for place in [folder.to_owned(), folder.join("scaled")] {
        for entry in fs::read_dir(place)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "xlsx") {
                rows.push(measure_workbook(&path, runs)?);
            }
        }
    }
    rows.sort_by_key(|(cells, _)| *cells);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn measure_workbook(path: &Path, runs: usize) -> Result<(usize, Row), Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let cells = execd_model::compile(&bytes, &Limits::default())?.report.formula_cells;
    let mut compile = || {
        let _ = black_box(execd_model::compile(black_box(&bytes), &Limits::default()));
    };
    let seconds = alternate(runs, &mut [&mut compile])[0];
    let allowed = SECONDS * (cells as f64 / CELLS as f64).max(1.0);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.split('-').next().unwrap_or_default();
    let row = Row {
        what: format!("compile {name}, {cells} formula cells"),
        ratio: allowed / seconds,
        ours: format!("{:.2} ms", seconds * 1e3),
        yardstick: format!("{:.2} ms allowed", allowed * 1e3),
        aim: Some(1.0),
    };
    Ok((cells, row))
}
