//! Interface and report as plain Python values. What they mean is in `execd_calc::interface` and
//! `execd_model::report`.

use execd_calc::interface::{
    Bound as Limit, Constant, Format, Input, Interface, Output, Rule, Shape, Validation,
};
use execd_model::report::{Report, Unsupported};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

type Dict<'py> = Bound<'py, PyDict>;

pub fn inputs<'py>(py: Python<'py>, interface: &Interface) -> PyResult<Vec<Dict<'py>>> {
    interface.inputs.iter().map(|one| input(py, one)).collect()
}

pub fn outputs<'py>(py: Python<'py>, interface: &Interface) -> PyResult<Vec<Dict<'py>>> {
    interface.outputs.iter().map(|one| output(py, one)).collect()
}

fn input<'py>(py: Python<'py>, input: &Input) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("name", &input.name)?;
    shape(&row, &input.shape)?;
    row.set_item("format", format(input.format))?;
    row.set_item("default", default(py, input)?)?;
    row.set_item("validation", input.validation.as_ref().map(|v| validation(py, v)).transpose()?)?;
    row.set_item("description", input.description.as_deref())?;
    row.set_item("address", &input.address)?;
    Ok(row)
}

fn output<'py>(py: Python<'py>, output: &Output) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("name", &output.name)?;
    shape(&row, &output.shape)?;
    row.set_item("formats", output.formats.iter().map(|one| format(*one)).collect::<Vec<_>>())?;
    row.set_item("description", output.description.as_deref())?;
    row.set_item("address", &output.address)?;
    Ok(row)
}

fn shape(row: &Dict<'_>, shape: &Shape) -> PyResult<()> {
    match shape {
        Shape::Scalar => row.set_item("shape", "scalar"),
        Shape::Table { headings, rows } => {
            row.set_item("shape", "table")?;
            row.set_item("headings", headings.iter().map(|one| one.text.as_str()).collect::<Vec<_>>())?;
            row.set_item("rows", rows)
        }
    }
}

fn default<'py>(py: Python<'py>, input: &Input) -> PyResult<Bound<'py, PyAny>> {
    match &input.shape {
        Shape::Scalar => constant(py, input.defaults.first().unwrap_or(&Constant::Blank)),
        Shape::Table { headings, .. } => {
            let rows = PyList::empty(py);
            for cells in input.defaults.chunks(headings.len().max(1)) {
                rows.append(cells.iter().map(|one| constant(py, one)).collect::<PyResult<Vec<_>>>()?)?;
            }
            Ok(rows.into_any())
        }
    }
}

pub fn constant<'py>(py: Python<'py>, value: &Constant) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Constant::Blank => py.None().into_bound(py),
        Constant::Number(x) => x.into_pyobject(py)?.into_any(),
        Constant::Text(text) => text.into_pyobject(py)?.into_any(),
        Constant::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Constant::Error(code) => code.text().into_pyobject(py)?.into_any(),
    })
}

fn format(format: Format) -> &'static str {
    match format {
        Format::General => "general",
        Format::Date => "date",
        Format::Time => "time",
        Format::DateTime => "datetime",
        Format::Text => "text",
    }
}

fn validation<'py>(py: Python<'py>, validation: &Validation) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    let (kind, bound) = match &validation.rule {
        Rule::Whole(bound) => ("whole", Some(bound)),
        Rule::Decimal(bound) => ("decimal", Some(bound)),
        Rule::Date(bound) => ("date", Some(bound)),
        Rule::Time(bound) => ("time", Some(bound)),
        Rule::TextLength(bound) => ("text_length", Some(bound)),
        Rule::List(_) => ("list", None),
    };
    row.set_item("rule", kind)?;
    if let Some(bound) = bound {
        let (operator, limits) = limits(*bound);
        row.set_item("operator", operator)?;
        row.set_item("limits", limits)?;
    }
    if let Rule::List(options) = &validation.rule {
        row.set_item("options", options.iter().map(|one| constant(py, one)).collect::<PyResult<Vec<_>>>()?)?;
    }
    row.set_item("message", validation.message.as_deref())?;
    row.set_item("ignore_blank", validation.ignore_blank)?;
    Ok(row)
}

fn limits(bound: Limit) -> (&'static str, Vec<f64>) {
    match bound {
        Limit::Between(low, high) => ("between", vec![low, high]),
        Limit::NotBetween(low, high) => ("not_between", vec![low, high]),
        Limit::Equal(x) => ("equal", vec![x]),
        Limit::NotEqual(x) => ("not_equal", vec![x]),
        Limit::Greater(x) => ("greater", vec![x]),
        Limit::Less(x) => ("less", vec![x]),
        Limit::AtLeast(x) => ("at_least", vec![x]),
        Limit::AtMost(x) => ("at_most", vec![x]),
    }
}

pub fn report<'py>(py: Python<'py>, report: &Report) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("sheets", report.sheets)?;
    row.set_item("formula_cells", report.formula_cells)?;
    row.set_item("live_cells", report.live_cells)?;
    row.set_item("steps", report.steps)?;
    row.set_item("slots", report.slots)?;
    row.set_item("constants", report.constants)?;
    row.set_item(
        "unsupported",
        report.unsupported.iter().map(|one| gap(py, one)).collect::<PyResult<Vec<_>>>()?,
    )?;
    row.set_item("warnings", &report.warnings)?;
    Ok(row)
}

fn gap<'py>(py: Python<'py>, gap: &Unsupported) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("sheet", &gap.sheet)?;
    row.set_item("cell", &gap.cell)?;
    row.set_item("formula", &gap.formula)?;
    row.set_item("reason", &gap.reason)?;
    Ok(row)
}
