//! A disk that has not yet got all that was written to it: what each sector was when its file was last synced.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use autogen_tests::chain::Dice;

const SECTOR: u64 = 512;

/// What has not been synced.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<PathBuf, Unsynced>,
}

/// A file as it was when it was last synced, where it has changed since.
struct Unsynced {
    size: u64,
    sectors: BTreeMap<u64, Vec<u8>>,
}

impl Disk {
    /// Remembers what is about to be written over.
    pub(super) fn before_write(&mut self, path: &Path, start: u64, length: u64) {
        let Ok(file) = File::open(path) else { return };
        let size = file.metadata().unwrap().len();
        let unsynced = self.files.entry(path.to_owned()).or_insert_with(|| Unsynced {
            size,
            sectors: BTreeMap::new(),
        });
        for sector in start / SECTOR..(start + length).div_ceil(SECTOR) {
            unsynced.sectors.entry(sector).or_insert_with(|| {
                let mut before = vec![0; usize::try_from(SECTOR).unwrap()];
                let read = file.read_at(&mut before, sector * SECTOR).unwrap();
                before.truncate(read);
                before
            });
        }
    }

    /// Remembers what is about to be cut off.
    pub(super) fn before_truncate(&mut self, path: &Path, size: u64) {
        let now = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        self.before_write(path, size, now.saturating_sub(size));
    }

    /// All of the file is on the disk, or it is gone.
    pub(super) fn forget(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Leaves some of the sectors as they were when their file was last synced.
    pub(super) fn lose_power(&mut self, seed: usize) {
        let mut dice = Dice(u64::try_from(seed).unwrap());
        for (path, unsynced) in std::mem::take(&mut self.files) {
            let Ok(file) = OpenOptions::new().write(true).open(path) else {
                continue;
            };
            if dice.below(2) == 0 {
                file.set_len(unsynced.size).unwrap();
            }
            for (sector, before) in unsynced.sectors {
                if dice.below(2) == 0 {
                    file.write_all_at(&before, sector * SECTOR).unwrap();
                }
            }
        }
    }
}
