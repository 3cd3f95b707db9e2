//! Where answers go: a file, or anything that writes.

use crate::error::ServeError;
use crate::files::kind::FileKind;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What takes the bytes of answers, their format, and what they are called in messages. Every format is written from
/// front to back.
pub struct Target<'w> {
    pub name: String,
    pub kind: FileKind,
    pub bytes: Box<dyn Write + Send + 'w>,
}

impl<'w> Target<'w> {
    pub fn new(name: &str, kind: FileKind, bytes: impl Write + Send + 'w) -> Target<'w> {
        Target { name: name.to_owned(), kind, bytes: Box::new(bytes) }
    }
}

/// A file under a temporary name. It gets its own name when it is whole, and is removed otherwise. A link stays, and the
/// file that it leads to is replaced.
pub struct PartFile {
    part: PathBuf,
    path: PathBuf,
}

impl PartFile {
    /// The file, and a target that writes to it.
    pub fn create(path: &Path) -> Result<(PartFile, Target<'static>), ServeError> {
        let kind = FileKind::of(path)?;
        let name = path.display().to_string();
        let path = linked(path).map_err(|error| ServeError::file(&name, error))?;
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PartFile { part: PathBuf::from(part), path };
        let file = File::create(&part.part).map_err(|error| ServeError::file(&name, error))?;
        Ok((part, Target::new(&name, kind, file)))
    }

    /// Gives the file its own name.
    pub fn keep(self) -> Result<(), ServeError> {
        let synced = File::open(&self.part).and_then(|file| file.sync_all());
        let renamed = synced.and_then(|()| std::fs::rename(&self.part, &self.path));
        renamed.map_err(|error| ServeError::file(&self.path.to_string_lossy(), error))
    }
}

/// More links are taken for a circle, as Linux does.
const MOST_LINKS: usize = 40;

/// Where a path leads. There need not be a file yet.
fn linked(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&path) {
            // A relative link starts in its own folder.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("links that lead in a circle"))
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After `keep` there is nothing left under this name.
        let _ = std::fs::remove_file(&self.part);
    }
}
