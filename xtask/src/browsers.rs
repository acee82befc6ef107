//! The browsers that the npm package's tests run in: found, or installed where Debian has them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// What a person sets to run without browsers.
const SWITCH: &str = "STEADFAST_BROWSERS";

/// A browser of the tests.
struct Browser {
    name: &'static str,
    programs: &'static [Program],
    /// Debian's packages that bring them.
    packages: &'static [&'static str],
    need: Need,
}

/// A program that the tests start, under the first of the names that is there.
struct Program {
    /// Tells the tests where it is; a person names with it one that is elsewhere.
    variable: &'static str,
    names: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Without it the tests prove too little.
    Must,
    /// Without it the tests run, and say what they leave out.
    May,
}

const BROWSERS: [Browser; 3] = [
    Browser {
        name: "Chromium",
        programs: &[Program {
            variable: "CHROMIUM",
            names: &["chromium", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"],
        }],
        packages: &["chromium"],
        need: Need::Must,
    },
    Browser {
        name: "Firefox",
        programs: &[Program {
            variable: "FIREFOX",
            names: &["firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"],
        }],
        packages: &["firefox-esr"],
        need: Need::May,
    },
    Browser {
        name: "WebKitGTK",
        programs: &[
            Program { variable: "WEBKIT_DRIVER", names: &["WebKitWebDriver"] },
            Program { variable: "XVFB", names: &["Xvfb"] },
        ],
        packages: &["webkit2gtk-driver", "xvfb"],
        need: Need::May,
    },
];

/// How a browser that is missing can be had here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// We are root on Debian: apt-get installs it.
    Install,
    /// On Debian, but not as root.
    AskRoot,
    /// Ubuntu's packages of browsers only point to snaps, which no test can drive.
    Snap,
    /// Another system: its own way.
    OwnWay,
}

/// Where the programs of the browsers are, each with the variable that tells the tests. Installs what is missing where it can.
///
/// # Errors
/// - There is no Chromium and none can be had, other than on Ubuntu.
/// - The switch says what is not known.
pub(crate) fn ready() -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    if let Some(switch) = env::var_os(SWITCH) {
        if switch != "none" {
            let switch = switch.display();
            return Err(Failure::usage(format!(
                "{SWITCH} is `{switch}`: set it to `none` to run without browsers, or leave it unset"
            )));
        }
        println!(
            "*** {SWITCH}=none: NO TEST RUNS IN A BROWSER. What Chromium, Firefox and WebKitGTK prove is not proved. ***"
        );
        return Ok(Vec::new());
    }
    let missing: Vec<&Browser> = BROWSERS.iter().filter(|browser| browser.find().is_none()).collect();
    if !missing.is_empty() {
        provide(&missing, remedy())?;
    }
    Ok(BROWSERS.iter().filter_map(Browser::find).flatten().collect())
}

/// Installs these, or says what is left out without them.
fn provide(missing: &[&Browser], remedy: Remedy) -> Result<(), Failure> {
    // When it fails, so does what follows, with a better word.
    if remedy == Remedy::Install && process::run(apt_get().arg("update")).is_err() {
        println!("The list of packages could not be renewed.");
    }
    for browser in missing {
        if remedy == Remedy::Install && browser.install().is_ok() && browser.find().is_some() {
            continue;
        }
        let advice = browser.advice(remedy);
        if browser.need == Need::Must && remedy != Remedy::Snap {
            return Err(Failure::new(format!("{advice}, or set {SWITCH}=none to run without browsers")));
        }
        println!("*** {advice}. Until then the tests in {} are left out. ***", browser.name);
    }
    Ok(())
}

impl Browser {
    /// Its programs, if all are there.
    fn find(&self) -> Option<Vec<(&'static str, PathBuf)>> {
        self.programs.iter().map(|program| Some((program.variable, program.find()?))).collect()
    }

    fn install(&self) -> Result<(), Failure> {
        process::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(self.packages))
    }

    /// What is wrong, and what a person can do.
    fn advice(&self, remedy: Remedy) -> String {
        let Self { name, packages, .. } = self;
        let variable = self.programs.first().map_or("", |program| program.variable);
        let packages = packages.join(" ");
        match remedy {
            Remedy::Install | Remedy::AskRoot => {
                format!("the tests need {name}: run `apt-get install {packages}` as root")
            }
            Remedy::Snap => format!(
                "Ubuntu has {name} only as a snap, which the tests cannot drive: set {variable} to the program of another"
            ),
            Remedy::OwnWay => format!(
                "the tests need {name}: install it, and set {variable} to its program if it is not on the PATH"
            ),
        }
    }
}

impl Program {
    fn find(&self) -> Option<PathBuf> {
        if let Some(given) = env::var_os(self.variable) {
            return Some(given.into());
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        self.names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|file| file.is_file())
    }
}

fn remedy() -> Remedy {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let has_apt = Path::new("/usr/bin/apt-get").is_file();
    remedy_of(&system, has_apt, is_root())
}

fn remedy_of(system: &str, has_apt: bool, is_root: bool) -> Remedy {
    let is = |name: &str| {
        system
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
            .any(|names| names.trim_matches('"').split(' ').any(|one| one == name))
    };
    match () {
        () if !has_apt => Remedy::OwnWay,
        () if is("ubuntu") => Remedy::Snap,
        () if is_root => Remedy::Install,
        () => Remedy::AskRoot,
    }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_browser_is_installed_by_root_on_debian_alone() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n";
        let ubuntu = "ID=ubuntu\nID_LIKE=debian\n";
        let mint = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(remedy_of(debian, true, true), Remedy::Install);
        assert_eq!(remedy_of(debian, true, false), Remedy::AskRoot);
        assert_eq!(remedy_of(ubuntu, true, true), Remedy::Snap);
        assert_eq!(remedy_of(mint, true, true), Remedy::Snap);
        assert_eq!(remedy_of("ID=fedora\n", false, true), Remedy::OwnWay);
    }

    #[test]
    fn without_chromium_the_tests_stop_and_say_what_to_install() {
        let [chromium, firefox, webkit] = &BROWSERS;
        let failure = provide(&[firefox, webkit, chromium], Remedy::AskRoot).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "the tests need Chromium: run `apt-get install chromium` as root, or set STEADFAST_BROWSERS=none to run without browsers"
        );
        assert_eq!(provide(&[chromium], Remedy::Snap), Ok(()));
        assert_eq!(provide(&[firefox, webkit], Remedy::OwnWay), Ok(()));
    }
}
