//! 2. No event of a log or state topic reaches the application twice.

use crate::application::{Class, Place, View};
use crate::court::Court;
use crate::verdict::Check;

/// An event of a log came.
pub(crate) fn log(view: &mut View, id: &str, court: &mut Court) {
    let topic = &view.topic;
    let new = view.seen.insert(id.to_owned());
    court.verdict.expect(Check::Once, new, || format!("{topic}: event {id} came twice"));
}

/// An event of a state topic came: since the last reset offsets only rise.
pub(crate) fn state(view: &mut View, epoch: &str, offset: Option<u64>, court: &mut Court) {
    debug_assert_eq!(view.class, Class::State);
    let topic = &view.topic;
    let Some(offset) = offset else {
        court.verdict.broken(Check::Once, || format!("{topic}: an event without an offset"));
        return;
    };
    let rises = match &view.place {
        Place::At { epoch: of, offset: last } => of == epoch && offset > *last,
        Place::Unknown | Place::Anew { .. } => true,
    };
    let place = &view.place;
    court.verdict.expect(Check::Once, rises, || format!("{topic}: at {place:?} came {offset} of {epoch}"));
    view.place = Place::At { epoch: epoch.to_owned(), offset };
}
