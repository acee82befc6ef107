//! `cargo xtask npm`: the npm package, from a clean checkout to `npm/dist`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::failure::Failure;
use crate::layout;
use crate::process;
use crate::size;
use crate::workspace;

/// What `npm/src/core/core.ts` uses of the module.
const EXPORTS: [&str; 6] = ["memory", "create", "call", "event", "drain", "__wbindgen_malloc"];

/// Builds the WebAssembly module and the package around them, and weighs the entries.
///
/// # Errors
/// - A step fails: its exit code is the failure's.
/// - npm or Node is missing.
/// - An entry weighs more than its gate.
pub(crate) fn run() -> Result<(), Failure> {
    install()?;
    let built = size::build("steadfast-wasm")?.join("steadfast_wasm.wasm");
    let build = folder().join("build");
    bind(&built, &build)?;
    let reachable = build.join("reachable.wasm");
    shake(&build.join("steadfast_wasm_bg.wasm"), &reachable)?;
    let optimised = build.join("optimised.wasm");
    size::optimise(&reachable, &optimised)?;
    layout::lay_out(&optimised, &build.join("core.wasm"))?;
    process::run(npm().args(["run", "--silent", "build"]))
}

/// Installs what `npm/package-lock.json` names, unless that is what is there.
///
/// # Errors
/// - npm is missing, or cannot install.
pub(crate) fn install() -> Result<(), Failure> {
    install_in(&folder())
}

/// Installs what the lockfile of another package's folder names, unless that is what is there.
///
/// # Errors
/// - npm is missing, or cannot install.
pub(crate) fn install_in(folder: &Path) -> Result<(), Failure> {
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.package-lock.json");
    if is_newer(&installed, &lock) {
        return Ok(());
    }
    process::run(npm().current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// `npm` in the package's folder.
pub(crate) fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder());
    command
}

/// The package's folder.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("npm")
}

/// Gives the module the border that its attributes describe. As a library, so that its version cannot be another than that of
/// the crate in the module. The glue in JavaScript is left aside: `npm/src/core/core.ts` is a third of it.
fn bind(module: &Path, into: &Path) -> Result<(), Failure> {
    println!("$ wasm-bindgen --target bundler {}", module.file_name().unwrap_or_default().to_string_lossy());
    Bindgen::new()
        .input_path(module)
        .bundler(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .encode_into(EncodeInto::Always)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(into)
        })
        .map_err(|error| Failure::new(format!("cannot bind the module: {error:#}")))
}

/// Takes out what only the glue that is left aside would call.
fn shake(module: &Path, into: &Path) -> Result<(), Failure> {
    let mut graph = vec![serde_json::json!({ "name": "core.ts", "reaches": EXPORTS, "root": true })];
    graph.extend(EXPORTS.map(|name| serde_json::json!({ "name": name, "export": name })));
    let file = module.with_file_name("reachable.json");
    fs::write(&file, serde_json::Value::from(graph).to_string())
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    let mut command = size::binaryen("wasm-metadce");
    command.args(size::FEATURES).arg(module).arg("--graph-file").arg(file).arg("-o").arg(into);
    process::output(&mut command).map(drop)
}

fn is_newer(this: &Path, that: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    matches!((changed(this), changed(that)), (Some(this), Some(that)) if this >= that)
}
