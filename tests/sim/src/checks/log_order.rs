//! 1. Log topics: offsets rise by one, or a gap lies between that names exactly what is lost.

use steadfast_core::{Cursor, GapReason, Position, Recovery, TopicClass, TopicRequest};
use steadfast_server::TopicKey;

use crate::application::{Class, Place, View};
use crate::court::Court;
use crate::oracle::{Published, address};
use crate::verdict::Check;

/// A pod says where a reader of a log begins: where it asked to, unless the broker has forgotten that.
pub(crate) fn begins(key: &TopicKey, request: &TopicRequest, position: &Position, court: &mut Court) {
    if position.class != TopicClass::Log {
        return;
    }
    let address = address(key);
    let top = court.oracle.top(&address);
    let now = court.verdict.now();
    let offset = position.offset;
    let gap = matches!(position.recovery, Recovery::Gap(_));
    let forgotten = || court.oracle.may_be_forgotten(&address, offset, court.retention, now);
    let right = match &request.cursor {
        None => {
            let wanted = top - request.history.unwrap_or(0).min(top);
            position.recovery == Recovery::Fresh && (offset == wanted || offset > wanted && forgotten())
        }
        Some(cursor) if *cursor.epoch != *court.oracle.epoch() => gap && forgotten(),
        Some(cursor) if cursor.offset > top => gap && offset == top,
        Some(cursor) => match position.recovery {
            Recovery::Resumed => offset == cursor.offset,
            _ => gap && offset > cursor.offset && forgotten(),
        },
    };
    court.verdict.expect(Check::LogOrder, right && offset <= top && position.top == top, || {
        format!("{address}, which is at {top}: {request:?} is answered {position:?}")
    });
}

pub(crate) fn delivered(view: &mut View, event: &Published, offset: Option<u64>, court: &mut Court) {
    let topic = &view.topic;
    let Some(offset) = offset.filter(|offset| event.offset == Some(*offset)) else {
        let published = event.offset;
        court.verdict.broken(Check::LogOrder, || format!("{topic}: {offset:?} came for {published:?}"));
        return;
    };
    let follows = match &view.place {
        Place::At { epoch, offset: last } => *epoch == event.epoch && offset == last + 1,
        Place::Unknown | Place::Anew { .. } => {
            view.offered.iter().any(|(epoch, at)| *epoch == event.epoch && at + 1 == offset)
        }
    };
    let place = &view.place;
    court.verdict.expect(Check::LogOrder, follows, || {
        format!("{topic}: after {place:?} came {} of {}", offset, event.epoch)
    });
    view.place = Place::At { epoch: event.epoch.clone(), offset };
}

pub(crate) fn gap(view: &mut View, reason: GapReason, lost: Option<(u64, u64)>, court: &mut Court) {
    let topic = &view.topic;
    let Some((first, last)) = lost else {
        let before = match &view.place {
            Place::At { epoch, .. } => Some(epoch.clone()),
            Place::Anew { before } => Some(before.clone()),
            Place::Unknown => None,
        };
        let current = before.as_deref() == Some(court.oracle.epoch());
        court.verdict.expect(Check::LogOrder, !current, || format!("{topic}: a new numbering that is none"));
        view.place = Place::Anew { before: before.unwrap_or_default() };
        return;
    };
    let here = match &view.place {
        Place::At { offset, .. } => *offset + 1 == first,
        Place::Unknown | Place::Anew { .. } => view.offered.iter().any(|(_, at)| at + 1 == first),
    };
    let place = &view.place;
    court.verdict.expect(Check::LogOrder, here && last >= first, || {
        format!("{topic}: at {place:?} a gap of {first} to {last} was told")
    });
    let epoch = match &view.place {
        Place::At { epoch, .. } => epoch.clone(),
        Place::Unknown | Place::Anew { .. } => {
            let offered = view.offered.iter().rev().find(|(_, at)| at + 1 == first);
            offered.map_or_else(String::new, |(epoch, _)| epoch.clone())
        }
    };
    let now = court.verdict.now();
    let excused = matches!(reason, GapReason::HistoryEvicted | GapReason::SlowConsumer)
        && (epoch != court.oracle.epoch()
            || court.oracle.may_be_forgotten(&view.address, last, court.retention, now));
    court.verdict.expect(Check::LogOrder, excused, || {
        format!("{topic}: {first} to {last} were told lost ({reason:?}), but the broker must still have them")
    });
    view.place = Place::At { epoch, offset: last };
}

/// All is quiet: the application has everything.
pub(crate) fn quiet(view: &View, cursor: Option<&Cursor>, court: &mut Court) {
    if view.class != Class::Log {
        return;
    }
    let topic = &view.topic;
    let top = court.oracle.top(&view.address);
    let epoch = court.oracle.epoch().to_owned();
    let at = cursor.map(|cursor| (cursor.epoch.to_string(), cursor.offset));
    court.verdict.expect(Check::LogOrder, at == Some((epoch.clone(), top)), || {
        format!("{topic}: all is quiet at {top} of {epoch}, and the client stands at {at:?}")
    });
    let heard = match &view.place {
        Place::At { epoch, offset } => Some((epoch.clone(), *offset)) == at,
        Place::Unknown | Place::Anew { .. } => at.as_ref().is_some_and(|at| view.offered.contains(at)),
    };
    let place = &view.place;
    court.verdict.expect(Check::LogOrder, heard, || {
        format!("{topic}: the client stands at {at:?}, but the application was told {place:?}")
    });
}
