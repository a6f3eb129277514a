//! The section that the derive writes records into, out of executables, libraries and object files.
//!
//! It knows the containers (ELF, Mach-O, COFF and PE, archives of them) and nothing of what the bytes say.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{FileKind, Object, ObjectSection};

use super::{MACHO_SECTION, SECTION};

/// What LLVM's bitcode begins with, by itself or within its wrapper (<https://llvm.org/docs/BitCodeFormat.html#magic-numbers>).
const BITCODE: [&[u8]; 2] = [b"BC\xC0\xDE", b"\xDE\xC0\x17\x0B"];

/// Why an artifact could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The file.
    File(io::Error),
    /// Its format.
    Format(object::Error),
    /// It is none of the formats that hold models.
    Unknown,
    /// A record in it.
    Record(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::File(error) => error.fmt(f),
            ReadError::Format(error) => write!(f, "the file is damaged: {error}"),
            ReadError::Unknown => {
                f.write_str("it is no executable, library or object file of ELF, Mach-O or COFF")
            }
            ReadError::Record(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<object::Error> for ReadError {
    fn from(error: object::Error) -> Self {
        ReadError::Format(error)
    }
}

/// What is done with the bytes of each section.
pub type Visit<'a> = dyn FnMut(&[u8]) -> Result<(), ReadError> + 'a;

/// Hands the bytes of every section of records of a file to `visit`.
///
/// # Errors
///
/// A file that cannot be read or is of another kind, and what `visit` returns.
///
/// # Example
///
/// ```
/// use schema_core::{Model, metadata::{scan, section}};
///
/// #[derive(Model)]
/// struct NoteModel {
///     id: i64,
/// }
///
/// let mut records = 0;
/// section::for_each(&std::env::current_exe()?, &mut |bytes| {
///     let found = scan(bytes).map_err(|error| section::ReadError::Record(error.to_string()))?;
///     records += found.len();
///     Ok(())
/// })?;
/// assert!(records > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn for_each(path: &Path, visit: &mut Visit<'_>) -> Result<(), ReadError> {
    let file = File::open(path).map_err(ReadError::File)?;
    if file.metadata().map_err(ReadError::File)?.len() == 0 {
        return Err(ReadError::Unknown);
    }
    // SAFETY: the map is only read. Were the file cut short meanwhile, the system would end the process: nothing has
    // been written by then, and cargo does not change an artifact in place once it has reported it.
    let data = unsafe { memmap2::Mmap::map(&file) }.map_err(ReadError::File)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    match kind(&data) {
        Kind::Archive => archive(&data, folder, visit),
        Kind::Object => object(&data, visit),
        Kind::Fat32 => fat(&data, MachOFatFile32::parse(&*data)?.arches(), visit),
        Kind::Fat64 => fat(&data, MachOFatFile64::parse(&*data)?.arches(), visit),
        Kind::Other => Err(ReadError::Unknown),
    }
}

/// The containers that are told apart.
enum Kind {
    Archive,
    Object,
    Fat32,
    Fat64,
    Other,
}

fn kind(data: &[u8]) -> Kind {
    match FileKind::parse(data) {
        Ok(FileKind::Archive) => Kind::Archive,
        Ok(FileKind::MachOFat32) => Kind::Fat32,
        Ok(FileKind::MachOFat64) => Kind::Fat64,
        Ok(
            FileKind::Elf32
            | FileKind::Elf64
            | FileKind::MachO32
            | FileKind::MachO64
            | FileKind::Coff
            | FileKind::CoffBig
            | FileKind::Pe32
            | FileKind::Pe64,
        ) => Kind::Object,
        Ok(_) | Err(_) => Kind::Other,
    }
}

fn object(data: &[u8], visit: &mut Visit<'_>) -> Result<(), ReadError> {
    let file = object::File::parse(data)?;
    for section in file.sections() {
        // Reading the names of all sections costs less than asking for one by name would save.
        let name = section.name_bytes()?;
        let (segment, macho) = MACHO_SECTION;
        let ours = name == SECTION.as_bytes()
            || (name == macho.as_bytes() && section.segment_name_bytes()? == Some(segment.as_bytes()));
        if ours {
            visit(section.data()?)?;
        }
    }
    Ok(())
}

/// Reads the first part of a universal file: all parts are the same program.
fn fat<F: FatArch>(data: &[u8], parts: &[F], visit: &mut Visit<'_>) -> Result<(), ReadError> {
    match parts.first() {
        Some(part) => object(part.data(data)?, visit),
        None => Ok(()),
    }
}

fn archive(data: &[u8], folder: &Path, visit: &mut Visit<'_>) -> Result<(), ReadError> {
    let archive = ArchiveFile::parse(data)?;
    for member in archive.members() {
        let member = member?;
        if member.is_thin() {
            let name = String::from_utf8_lossy(member.name()).into_owned();
            for_each(&folder.join(name), visit)?;
            continue;
        }
        let bytes = member.data(data)?;
        // `lib.rmeta` wraps the compiler's metadata in an object file of its own; LLVM bitcode is no object at all.
        if member.name() != b"lib.rmeta" && matches!(kind(bytes), Kind::Object) {
            object(bytes, visit)?;
        }
    }
    Ok(())
}

/// Tells whether a library holds its code as LLVM bitcode only, as for link-time optimization, in which no section can be found. What cannot be read does not.
///
/// ```
/// use schema_core::metadata::section;
///
/// assert!(!section::is_bitcode(&std::env::current_exe()?)); // no library at all
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn is_bitcode(path: &Path) -> bool {
    let Ok(data) = std::fs::read(path) else {
        return false;
    };
    let Ok(archive) = ArchiveFile::parse(&*data) else {
        return false;
    };
    let members = archive.members().filter_map(Result::ok);
    let mut code = members
        .filter(|member| member.name() != b"lib.rmeta" && !member.is_thin())
        .filter_map(|member| member.data(&*data).ok())
        .peekable();
    code.peek().is_some() && code.all(|bytes| BITCODE.iter().any(|magic| bytes.starts_with(magic)))
}
