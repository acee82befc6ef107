use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use super::page::Page;
use crate::failure::Failure;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// End by itself after so long.
    pub(super) length: Option<Duration>,
    /// The feed's world grows from it; the same seed is the same world.
    pub(super) seed: u64,
    /// Where the front door listens.
    pub(super) listen: Option<SocketAddr>,
    /// What the front door shows.
    pub(super) page: Page,
}

impl Options {
    /// Reads `[--for SECONDS] [--seed NUMBER] [--listen ADDRESS] [--no-page | --page FOLDER]`.
    ///
    /// # Errors
    /// - An unknown argument, or one without its value.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { length: None, seed: 1, listen: None, page: Page::Dashboards };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--for" => options.length = Some(Duration::from_secs(value(argument, rest.next())?)),
                "--seed" => options.seed = value(argument, rest.next())?,
                "--listen" => options.listen = Some(value(argument, rest.next())?),
                "--page" => options.page = Page::Folder(value(argument, rest.next())?),
                "--no-page" => options.page = Page::None,
                unknown => {
                    return Err(Failure::usage(format!(
                        "`demo` knows --for SECONDS, --seed NUMBER, --listen ADDRESS, --page FOLDER and --no-page, \
                         not `{unknown}`"
                    )));
                }
            }
        }
        Ok(options)
    }
}

fn value<T: FromStr>(argument: &str, text: Option<&String>) -> Result<T, Failure> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Failure::usage(format!(
            "`{argument}` needs a value: a whole number, an address such as 127.0.0.1:8080, or a folder"
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments).map_err(|failure| failure.to_string())
    }

    #[test]
    fn options_are_read() {
        let listen = Some(([127, 0, 0, 1], 0).into());
        let length = Some(Duration::from_secs(3));
        assert_eq!(
            parse("--seed 7 --for 3 --listen 127.0.0.1:0 --no-page").unwrap(),
            Options { length, seed: 7, listen, page: Page::None }
        );
        assert_eq!(
            parse("").unwrap(),
            Options { length: None, seed: 1, listen: None, page: Page::Dashboards }
        );
        assert_eq!(parse("--page a/b").unwrap().page, Page::Folder("a/b".into()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert!(parse("--for soon").unwrap_err().contains("`--for` needs"));
        assert!(parse("--page").unwrap_err().contains("`--page` needs"));
        assert!(parse("--fast").unwrap_err().contains("`--fast`"));
    }
}
