//! A file system under SQLite that fails when it is told to: it passes every call on to the real one, counts them, and at one of them goes
//! wrong. When the power goes, of what was not synced some sectors are on the disk and others are as they were.
//!
//! It is what SQLite calls a VFS shim (<https://sqlite.org/vfs.html#vfs_shims>).

#![allow(unsafe_code, clippy::unwrap_used)]

mod disk;

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Mutex, MutexGuard};

use rusqlite::ffi;

use disk::Disk;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power goes: nothing is done from then on, and of what was not synced some is lost.
    Crash,
    /// One call fails.
    Once,
    /// All calls fail from then on.
    ForGood,
    /// There is no room for anything from then on.
    Full,
}

/// What a call does, as far as faults differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Read,
    Write,
    Other,
}

#[derive(Default)]
struct State {
    fault: Option<(usize, Fault)>,
    calls: usize,
    disk: Disk,
}

/// The file system, registered under its name for as long as the process lives.
pub(crate) struct Vfs {
    name: CString,
    parent: *mut ffi::sqlite3_vfs,
    state: Mutex<State>,
}

// The parent is registered for good and SQLite's own calls of it are thread-safe.
unsafe impl Send for Vfs {}
unsafe impl Sync for Vfs {}

/// An open file: ours, followed in memory by the parent's.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    vfs: *const Vfs,
    /// The file's name; null for a temporary file.
    name: *const c_char,
}

impl Vfs {
    /// Registers a file system of that name.
    pub(crate) fn register(name: &str) -> &'static Vfs {
        // The default one is there from the first connection on.
        drop(rusqlite::Connection::open_in_memory().unwrap());
        unsafe {
            let parent = ffi::sqlite3_vfs_find(ptr::null());
            let vfs: &'static Vfs = Box::leak(Box::new(Vfs {
                name: CString::new(name).unwrap(),
                parent,
                state: Mutex::default(),
            }));
            let shim = Box::leak(Box::new(ffi::sqlite3_vfs {
                zName: vfs.name.as_ptr(),
                pAppData: ptr::from_ref(vfs).cast_mut().cast(),
                pNext: ptr::null_mut(),
                szOsFile: (*parent).szOsFile + c_int::try_from(size_of::<File>()).unwrap(),
                xOpen: Some(open),
                xDelete: Some(delete),
                xAccess: Some(access),
                ..*parent
            }));
            assert_eq!(ffi::sqlite3_vfs_register(shim, 0), ffi::SQLITE_OK);
            vfs
        }
    }

    /// Opens a database on it.
    pub(crate) fn open(&self, path: &Path) -> rusqlite::Connection {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        rusqlite::Connection::open_with_flags_and_vfs(path, flags, self.name.as_c_str()).unwrap()
    }

    /// Lets a call from now on go wrong; without a fault, none does. All is forgotten that was before.
    pub(crate) fn arm(&self, fault: Option<(usize, Fault)>) {
        *self.state() = State {
            fault,
            ..State::default()
        };
    }

    /// Returns how many calls there were since then.
    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Counts a call, and returns the code that it fails with, if it does.
    fn failure(&self, call: Call) -> Option<c_int> {
        let mut state = self.state();
        state.calls += 1;
        let (at, fault) = state.fault?;
        if state.calls < at {
            return None;
        }
        match (fault, call) {
            (Fault::Crash, _) => {
                if state.calls == at {
                    state.disk.lose_power(at);
                }
                Some(ffi::SQLITE_IOERR)
            }
            (Fault::Once, _) => (state.calls == at).then_some(ffi::SQLITE_IOERR),
            (Fault::ForGood, _) => Some(ffi::SQLITE_IOERR),
            (Fault::Full, Call::Write) => Some(ffi::SQLITE_FULL),
            (Fault::Full, Call::Read | Call::Other) => None,
        }
    }
}

unsafe fn of<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Vfs {
    unsafe { &*(*vfs).pAppData.cast::<Vfs>() }
}

