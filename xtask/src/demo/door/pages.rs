//! What a person has made of each browser page's way to the server, and the connections that the page has on it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

const MAX_PAGES: usize = 1_000;
const MAX_ID_LENGTH: usize = 64;

/// What may pass between a page and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    websockets: bool,
    network: bool,
}

impl Default for Way {
    fn default() -> Self {
        Self { websockets: true, network: true }
    }
}

/// The id that a browser page has made up for itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PageId(Box<str>);

impl PageId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let good = (1..=MAX_ID_LENGTH).contains(&text.len()) && text.bytes().all(allowed);
        good.then(|| Self(text.into()))
    }
}

/// What wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Exchange,
    WebSocket,
}

/// Why it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoNetwork,
    NoWebSockets,
    TooManyPages,
}

/// The pages, of which the one that is idle longest is forgotten when there are too many.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    pages: HashMap<PageId, Page>,
    /// Counts uses; it names connections and tells which page is idle longest.
    uses: u64,
}

#[derive(Debug, Default)]
struct Page {
    way: Way,
    used: u64,
    exchanges: HashMap<u64, Cord>,
    web_sockets: HashMap<u64, Cord>,
}

/// Holds a connection; dropping it cuts the connection.
type Cord = oneshot::Sender<Infallible>;

impl Pages {
    pub(super) fn way(&self, page: &PageId) -> Way {
        self.lock().pages.get(page).map_or_else(Way::default, |page| page.way)
    }

    /// Changes the page's way and cuts what may no longer pass.
    ///
    /// # Errors
    /// - [`Refusal::TooManyPages`]: there is no room for another page.
    pub(super) fn set_way(&self, page: &PageId, way: Way) -> Result<(), Refusal> {
        let mut table = self.lock();
        let page = table.page(page)?;
        page.way = way;
        if !way.network {
            page.exchanges.clear();
        }
        if !way.network || !way.websockets {
            page.web_sockets.clear();
        }
        Ok(())
    }

    /// Cuts the page's WebSockets and gives how many there were.
    pub(super) fn cut(&self, page: &PageId) -> usize {
        let mut table = self.lock();
        let cords = table.pages.get_mut(page).map(|page| std::mem::take(&mut page.web_sockets));
        cords.map_or(0, |cords| cords.len())
    }

