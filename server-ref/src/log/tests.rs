#![allow(clippy::unwrap_used)]

use steadfast_core::{Cursor, GapReason, Payload, Position, Recovery, TopicRequest};

use super::event::tests::head;
use super::{AppendRefused, Batch, History, Place, READ_EVENTS, Read, Unnumbered, View, Write};
use crate::config::{Acknowledgements, EphemeralRetention, LogRetention, StateRetention, TopicPolicy};

struct Topic {
    history: History,
    policy: TopicPolicy,
}

impl Topic {
    fn log(retention: LogRetention) -> Self {
        Self::new(TopicPolicy::Log(retention, Acknowledgements::Any))
    }

    fn state(retention: StateRetention) -> Self {
        Self::new(TopicPolicy::State(retention))
    }

    fn new(policy: TopicPolicy) -> Self {
        Self { history: History::new(&policy, "e1".into()), policy }
    }

    fn append(&mut self, now_ms: u64) {
        self.write(None, false, now_ms).unwrap();
    }

    fn write(&mut self, key: Option<&str>, deleted: bool, now_ms: u64) -> Result<(), AppendRefused> {
        self.write_sized(key, deleted, 1, now_ms)
    }

    fn write_sized(
        &mut self,
        key: Option<&str>,
        deleted: bool,
        size: usize,
        now_ms: u64,
    ) -> Result<(), AppendRefused> {
        let payload = Payload::Json("1".repeat(size).into());
        let event = Unnumbered::encode(&head("x", &payload));
        let before = self.history.bytes() as i64;
        let write = Write { event, key, deleted, hidden: None };
        let written = self.history.append(write, &self.policy, now_ms)?;
        assert_eq!(before + written.grown, self.history.bytes() as i64, "bytes are accounted for");
        Ok(())
    }

    fn position(&self, cursor: Option<(&str, u64)>, history: u64) -> Position {
        let cursor = cursor.map(|(epoch, offset)| Cursor { epoch: epoch.into(), offset });
        let request =
            TopicRequest { topic: "t".into(), cursor, keys: None, history: Some(history), head: None };
        self.history.position(&request).0
    }

    fn read_from(&self, offset: u64) -> (Read, Vec<u64>) {
        self.read_at(Place { offset, floor: 0 })
    }

    fn read_at(&self, place: Place) -> (Read, Vec<u64>) {
        let mut batch = Batch::new();
        let read = self.history.read(&place, View::default(), &mut batch);
        (read, batch.iter().map(|event| event.offset()).collect())
    }

    fn offsets(&self, offset: u64) -> Vec<u64> {
        let (read, offsets) = self.read_from(offset);
        assert!(matches!(read, Read::Events { .. }), "{read:?}");
        offsets
    }
}

fn recovery(position: &Position) -> (Recovery, u64, u64) {
    (position.recovery, position.offset, position.top)
}

#[test]
fn the_recovery_table_of_a_log() {
    let mut topic = Topic::log(LogRetention { history_events: 10, ..LogRetention::default() });
    assert_eq!(recovery(&topic.position(None, 5)), (Recovery::Fresh, 0, 0));
    assert_eq!(recovery(&topic.position(Some(("e1", 0)), 0)), (Recovery::Resumed, 0, 0));
    for _ in 0..30 {
        topic.append(0);
    }
    let cases = [
        (None, 0, (Recovery::Fresh, 30)),
        (None, 4, (Recovery::Fresh, 26)),
        (None, 99, (Recovery::Fresh, 20)),
        (Some(("e1", 30)), 4, (Recovery::Resumed, 30)),
        (Some(("e1", 25)), 0, (Recovery::Resumed, 25)),
        (Some(("e1", 20)), 0, (Recovery::Resumed, 20)),
        (Some(("e1", 19)), 0, (Recovery::Gap(GapReason::HistoryEvicted), 20)),
        (Some(("e0", 25)), 0, (Recovery::Gap(GapReason::EpochChanged), 20)),
        (Some(("e1", 31)), 0, (Recovery::Gap(GapReason::SourceLost), 30)),
    ];
    for (cursor, history, (how, offset)) in cases {
        assert_eq!(recovery(&topic.position(cursor, history)), (how, offset, 30), "{cursor:?} {history}");
    }
}

