//! Columns as hand-written code takes and gives them, and the files that `models/records.py` writes. No timing.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Texts one after the other; text `i` ends at `ends[i]`.
#[derive(Debug, Default)]
pub struct Texts {
    pub bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.bytes[start..self.ends[i]]
    }

    /// What was appended to `bytes` since the last call is a text.
    pub fn end_text(&mut self) {
        self.ends.push(self.bytes.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// One value per record.
#[derive(Debug)]
pub enum Column {
    Numbers(Vec<f64>),
    Texts(Texts),
}

impl Column {
    /// The numbers; none in a column of texts.
    pub fn numbers(&self) -> &[f64] {
        match self {
            Column::Numbers(numbers) => numbers,
            Column::Texts(_) => &[],
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Column::Numbers(numbers) => numbers.len(),
            Column::Texts(texts) => texts.len(),
        }
    }
}

/// Columns with their names.
#[derive(Debug)]
pub struct Named {
    pub names: Vec<String>,
    pub columns: Vec<Column>,
}

/// The inputs of a model, the reference outputs of its first records, and the rate tables.
#[derive(Debug)]
pub struct Inputs {
    pub all: Named,
    pub reference: Named,
    pub tables: Tables,
}

/// Rate tables, row by row.
#[derive(Debug)]
pub struct Tables {
    /// Age x (male, male smoker, female, female smoker).
    pub by_sex_and_smoker: Vec<f64>,
    /// Term x region.
    pub regions: Vec<f64>,
    /// Age x (male, female).
    pub by_sex: Vec<f64>,
    /// The same for a month: 1 - (1 - q)^(1/12).
    pub by_sex_monthly: Vec<f64>,
}

impl Inputs {
    pub fn read(folder: &Path, model: &str) -> Result<Inputs, Box<dyn Error>> {
        let by_sex = read_numbers(&folder.join("by_sex.f64"))?;
        let tables = Tables {
            by_sex_and_smoker: read_numbers(&folder.join("by_sex_and_smoker.f64"))?,
            regions: read_numbers(&folder.join("regions.f64"))?,
            by_sex_monthly: by_sex.iter().map(|q| 1.0 - (1.0 - q).powf(1.0 / 12.0)).collect(),
            by_sex,
        };
        let folder = folder.join(model);
        Ok(Inputs { all: Named::read(&folder, "in")?, reference: Named::read(&folder, "out")?, tables })
    }

    pub fn records(&self) -> usize {
        self.all.columns.first().map_or(0, Column::len)
    }

    pub fn numbers(&self, k: usize) -> &[f64] {
        self.all.columns[k].numbers()
    }

    #[allow(clippy::panic, reason = "a model by hand that asks for the wrong column is a bug here")]
    pub fn texts(&self, k: usize) -> &Texts {
        match &self.all.columns[k] {
            Column::Texts(texts) => texts,
            Column::Numbers(_) => panic!("input {k} holds numbers"),
        }
    }
}

impl Named {
    /// `<prefix>.names` and one file a column.
    fn read(folder: &Path, prefix: &str) -> Result<Named, Box<dyn Error>> {
        let names = fs::read_to_string(folder.join(format!("{prefix}.names")))
            .map_err(|e| format!("{}: {e}; run benches/models/records.py", folder.display()))?;
        let names: Vec<String> = names.lines().map(str::to_owned).collect();
        let columns = (0..names.len()).map(|k| read_column(&folder.join(format!("{prefix}.{k}"))));
        Ok(Named { columns: columns.collect::<Result<_, _>>()?, names })
    }
}

fn read_column(stem: &Path) -> Result<Column, Box<dyn Error>> {
    let texts = stem.with_added_extension("txt");
    if texts.exists() {
        return Ok(Column::Texts(read_texts(&texts)?));
    }
    Ok(Column::Numbers(read_numbers(&stem.with_added_extension("f64"))?))
}

fn read_numbers(path: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (words, _) = bytes.as_chunks::<8>();
    Ok(words.iter().map(|word| f64::from_le_bytes(*word)).collect())
}

fn read_texts(path: &Path) -> Result<Texts, Box<dyn Error>> {
    let mut texts = Texts::default();
    for line in fs::read_to_string(path)?.lines() {
        texts.bytes.push_str(line);
        texts.end_text();
    }
    Ok(texts)
}
