//! Which file a path means. Nothing outside the folder, no listing of it, and nothing hidden in it.

use std::path::{Path, PathBuf};

use actix_files::{NamedFile, PathBufWrap};
use actix_web::{
    HttpRequest,
    http::header::{self, ContentEncoding},
};

use super::HASHED;
use crate::routes::is_plain;

/// The path below the folder; `None` for one that no honest client sends.
pub fn relative(path: &str) -> Option<PathBuf> {
    let relative = PathBufWrap::parse_path(path, false).ok().filter(|_| is_plain(path))?;
    let relative: &Path = relative.as_ref();
    (!relative.to_string_lossy().contains(char::is_control)).then(|| relative.to_owned())
}

/// Whether the page answers for a path without a file: it is no missing script or image, and a page is wanted.
pub fn may_be_a_page(request: &HttpRequest, path: &Path) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let wants_a_page = accept.is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"));
    path.extension().is_none() && !path.starts_with(HASHED) && wants_a_page
}

/// The file, or the one beside it that was compressed beforehand (`app.js.br`). Opening files blocks.
pub fn open(root: &Path, path: &Path, encodings: &[(ContentEncoding, &str)]) -> Option<NamedFile> {
    let plain = resolve(root, path)?;
    let compressed = encodings.iter().find_map(|(encoding, extension)| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        let file = NamedFile::open(resolve(root, Path::new(&name))?).ok()?;
        let kind = actix_files::file_extension_to_mime(path.extension()?.to_str()?);
        Some(file.set_content_type(kind).set_content_encoding(*encoding))
    });
    compressed.or_else(|| NamedFile::open(plain).ok()).map(NamedFile::disable_content_disposition)
}

/// A file that really lies in the folder: links may lead elsewhere.
fn resolve(root: &Path, path: &Path) -> Option<PathBuf> {
    let file = root.join(path).canonicalize().ok()?;
    (file.starts_with(root) && file.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_a_file_of_the_folder_or_none() {
        for path in
            ["/../secret", "/a/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/.git/config", "/a/%00", "/%61"]
        {
            assert_eq!(relative(path), None, "{path}");
        }
        assert_eq!(relative("/assets//app.js"), Some("assets/app.js".into()));
        assert_eq!(relative("/"), Some(PathBuf::new()));
    }

    #[test]
    fn links_out_of_the_folder_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("console")).unwrap();
        std::fs::write(root.join("secret"), "s3cret").unwrap();
        std::os::unix::fs::symlink(root.join("secret"), root.join("console/link")).unwrap();
        std::fs::write(root.join("console/page"), "page").unwrap();
        let console = root.join("console");
        assert!(resolve(&console, Path::new("page")).is_some());
        assert!(resolve(&console, Path::new("link")).is_none());
        assert!(resolve(&console, Path::new("")).is_none(), "a folder is no file");
        assert!(resolve(&console, Path::new("page\0")).is_none());
    }
}
