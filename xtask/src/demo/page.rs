//! The built page that the front door shows.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::node;
use crate::npm;
use crate::process;

/// Which page is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// The dashboards, built first.
    Dashboards,
    /// One that is built already, in this folder.
    Folder(PathBuf),
    None,
}

impl Page {
    /// The page's folder. Without Node there is none, which is said.
    ///
    /// # Errors
    /// - The given folder holds no page.
    /// - The dashboards cannot be built.
    pub(super) fn prepare(&self) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Dashboards => match node::require("the dashboards") {
                Ok(()) => build().map(Some),
                Err(failure) => {
                    println!(
                        "demo   | {failure}. Install it from https://nodejs.org to see them; going on in the terminal"
                    );
                    Ok(None)
                }
            },
            Self::Folder(folder) if folder.join("index.html").is_file() => Ok(Some(folder.clone())),
            Self::Folder(folder) => {
                let folder = folder.display();
                Err(Failure::usage(format!(
                    "`--page` needs the folder of a built page; {folder} has no index.html"
                )))
            }
            Self::None => Ok(None),
        }
    }
}

/// Builds the package and the dashboards on it, and gives the folder that holds them.
///
/// # Errors
/// - One of them cannot be built.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let folder = npm::folder().join("examples/dashboard");
    let built = npm::run()
        .and_then(|()| npm::install_in(&folder))
        .and_then(|()| process::run(npm::npm().current_dir(&folder).args(["run", "--silent", "build"])));
    built.map_err(|failure| {
        Failure::exit(
            format!("{failure}; with --no-page the demo goes without the dashboards"),
            failure.code(),
        )
    })?;
    Ok(folder.join("dist"))
}
