//! 3. When all is quiet, a state topic's keys hold the last published values, and deleted ones are gone.

use std::collections::BTreeSet;

use crate::application::{Class, Place, View};
use crate::court::Court;
use crate::verdict::Check;

pub(crate) fn delivered(view: &mut View, key: &str, number: u64, deleted: bool, court: &mut Court) {
    let wanted = view.keys.as_ref().is_none_or(|keys| keys.contains(key));
    let topic = &view.topic;
    court.verdict.expect(Check::State, wanted, || format!("{topic}: key {key} was not asked for"));
    view.in_doubt.remove(key);
    if deleted {
        view.values.remove(key);
    } else {
        view.values.insert(key.to_owned(), number);
    }
}

pub(crate) fn reset(view: &mut View, court: &mut Court) {
    let topic = &view.topic;
    let now = court.verdict.now();
    let same = match &view.place {
        Place::At { epoch, .. } => epoch == court.oracle.epoch(),
        Place::Anew { before } => before == court.oracle.epoch(),
        Place::Unknown => false,
    };
    let excused = !same
        || view.restarted
        || court.oracle.deletions_may_be_forgotten(&view.address, court.deletions_ms, now)
        || view.source().is_some();
    court.verdict.expect(Check::State, excused, || format!("{topic}: a reset without a cause"));
    view.restarted = false;
    let before = match &view.place {
        Place::At { epoch, .. } => epoch.clone(),
        Place::Anew { before } => before.clone(),
        Place::Unknown => String::new(),
    };
    view.place = Place::Anew { before };
    view.in_doubt = view.values.keys().cloned().collect();
}

/// Caught up: what has not come since the reset is gone.
pub(crate) fn live(view: &mut View) {
    for key in std::mem::take(&mut view.in_doubt) {
        view.values.remove(&key);
    }
}

pub(crate) fn quiet(view: &View, court: &mut Court) {
    if view.class != Class::State || view.source().is_some() {
        return;
    }
    let mut values = court.oracle.values(&view.address);
    values.retain(|key, _| view.keys.as_ref().is_none_or(|keys| keys.contains(key)));
    let (topic, seen) = (&view.topic, &view.values);
    court.verdict.expect(Check::State, values == *seen, || {
        format!("{topic}: published are {values:?}, the application has {seen:?}")
    });
    let in_doubt: &BTreeSet<String> = &view.in_doubt;
    court.verdict.expect(Check::State, in_doubt.is_empty(), || {
        format!("{topic}: all is quiet, and it is not said whether {in_doubt:?} are gone")
    });
}
