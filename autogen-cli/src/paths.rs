//! Paths as a person reads them: from the project on, with forward slashes.

use std::path::{Path, PathBuf};

/// Returns the path as seen from `base`, if it lies under it, with forward slashes on every system.
pub(crate) fn shown(path: &Path, base: &Path) -> String {
    let path = path.strip_prefix(base).unwrap_or(path);
    let path = path.strip_prefix(".").unwrap_or(path);
    let text = path.to_string_lossy();
    if text.is_empty() {
        ".".to_owned()
    } else if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// Returns the path made absolute against `base`.
pub(crate) fn resolve(base: &Path, path: &Path) -> PathBuf {
    base.components()
        .chain(path.components())
        .fold(PathBuf::new(), |mut whole, part| {
            // `PathBuf::push` starts again at an absolute path and at a drive.
            if part != std::path::Component::CurDir {
                whole.push(part);
            }
            whole
        })
}

/// Returns the path as seen from the current directory, if it lies under it, so that messages stay short.
pub(crate) fn relative(path: &Path, current: &Path) -> PathBuf {
    match path.strip_prefix(current) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.to_owned(),
        Ok(_) | Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_is_inside_from_the_project_on() {
        let base = Path::new("/srv/store");
        assert_eq!(shown(Path::new("/srv/store/migrations"), base), "migrations");
        assert_eq!(shown(Path::new("/srv/store"), base), ".");
        assert_eq!(shown(Path::new("/etc"), base), "/etc");
    }

    #[test]
    fn resolves_against_the_base() {
        let base = Path::new("/srv/store");
        assert_eq!(resolve(base, Path::new("./a/b")), Path::new("/srv/store/a/b"));
        assert_eq!(resolve(base, Path::new("/a")), Path::new("/a"));
    }
}