unsafe fn vfs_of<'a>(file: *mut ffi::sqlite3_file) -> &'a Vfs {
    unsafe { &*(*file.cast::<File>()).vfs }
}

/// Returns the parent's file, and its methods.
unsafe fn real(file: *mut ffi::sqlite3_file) -> (*mut ffi::sqlite3_file, &'static ffi::sqlite3_io_methods) {
    unsafe {
        let real: *mut ffi::sqlite3_file = file.cast::<File>().add(1).cast();
        (real, &*(*real).pMethods)
    }
}

unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let ours = of(vfs);
        (*file).pMethods = ptr::null();
        if let Some(code) = ours.failure(Call::Other) {
            return code;
        }
        let real: *mut ffi::sqlite3_file = file.cast::<File>().add(1).cast();
        let code = (*ours.parent).xOpen.unwrap()(ours.parent, name, real, flags, out);
        if code == ffi::SQLITE_OK {
            let file = &mut *file.cast::<File>();
            file.vfs = ours;
            file.name = name;
            file.base.pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    unsafe {
        let ours = of(vfs);
        if let Some(code) = ours.failure(Call::Other) {
            return code;
        }
        let code = (*ours.parent).xDelete.unwrap()(ours.parent, name, sync);
        if let Some(path) = path(name) {
            ours.state().disk.forget(&path);
        }
        code
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let ours = of(vfs);
        if let Some(code) = ours.failure(Call::Other) {
            return code;
        }
        (*ours.parent).xAccess.unwrap()(ours.parent, name, flags, out)
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xClose.unwrap()(real)
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    to: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    unsafe {
        if let Some(code) = vfs_of(file).failure(Call::Read) {
            return code;
        }
        let (real, methods) = real(file);
        methods.xRead.unwrap()(real, to, amount, offset)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    unsafe {
        let ours = vfs_of(file);
        if let Some(code) = ours.failure(Call::Write) {
            return code;
        }
        if let Some(path) = path((*file.cast::<File>()).name) {
            let (start, length) = (u64::try_from(offset).unwrap(), u64::try_from(amount).unwrap());
            ours.state().disk.before_write(&path, start, length);
        }
        let (real, methods) = real(file);
        methods.xWrite.unwrap()(real, from, amount, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    unsafe {
        let ours = vfs_of(file);
        if let Some(code) = ours.failure(Call::Other) {
            return code;
        }
        if let Some(path) = path((*file.cast::<File>()).name) {
            ours.state()
                .disk
                .before_truncate(&path, u64::try_from(size).unwrap());
        }
        let (real, methods) = real(file);
        methods.xTruncate.unwrap()(real, size)
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    unsafe {
        let ours = vfs_of(file);
        if let Some(code) = ours.failure(Call::Other) {
            return code;
        }
        // The disk is the one above: there is no need to wait for the real one.
        let _ = flags;
        if let Some(path) = path((*file.cast::<File>()).name) {
            ours.state().disk.forget(&path);
        }
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut ffi::sqlite3_int64) -> c_int {
    unsafe {
        if let Some(code) = vfs_of(file).failure(Call::Other) {
            return code;
        }
        let (real, methods) = real(file);
        methods.xFileSize.unwrap()(real, size)
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xLock.unwrap()(real, level)
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xUnlock.unwrap()(real, level)
    }
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xCheckReservedLock.unwrap()(real, out)
    }
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xFileControl.unwrap()(real, operation, argument)
    }
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xSectorSize.unwrap()(real)
    }
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xDeviceCharacteristics.unwrap()(real)
    }
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    unsafe {
        if let Some(code) = vfs_of(file).failure(Call::Other) {
            return code;
        }
        let (real, methods) = real(file);
        methods.xShmMap.unwrap()(real, region, size, extend, out)
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xShmLock.unwrap()(real, offset, count, flags)
    }
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    unsafe {
        let (real, methods) = real(file);
        methods.xShmBarrier.unwrap()(real);
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    unsafe {
        let (real, methods) = real(file);
        methods.xShmUnmap.unwrap()(real, delete)
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Without xFetch: what is mapped into memory could not fail.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