#[test]
fn a_cursor_at_the_top_resumes_though_nothing_is_retained() {
    let mut topic = Topic::log(LogRetention::default());
    topic.append(0);
    assert_ne!(topic.history.expire(&topic.policy, 600_001), 0);
    assert_eq!(topic.history.bytes(), 0);
    assert_eq!(recovery(&topic.position(Some(("e1", 1)), 0)), (Recovery::Resumed, 1, 1));
    assert_eq!(recovery(&topic.position(None, 9)), (Recovery::Fresh, 1, 1));
    topic.append(600_001);
    assert_eq!(topic.offsets(1), [2], "the counter outlives what it counted");
}

#[test]
fn a_log_keeps_by_age_number_and_bytes() {
    let mut topic = Topic::log(LogRetention { history_ms: 1_000, history_events: 3, history_bytes: 2_000 });
    for now_ms in [0, 500, 600, 700] {
        topic.append(now_ms);
    }
    assert_eq!(topic.read_from(0).0, Read::Gap { offset: 1 });
    assert_eq!(topic.offsets(1), [2, 3, 4], "by number");
    topic.append(1_601);
    assert_eq!(topic.offsets(3), [4, 5], "by age");
    topic.write_sized(None, false, 1_000, 1_602).unwrap();
    topic.write_sized(None, false, 1_000, 1_603).unwrap();
    assert_eq!(topic.offsets(6), [7], "by bytes");
    topic.write_sized(None, false, 5_000, 1_604).unwrap();
    assert_eq!(topic.offsets(7), [8], "the newest stays whatever its size");
}

#[test]
fn a_read_takes_no_more_than_its_share_but_always_one() {
    let mut topic = Topic::log(LogRetention::default());
    for _ in 0..100 {
        topic.append(0);
    }
    let (read, events) = topic.read_from(0);
    assert_eq!((read, events.len()), (Read::Events { offset: 64, more: true }, READ_EVENTS));
    let (read, events) = topic.read_from(64);
    assert_eq!((read, events.len()), (Read::Events { offset: 100, more: false }, 36));
    for _ in 0..3 {
        topic.write_sized(None, false, 20_000, 0).unwrap();
    }
    assert_eq!(topic.offsets(100), [101], "two are more than 32 KiB");
    topic.write_sized(None, false, 100_000, 0).unwrap();
    assert_eq!(topic.offsets(103), [104]);
}

#[test]
fn a_state_topic_holds_the_last_value_of_each_key_in_the_order_of_writing() {
    let mut topic = Topic::state(StateRetention::default());
    for key in ["a", "b", "a", "c", "b"] {
        topic.write(Some(key), false, 0).unwrap();
    }
    assert_eq!(topic.offsets(0), [3, 4, 5]);
    assert_eq!(topic.offsets(3), [4, 5]);
    topic.write(Some("c"), true, 0).unwrap();
    assert_eq!(topic.offsets(3), [5, 6]);
    assert_eq!(recovery(&topic.position(None, 0)), (Recovery::Fresh, 0, 6));
    assert_eq!(recovery(&topic.position(Some(("e1", 4)), 0)), (Recovery::Resumed, 4, 6));
    assert_eq!(recovery(&topic.position(Some(("e0", 4)), 0)), (Recovery::Reset, 0, 6));
    assert_eq!(recovery(&topic.position(Some(("e1", 7)), 0)), (Recovery::Reset, 0, 6));
}

#[test]
fn a_forgotten_deletion_raises_the_floor_below_which_readers_start_anew() {
    let mut topic = Topic::state(StateRetention { deletions_ms: 1_000, ..StateRetention::default() });
    topic.write(Some("a"), false, 0).unwrap();
    topic.write(Some("b"), false, 0).unwrap();
    topic.write(Some("a"), true, 0).unwrap();
    topic.history.expire(&topic.policy, 1_000);
    assert_eq!(recovery(&topic.position(Some(("e1", 1)), 0)), (Recovery::Resumed, 1, 3));
    assert_eq!(topic.offsets(1), [2, 3]);
    topic.history.expire(&topic.policy, 1_001);
    assert_eq!(recovery(&topic.position(Some(("e1", 2)), 0)), (Recovery::Reset, 0, 2));
    assert_eq!(recovery(&topic.position(Some(("e1", 3)), 0)), (Recovery::Resumed, 3, 2));
    assert_eq!(topic.read_from(2).0, Read::Reset);
    let anew = Place { offset: 0, floor: 3 };
    assert_eq!(topic.read_at(anew).1, [2], "who starts anew is not restarted again");
}

