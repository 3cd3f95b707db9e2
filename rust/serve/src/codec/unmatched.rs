//! Names of a call that stand for nothing: inputs, headings, rows, outputs and options that do not exist. Each is told
//! once, at the first record that has it; a strict call is refused for it.

use crate::codec::names::shortened;
use crate::error::ServeError;
use std::collections::HashSet;
use std::fmt;

/// One name that matches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub kind: NameKind,
    /// As the caller spells it, shortened.
    pub name: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// No input has this name.
    Input,
    /// A header row has the name of this input once more, further on.
    Repeated,
    /// The table has no heading like this.
    Heading { table: Box<str> },
    /// The column of a file names a row that the table does not have.
    Row { table: Box<str>, rows: usize },
    /// An entry of `output` that names no output and matches none as a pattern.
    Output,
    /// A key of the request that means nothing, or nothing yet.
    Option,
}

impl Name {
    pub fn new(kind: NameKind, name: &str) -> Name {
        Name { kind, name: shortened(name).into() }
    }

    /// What stands for the names that are not kept.
    pub const MORE: &str = "there are more names that match nothing";

    /// Where the name stands in a request.
    pub fn source_path(&self) -> String {
        match &self.kind {
            NameKind::Input | NameKind::Repeated | NameKind::Row { .. } => format!("inputs.{}", self.name),
            NameKind::Heading { table } => format!("inputs.{table}.{}", self.name),
            NameKind::Output => "output".to_owned(),
            NameKind::Option => self.name.to_string(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.kind {
            NameKind::Input => write!(f, "'{name}' is not an input of the service"),
            NameKind::Repeated => write!(f, "an earlier column '{name}' has the same name as a later one"),
            NameKind::Heading { table } => write!(f, "'{name}' is not a heading of the table '{table}'"),
            NameKind::Row { table, rows } => {
                write!(f, "'{name}' is beyond the {rows} rows of the table '{table}'")
            }
            NameKind::Output => write!(f, "'{name}' in output matches no output of the service"),
            NameKind::Option => write!(f, "the option '{name}' has no effect"),
        }
    }
}

/// The names of a call, each with the record where it came first.
#[derive(Clone, Debug, Default)]
pub struct Unmatched {
    names: Vec<(usize, Name)>,
    known: HashSet<Name>,
    /// There were more names than are kept.
    more: bool,
}

/// The most names that are kept.
const MOST: usize = 100;

impl Unmatched {
    /// Notes a name, once.
    pub fn add(&mut self, record: usize, name: Name) {
        if self.known.contains(&name) {
            return;
        }
        if self.names.len() == MOST {
            self.more = true;
            return;
        }
        self.known.insert(name.clone());
        let place = self.names.partition_point(|(first, _)| *first <= record);
        self.names.insert(place, (record, name));
    }

    /// Whether there were more names than are kept.
    pub fn more(&self) -> bool {
        self.more
    }

    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().map(|(_, name)| name)
    }

    /// The names that came first in this record or later, each with its record.
    pub fn from(&self, record: usize) -> &[(usize, Name)] {
        let start = self.names.partition_point(|(first, _)| *first < record);
        self.names.get(start..).unwrap_or(&[])
    }

    /// One line for each name, and one if there were more.
    pub fn lines(&self) -> Vec<String> {
        let more = self.more.then(|| Name::MORE.to_owned());
        self.names().map(Name::to_string).chain(more).collect()
    }

    /// Refuses a strict call for its names.
    pub fn refuse(&self) -> Result<(), ServeError> {
        if self.names.is_empty() && !self.more { Ok(()) } else { Err(ServeError::Unmatched(self.lines())) }
    }

    /// Forgets inputs that somebody knows after all.
    pub fn forget_inputs(&mut self, is_known: impl Fn(&str) -> bool) {
        let before = self.names.len();
        self.names.retain(|(_, name)| name.kind != NameKind::Input || !is_known(&name.name));
        // Of the names that were not kept, nobody can tell.
        self.more &= before == self.names.len();
    }

    /// All names of another part of the same data, as of its first record.
    pub fn join(&mut self, other: &Unmatched) {
        other.names().for_each(|name| self.add(0, name.clone()));
        self.more |= other.more;
    }
}

/// The same names, whatever was remembered to find them.
impl PartialEq for Unmatched {
    fn eq(&self, other: &Unmatched) -> bool {
        self.names == other.names && self.more == other.more
    }
}
