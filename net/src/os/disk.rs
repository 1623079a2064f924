//! Disk requests of the node, carried out on the working directory with plain blocking calls. The caller runs
//! them one at a time on a thread of their own.

use crate::node::{DiskDone, DiskError, DiskRequest};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Carries out one request.
pub fn carry_out(request: DiskRequest) -> Result<DiskDone, DiskError> {
    attempt(request).map_err(|error| match error.kind() {
        ErrorKind::NotFound => DiskError::NotFound,
        _ => DiskError::Failed(super::reason(&error)),
    })
}

fn attempt(request: DiskRequest) -> io::Result<DiskDone> {
    match request {
        DiskRequest::Create { name } => drop(File::create(name)?),
        DiskRequest::Append { name, bytes } => {
            OpenOptions::new().append(true).open(name)?.write_all(&bytes)?
        }
        DiskRequest::Sync { name } => File::open(name)?.sync_all()?,
        DiskRequest::Rename { from, to } => fs::rename(from, to)?,
        DiskRequest::SyncDirectory => File::open(".")?.sync_all()?,
        DiskRequest::Remove { name } => fs::remove_file(name)?,
        DiskRequest::Read { name, offset, len } => return read(&name, offset, len),
        DiskRequest::Replace { path, bytes } => replace(Path::new(&path), &bytes)?,
    }
    Ok(DiskDone::Done)
}

fn read(name: &str, offset: u64, len: usize) -> io::Result<DiskDone> {
    let mut file = File::open(name)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(DiskDone::Bytes(bytes))
}

/// Writes beside the old file and puts the new one in its place, so that a crash leaves one of the two.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".tmp-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&beside, path)) {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_read_in_pieces() {
        let folder = std::env::temp_dir().join(format!("rewind-disk-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("f.conf").to_str().unwrap().to_string();
        let replace = |text: &str| DiskRequest::Replace { path: path.clone(), bytes: text.into() };
        assert_eq!(carry_out(replace("a longer text")), Ok(DiskDone::Done));
        assert_eq!(carry_out(replace("hello")), Ok(DiskDone::Done));
        let read = |offset, len| DiskRequest::Read { name: path.clone(), offset, len };
        assert_eq!(carry_out(read(1, 3)), Ok(DiskDone::Bytes(b"ell".to_vec())));
        assert_eq!(carry_out(read(3, 100)), Ok(DiskDone::Bytes(b"lo".to_vec())));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside the file");
        let missing = DiskRequest::Read { name: format!("{path}.none"), offset: 0, len: 1 };
        assert_eq!(carry_out(missing), Err(DiskError::NotFound));
        fs::remove_dir_all(&folder).unwrap();
    }
}
