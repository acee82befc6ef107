//! Link options of the module.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture == "wasm32") {
        // The machine's deepest calls take some 1.1 KB; what lies behind so small a stack has short addresses, and an instance
        // begins with one page. Beyond its end is the end of memory, so an overflow traps.
        println!("cargo::rustc-link-arg=-zstack-size=8192");
    }
}
