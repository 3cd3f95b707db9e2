//! Node-wide permits: the right to execute now, counted over all processes that open the same permit file. Who waits
//! for one and how long is decided in `admission`.
//!
//! One byte of the file is one permit, held by an open-file-description lock on that byte: when a process dies, the
//! kernel closes its descriptor and its permits are free at once, with nothing to clean up. Locks of one descriptor
//! never conflict with each other, so each process also keeps the set of bytes it holds. Needs a local Linux file
//! system. A process opens the file itself after it was forked: a descriptor shared by fork shares its locks.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The permits of one node as one process sees them.
#[derive(Debug)]
pub struct Permits {
    file: Arc<PermitFile>,
}

/// The right to execute now. Dropping it gives it back.
#[derive(Debug)]
pub struct Permit {
    file: Arc<PermitFile>,
    byte: usize,
}

#[derive(Debug)]
struct PermitFile {
    file: File,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    bytes: Vec<bool>,
    /// Where the next search starts: processes that start apart rarely meet on one byte.
    start: usize,
}

impl Permits {
    /// Opens (and creates) the permit file of a node that allows `count` executions at once. Every process must give
    /// the same `count`.
    pub fn open(path: &Path, count: usize) -> io::Result<Permits> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let count = count.max(1);
        let held = Held { bytes: vec![false; count], start: std::process::id() as usize % count };
        let permits = Permits { file: Arc::new(PermitFile { file, held: Mutex::new(held) }) };
        // A file system without such locks must be noticed at start, not at the first request.
        permits.file.is_locked_elsewhere(0)?;
        Ok(permits)
    }

    pub fn count(&self) -> usize {
        self.file.held().bytes.len()
    }

    /// A permit if one is free anywhere on the node. Costs microseconds and never waits.
    pub fn try_acquire(&self) -> Option<Permit> {
        let mut held = self.file.held();
        let count = held.bytes.len();
        let start = held.start;
        let byte = (0..count)
            .map(|step| (start + step) % count)
            .find(|&byte| held.bytes.get(byte) == Some(&false) && self.file.lock(byte))?;
        if let Some(mark) = held.bytes.get_mut(byte) {
            *mark = true;
        }
        held.start = (byte + 1) % count;
        drop(held);
        Some(Permit { file: Arc::clone(&self.file), byte })
    }

    /// Permits held on the node now, by this process and all others.
    pub fn in_use(&self) -> usize {
        let held = self.file.held();
        held.bytes
            .iter()
            .enumerate()
            .filter(|&(byte, &own)| own || self.file.is_locked_elsewhere(byte).unwrap_or(false))
            .count()
    }

    /// Permits held by this process.
    pub fn held(&self) -> usize {
        self.file.held().bytes.iter().filter(|&&own| own).count()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Unlock under the mutex: otherwise another thread could take the byte between the two steps and lose it.
        let mut held = self.file.held();
        self.file.unlock(self.byte);
        if let Some(mark) = held.bytes.get_mut(self.byte) {
            *mark = false;
        }
    }
}

impl PermitFile {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self, byte: usize) -> bool {
        self.control(libc::F_OFD_SETLK, &mut byte_range(libc::F_WRLCK, byte)).is_ok()
    }

    fn unlock(&self, byte: usize) {
        // Unlocking a byte of an open file has no way to fail that we could act on.
        let _ = self.control(libc::F_OFD_SETLK, &mut byte_range(libc::F_UNLCK, byte));
    }

    fn is_locked_elsewhere(&self, byte: usize) -> io::Result<bool> {
        let mut range = byte_range(libc::F_WRLCK, byte);
        self.control(libc::F_OFD_GETLK, &mut range)?;
        Ok(i32::from(range.l_type) != libc::F_UNLCK)
    }

    #[expect(unsafe_code, reason = "fcntl has no safe wrapper for open-file-description locks in std")]
    fn control(&self, command: libc::c_int, range: &mut libc::flock) -> io::Result<()> {
        // SAFETY: the descriptor belongs to `self.file` and is open; `range` is a valid `flock` that outlives the call.
        let result = unsafe { libc::fcntl(self.file.as_raw_fd(), command, std::ptr::from_mut(range)) };
        if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// One byte of the file. `l_pid` must be 0 for open-file-description locks.
fn byte_range(kind: libc::c_int, byte: usize) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: byte as libc::off_t,
        l_len: 1,
        l_pid: 0,
    }
}
