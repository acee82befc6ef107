//! Random steps from a generator that counts in 64 bits everywhere, so that a seed is the same script natively and as wasm.

use crate::friendly::steps::{Http, Path, Step as Friendly};
use crate::steps::{Answer, Frame, LARGEST, Pick, Step, Terms, TokenOutcome};

pub(super) struct Script(u64);

impl Script {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(super) fn friendly(&mut self) -> Friendly {
        match self.below(27) {
            0..=3 => Friendly::Run(self.millis()),
            4..=6 => Friendly::Publish {
                topic: self.small(5),
                events: 1 + self.small(5),
                acknowledge: self.flag(),
            },
            7 => Friendly::Set { key: self.small(4), deleted: self.flag() },
            8 => Friendly::Path(self.one(&[
                Path::Refused,
                Path::BlackHole,
                Path::Silent,
                Path::Dies(5),
                Path::Brief,
            ])),
            9 | 10 => Friendly::Path(Path::Works),
            11 => Friendly::Http(self.one(&[
                Http::Works,
                Http::Fails,
                Http::AnswerLost,
                Http::Unavailable,
                Http::Silent,
            ])),
            12 => Friendly::HoldUp(self.flag()),
            13 => Friendly::Cut { lost: self.flag() },
            14 => self.one(&[Friendly::HalfOpen, Friendly::Crash, Friendly::ResultsLost, Friendly::Revoke]),
            15 => Friendly::Evict(self.small(4)),
            16 | 17 => Friendly::Drain,
            18 => {
                let key = self.flag().then(|| self.small(4));
                Friendly::Subscribe { topic: self.small(5), key, history: self.flag().then_some(3) }
            }
            19 => Friendly::Unsubscribe(self.small(200)),
            20 | 21 => Friendly::Submit,
            22 => Friendly::Acknowledge,
            23 => self.one(&[
                Friendly::Lazy(true),
                Friendly::Lazy(false),
                Friendly::Slow(true),
                Friendly::Slow(false),
            ]),
            24 => self.one(&[Friendly::Freeze, Friendly::Thaw, Friendly::Thaw]),
            25 => self.one(&[Friendly::Visible, Friendly::Online, Friendly::Offline]),
            _ => self.one(&[
                Friendly::Sleep(300_000),
                Friendly::WallJumps(90_000),
                Friendly::WallJumps(-90_000),
            ]),
        }
    }

    pub(super) fn hostile(&mut self) -> Step {
        match self.below(40) {
            0..=13 => Step::Proceed(self.small(255), self.answer()),
            14 => self.one(&[Step::Connect, Step::Connect, Step::Disconnect]),
            15 => {
                let keys = self.flag().then(|| self.small(3));
                let cursor = self.flag().then(|| (self.small(3), self.below(9)));
                Step::Subscribe { topic: self.small(6), keys, history: self.flag().then_some(4), cursor }
            }
            16 => Step::Unsubscribe(self.small(200)),
            17 | 18 => Step::Submit {
                bytes: self.one(&[0, 10, 150, 3_000]),
                life_ms: self.one(&[None, Some(0), Some(9_000)]),
            },
            19 => self.one(&[Step::SendOnly, Step::Acknowledge(3), Step::Cancel(0)]),
            20 => {
                let outcome = self.one(&[
                    TokenOutcome::Ready(None),
                    TokenOutcome::Ready(Some(60_000)),
                    TokenOutcome::Failed(true),
                    TokenOutcome::Failed(false),
                ]);
                Step::Token { ahead: self.small(2), outcome }
            }
            21 => Step::Opened(self.pick()),
            22..=26 => Step::Frame(self.pick(), self.frame()),
            27 => self.one(&[Step::BadFrame(Pick::Newest), Step::BadFrame(Pick::Back(2))]),
            28 => {
                Step::Closed(self.pick(), self.one(&[1000, 1006, 1009, 1012, 4400, 4401, 4403, 4409, 4429]))
            }
            29 => Step::Handshake(
                self.pick(),
                self.one(&[401, 403, 429, 503, 500]),
                self.one(&[None, Some(20_000)]),
            ),
            30 => Step::Buffered(self.pick(), self.one(&[0, 1_000, 300_000])),
            31 => {
                let frames = (0..self.below(4)).map(|_| self.frame()).collect();
                let status = self.one(&[200, 200, 401, 403, 413, 503]);
                Step::Answered {
                    back: self.small(2),
                    status,
                    retry_after_ms: self.one(&[None, Some(8_000)]),
                    frames,
                }
            }
            32 => Step::Failed { back: self.small(2) },
            33 => self.one(&[Step::TakeAll, Step::Take { topic: 0, events: 1, bytes: 100 }]),
            34..=36 => {
                self.one(&[Step::ToDeadline, Step::Tick, Step::Late(9_000), Step::TickFromThePast(7_000)])
            }
            37 => Step::Advance(self.millis()),
            38 => self.one(&[
                Step::Visible,
                Step::Hidden,
                Step::Online,
                Step::Offline,
                Step::WallJumps(3_600_000),
            ]),
            _ => self.one(&[Step::Freeze, Step::Thaw, Step::Thaw]),
        }
    }