#[test]
fn who_took_its_values_after_deletions_were_forgotten_goes_on() {
    let mut topic = Topic::state(StateRetention { deletions_ms: 1_000, ..StateRetention::default() });
    topic.write(Some("a"), false, 0).unwrap();
    topic.write(Some("b"), false, 0).unwrap();
    topic.write(Some("c"), true, 0).unwrap();
    topic.history.expire(&topic.policy, 1_001);
    let begun = topic.position(None, 0);
    assert_eq!((begun.top, begun.head), (2, 3), "the deletion was given an offset and is forgotten");
    let at = |offset, head| {
        let cursor = Some(Cursor { epoch: "e1".into(), offset });
        let request = TopicRequest { topic: "t".into(), cursor, keys: None, history: None, head };
        topic.history.position(&request).0.recovery
    };
    assert_eq!(at(1, Some(3)), Recovery::Resumed, "in the middle of its values");
    assert_eq!(at(2, Some(3)), Recovery::Resumed);
    assert_eq!(at(2, Some(2)), Recovery::Reset);
    assert_eq!(at(2, None), Recovery::Reset);
    assert_eq!(at(4, Some(3)), Recovery::Reset, "ahead of the topic");
}

#[test]
fn a_key_written_again_is_no_deletion_any_more() {
    let mut topic = Topic::state(StateRetention { deletions_ms: 1_000, ..StateRetention::default() });
    topic.write(Some("a"), false, 0).unwrap();
    topic.write(Some("a"), true, 0).unwrap();
    topic.write(Some("a"), false, 0).unwrap();
    topic.history.expire(&topic.policy, 5_000);
    assert_eq!(recovery(&topic.position(Some(("e1", 1)), 0)), (Recovery::Resumed, 1, 3));
    assert_eq!(topic.offsets(0), [3]);
}

#[test]
fn keys_and_remembered_deletions_have_a_limit() {
    let mut topic = Topic::state(StateRetention { max_keys: 2, ..StateRetention::default() });
    topic.write(Some("a"), false, 0).unwrap();
    topic.write(Some("b"), false, 0).unwrap();
    assert_eq!(topic.write(Some("c"), false, 0), Err(AppendRefused::TooManyKeys));
    topic.write(Some("b"), false, 0).unwrap();
    topic.write(Some("a"), true, 0).unwrap();
    topic.write(Some("c"), false, 0).unwrap();
    let before = topic.history.bytes();
    for round in 0..100 {
        topic.write(Some(&format!("k{round}")), true, 0).unwrap();
    }
    let request = TopicRequest { topic: "t".into(), cursor: None, keys: None, history: None, head: None };
    let (_, place) = topic.history.position(&request);
    assert_eq!(topic.read_at(place).1.len(), 2 + 4, "two values and twice as many deletions as keys");
    assert!(topic.history.bytes() < before * 4);
}

#[test]
fn an_ephemeral_ring_keeps_by_number_and_age_and_tells_no_positions() {
    let retention = EphemeralRetention { events: 3, age_ms: 1_000 };
    let mut topic = Topic::new(TopicPolicy::Ephemeral(retention));
    for now_ms in [0, 0, 0, 500] {
        topic.append(now_ms);
    }
    assert_eq!(topic.offsets(0), [2, 3, 4]);
    assert_eq!(topic.offsets(3), [4]);
    topic.history.expire(&topic.policy, 1_001);
    assert_eq!(topic.offsets(0), [4]);
    let position = topic.position(Some(("e1", 1)), 9);
    assert_eq!((recovery(&position), &*position.epoch), ((Recovery::Fresh, 0, 0), ""));
    let mut batch = Batch::new();
    topic.history.read(&Place { offset: 3, floor: 0 }, View::default(), &mut batch);
    assert!(!batch[0].text().contains("offset"));
}

#[test]
fn a_tail_over_a_store_says_what_to_fetch_and_what_is_lost() {
    let mut topic = Topic::log(LogRetention::default());
    topic.history = History::over_store("e1".into(), 100, 41);
    for _ in 0..5 {
        topic.append(0);
    }
    assert_eq!(topic.read_from(39).0, Read::Gap { offset: 40 });
    assert_eq!(topic.read_from(40).0, Read::Behind { until: 100 });
    assert_eq!(topic.read_from(99).0, Read::Behind { until: 100 });
    assert_eq!(topic.offsets(100), [101, 102, 103, 104, 105]);
    assert_eq!(recovery(&topic.position(None, 1_000)), (Recovery::Fresh, 40, 105));
    assert_eq!(recovery(&topic.position(Some(("e1", 40)), 0)), (Recovery::Resumed, 40, 105));
    let gap = Recovery::Gap(GapReason::HistoryEvicted);
    assert_eq!(recovery(&topic.position(Some(("e1", 39)), 0)), (gap, 40, 105));
}
