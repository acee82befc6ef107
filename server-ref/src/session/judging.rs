//! Frames that are refused: too many, or against the protocol.

use steadfast_core::json::FrameError;
use steadfast_core::{ClientFrame, CloseCode, ErrorCode, Now, ServerFrame, WireError};

use super::{Note, Phase, Session, topics};

/// Bad frames in a minute that close the link.
const BAD_FRAMES: usize = 10;

impl Session {
    /// Whether the frame keeps to the rate. Who sends on against the refusals is cut off.
    pub(super) fn frame_admitted(&mut self, frame: &Result<ClientFrame, FrameError>, now: Now) -> bool {
        if self.is_exchange() {
            return true;
        }
        let Err(retry_after_ms) = self.frames.take(1, now.monotonic) else {
            self.refused_frames = 0;
            return true;
        };
        self.refused_frames += 1;
        if self.refused_frames > 2 * self.context.limits.frames_per_second {
            self.end(CloseCode::RATE_LIMITED, "too many frames", Some(5_000));
            return false;
        }
        let error = WireError {
            code: ErrorCode::RateLimited,
            message: "too many frames in too short a time; send fewer".into(),
            retryable: true,
            retry_after_ms: Some(retry_after_ms),
        };
        self.refuse(frame, error);
        false
    }

    pub(super) fn handle_bad_frame(&mut self, error: FrameError, now: Now) {
        if matches!(self.phase, Phase::Greeting(_)) {
            self.no_hello(error.code);
            return;
        }
        let reference = error.reference;
        let error = WireError::new(error.code, error.message, false);
        self.count_bad_frame(error, reference, now);
    }

    pub(super) fn no_hello(&mut self, code: ErrorCode) {
        self.note(Note::BadFrame(code.clone()));
        let message = "the first frame must be rt.hello";
        self.send(&ServerFrame::Error(WireError::new(code, message, false)));
        self.end(CloseCode::BAD_FRAMES, message, None);
    }

    /// An exchange's messages were meant for another life of the table of results: to carry one out could be to
    /// carry it out twice.
    pub(super) fn messages_are_void(&self) -> bool {
        !fault!(ResultsEpochIgnored) && matches!(&self.phase, Phase::Live(live) if live.messages_void)
    }

    pub(super) fn bad_frame(&mut self, message: &str, reference: Option<u64>, now: Now) {
        self.count_bad_frame(WireError::new(ErrorCode::BadFrame, message, false), reference, now);
    }

    pub(super) fn count_bad_frame(&mut self, error: WireError, reference: Option<u64>, now: Now) {
        self.note(Note::BadFrame(error.code.clone()));
        match reference {
            Some(reference) => self.result(Some(reference), Err(error), false),
            None => self.send(&ServerFrame::Error(error)),
        }
        self.bad_frames.retain(|at| now.monotonic.since(*at) < 60_000);
        self.bad_frames.push(now.monotonic);
        if self.bad_frames.len() >= BAD_FRAMES && !self.is_exchange() {
            self.end(CloseCode::BAD_FRAMES, "ten bad frames in a minute", None);
        }
    }

    /// Refuses a frame with its own kind of result.
    pub(super) fn refuse(&mut self, frame: &Result<ClientFrame, FrameError>, error: WireError) {
        match frame {
            Ok(ClientFrame::Subscribe { reference, topics }) => {
                let topics =
                    topics.iter().map(|request| topics::refused(&request.topic, error.clone())).collect();
                self.send(&ServerFrame::Subscribed { reference: Some(*reference), topics });
            }
            Ok(ClientFrame::Unsubscribe { reference, .. }) => {
                let reference = Some(*reference);
                self.send(&ServerFrame::Unsubscribed { reference, topics: Vec::new(), error: Some(error) });
            }
            Ok(ClientFrame::Message(message)) => self.result(message.reference, Err(error), false),
            Ok(ClientFrame::Ack { reference, .. } | ClientFrame::Auth { reference, .. }) => {
                self.result(Some(*reference), Err(error), false);
            }
            Err(FrameError { reference, .. }) => self.result(*reference, Err(error), false),
            Ok(
                ClientFrame::Hello(_)
                | ClientFrame::Ping { .. }
                | ClientFrame::Pong { .. }
                | ClientFrame::Bye
                | ClientFrame::Unknown,
            ) => self.send(&ServerFrame::Error(error)),
        }
    }
}
