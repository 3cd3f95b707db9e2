//! A file elsewhere of which ranges are asked for, so that no more than is needed travels. Whoever has it answers through
//! two pipes: a request is an offset and a length, an answer a length and the bytes, all numbers of 64 bits with the lowest
//! byte first. A length of all ones says that there is no answer.

use ::parquet::errors::Result as ParquetResult;
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes asked for at once, and how many such blocks are kept: columns are read by turns.
const BLOCK: u64 = 2 << 20;
const BLOCKS: usize = 32;
const FAILED: u64 = u64::MAX;

#[derive(Clone)]
pub struct Ranged {
    length: u64,
    pipes: Arc<Mutex<Pipes>>,
}

struct Pipes {
    requests: File,
    answers: File,
    /// Blocks by their number, the last one used at the end.
    kept: VecDeque<(u64, Bytes)>,
}

impl Ranged {
    /// Opens both pipes; each waits for its other side.
    pub fn open(requests: &Path, answers: &Path, length: u64) -> io::Result<Ranged> {
        let requests = File::options().write(true).open(requests)?;
        let pipes = Pipes { requests, answers: File::open(answers)?, kept: VecDeque::new() };
        Ok(Ranged { length, pipes: Arc::new(Mutex::new(pipes)) })
    }

    pub fn into_reader(self) -> RangedReader {
        RangedReader { file: self, at: 0 }
    }

    /// The bytes from `start` to the end of their block.
    fn block(&self, start: u64) -> io::Result<Bytes> {
        if start >= self.length {
            return Ok(Bytes::new());
        }
        let number = start / BLOCK;
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let block = match pipes.kept.iter().position(|(kept, _)| *kept == number) {
            Some(at) => pipes.kept.remove(at).map(|(_, block)| block).unwrap_or_default(),
            None => {
                let first = number * BLOCK;
                pipes.ask(first, BLOCK.min(self.length - first))?
            }
        };
        pipes.kept.push_back((number, block.clone()));
        if pipes.kept.len() > BLOCKS {
            pipes.kept.pop_front();
        }
        Ok(block.slice((start - number * BLOCK) as usize..))
    }
}

impl Pipes {
    fn ask(&mut self, offset: u64, length: u64) -> io::Result<Bytes> {
        self.requests.write_all(&[offset.to_le_bytes(), length.to_le_bytes()].concat())?;
        let mut found = [0; 8];
        self.answers.read_exact(&mut found)?;
        match u64::from_le_bytes(found) {
            found if found == length => {}
            FAILED => return Err(io::Error::other("it cannot be read any further")),
            found => return Err(io::Error::other(format!("{found} bytes came where {length} are"))),
        }
        let mut bytes = vec![0; length as usize];
        self.answers.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

impl Length for Ranged {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Ranged {
    type T = RangedReader;

    fn get_read(&self, start: u64) -> ParquetResult<RangedReader> {
        Ok(RangedReader { file: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let block = self.block(start)?;
        if length <= block.len() {
            return Ok(block.slice(..length));
        }
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Reads from a place on.
pub struct RangedReader {
    file: Ranged,
    at: u64,
}

impl Read for RangedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.block(self.at)?.as_ref().read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}