    /// Lets a connection pass, for as long as its pass is kept and not cut.
    ///
    /// # Errors
    /// - [`Refusal::NoNetwork`], [`Refusal::NoWebSockets`]: the page's way is such.
    /// - [`Refusal::TooManyPages`]: there is no room for another page.
    pub(super) fn enter(&self, page: &PageId, kind: Kind) -> Result<Pass, Refusal> {
        let mut table = self.lock();
        let present = table.page(page)?;
        if !present.way.network {
            return Err(Refusal::NoNetwork);
        }
        if kind == Kind::WebSocket && !present.way.websockets {
            return Err(Refusal::NoWebSockets);
        }
        let (cord, cut) = oneshot::channel();
        let number = present.used;
        present.connections(kind).insert(number, cord);
        drop(table);
        Ok(Pass { pages: self.clone(), page: page.clone(), kind, number, cut })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Table {
    fn page(&mut self, id: &PageId) -> Result<&mut Page, Refusal> {
        if !self.pages.contains_key(id) && self.pages.len() >= MAX_PAGES {
            let idle = self.pages.iter().filter(|(_, page)| page.is_idle());
            let oldest = idle.min_by_key(|(_, page)| page.used).map(|(id, _)| id.clone());
            self.pages.remove(&oldest.ok_or(Refusal::TooManyPages)?);
        }
        self.uses += 1;
        let page = self.pages.entry(id.clone()).or_default();
        page.used = self.uses;
        Ok(page)
    }
}

impl Page {
    fn is_idle(&self) -> bool {
        self.exchanges.is_empty() && self.web_sockets.is_empty()
    }

    fn connections(&mut self, kind: Kind) -> &mut HashMap<u64, Cord> {
        match kind {
            Kind::Exchange => &mut self.exchanges,
            Kind::WebSocket => &mut self.web_sockets,
        }
    }
}

/// A page's connection on its way; the page forgets it when this is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    pages: Pages,
    page: PageId,
    kind: Kind,
    number: u64,
    cut: oneshot::Receiver<Infallible>,
}

impl Pass {
    /// Ready when the connection has been cut.
    pub(super) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<()> {
        use std::pin::Pin;
        Pin::new(&mut self.cut).poll(context).map(|_| ())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut table = self.pages.lock();
        if let Some(page) = table.pages.get_mut(&self.page) {
            page.connections(self.kind).remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::task::Waker;

    use super::*;

    const BLOCKED: Way = Way { websockets: false, network: true };
    const OFFLINE: Way = Way { websockets: true, network: false };

    fn id(text: &str) -> PageId {
        PageId::parse(text).unwrap()
    }

    fn is_cut(pass: &mut Pass) -> bool {
        pass.poll_cut(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn each_way_cuts_what_it_no_longer_lets_pass() {
        let pages = Pages::default();
        let enter = |kind| pages.enter(&id("a"), kind);
        let (mut exchange, mut socket) = (enter(Kind::Exchange).unwrap(), enter(Kind::WebSocket).unwrap());
        let mut other = pages.enter(&id("b"), Kind::WebSocket).unwrap();
        assert!(!is_cut(&mut exchange) && !is_cut(&mut socket));

        pages.set_way(&id("a"), BLOCKED).unwrap();
        assert!(!is_cut(&mut exchange) && is_cut(&mut socket));
        assert_eq!(enter(Kind::WebSocket).unwrap_err(), Refusal::NoWebSockets);
        pages.set_way(&id("a"), OFFLINE).unwrap();
        assert!(is_cut(&mut exchange) && !is_cut(&mut other));
        assert_eq!(enter(Kind::Exchange).unwrap_err(), Refusal::NoNetwork);
        assert_eq!(pages.way(&id("a")), OFFLINE);

        pages.set_way(&id("a"), Way::default()).unwrap();
        assert!(enter(Kind::WebSocket).is_ok());
    }

    #[test]
    fn a_cut_counts_the_open_web_sockets_once() {
        let pages = Pages::default();
        let passes = [Kind::WebSocket, Kind::WebSocket, Kind::Exchange]
            .map(|kind| pages.enter(&id("a"), kind).unwrap());
        drop(pages.enter(&id("a"), Kind::WebSocket).unwrap());
        assert_eq!((pages.cut(&id("a")), pages.cut(&id("a")), pages.cut(&id("b"))), (2, 0, 0));
        let cut = passes.map(|mut pass| is_cut(&mut pass));
        assert_eq!(cut, [true, true, false]);
    }

    #[test]
    fn the_page_that_is_idle_longest_is_forgotten() {
        let pages = Pages::default();
        let open = pages.enter(&id("open"), Kind::Exchange).unwrap();
        for number in 1..MAX_PAGES {
            pages.set_way(&id(&number.to_string()), BLOCKED).unwrap();
        }
        pages.set_way(&id("1"), BLOCKED).unwrap();
        pages.set_way(&id("one-more"), BLOCKED).unwrap();
        assert_eq!(
            ["1", "2", "3", "one-more"].map(|page| pages.way(&id(page)) == BLOCKED),
            [true, false, true, true]
        );
        assert_eq!(pages.lock().pages.len(), MAX_PAGES);
        drop(open);
    }

    #[test]
    fn with_a_connection_on_every_page_there_is_no_room() {
        let pages = Pages::default();
        let enter = |number: usize| pages.enter(&id(&number.to_string()), Kind::Exchange);
        let mut passes: Vec<_> = (0..MAX_PAGES).map(|number| enter(number).unwrap()).collect();
        assert_eq!(enter(MAX_PAGES).unwrap_err(), Refusal::TooManyPages);
        passes.pop();
        assert!(enter(MAX_PAGES).is_ok());
    }

    #[test]
    fn an_id_is_letters_digits_and_hyphens() {
        assert!(PageId::parse("3f2a-B").is_some() && PageId::parse(&"a".repeat(64)).is_some());
        for bad in ["", "a b", "a.b", "ä", "..", &"a".repeat(65)] {
            assert!(PageId::parse(bad).is_none(), "{bad}");
        }
    }
}
