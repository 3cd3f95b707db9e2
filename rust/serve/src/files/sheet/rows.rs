//! The rows of a sheet as they come from who reads workbooks, in a thread of its own.

use execd_calc::values::value::ErrorCode;
use std::io::{Read, Seek};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

/// A workbook, which is read from any place.
pub trait WorkbookFile: Read + Seek + Send {}

impl<T: Read + Seek + Send> WorkbookFile for T {}

/// What a cell holds. Cells that hold nothing are not there.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetValue {
    Number(f64),
    /// A number that is shown as a date: days of the 1900 system, whatever the workbook's own is.
    Date(f64),
    Text(Arc<str>),
    Bool(bool),
    Error(ErrorCode),
}

/// A row with its number and its cells by column, both from 0 and ascending.
#[derive(Clone, Debug, Default)]
pub struct SheetRow {
    pub number: u32,
    pub cells: Vec<(u32, SheetValue)>,
}

/// Reads the rows of the sheet with this name, or of the first one, until the flag is raised or `each` takes no more. Why
/// that fails is in words.
pub type ReadRows = fn(
    Box<dyn WorkbookFile>,
    Option<&str>,
    &Arc<AtomicBool>,
    &mut dyn FnMut(SheetRow) -> bool,
) -> Result<(), String>;

/// Rows that are handed over at once, and how often they wait.
const PIECE: usize = 256;
const WAITING: usize = 4;

/// Rows as they are read.
pub struct Rows {
    pieces: Receiver<Result<Vec<SheetRow>, String>>,
    piece: std::vec::IntoIter<SheetRow>,
}

impl Rows {
    /// Starts to read. The thread ends with the sheet, or with the first rows that nobody takes.
    pub fn start(
        read: ReadRows,
        file: Box<dyn WorkbookFile>,
        sheet: Option<String>,
        stop: Arc<AtomicBool>,
    ) -> std::io::Result<Rows> {
        let (send, pieces) = sync_channel(WAITING);
        Builder::new().name("execd-sheet".to_owned()).spawn(move || {
            let mut piece = Vec::new();
            let result = read(file, sheet.as_deref(), &stop, &mut |row| {
                piece.push(row);
                piece.len() < PIECE || send.send(Ok(std::mem::take(&mut piece))).is_ok()
            });
            // Nobody may be there any more.
            let _ = send.send(result.map(|()| piece));
        })?;
        Ok(Rows { pieces, piece: Vec::new().into_iter() })
    }
}

impl Iterator for Rows {
    type Item = Result<SheetRow, String>;

    /// The next row, or why there is none.
    fn next(&mut self) -> Option<Result<SheetRow, String>> {
        loop {
            if let Some(row) = self.piece.next() {
                return Some(Ok(row));
            }
            match self.pieces.recv().ok()? {
                Ok(piece) => self.piece = piece.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
