//! The web console: the files of one folder, for every path that is neither the API's nor the gateway's own.
//!
//! It is one page that finds its way by the path (a single-page application), so a path without a file of its own is
//! answered with that page. What lies below `assets/` has its content's hash in its name and is kept by browsers for ever;
//! everything else is asked for again each time, by its `ETag`.

mod compression;
mod files;
mod policy;

use std::path::{Path, PathBuf};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web,
};
use anyhow::Context as _;
use problem::Problem;

use crate::config::GatewayConfig;

const INDEX: &str = "index.html";
/// Whose names change with their content.
const HASHED: &str = "assets";

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, and asked for again each time (RFC 9111 section 5.2.2.4).
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// What the console never answers for, whether or not something else does.
const RESERVED: [&str; 8] =
    ["/api", "/docs", "/health", "/internal", "/metrics", "/sandbox", "/webhooks", "/.well-known"];

pub struct Console {
    root: PathBuf,
    policy: HeaderValue,
}

impl Console {
    /// The console of `console_dir`, where that is set. A folder without a page is a mistake that the operator hears of.
    pub fn from_config(config: &GatewayConfig) -> anyhow::Result<Option<Self>> {
        let Some(folder) = &config.console_dir else { return Ok(None) };
        Self::open(folder, policy::header(config)?).map(Some)
    }

    fn open(folder: &Path, policy: HeaderValue) -> anyhow::Result<Self> {
        let root = folder.canonicalize().with_context(|| format!("ROOMTONE_CONSOLE_DIR: {}", folder.display()))?;
        anyhow::ensure!(root.join(INDEX).is_file(), "ROOMTONE_CONSOLE_DIR: {} has no {INDEX}", root.display());
        Ok(Self { root, policy })
    }

    /// What the console has for a path that no rule of the table covers; `None` where it is none of the console's.
    pub async fn answer(&self, request: &HttpRequest, path: &str) -> Option<Result<HttpResponse, Problem>> {
        if RESERVED.iter().any(|reserved| is_below(path, reserved)) {
            return None;
        }
        let wanted = files::relative(path)?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Some(Err(Problem::method_not_allowed(&[Method::GET, Method::HEAD])));
        }
        let encodings = compression::accepted(request);
        let (root, page) = (self.root.clone(), files::may_be_a_page(request, &wanted));
        let found = web::block(move || {
            let file = files::open(&root, &wanted, &encodings);
            file.map(|file| (file, wanted.starts_with(HASHED)))
                .or_else(|| files::open(&root, Path::new(INDEX), &encodings).filter(|_| page).map(|file| (file, false)))
        });
        let (file, is_hashed) = match found.await {
            Ok(Some(found)) => found,
            Ok(None) => return Some(Err(Problem::not_found())),
            Err(error) => return Some(Err(Problem::unavailable(error))),
        };
        let mut response = compression::compressed(request, file);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, if is_hashed { FOR_EVER } else { REVALIDATED });
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        Some(Ok(response))
    }
}

fn is_below(path: &str, reserved: &str) -> bool {
    path.strip_prefix(reserved).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