    fn frame(&mut self) -> Frame {
        match self.below(14) {
            0 => Frame::Welcome { version: 1, answer: self.answer(), terms: self.terms() },
            1 => Frame::Subscribed {
                back: self.one(&[None, Some(0), Some(1)]),
                topic: self.small(6),
                answer: self.answer(),
            },
            2 => Frame::Unsubscribed { topic: self.small(6), asked: self.flag() },
            3..=7 => Frame::Event {
                topic: self.small(6),
                ahead: self.one(&[-1, 0, 1, 1, 1, 2]),
                at: None,
                size: self.one(&[0, 100, 400]),
                acknowledge: self.flag(),
                deleted: self.flag(),
            },
            8 => Frame::Gap { topic: self.small(6), epoch: self.small(3), ahead: self.one(&[-1, 1, 4]) },
            9 => Frame::Result {
                choice: self.small(9),
                ok: self.flag(),
                retryable: self.flag(),
                life_ms: self.one(&[None, Some(60_000)]),
            },
            10 => Frame::Drain { min_ms: 0, max_ms: self.one(&[0, 3_000]), deadline_ms: 90_000 },
            11 => {
                Frame::Bye { code: self.one(&[1000, 4503, 4403]), after_ms: self.one(&[None, Some(5_000)]) }
            }
            12 => self.one(&[Frame::AuthRequired, Frame::UnknownSlot, Frame::More, Frame::Error]),
            _ => self.one(&[Frame::Ping, Frame::Pong, Frame::Unknown]),
        }
    }

    fn answer(&mut self) -> Answer {
        let other = [
            Answer::Gap(2),
            Answer::Anew(1, 3),
            Answer::Reset,
            Answer::Ahead(3),
            Answer::Behind(2),
            Answer::NotLive,
            Answer::Refused { retryable: true, after_ms: None },
            Answer::Refused { retryable: false, after_ms: None },
            Answer::OtherClass,
            Answer::Missing,
        ];
        if self.below(4) == 0 { self.one(&other) } else { Answer::Good }
    }

    fn terms(&mut self) -> Terms {
        self.one(&[
            Terms::Usual,
            Terms::LongPoll,
            Terms::ShortLife(3_000),
            Terms::OtherResults(1),
            Terms::SmallFrames,
            Terms::Extreme(LARGEST),
        ])
    }

    fn pick(&mut self) -> Pick {
        self.one(&[Pick::Newest, Pick::Newest, Pick::Newest, Pick::Oldest, Pick::Back(1), Pick::Ahead(1)])
    }

    fn millis(&mut self) -> u64 {
        let most = self.one(&[50, 2_000, 40_000, 400_000]);
        self.below(most)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    fn small(&mut self, below: u8) -> u8 {
        self.below(below.into()) as u8
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// SplitMix64.
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}
