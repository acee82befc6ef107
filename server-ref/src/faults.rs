//! Deliberate faults, as in the core: the simulation must find each. They are there with the feature `faults` alone.

#[cfg(feature = "faults")]
macro_rules! fault {
    ($fault:ident) => {
        steadfast_core::Fault::$fault.is_active()
    };
    ($fault:ident => $then:expr) => {
        if steadfast_core::Fault::$fault.is_active() {
            $then
        }
    };
}

#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($fault:ident) => {
        false
    };
    ($fault:ident => $then:expr) => {};
}
