//! Bytes put aside for an execution: in memory while they are few, then in a file without a name, which is gone with the
//! process whatever ends it. How many there may be on the disk is counted for all executions of a process together.

pub mod feed;
mod overflow;

use crate::error::ServeError;
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a spool that stay in memory.
const IN_MEMORY: u64 = 1 << 20;
/// Bytes that are copied at once.
const PIECE: usize = 1 << 18;
/// What a command puts aside at most.
const MOST: u64 = 64 << 30;

/// Where spools are on disk, and how many bytes they may have together.
#[derive(Debug)]
pub struct SpoolSpace {
    folder: PathBuf,
    most: u64,
    used: AtomicU64,
}

impl SpoolSpace {
    pub fn new(folder: PathBuf, most: u64) -> SpoolSpace {
        SpoolSpace { folder, most, used: AtomicU64::new(0) }
    }

    /// Bytes on disk now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn ask(&self, bytes: u64) -> io::Result<()> {
        let fits = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= self.most);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                format!("too large to be put aside: at most {} bytes", self.most),
            )),
        }
    }
}

/// What one execution puts aside. Its room is free again when all that uses it is gone.
#[derive(Debug)]
pub struct Spools {
    space: Arc<SpoolSpace>,
    taken: AtomicU64,
}

impl Spools {
    pub fn new(space: Arc<SpoolSpace>) -> Spools {
        Spools { space, taken: AtomicU64::new(0) }
    }

    /// Takes room on the disk for so many more bytes.
    pub fn ask(&self, bytes: u64) -> io::Result<()> {
        self.space.ask(bytes)?;
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// A file without a name.
    pub fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.space.folder)
    }
}

impl Drop for Spools {
    fn drop(&mut self) {
        self.space.used.fetch_sub(*self.taken.get_mut(), Ordering::Relaxed);
    }
}

impl Default for Spools {
    /// In the folder for temporary files.
    fn default() -> Spools {
        Spools::new(Arc::new(SpoolSpace::new(std::env::temp_dir(), MOST)))
    }
}

/// Bytes that are written once, from front to back, and can then be read from any position.
#[derive(Debug)]
pub struct Spool {
    spools: Arc<Spools>,
    file: File,
    size: u64,
    in_memory: bool,
}

impl Spool {
    pub fn new(spools: Arc<Spools>) -> io::Result<Spool> {
        let file = File::from(memfd_create("execd-spool", MemfdFlags::CLOEXEC)?);
        Ok(Spool { spools, file, size: 0, in_memory: true })
    }

    pub fn spools(&self) -> &Arc<Spools> {
        &self.spools
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// The bytes as a file. Its position is shared by all who have it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The bytes as a file of its own, from the start.
    pub fn into_file(mut self) -> io::Result<File> {
        self.file.rewind()?;
        Ok(self.file)
    }

    /// Writes all that a reader has; it may be stopped by that.
    pub fn fill(&mut self, mut bytes: impl Read) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = bytes.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            self.write_all(piece.get(..count).unwrap_or_default())?;
        }
    }

    /// What a caller is told of an error of `fill`. `name` is what the bytes are called.
    pub fn told(&self, error: &io::Error, name: &str) -> ServeError {
        match error.kind() {
            io::ErrorKind::QuotaExceeded => {
                ServeError::TooLarge { what: "bytes put aside", limit: self.spools.space.most as usize }
            }
            _ => ServeError::file(name, error),
        }
    }

    fn move_to_disk(&mut self) -> io::Result<()> {
        self.spools.ask(self.size)?;
        let mut file = self.spools.file()?;
        self.file.rewind()?;
        io::copy(&mut self.file, &mut file)?;
        self.file = file;
        self.in_memory = false;
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let more = bytes.len() as u64;
        if self.in_memory && self.size + more > IN_MEMORY {
            self.move_to_disk()?;
        }
        if !self.in_memory {
            self.spools.ask(more)?;
        }
        self.file.write_all(bytes)?;
        self.size += more;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_move_to_the_disk_and_their_room_is_free_when_they_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let space = Arc::new(SpoolSpace::new(folder.path().to_owned(), 4 << 20));
        let mut spool = Spool::new(Arc::new(Spools::new(Arc::clone(&space)))).unwrap();
        spool.write_all(&[1; 1 << 20]).unwrap();
        assert!(spool.is_in_memory() && space.used() == 0);
        spool.write_all(&[2; 1 << 20]).unwrap();
        assert!(!spool.is_in_memory() && space.used() == 2 << 20);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has a name");
        let too_much = spool.fill(io::repeat(3)).unwrap_err();
        assert_eq!(
            spool.told(&too_much, "x"),
            ServeError::TooLarge { what: "bytes put aside", limit: 4 << 20 }
        );
        let mut bytes = Vec::new();
        spool.into_file().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.get(..2 << 20).unwrap(), [[1; 1 << 20], [2; 1 << 20]].concat());
        assert_eq!(space.used(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let space = Arc::new(SpoolSpace::new(PathBuf::from("/nowhere"), 4 << 20));
        let mut spool = Spool::new(Arc::new(Spools::new(Arc::clone(&space)))).unwrap();
        let error = spool.fill(io::repeat(0)).unwrap_err();
        assert!(matches!(spool.told(&error, "x"), ServeError::File { .. }));
        drop(spool);
        assert_eq!(space.used(), 0);
    }
}
