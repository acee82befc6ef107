/** The numbers by which both sides name calls, frames and outputs; `sdk-wasm/src/names.rs` holds the same. */

/** What the machine is asked for. */
export enum Call {
  Connect, Disconnect, Subscribe, Unsubscribe, Submit, Send, Acknowledge, Cancel, TokenReady, TokenFailed, Opened,
  Frame, BadFrame, Closed, Buffered, Answered, ExchangeFailed, Taken, Tick, Visible, Hidden, Online, Offline, Freeze,
  Thaw,
  /** These three only ask. */
  Cursor, Live, Statistic,
}

/** The kinds of frames. */
export enum Frame {
  Welcome, Subscribed, Unsubscribed, Event, Gap, Result, AuthRequired, Drain, More, Error, Bye, Ping, Pong, Unknown,
}

/** What an event is beside its numbers. */
export enum Flag {
  Deleted = 1,
  /** In: the id to be acknowledged is the next argument. */
  Acknowledge = 2,
  /** Out: it was published before the subscription began or resumed. */
  Replay = 2,
}

/** What the machine wants, or answers. */
export enum Out {
  Open, Close, Send, Exchange, Abort, NeedToken, Cursor, Gap, Reset, Live, Failed, Done, Refused, GivenUp, Status,
  Subscription, SendBytes,
  /** By a way of its own. */
  Event,
  /** Not the machine's: a function, to be called in its turn. */
  Act,
}

/** Why events were lost, by the numbers of the reasons: their places in the core's list. */
export const GAP_REASONS = ['history_evicted', 'epoch_changed', 'slow_consumer', 'source_lost'];

/** The slot of a topic that is none of ours. */
export const UNKNOWN_SLOT = 0xffff_ffff;
