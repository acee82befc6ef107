//! The built page's files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Door, sentence};

/// The page compiles WebAssembly, and its plots set styles of their own.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Names under it carry a hash of their content.
const HASHED: &str = "/assets/";

/// Answers with the file at the request's path, `index.html` at `/`.
pub(super) async fn serve(State(door): State<Arc<Door>>, request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return sentence(StatusCode::METHOD_NOT_ALLOWED, "here are files, which are only read");
    }
    let Some(folder) = &door.page else {
        return sentence(StatusCode::NOT_FOUND, "the page is not built; the terminal says why");
    };
    let Some(file) = file(folder, path) else {
        let rule =
            "a file's path is names of letters, digits, `.`, `_` and `-`, of which none begins with `.`";
        return sentence(StatusCode::BAD_REQUEST, rule);
    };
    let kind = content_type(&file);
    let read = tokio::task::spawn_blocking(move || std::fs::read(file)).await;
    match read.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(content) => {
            let keep =
                if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
            let headers = [
                (CONTENT_TYPE, kind),
                (CACHE_CONTROL, keep),
                (CONTENT_SECURITY_POLICY, POLICY),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (REFERRER_POLICY, "no-referrer"),
            ];
            (headers, content).into_response()
        }
        Err(_) => sentence(StatusCode::NOT_FOUND, "there is nothing at this path; the page is at /"),
    }
}

/// The file for a path, or `None` for a path that could leave the folder.
fn file(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = path.strip_prefix('/')?;
    let path = if path.is_empty() { "index.html" } else { path };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed);
    path.split('/').all(is_name).then(|| folder.join(path))
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::file;

    #[test]
    fn no_path_leaves_the_folder() {
        let folder = Path::new("/page");
        assert_eq!(file(folder, "/"), Some("/page/index.html".into()));
        assert_eq!(file(folder, "/assets/index-Ab_1.js"), Some("/page/assets/index-Ab_1.js".into()));
        let bad = [
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/..\\x",
            "//etc/passwd",
            "/a//b",
            "/.git/config",
            "/c:x",
            "x",
        ];
        for path in bad {
            assert_eq!(file(folder, path), None, "{path}");
        }
    }
}
