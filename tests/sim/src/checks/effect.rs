//! 15. A message takes effect at most once while the table of results lives; otherwise it is reported unknown.

use crate::application::{Application, Ended};
use crate::oracle::Oracle;
use crate::verdict::{Check, Verdict};

/// All is quiet: what the application was told of each message is true. That none took effect twice is seen when it does.
pub(crate) fn quiet(application: &Application, oracle: &Oracle, verdict: &mut Verdict) {
    for (number, ended) in &application.outcomes {
        let effects = oracle.submitted.get(number).map_or(0, |submitted| submitted.effects);
        let right = match ended {
            Ended::Done => effects == 1,
            Ended::Without => effects == 0,
            Ended::Perhaps => effects <= 1,
        };
        verdict.expect(Check::Effect, right, || {
            format!("message {number} took effect {effects} times and ended as {ended:?}")
        });
    }
}
