//! Where answers go: a file, or anything that writes.

use crate::error::ServeError;
use crate::files::kind::FileKind;
use std::fs::File;
use std::io::Write;
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

/// A file under a temporary name. It gets its own name when it is whole, and is removed otherwise.
pub struct PartFile {
    part: PathBuf,
    path: PathBuf,
}

impl PartFile {
    /// The file, and a target that writes to it.
    pub fn create(path: &Path) -> Result<(PartFile, Target<'static>), ServeError> {
        let kind = FileKind::of(path)?;
        let name = path.display().to_string();
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PartFile { part: PathBuf::from(part), path: path.to_owned() };
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

impl Drop for PartFile {
    fn drop(&mut self) {
        // After `keep` there is nothing left under this name.
        let _ = std::fs::remove_file(&self.part);
    }
}
