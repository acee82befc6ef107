//! `cargo xtask test`: everything that must hold.

use crate::browsers;
use crate::demo;
use crate::failure::Failure;
use crate::node;
use crate::npm;
use crate::process;
use crate::size;
use crate::workspace;

const WASI: &str = "wasm32-wasip1";

/// Runs all tests, those of the npm package against the real server and in applications made with bundlers
/// and frameworks, and stops at the first step that fails.
///
/// # Errors
/// - A step fails: its exit code is the failure's.
/// - Node is missing or older than 20.19, or npm is missing.
/// - There is no Chromium and none can be installed.
pub(crate) fn run() -> Result<(), Failure> {
    // First, so that what is missing is known before all the rest has run.
    let browsers = browsers::ready()?;
    process::run(workspace::cargo().args(["test", "--workspace", "--locked"]))?;
    process::run(workspace::cargo().args([
        "test",
        "--package",
        "steadfast-sim",
        "--features",
        "faults",
        "--test",
        "faults",
        "--locked",
    ]))?;
    node::require("the core's tests as wasm and the npm package")?;
    workspace::ensure_target(WASI)?;
    process::run(workspace::cargo().args([
        "test",
        "--package",
        "steadfast-core",
        "--lib",
        "--tests",
        "--target",
        WASI,
        "--locked",
    ]))?;
    size::run()?;
    let page = demo::build_page()?;
    let dashboards = page.parent().expect("what is built lies in a folder of the dashboards");
    process::run(npm::npm().current_dir(dashboards).args(["run", "--silent", "test"]))?;
    process::run(workspace::cargo().args(["build", "--locked", "--package", "steadfast-server"]))?;
    let built = workspace::target_directory()?.join("debug");
    let server = built.join(format!("steadfast-server{}", std::env::consts::EXE_SUFFIX));
    process::run(npm::npm().args(["run", "--silent", "check"]))?;
    npm::install_in(&npm::folder().join("tests/packaging"))?;
    // By its place: the tests above may have built it anew, and then this process's own file is gone.
    let itself = built.join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
    for tests in ["test", "test:packaging"] {
        let mut run = npm::npm();
        run.args(["run", "--silent", tests]).env("STEADFAST_SERVER", &server).env("STEADFAST_XTASK", &itself);
        process::run(run.envs(browsers.clone()))?;
    }
    Ok(())
}
