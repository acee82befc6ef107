//! The pods: which of them take connections, and how many a second.

use fastrand::Rng;

/// All pods behind one balancer that knows at once which of them serve.
#[derive(Debug)]
pub(crate) struct Pods {
    pods: Vec<Pod>,
    /// Those that serve, for the balancer's draw.
    serving: Vec<u16>,
    per_second: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pod {
    /// Thousandths of a handshake.
    level: u64,
    filled_at: u64,
}

/// What a handshake comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// This pod takes it.
    Accepted {
        /// Which.
        pod: u16,
    },
    /// 503 with `Retry-After`, in whole seconds as the header has it.
    Refused {
        /// The advice.
        retry_after_ms: u64,
    },
    /// No pod serves.
    Unreachable,
}

impl Pods {
    /// `count` serving pods, each with a rate of handshakes and a burst of twice the rate, like the server's limit.
    pub(crate) fn new(count: u16, per_second: u64) -> Self {
        let pod = Pod { level: per_second * 2_000, filled_at: 0 };
        Self { pods: vec![pod; usize::from(count)], serving: (0..count).collect(), per_second }
    }

    /// How many there are, serving or not.
    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.pods.len()).expect("made from a u16")
    }

    /// A pod for a request that no limit of handshakes concerns.
    pub(crate) fn any(&self, random: &mut Rng) -> Option<u16> {
        (!self.serving.is_empty()).then(|| self.serving[random.usize(..self.serving.len())])
    }

    /// One handshake, at `now` milliseconds.
    pub(crate) fn admit(&mut self, now: u64, random: &mut Rng) -> Admission {
        let Some(pod) = self.any(random) else { return Admission::Unreachable };
        let Pod { level, filled_at } = &mut self.pods[usize::from(pod)];
        *level = (*level + (now - *filled_at) * self.per_second).min(self.per_second * 2_000);
        *filled_at = now;
        if *level < 1_000 {
            let wait = (1_000 - *level).div_ceil(self.per_second.max(1));
            return Admission::Refused { retry_after_ms: wait.div_ceil(1_000) * 1_000 };
        }
        *level -= 1_000;
        Admission::Accepted { pod }
    }

    /// The pod takes nothing new.
    pub(crate) fn leave(&mut self, pod: u16) {
        self.serving.retain(|serving| *serving != pod);
    }

    /// The pod serves again, with a full burst.
    pub(crate) fn join(&mut self, pod: u16, now: u64) {
        self.leave(pod);
        self.serving.push(pod);
        self.pods[usize::from(pod)] = Pod { level: self.per_second * 2_000, filled_at: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_takes_its_burst_then_its_rate_and_names_whole_seconds() {
        let (mut pods, mut random) = (Pods::new(1, 10), Rng::with_seed(1));
        for _ in 0..20 {
            assert_eq!(pods.admit(0, &mut random), Admission::Accepted { pod: 0 });
        }
        assert_eq!(pods.admit(0, &mut random), Admission::Refused { retry_after_ms: 1_000 });
        assert_eq!(pods.admit(99, &mut random), Admission::Refused { retry_after_ms: 1_000 });
        assert_eq!(pods.admit(100, &mut random), Admission::Accepted { pod: 0 });
        assert_eq!(pods.admit(100, &mut random), Admission::Refused { retry_after_ms: 1_000 });
    }

    #[test]
    fn the_balancer_knows_who_serves() {
        let (mut pods, mut random) = (Pods::new(2, 1_000), Rng::with_seed(1));
        pods.leave(0);
        assert!((0..50).all(|_| pods.admit(0, &mut random) == Admission::Accepted { pod: 1 }));
        pods.leave(1);
        assert_eq!(pods.admit(0, &mut random), Admission::Unreachable);
        assert_eq!(pods.any(&mut random), None);
        pods.join(0, 5);
        assert_eq!(pods.admit(5, &mut random), Admission::Accepted { pod: 0 });
    }
}
